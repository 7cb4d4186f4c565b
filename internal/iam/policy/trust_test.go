package policy_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/iam/policy"
)

const (
	github  = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
	cluster = "arn:aws:iam::123456789012:oidc-provider/kubernetes.example.com"
)

func TestDecideTrust(t *testing.T) {
	alice := policy.Caller{ARN: "arn:aws:iam::123456789012:user/alice", Account: "123456789012"}
	session := policy.Caller{
		ARN:     "arn:aws:sts::123456789012:assumed-role/deploy/ci",
		Account: "123456789012",
		Role:    "arn:aws:iam::123456789012:role/teams/deploy",
	}
	action := policy.Caller{Federated: github}
	tests := []struct {
		name      string
		principal string
		caller    policy.Caller
		want      policy.Outcome
		byAccount bool
	}{
		{"everyone", `"Principal":"*"`, alice, policy.Allowed, false},
		{"everyone of AWS", `"Principal":{"AWS":"*"}`, action, policy.Allowed, false},
		{"a user", `"Principal":{"AWS":"arn:aws:iam::123456789012:user/alice"}`, alice, policy.Allowed, false},
		{"another user", `"Principal":{"AWS":"arn:aws:iam::123456789012:user/bob"}`, alice, policy.ImplicitDeny, false},
		{"the account", `"Principal":{"AWS":"123456789012"}`, alice, policy.Allowed, true},
		{"the root of the account", `"Principal":{"AWS":["arn:aws:iam::999999999999:root","arn:aws:iam::123456789012:root"]}`, alice, policy.Allowed, true},
		{"another account", `"Principal":{"AWS":"999999999999"}`, alice, policy.ImplicitDeny, false},
		{"account and user", `"Principal":{"AWS":["123456789012","arn:aws:iam::123456789012:user/alice"]}`, alice, policy.Allowed, false},
		{"a role with a path", `"Principal":{"AWS":"arn:aws:iam::123456789012:role/teams/deploy"}`, session, policy.Allowed, false},
		{"a session", `"Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/deploy/ci"}`, session, policy.Allowed, false},
		{"everyone, and so a session", `"Principal":"*"`, session, policy.Allowed, false},
		{"a session and its role", `"Principal":{"AWS":["arn:aws:iam::123456789012:role/teams/deploy","arn:aws:sts::123456789012:assumed-role/deploy/ci"]}`, session, policy.Allowed, false},
		{"another session", `"Principal":{"AWS":"arn:aws:sts::123456789012:assumed-role/deploy/other"}`, session, policy.ImplicitDeny, false},
		{"a provider", `"Principal":{"Federated":"` + cluster + `"}`, policy.Caller{Federated: cluster}, policy.Allowed, false},
		{"another provider", `"Principal":{"Federated":"accounts.google.com"}`, action, policy.ImplicitDeny, false},
		{"no account", `"Principal":{"AWS":"123456789012"}`, action, policy.ImplicitDeny, false},
		{"a service", `"Principal":{"Service":"bedrock.amazonaws.com"}`, policy.Caller{Service: "bedrock.amazonaws.com"}, policy.Allowed, false},
		{"a service is no provider", `"Principal":{"Service":"accounts.google.com"}`, policy.Caller{Federated: "accounts.google.com"}, policy.ImplicitDeny, false},
		{"anybody", `"Principal":{"AWS":"*"}`, policy.Caller{}, policy.Allowed, false},
		{"an S3 user", `"Principal":{"CanonicalUser":"79a59d"}`, alice, policy.ImplicitDeny, false},
	}
	for _, tt := range tests {
		p := mustParse(t, policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole*",`+tt.principal+`}}`)
		d := p.DecideTrust(&policy.Request{Action: "sts:AssumeRole", Caller: tt.caller})
		if d.Outcome != tt.want || d.ByAccount != tt.byAccount {
			t.Errorf("%s: %v, by account %v; want %v, %v", tt.name, d.Outcome, d.ByAccount, tt.want, tt.byAccount)
		}
		x := p.ExplainTrust(&policy.Request{Action: "sts:AssumeRole", Caller: tt.caller}).Resources[0].Statements[0]
		if byRole := tt.caller.Role != "" && !strings.Contains(tt.principal, ":assumed-role/"); d.ByRole != (byRole && d.Allowed()) {
			t.Errorf("%s: by role %v", tt.name, d.ByRole)
		}
		if x.Applies != d.Allowed() || x.Principal.Matches != d.Allowed() {
			t.Errorf("%s: explained as %+v", tt.name, x)
		}
	}
}

func TestNotPrincipal(t *testing.T) {
	p := mustParse(t, policy.Trust, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},
		{"Effect":"Deny","NotPrincipal":{"AWS":["arn:aws:iam::123456789012:user/alice","999999999999"]},"Action":"sts:AssumeRole"}]}`)
	for caller, want := range map[policy.Caller]policy.Outcome{
		{ARN: "arn:aws:iam::123456789012:user/alice", Account: "123456789012"}: policy.Allowed,
		{ARN: "arn:aws:iam::123456789012:user/bob", Account: "123456789012"}:   policy.ExplicitDeny,
		{ARN: "arn:aws:iam::999999999999:user/bob", Account: "999999999999"}:   policy.Allowed,
		{Federated: github}: policy.ExplicitDeny,
	} {
		if d := p.DecideTrust(&policy.Request{Action: "sts:AssumeRole", Caller: caller}); d.Outcome != want {
			t.Errorf("%+v: %v, want %v", caller, d.Outcome, want)
		}
	}
}

func TestTrustConditionsAndDeny(t *testing.T) {
	p := mustParse(t, policy.Trust, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Federated":"`+github+`"},"Action":"sts:AssumeRoleWithWebIdentity",
		 "Condition":{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"},
		              "StringLike":{"token.actions.githubusercontent.com:sub":"repo:saprolite/*"}}},
		{"Sid":"NotMain","Effect":"Deny","Principal":"*","Action":"sts:*",
		 "Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"*:pull_request"}}}]}`)
	decide := func(action, sub string) policy.Decision {
		r := request(action, "", "token.actions.githubusercontent.com:aud=sts.amazonaws.com", "token.actions.githubusercontent.com:sub="+sub)
		r.Caller.Federated = github
		return p.DecideTrust(r)
	}
	if d := decide("sts:AssumeRoleWithWebIdentity", "repo:saprolite/saprolite:ref:refs/heads/main"); !d.Allowed() {
		t.Errorf("the branch: %+v", d)
	}
	if d := decide("sts:AssumeRole", "repo:saprolite/saprolite:ref:refs/heads/main"); d.Outcome != policy.ImplicitDeny {
		t.Errorf("another action: %+v", d)
	}
	if d := decide("sts:AssumeRoleWithWebIdentity", "repo:other/saprolite:ref:refs/heads/main"); d.Outcome != policy.ImplicitDeny {
		t.Errorf("another repository: %+v", d)
	}
	if d := decide("sts:AssumeRoleWithWebIdentity", "repo:saprolite/saprolite:pull_request"); d.Outcome != policy.ExplicitDeny || d.By.Sid != "NotMain" {
		t.Errorf("a pull request: %+v", d)
	}
}

