package policy_test

import (
	"errors"
	"testing"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

// FuzzParse reads any document as any kind of policy. What is read decides without
// trouble, and what is refused is refused with a place that exists.
func FuzzParse(f *testing.F) {
	f.Add([]byte(document()), uint8(policy.Managed))
	f.Add([]byte(document(`"Effect"`, `"Sid":"a","Condition":{"ForAllValues:StringLikeIfExists":{"aws:k":["${aws:username, 'x'}*",true,1]}},"Effect"`)), uint8(policy.Session))
	f.Add([]byte(document(`"Effect"`, `"Condition":{"IpAddress":{"aws:k":"10.0.0.0/8"},"DateLessThan":{"aws:k":"2026-01-01"}},"Effect"`)), uint8(policy.RoleInline))
	f.Add([]byte(document(`"Effect"`, `"Condition":{"ArnLike":{"aws:k":"arn:aws:iam::${aws:k}:user/*"},"Null":{"aws:k":"true"}},"Effect"`)), uint8(policy.UserInline))
	f.Add([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotPrincipal":{"AWS":["123456789012","arn:aws:iam::123456789012:user/a"],"Service":"x"},"Action":"sts:AssumeRole"}}`), uint8(policy.Trust))
	f.Fuzz(func(t *testing.T, document []byte, kind uint8) {
		k := policy.Kind(kind % 6)
		p, err := policy.Parse("fuzz", k, document)
		if err != nil {
			e, ok := errors.AsType[*policy.Error](err)
			if !ok || e.Code == "" || e.Message == "" || e.Column < 0 || e.Line > len(document)+1 {
				t.Fatalf("%#v", err)
			}
			return
		}
		r := request(invoke, nova, "aws:k=a", "aws:username=alice", "aws:multi=a|b")
		r.Caller = policy.Caller{ARN: "arn:aws:iam::123456789012:user/a", Account: "123456789012"}
		if k == policy.Trust {
			if x := p.ExplainTrust(r); x.Decision != p.DecideTrust(r) {
				t.Fatal("explained is not decided")
			}
			return
		}
		s := policy.Compile(policy.Policies{Identity: []*policy.Policy{p}, Boundary: p, Session: []*policy.Policy{p}})
		if x := s.Explain(r); x.Decision != s.Decide(r) {
			t.Fatal("explained is not decided")
		}
	})
}
