package conditions_test

import (
	"crypto/tls"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
)

var (
	issued = time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	role   = "arn:aws:iam::123456789012:role/team/writer"
)

// session is one of a web identity.
func session() *identity.Principal {
	return &identity.Principal{
		ARN: "arn:aws:sts::123456789012:assumed-role/writer/job", Account: "123456789012", UserID: "AROAWRITER:job", Region: "eu-central-1",
		Session: &identity.Session{RoleARN: role, Name: "job", Issued: issued, SourceIdentity: "alice",
			Provider: "arn:aws:iam::123456789012:oidc-provider/issuer.example.com"},
	}
}

func TestOf(t *testing.T) {
	at := issued.Add(time.Hour)
	common := map[string]string{
		"aws:PrincipalAccount": "123456789012", "aws:RequestedRegion": "eu-central-1", "aws:CurrentTime": "2026-11-25T11:00:00Z",
		"aws:EpochTime": "1795604400", "aws:SecureTransport": "true", "aws:UserAgent": "boto3", "aws:SourceIp": "203.0.113.7",
	}
	mapped := session()
	mapped.Session = &identity.Session{RoleARN: role, Name: "job"}
	user := &identity.Principal{
		ARN: "arn:aws:iam::123456789012:user/alice", Account: "123456789012", UserID: "AIDAALICE", UserName: "alice", Region: "eu-central-1",
		Tags: map[string]string{"team": "red"}, BearerTokenType: identity.LongTerm,
	}
	for name, test := range map[string]struct {
		principal *identity.Principal
		own       map[string]string
	}{
		"a user": {user, map[string]string{
			"aws:PrincipalArn": user.ARN, "aws:PrincipalType": "User", "aws:userid": "AIDAALICE", "aws:username": "alice",
			"aws:PrincipalTag/team": "red", "bedrock:BearerTokenType": "LONG_TERM"}},
		"a session": {session(), map[string]string{
			"aws:PrincipalArn": role, "aws:PrincipalType": "AssumedRole", "aws:userid": "AROAWRITER:job",
			"aws:TokenIssueTime": "2026-11-25T10:00:00Z", "aws:MultiFactorAuthPresent": "false", "aws:SourceIdentity": "alice",
			"aws:FederatedProvider": "arn:aws:iam::123456789012:oidc-provider/issuer.example.com"}},
		"a session of a certificate": {mapped, map[string]string{
			"aws:PrincipalArn": role, "aws:PrincipalType": "AssumedRole", "aws:userid": "AROAWRITER:job"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: "203.0.113.7:40000", TLS: new(tls.ConnectionState), Header: http.Header{"User-Agent": {"boto3"}}}
			about := conditions.Of(test.principal, r, nil, at)
			got := map[string]string{}
			for _, key := range about.Keys() {
				got[key] = about.Get(key)[0]
			}
			want := map[string]string{}
			for _, part := range []map[string]string{common, test.own} {
				for key, value := range part {
					want[key] = value
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRevoke has the policy that AWS attaches to a role whose sessions are revoked:
// those that are older than it end, those that are made later go on.
func TestRevoke(t *testing.T) {
	const revoke = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"2026-11-25T10:30:00.123Z"}}}]}`
	p, err := policy.Parse("AWSRevokeOlderSessions", policy.RoleInline, []byte(revoke))
	if err != nil {
		t.Fatal(err)
	}
	policies := policy.Compile(policy.Policies{Identity: []*policy.Policy{p}})
	for age, want := range map[time.Duration]policy.Outcome{0: policy.ExplicitDeny, time.Hour: policy.Allowed} {
		caller := session()
		caller.Session.Issued = issued.Add(age)
		about := conditions.Of(caller, &http.Request{}, nil, issued.Add(2*time.Hour))
		if d := policies.Decide(&policy.Request{Action: policy.ActionInvokeModel, Context: about}); d.Outcome != want {
			t.Errorf("issued %v after the first: %v, want %v", age, d.Outcome, want)
		}
	}
}
