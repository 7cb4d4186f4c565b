package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

func mustParse(t testing.TB, kind policy.Kind, document string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("test", kind, []byte(document))
	if err != nil {
		t.Fatalf("Parse: %v\n%s", err, document)
	}
	return p
}

// identity is a set of one policy with the statements given.
func identity(t testing.TB, statements string) *policy.Set {
	t.Helper()
	return policy.Compile(policy.Policies{Identity: []*policy.Policy{
		mustParse(t, policy.RoleInline, `{"Version":"2012-10-17","Statement":[`+statements+`]}`),
	}})
}

// request is for an action on a resource, with keys as "aws:x=1" or "aws:x=1|2".
func request(action, resource string, keys ...string) *policy.Request {
	r := &policy.Request{Action: action, Context: new(policy.Context)}
	if resource != "" {
		r.Resources = []policy.Resource{{ARN: resource}}
	}
	for _, k := range keys {
		key, value, _ := strings.Cut(k, "=")
		r.Context.Set(key, strings.Split(value, "|")...)
	}
	return r
}

const (
	nova     = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
	claude   = "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0"
	profile  = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0"
	own      = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
	invoke   = "bedrock:InvokeModel"
	stream   = "bedrock:InvokeModelWithResponseStream"
	listOnly = "bedrock:ListFoundationModels"
)

func TestActions(t *testing.T) {
	tests := []struct {
		element string
		action  string
		want    bool
	}{
		{`"Action":"bedrock:InvokeModel"`, invoke, true},
		{`"Action":"bedrock:invokemodel"`, invoke, true},
		{`"Action":"BEDROCK:InvokeModel"`, invoke, true},
		{`"Action":"bedrock:InvokeModel"`, stream, false},
		{`"Action":"bedrock:InvokeModel*"`, stream, true},
		{`"Action":"bedrock:Invoke?odel"`, invoke, true},
		{`"Action":"bedrock:*Model*"`, stream, true},
		{`"Action":"bedrock:List*"`, invoke, false},
		{`"Action":"*"`, invoke, true},
		{`"Action":"s3:*"`, invoke, false},
		{`"Action":["s3:*","bedrock:InvokeModel"]`, invoke, true},
		{`"NotAction":"bedrock:InvokeModel"`, invoke, false},
		{`"NotAction":"iam:*"`, invoke, true},
		{`"NotAction":["iam:*","bedrock:Invoke*"]`, invoke, false},
	}
	for _, tt := range tests {
		s := identity(t, `{"Effect":"Allow",`+tt.element+`,"Resource":"*"}`)
		if d := s.Decide(request(tt.action, nova)); d.Allowed() != tt.want {
			t.Errorf("%s with %s: allowed %v, want %v", tt.action, tt.element, d.Allowed(), tt.want)
		}
	}
}

