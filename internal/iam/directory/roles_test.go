package directory_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/directory"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/sts"
)

const (
	deployARN     = "arn:aws:iam::" + account + ":role/deploy"
	sessionARN    = "arn:aws:sts::" + account + ":assumed-role/r/ci"
	mayAssume     = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"` + deployARN + `"}}`
	mayNotAssume  = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sts:*","Resource":"*"}}`
	otherAccount  = "210987654321"
	onlyInference = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}}`
)

// TestTrusts has a role's trust and the caller's own policies decide together, by the
// page "Policy evaluation for requests within a single account" of the IAM User Guide:
// who names a role lets in its sessions, but no further than their own bounds.
func TestTrusts(t *testing.T) {
	const (
		byAccount = `{"AWS":"` + account + `"}`
		byUser    = `{"AWS":"arn:aws:iam::` + account + `:user/u"}`
		byRole    = `{"AWS":"arn:aws:iam::` + account + `:role/r"}`
		bySession = `{"AWS":"` + sessionARN + `"}`
		byOther   = `{"AWS":"arn:aws:iam::` + otherAccount + `:user/u"}`
		everybody = `"*"`
	)
	user := func(of string) identity.Principal {
		return identity.Principal{ARN: "arn:aws:iam::" + of + ":user/u", Account: of, UserID: "AIDAU", UserName: "u"}
	}
	session := func(policies ...string) identity.Principal {
		return identity.Principal{ARN: sessionARN, Account: account, UserID: "AROAR:ci",
			Session: &identity.Session{RoleARN: "arn:aws:iam::" + account + ":role/r", Name: "ci", Policies: policies}}
	}
	for _, test := range []struct {
		name, trust   string
		caller        identity.Principal
		own, boundary string
		want          bool
	}{
		{"the account, without leave of its own", byAccount, user(account), "", "", false},
		{"the account, with leave", byAccount, user(account), mayAssume, "", true},
		{"the account, beyond the boundary", byAccount, user(account), mayAssume, onlyInference, false},
		{"the user", byUser, user(account), "", "", true},
		{"the user, whom nothing bounds then", byUser, user(account), "", onlyInference, true},
		{"the user, who is denied it", byUser, user(account), mayNotAssume, "", false},
		{"the user, denied by the boundary", byUser, user(account), "", mayNotAssume, false},
		{"a user of another account, without leave", byOther, user(otherAccount), "", "", false},
		{"a user of another account, with leave", byOther, user(otherAccount), mayAssume, "", true},
		{"the role", byRole, session(), "", "", true},
		{"the role, beyond its boundary", byRole, session(), mayAssume, onlyInference, false},
		{"the role, beyond the session's policy", byRole, session(onlyInference), mayAssume, "", false},
		{"the role, within the session's policy", byRole, session(mayAssume), "", "", true},
		{"the role, which is denied it", byRole, session(), mayNotAssume, "", false},
		{"the session by its own name", bySession, session(onlyInference), "", onlyInference, true},
		{"everybody, and so a user", everybody, user(account), "", "", true},
		{"everybody, beyond the session's policy", everybody, session(onlyInference), mayAssume, "", false},
		{"somebody else", byUser, session(), mayAssume, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			own := iam.Permissions{Inline: map[string]string{}}
			if test.own != "" {
				own.Inline["own"] = test.own
			}
			s := iam.Snapshot{
				Roles: []iam.Role{
					{Account: account, Name: "deploy", ID: "AROADEPLOY", Trust: fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":%s}}`, test.trust)},
					{Account: account, Name: "r", ID: "AROAR", Permissions: own},
				},
				Users: []iam.User{{Account: test.caller.Account, Name: "u", ID: "AIDAU", Permissions: own}},
			}
			if test.boundary != "" {
				s.Policies = []iam.Policy{{Account: account, Name: "bound", Document: test.boundary}}
				s.Roles[1].Boundary, s.Users[0].Boundary = s.Policies[0].ARN(), s.Policies[0].ARN()
			}
			role, err := directory.Roles{Directory: newDirectory(t, s, mustRing(t))}.LookupRole(t.Context(), deployARN)
			if err != nil {
				t.Fatal(err)
			}
			got, err := role.Trusts(t.Context(), sts.Attempt{Action: sts.ActionAssumeRole, RoleARN: deployARN, Caller: &test.caller, Request: &http.Request{}})
			if err != nil || got != test.want {
				t.Errorf("%v, %v; want %v", got, err, test.want)
			}
		})
	}
}

// Sessions can have the policies of their account and those of AWS.
func TestHasPolicy(t *testing.T) {
	d := newDirectory(t, iam.Snapshot{
		Roles: []iam.Role{{Account: account, Name: "deploy", ID: "AROADEPLOY", Trust: onlyInference}},
		Policies: []iam.Policy{
			{Account: account, Name: "own", Document: onlyInference},
			{Account: otherAccount, Name: "other", Document: onlyInference},
		},
	}, mustRing(t))
	role, err := directory.Roles{Directory: d}.LookupRole(t.Context(), deployARN)
	if err != nil {
		t.Fatal(err)
	}
	for arn, want := range map[string]bool{
		"arn:aws:iam::" + account + ":policy/own":          true,
		"arn:aws:iam::" + account + ":policy/missing":      false,
		"arn:aws:iam::" + otherAccount + ":policy/other":   false,
		"arn:aws:iam::aws:policy/AmazonBedrockReadOnly":    true,
		"arn:aws:iam::aws:policy/AdministratorAccessOfOld": false,
		"AmazonBedrockReadOnly":                            false,
	} {
		if got := role.HasPolicy(arn); got != want {
			t.Errorf("%s: %t", arn, got)
		}
	}
}
