package admin_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/iam/directory"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/store"
)

const (
	account  = "123456789012"
	document = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}}`
	trust    = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}`
)

// everybody is a state with alice, who has everything, and a file with carol.
func everybody() *admin.Everybody {
	p := iam.Policy{Account: account, Name: "p", Path: "/", Document: document}
	attached := iam.Permissions{Attached: []string{p.ARN()}}
	return admin.NewEverybody(iam.Snapshot{
		Accounts: []iam.Account{{ID: account}},
		Users: []iam.User{
			{Account: account, Name: "alice", Path: "/", Permissions: attached, Groups: []string{"staff"}, Boundary: p.ARN()},
			{Account: account, Name: "idle", Path: "/"},
			{Account: account, Name: "carol", Path: "/"},
		},
		Groups:   []iam.Group{{Account: account, Name: "staff", Path: "/", Permissions: attached}},
		Roles:    []iam.Role{{Account: account, Name: "batch", Path: "/", Permissions: iam.Permissions{Inline: map[string]string{"own": document}}, Trust: trust}},
		Policies: []iam.Policy{p},
		AccessKeys: []iam.AccessKey{
			{ID: "AKIA1", Account: account, User: "alice"}, {ID: "AKIA2", Account: account, User: "alice"},
		},
		APIKeys: []iam.APIKey{{ID: "K1", Account: account, User: "alice"}},
	}, iam.Snapshot{
		Users: []iam.User{{Account: account, Name: "carol", Path: "/", Groups: []string{"staff"}}},
	}, "principals.yaml")
}

func ref(kind iam.Kind, name string) iam.Ref {
	return iam.Ref{Kind: kind, Account: account, Name: name}
}

func user(name string) iam.Ref { return ref(iam.KindUser, name) }

// TestRefusals has what the scripts of the command line do not ask.
func TestRefusals(t *testing.T) {
	many := make([]string, 11)
	for i := range many {
		many[i] = fmt.Sprint("g", i)
	}
	tags := map[string]string{}
	for i := range 51 {
		tags[fmt.Sprint(i)] = ""
	}
	now := time.Now()
	for _, test := range []struct {
		name       string
		think      func(*admin.Everybody) ([]store.Change, error)
		code, want string
	}{
		{"third access key", func(e *admin.Everybody) ([]store.Change, error) {
			return e.AddAccessKey(iam.AccessKey{ID: "AKIA3", Account: account, User: "alice"})
		}, admin.CodeLimitExceeded, "AccessKeysPerUser: 2"},
		{"key expired at birth", func(e *admin.Everybody) ([]store.Change, error) {
			return e.AddAPIKey(iam.APIKey{ID: "K2", Account: account, User: "alice", Created: now, Expires: now})
		}, admin.CodeInvalidInput, "expired already"},
		{"key for the declared", func(e *admin.Everybody) ([]store.Change, error) {
			return e.AddAPIKey(iam.APIKey{ID: "K2", Account: account, User: "carol"})
		}, admin.CodeUnmodifiableEntity, "declared in principals.yaml"},
		{"key of another account", func(e *admin.Everybody) ([]store.Change, error) {
			return e.SetKeyStatus("999999999999", "AKIA1", admin.Revoke)
		}, admin.CodeNoSuchEntity, "AKIA1"},
		{"too many groups", func(e *admin.Everybody) ([]store.Change, error) {
			for _, name := range many {
				e.All.Groups = append(e.All.Groups, iam.Group{Account: account, Name: name})
			}
			return e.CreateUser(iam.User{Account: account, Name: "bob", Groups: many})
		}, admin.CodeLimitExceeded, "GroupsPerUser: 10"},
		{"too many policies", func(e *admin.Everybody) ([]store.Change, error) {
			for _, name := range many {
				e.All.Policies = append(e.All.Policies, iam.Policy{Account: account, Name: name, Path: "/"})
			}
			return e.Attach(user("alice"), admin.Attachments{Policies: many})
		}, admin.CodeLimitExceeded, "PoliciesPerUser: 10"},
		{"too many tags", func(e *admin.Everybody) ([]store.Change, error) { return e.Tag(user("alice"), tags) }, admin.CodeLimitExceeded, "TagsPerUser: 50"},
		{"tag of AWS", func(e *admin.Everybody) ([]store.Change, error) {
			return e.Tag(user("alice"), map[string]string{"AWS:x": ""})
		}, admin.CodeInvalidInput, "is no tag"},
		{"tags of a group", func(e *admin.Everybody) ([]store.Change, error) {
			return e.Tag(ref(iam.KindGroup, "staff"), map[string]string{"a": "b"})
		}, admin.CodeInvalidInput, "A group has no tags"},
		{"boundary of a group", func(e *admin.Everybody) ([]store.Change, error) {
			return e.Attach(ref(iam.KindGroup, "staff"), admin.Attachments{Boundary: "p"})
		}, admin.CodeInvalidInput, "A group has no permissions boundary"},
		{"policy of another account", func(e *admin.Everybody) ([]store.Change, error) {
			e.All.Policies = append(e.All.Policies, iam.Policy{Account: "999999999999", Name: "q", Path: "/"})
			return e.Attach(user("alice"), admin.Attachments{Policies: []string{"arn:aws:iam::999999999999:policy/q"}})
		}, admin.CodeNoSuchEntity, "not attachable"},
		{"long document", func(e *admin.Everybody) ([]store.Change, error) {
			return e.CreatePolicy(iam.Policy{Account: account, Name: "long", Document: strings.Replace(document, "bedrock:*", "bedrock:"+strings.Repeat("x", 6144), 1)})
		}, policy.CodeLimitExceeded, "PolicySize: 6144"},
		{"role with a policy inside", func(e *admin.Everybody) ([]store.Change, error) {
			return e.DeleteRole(ref(iam.KindRole, "batch"), admin.Careful)
		}, admin.CodeDeleteConflict, "must delete policies first"},
		{"group that the declared are in", func(e *admin.Everybody) ([]store.Change, error) {
			return e.DeleteGroup(ref(iam.KindGroup, "staff"), admin.Whole)
		}, admin.CodeUnmodifiableEntity, "carol"},
		{"boundary", func(e *admin.Everybody) ([]store.Change, error) {
			return e.DeletePolicy(ref(iam.KindPolicy, "p"), admin.Whole)
		}, admin.CodeDeleteConflict, "permissions boundary of the user alice"},
		{"nobody", func(e *admin.Everybody) ([]store.Change, error) { return e.DeleteUser(user("nobody"), admin.Whole) }, admin.CodeNoSuchEntity, "nobody"},
	} {
		changes, err := test.think(everybody())
		refusal, ok := errors.AsType[*admin.Error](err)
		if !ok || refusal.Code != test.code || !strings.Contains(err.Error(), test.want) || refusal.Remedy == "" {
			t.Errorf("%s: %v, %v", test.name, changes, err)
		}
	}
}