func TestResources(t *testing.T) {
	tests := []struct {
		element  string
		resource string
		want     bool
	}{
		{`"Resource":"*"`, nova, true},
		{`"Resource":"*"`, "", true},
		{`"Resource":"arn:aws:bedrock:*"`, "", false},
		{`"Resource":"` + nova + `"`, nova, true},
		{`"Resource":"` + nova + `"`, strings.ToUpper(nova), false},
		{`"Resource":"arn:aws:bedrock:*::foundation-model/*"`, nova, true},
		{`"Resource":"arn:aws:bedrock:*::foundation-model/*"`, profile, false},
		{`"Resource":"arn:aws:bedrock:us-*-1::foundation-model/amazon.*"`, nova, true},
		{`"Resource":"arn:aws:bedrock:us-*-1::foundation-model/*"`, claude, false},
		{`"Resource":"arn:aws:bedrock:us-????-?::foundation-model/amazon.*"`, nova, true},
		{`"Resource":"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-????-v1:0"`, nova, true},
		{`"Resource":"arn:aws:bedrock:*:123456789012:*"`, profile, true},
		{`"Resource":"arn:aws:bedrock:*:123456789012:*/us.anthropic.*"`, profile, true},
		{`"Resource":"arn:aws:bedrock:*:999999999999:*"`, profile, false},
		{`"Resource":"arn:*:bedrock:*:*:inference-profile/*"`, profile, true},

		// A star that ends a segment reaches over colons, one inside does not.
		{`"Resource":"arn:aws:bedrock:us-east-1*"`, nova, true},
		{`"Resource":"arn:aws:bedrock:*:foundation-model/*"`, nova, true},
		{`"Resource":"arn:aws:bedrock:us*1::foundation-model/*"`, nova, true},
		{`"Resource":"arn:aws:bedrock:us*-v1:0"`, nova, false},
		{`"Resource":"arn:aws:bedrock:us-east-1?:foundation-model/*"`, nova, false},

		// An ARN of fewer parts stands for all that begins with them.
		{`"Resource":"arn:aws:bedrock:us-east-1"`, nova, true},
		{`"Resource":"arn:aws:bedrock"`, nova, true},
		{`"Resource":"arn:aws:bedrock:us-west-1"`, nova, false},
		{`"Resource":"arn:aws:s3"`, nova, false},

		{`"NotResource":"` + nova + `"`, nova, false},
		{`"NotResource":"` + nova + `"`, claude, true},
		{`"NotResource":["` + nova + `","arn:aws:bedrock:*::foundation-model/anthropic.*"]`, claude, false},
		{`"NotResource":"arn:aws:bedrock:*::foundation-model/*"`, "", true},

		// Variables.
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${aws:username}-*"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/alice-1", true},
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${aws:username}-*"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/bob-1", false},
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${aws:PrincipalTag/team, 'all'}"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/all", true},
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${aws:PrincipalTag/team}"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/", false},
		{`"NotResource":"arn:aws:bedrock:*:*:prompt/${aws:PrincipalTag/team}"`, nova, true},
		{`"NotResource":"arn:aws:bedrock:*:*:prompt/${aws:PrincipalTag/team}"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/x", false},
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${aws:TagKeys}"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/a", false},
		{`"Resource":"arn:aws:bedrock:*:${aws:PrincipalAccount}:prompt/*"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/x", true},
		{`"Resource":"arn:aws:bedrock:*:${aws:PrincipalAccount}:prompt/*"`, "arn:aws:bedrock:us-east-1:999999999999:prompt/x", false},
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${*}"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/*", true},
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${*}"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/x", false},
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${?}${$}"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/?$", true},
		{`"Resource":"arn:aws:bedrock:*:*:prompt/${aws:star}"`, "arn:aws:bedrock:us-east-1:123456789012:prompt/anything", false},
	}
	for _, tt := range tests {
		s := identity(t, `{"Effect":"Allow","Action":"*",`+tt.element+`}`)
		r := request(invoke, tt.resource, "aws:username=alice", "aws:TagKeys=a|b", "aws:star=*", "aws:PrincipalAccount=123456789012")
		if d := s.Decide(r); d.Allowed() != tt.want {
			t.Errorf("%s with %s: allowed %v, want %v", tt.resource, tt.element, d.Allowed(), tt.want)
		}
	}
}

