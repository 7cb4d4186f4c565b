package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

func TestExplain(t *testing.T) {
	s := policy.Compile(policy.Policies{
		Identity: []*policy.Policy{mustParse(t, policy.Managed, `{"Version":"2012-10-17","Statement":[
			{"Sid":"Own","Effect":"Allow","Action":["s3:*","bedrock:Invoke*"],"Resource":"arn:aws:bedrock:*:*:prompt/${aws:username}",
			 "Condition":{"StringEqualsIfExists":{"aws:PrincipalTag/team":["${aws:username}","red"]},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}},
			{"Effect":"Deny","NotAction":"bedrock:*","NotResource":"arn:aws:bedrock:*:*:prompt/${aws:PrincipalTag/x}",
			 "Condition":{"StringEquals":{"aws:TagKeys":"a"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/${aws:none}"}}}]}`)},
		Boundary: mustParse(t, policy.Managed, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`),
	})
	const prompt = "arn:aws:bedrock:us-east-1:123456789012:prompt/alice"
	got := s.Explain(request(invoke, prompt, "aws:username=alice", "aws:SourceIp=192.0.2.1", "aws:TagKeys=a|b", "aws:PrincipalArn=arn:aws:iam::1:user/alice"))
	decision := policy.Decision{Action: invoke, Resource: prompt}
	want := policy.Explanation{
		Decision: decision,
		Resources: []policy.ResourceExplanation{{
			Resource: prompt,
			Decision: decision,
			Statements: []policy.StatementExplanation{
				{
					Ref:      policy.Ref{Policy: "test", Sid: "Own"},
					Effect:   policy.Allow,
					Action:   policy.Match{Matches: true, Reason: `Action "bedrock:Invoke*" covers bedrock:InvokeModel.`},
					Resource: policy.Match{Matches: true, Reason: `Resource "arn:aws:bedrock:*:*:prompt/alice" covers ` + prompt + `.`},
					Conditions: []policy.ConditionExplanation{
						{
							Operator: "StringEqualsIfExists",
							Key:      "aws:PrincipalTag/team",
							Wanted:   []string{"alice", "red"},
							Match:    policy.Match{Matches: true, Reason: "The request has no aws:PrincipalTag/team; StringEqualsIfExists is met."},
						},
						{
							Operator: "IpAddress",
							Key:      "aws:SourceIp",
							Wanted:   []string{"10.0.0.0/8"},
							Given:    []string{"192.0.2.1"},
							Match:    policy.Match{Reason: `aws:SourceIp is ["192.0.2.1"]; IpAddress ["10.0.0.0/8"] is not met.`},
						},
					},
				},
				{
					Ref:      policy.Ref{Policy: "test", Index: 1},
					Effect:   policy.Deny,
					Action:   policy.Match{Reason: `NotAction "bedrock:*" covers bedrock:InvokeModel.`},
					Resource: policy.Match{Reason: `NotResource "arn:aws:bedrock:*:*:prompt/${aws:PrincipalTag/x}" has a variable without a value.`},
					Conditions: []policy.ConditionExplanation{
						{
							Operator: "StringEquals",
							Key:      "aws:TagKeys",
							Wanted:   []string{"a"},
							Given:    []string{"a", "b"},
							Match:    policy.Match{Reason: "aws:TagKeys has several values, which only ForAnyValue and ForAllValues compare."},
						},
						{
							Operator: "ArnLike",
							Key:      "aws:PrincipalArn",
							Wanted:   []string{"arn:aws:iam::*:user/${aws:none}"},
							Given:    []string{"arn:aws:iam::1:user/alice"},
							Match:    policy.Match{Reason: `aws:PrincipalArn is ["arn:aws:iam::1:user/alice"]; ArnLike ["arn:aws:iam::*:user/${aws:none}"] is not met. A variable has no value.`},
						},
					},
				},
				{
					Ref:      policy.Ref{Policy: "test"},
					Layer:    policy.PermissionsBoundary,
					Effect:   policy.Allow,
					Applies:  true,
					Action:   policy.Match{Matches: true, Reason: `Action "*" covers bedrock:InvokeModel.`},
					Resource: policy.Match{Matches: true, Reason: `Resource "*" covers ` + prompt + `.`},
				},
			},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