// TestDeleteWhole deletes what hangs on somebody, and nothing else.
func TestDeleteWhole(t *testing.T) {
	for _, test := range []struct {
		name  string
		think func(*admin.Everybody) ([]store.Change, error)
		gone  []iam.Ref
	}{
		{"user", func(e *admin.Everybody) ([]store.Change, error) { return e.DeleteUser(user("alice"), admin.Whole) }, []iam.Ref{
			user("alice"), ref(iam.KindAccessKey, "AKIA1"), ref(iam.KindAccessKey, "AKIA2"), ref(iam.KindAPIKey, "K1"),
		}},
		{"idle user", func(e *admin.Everybody) ([]store.Change, error) { return e.DeleteUser(user("idle"), admin.Careful) }, []iam.Ref{user("idle")}},
		{"role", func(e *admin.Everybody) ([]store.Change, error) {
			return e.DeleteRole(ref(iam.KindRole, "batch"), admin.Whole)
		}, []iam.Ref{ref(iam.KindRole, "batch")}},
		{"account", func(e *admin.Everybody) ([]store.Change, error) { return e.DeleteAccount(account, admin.Whole) }, everybody().Stored.Refs()},
	} {
		changes, err := test.think(everybody())
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		gone := map[iam.Ref]bool{}
		for _, c := range changes {
			if c.Delete != nil {
				gone[*c.Delete] = true
			}
		}
		for _, r := range test.gone {
			if !gone[r] {
				t.Errorf("%s: %s stays", test.name, r)
			}
			delete(gone, r)
		}
		if len(gone) > 0 {
			t.Errorf("%s: deletes %v", test.name, gone)
		}
	}
}

// TestDeletePolicyWhole takes a policy from all who have it.
func TestDeletePolicyWhole(t *testing.T) {
	e := everybody()
	e.All.Users[0].Boundary = ""
	changes, err := e.DeletePolicy(ref(iam.KindPolicy, "p"), admin.Whole)
	if err != nil || len(changes) != 3 {
		t.Fatalf("%v, %v", changes, err)
	}
	for _, c := range changes {
		switch entity := c.Put.(type) {
		case iam.User:
			if len(entity.Attached) > 0 || entity.Groups[0] != "staff" {
				t.Errorf("%+v", entity)
			}
		case iam.Group:
			if len(entity.Attached) > 0 {
				t.Errorf("%+v", entity)
			}
		}
	}
	if len(e.Stored.Users[0].Attached) != 1 {
		t.Error("the snapshot itself was changed")
	}
}

func newRing(t *testing.T, keys ...string) *seal.Ring {
	t.Helper()
	ring, err := seal.Parse(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// TestKeys mints keys that the server can use.
func TestKeys(t *testing.T) {
	old, young := seal.NewKey(), seal.NewKey()
	key, secret := admin.NewAccessKey(user("idle"), newRing(t, old), time.Now())
	if !iam.IsAccessKeyID(key.ID) || len(secret) != 40 {
		t.Errorf("%s, %d characters", key.ID, len(secret))
	}
	e := everybody()
	e.Stored.AccessKeys = []iam.AccessKey{key}
	changes, err := e.Reseal(newRing(t, young, old))
	if err != nil || len(changes) != 1 {
		t.Fatal(changes, err)
	}
	opened, err := newRing(t, young).Open(directory.Purpose, changes[0].Put.(iam.AccessKey).Secret)
	if err != nil || string(opened) != secret {
		t.Errorf("%q, %v", opened, err)
	}
	api, token := admin.NewAPIKey(user("idle"), time.Now(), time.Time{})
	if hash := identity.HashAPIKey(token); string(api.Hash) != string(hash[:]) || api.Expires != (time.Time{}) {
		t.Errorf("%+v", api)
	}
}