// TestSharedProviders is about issuers whose tokens everybody can get: a policy
// must say whose it means.
func TestSharedProviders(t *testing.T) {
	const sub = "token.actions.githubusercontent.com:sub"
	tests := []struct {
		effect, condition string
		ok                bool
	}{
		{"Allow", ``, false},
		{"Deny", ``, true},
		{"Allow", `"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}`, false},
		{"Allow", `"StringEquals":{"` + sub + `":"repo:saprolite/saprolite:ref:refs/heads/main"}`, true},
		{"Allow", `"StringLike":{"` + sub + `":["repo:saprolite/*"]}`, true},
		{"Allow", `"ForAnyValue:StringLike":{"` + sub + `":["repo:saprolite/*"]}`, true},
		{"Allow", `"StringLike":{"` + sub + `":["repo:saprolite/*","*"]}`, false},
		{"Allow", `"StringLike":{"` + sub + `":"*?*"}`, false},
		{"Allow", `"StringNotEquals":{"` + sub + `":"repo:evil/evil"}`, false},
		{"Allow", `"StringEqualsIfExists":{"` + sub + `":"repo:saprolite/*"}`, false},
		{"Allow", `"ForAllValues:StringEquals":{"` + sub + `":"repo:saprolite/*"}`, false},
		{"Allow", `"Null":{"` + sub + `":"false"}`, false},
	}
	for _, tt := range tests {
		document := `{"Version":"2012-10-17","Statement":{"Effect":"` + tt.effect + `","Action":"sts:AssumeRoleWithWebIdentity",
			"Principal":{"Federated":["` + cluster + `","` + github + `"]},"Condition":{` + tt.condition + `}}}`
		_, err := policy.Parse("test", policy.Trust, []byte(document))
		if e, ok := errors.AsType[*policy.Error](err); (err == nil) != tt.ok || ok && e.Pointer != "/Statement/Principal/Federated/1" {
			t.Errorf("%s {%s}: %v", tt.effect, tt.condition, err)
		}
	}
}

func TestRefusal(t *testing.T) {
	const alice = "arn:aws:iam::123456789012:user/alice"
	const user = "User: " + alice + " is not authorized to perform: "
	tests := []struct {
		decision policy.Decision
		want     string
	}{
		{policy.Decision{Action: invoke, Resource: nova}, user + "bedrock:InvokeModel on resource: " + nova + " because no identity-based policy allows the bedrock:InvokeModel action"},
		{policy.Decision{Action: listOnly}, user + "bedrock:ListFoundationModels because no identity-based policy allows the bedrock:ListFoundationModels action"},
		{policy.Decision{Action: invoke, Resource: nova, Layer: policy.PermissionsBoundary}, user + "bedrock:InvokeModel on resource: " + nova + " because no permissions boundary allows the bedrock:InvokeModel action"},
		{policy.Decision{Action: invoke, Resource: nova, Layer: policy.SessionPolicy}, user + "bedrock:InvokeModel on resource: " + nova + " because no session policy allows the bedrock:InvokeModel action"},
		{policy.Decision{Action: "sts:AssumeRole", Layer: policy.TrustPolicy}, user + "sts:AssumeRole because no role trust policy allows the sts:AssumeRole action"},
		{policy.Decision{Outcome: policy.ExplicitDeny, Action: invoke, Resource: nova}, user + "bedrock:InvokeModel on resource: " + nova + " with an explicit deny in an identity-based policy"},
		{policy.Decision{Outcome: policy.ExplicitDeny, Action: listOnly, Layer: policy.PermissionsBoundary}, user + "bedrock:ListFoundationModels with an explicit deny in a permissions boundary"},
		{policy.Decision{Outcome: policy.ExplicitDeny, Action: listOnly, Layer: policy.SessionPolicy}, user + "bedrock:ListFoundationModels with an explicit deny in a session policy"},
		{policy.Decision{Outcome: policy.ExplicitDeny, Action: "sts:AssumeRole", Layer: policy.TrustPolicy}, user + "sts:AssumeRole with an explicit deny in the role trust policy"},
		{policy.Decision{Outcome: policy.Allowed, Action: invoke}, ""},
	}
	for _, tt := range tests {
		if got := tt.decision.Refusal(alice); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}