func TestVariablesOfTheOldVersion(t *testing.T) {
	p := mustParse(t, policy.UserInline, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*",
		"Condition":{"StringEquals":{"aws:a":"${aws:username}"},"StringLike":{"aws:b":"${*}x"}}}}`)
	if p.Version() != policy.Version2008 {
		t.Errorf("a document without a version has version %s", p.Version())
	}
	s := policy.Compile(policy.Policies{Identity: []*policy.Policy{p}})
	if d := s.Decide(request(invoke, nova, "aws:username=alice", "aws:a=alice", "aws:b=*x")); d.Allowed() {
		t.Error("the old version replaces variables")
	}
	if d := s.Decide(request(invoke, nova, "aws:username=alice", "aws:a=${aws:username}", "aws:b=${anything}x")); !d.Allowed() {
		t.Error("the old version does not take variables as they are written")
	}
}

func TestLayers(t *testing.T) {
	allow := func(kind policy.Kind, effect, action string) *policy.Policy {
		return mustParse(t, kind, fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Sid":"S","Effect":%q,"Action":%q,"Resource":"*"}}`, effect, action))
	}
	list := func(p ...*policy.Policy) []*policy.Policy { return p }
	all := allow(policy.Managed, "Allow", "*")
	tests := []struct {
		name     string
		policies policy.Policies
		outcome  policy.Outcome
		layer    policy.Layer
	}{
		{"nothing", policy.Policies{}, policy.ImplicitDeny, policy.IdentityBased},
		{"identity", policy.Policies{Identity: list(all)}, policy.Allowed, 0},
		{"another action", policy.Policies{Identity: list(allow(policy.Managed, "Allow", "s3:*"))}, policy.ImplicitDeny, policy.IdentityBased},
		{"one of several", policy.Policies{Identity: list(allow(policy.Managed, "Allow", "s3:*"), nil, all)}, policy.Allowed, 0},
		{"deny wins", policy.Policies{Identity: list(all, allow(policy.Managed, "Deny", invoke))}, policy.ExplicitDeny, policy.IdentityBased},
		{"within the boundary", policy.Policies{Identity: list(all), Boundary: all}, policy.Allowed, 0},
		{"beyond the boundary", policy.Policies{Identity: list(all), Boundary: allow(policy.Managed, "Allow", "s3:*")}, policy.ImplicitDeny, policy.PermissionsBoundary},
		{"a boundary gives nothing", policy.Policies{Boundary: all}, policy.ImplicitDeny, policy.IdentityBased},
		{"denied by the boundary", policy.Policies{Identity: list(all), Boundary: allow(policy.Managed, "Deny", "bedrock:*")}, policy.ExplicitDeny, policy.PermissionsBoundary},
		{"within the session", policy.Policies{Identity: list(all), Session: list(allow(policy.Session, "Allow", "s3:*"), all)}, policy.Allowed, 0},
		{"beyond the session", policy.Policies{Identity: list(all), Session: list(allow(policy.Session, "Allow", "s3:*"))}, policy.ImplicitDeny, policy.SessionPolicy},
		{"denied by the session", policy.Policies{Identity: list(all), Session: list(all, allow(policy.Session, "Deny", "bedrock:*"))}, policy.ExplicitDeny, policy.SessionPolicy},
		{"a session gives nothing", policy.Policies{Session: list(all)}, policy.ImplicitDeny, policy.IdentityBased},
		{"a trust policy gives nothing", policy.Policies{Identity: list(mustParse(t, policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:*"}}`))}, policy.ImplicitDeny, policy.IdentityBased},
		{"boundary before session", policy.Policies{Identity: list(all), Boundary: allow(policy.Managed, "Allow", "s3:*"), Session: list(allow(policy.Session, "Allow", "s3:*"))}, policy.ImplicitDeny, policy.PermissionsBoundary},
	}
	for _, tt := range tests {
		d := policy.Compile(tt.policies).Decide(request(invoke, nova))
		if d.Outcome != tt.outcome || d.Outcome != policy.Allowed && d.Layer != tt.layer {
			t.Errorf("%s: %v by %v, want %v by %v", tt.name, d.Outcome, d.Layer, tt.outcome, tt.layer)
		}
		if named := d.By.Sid == "S"; named != (d.Outcome != policy.ImplicitDeny) {
			t.Errorf("%s: the statement that decided is %+v", tt.name, d.By)
		}
	}
}

// TestProfile is the policy that the Bedrock User Guide gives for inference
// profiles: the profile itself, and its models through this profile only.
func TestProfile(t *testing.T) {
	s := identity(t, `
		{"Effect":"Allow","Action":"bedrock:InvokeModel*","Resource":"`+profile+`"},
		{"Effect":"Allow","Action":"bedrock:InvokeModel*","Resource":"arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0",
		 "Condition":{"StringLike":{"bedrock:InferenceProfileArn":"`+profile+`"}}}`)
	r := request(invoke, "", policy.KeyInferenceProfileARN+"="+profile)
	r.Resources = []policy.Resource{{ARN: profile}, {ARN: claude}, {ARN: strings.Replace(claude, "us-west-2", "us-east-2", 1)}}
	if d := s.Decide(r); !d.Allowed() || d.Resource != "" {
		t.Errorf("through the profile: %+v", d)
	}
	if d := s.Decide(request(invoke, claude)); d.Allowed() || d.Resource != claude {
		t.Errorf("the model itself: %+v", d)
	}
	r.Resources = append(r.Resources, policy.Resource{ARN: nova}, policy.Resource{ARN: own})
	if d := s.Decide(r); d.Outcome != policy.ImplicitDeny || d.Resource != nova {
		t.Errorf("with another model behind the profile: %+v", d)
	}
}

func TestResourceKeys(t *testing.T) {
	s := identity(t, `{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}}`)
	red, blue := new(policy.Context), new(policy.Context)
	red.Set("aws:ResourceTag/team", "red")
	blue.Set("aws:ResourceTag/team", "blue")
	r := request(invoke, "", "aws:PrincipalTag/Team=red")
	r.Resources = []policy.Resource{{ARN: own, Keys: red}, {ARN: profile, Keys: blue}}
	if d := s.Decide(r); d.Allowed() || d.Resource != profile {
		t.Errorf("the second resource is another team's: %+v", d)
	}
	r.Resources[1].Keys = red
	if d := s.Decide(r); !d.Allowed() {
		t.Errorf("both resources are the team's: %+v", d)
	}
}

func TestContext(t *testing.T) {
	var c policy.Context
	c.Set("aws:SourceIp", "192.0.2.1")
	c.Set("aws:TagKeys", "a", "b")
	c.Set("AWS:sourceip", "192.0.2.2")
	if got := c.Get("aws:sourceIP"); len(got) != 1 || got[0] != "192.0.2.2" {
		t.Errorf("aws:SourceIp is %q", got)
	}
	if got := c.Get("aws:tagkeys"); len(got) != 2 {
		t.Errorf("aws:TagKeys is %q", got)
	}
	c.Set("aws:TagKeys")
	if got := c.Keys(); len(got) != 1 || got[0] != "aws:SourceIp" {
		t.Errorf("Keys: %q", got)
	}
	c.Reset()
	if got := c.Keys(); len(got) != 0 {
		t.Errorf("after Reset: %q", got)
	}
}
