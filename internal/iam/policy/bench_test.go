package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

// teamPolicies are n statements in policies of ten, each for a team's models, the
// last of which allows the request.
func teamPolicies(tb testing.TB, n int) *policy.Set {
	tb.Helper()
	var list []*policy.Policy
	var statements []string
	for i := range n {
		vendor := "other"
		if i == n-1 {
			vendor = "amazon"
		}
		statements = append(statements, fmt.Sprintf(`{"Effect":"Allow","Action":["bedrock:InvokeModel","bedrock:InvokeModelWithResponseStream"],
			"Resource":["arn:aws:bedrock:*::foundation-model/%s.*","arn:aws:bedrock:*:*:inference-profile/*.%[1]s.*"],
			"Condition":{"StringEquals":{"aws:PrincipalTag/team":["red","blue"]},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}`, vendor))
		if len(statements) == 10 || i == n-1 {
			document := `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
			list = append(list, mustParse(tb, policy.Managed, document))
			statements = nil
		}
	}
	return policy.Compile(policy.Policies{Identity: list})
}

func benchRequest() *policy.Request {
	return request(invoke, nova,
		"aws:PrincipalArn=arn:aws:iam::123456789012:user/alice", "aws:PrincipalAccount=123456789012", "aws:username=alice",
		"aws:userid=AIDAEXAMPLE", "aws:CurrentTime=2026-11-25T12:00:00Z", "aws:EpochTime=1795608000", "aws:SecureTransport=true",
		"aws:UserAgent=Boto3/1.40", "aws:RequestedRegion=us-east-1", "aws:PrincipalTag/team=blue", "aws:SourceIp=10.1.2.3")
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("statements=%d", n), func(b *testing.B) {
			set, r := teamPolicies(b, n), benchRequest()
			b.ReportAllocs()
			for b.Loop() {
				if d := set.Decide(r); !d.Allowed() {
					b.Fatal(d)
				}
			}
		})
	}
	b.Run("managed", func(b *testing.B) {
		document, _ := policy.ManagedByAWS("AmazonBedrockLimitedAccess")
		set, r := policy.Compile(policy.Policies{Identity: []*policy.Policy{mustParse(b, policy.Managed, string(document))}}), benchRequest()
		b.ReportAllocs()
		for b.Loop() {
			if d := set.Decide(r); !d.Allowed() {
				b.Fatal(d)
			}
		}
	})
	b.Run("variables", func(b *testing.B) {
		set, r := identity(b, `{"Effect":"Allow","Action":"*","Resource":"arn:aws:bedrock:*:*:prompt/${aws:username}-*"}`), benchRequest()
		r.Resources[0].ARN = "arn:aws:bedrock:us-east-1:123456789012:prompt/alice-1"
		b.ReportAllocs()
		for b.Loop() {
			if d := set.Decide(r); !d.Allowed() {
				b.Fatal(d)
			}
		}
	})
}

// BenchmarkRequest is a whole check as the server makes it: keys set anew, then
// a decision about a profile and three models.
func BenchmarkRequest(b *testing.B) {
	set := teamPolicies(b, 10)
	values := benchRequest().Context
	r := &policy.Request{Action: invoke, Context: new(policy.Context)}
	for range 4 {
		r.Resources = append(r.Resources, policy.Resource{ARN: nova})
	}
	keys := values.Keys()
	b.ReportAllocs()
	for b.Loop() {
		r.Context.Reset()
		for _, k := range keys {
			r.Context.Set(k, values.Get(k)...)
		}
		if d := set.Decide(r); !d.Allowed() {
			b.Fatal(d)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	document, _ := policy.ManagedByAWS("AmazonBedrockFullAccess")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Parse("bench", policy.Managed, document); err != nil {
			b.Fatal(err)
		}
	}
}

// TestDecideAllocatesNothing keeps a promise of the package's documentation.
func TestDecideAllocatesNothing(t *testing.T) {
	set, r := teamPolicies(t, 10), benchRequest()
	none := &policy.Request{Action: listOnly, Context: r.Context}
	if n := testing.AllocsPerRun(100, func() { set.Decide(r); set.Decide(none) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
