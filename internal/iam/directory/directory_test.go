package directory_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/directory"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

const (
	account = "123456789012"
	nova    = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
	claude  = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"
)

func allow(resource string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"bedrock:InvokeModel","Resource":%q}}`, resource)
}

func mustRing(t *testing.T) *seal.Ring {
	t.Helper()
	ring, err := seal.Parse(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// source is a store in memory.
type source struct {
	mu        sync.Mutex
	everybody iam.Snapshot
	err       error
}

func (s *source) Revision(context.Context) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.everybody.Revision, s.err
}

func (s *source) Snapshot(context.Context) (iam.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.everybody, s.err
}

// set makes the next readings see no keys, or end with err.
func (s *source) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.everybody.AccessKeys = nil
	s.everybody.Revision++
	s.err = err
}

// fail makes the next readings end with err.
func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// alice is in a group, has a boundary, and may do what the parts together allow.
func people(ring *seal.Ring) iam.Snapshot {
	hash := sha256.Sum256([]byte("the key"))
	return iam.Snapshot{
		Users: []iam.User{
			{Account: account, Name: "alice", ID: "AIDAALICE", Groups: []string{"staff"}, Boundary: iam.PolicyARN(account, "bound"), Tags: map[string]string{"team": "red"}},
			{Account: account, Name: "bob", ID: "AIDABOB", Permissions: iam.Permissions{Inline: map[string]string{"own": allow(nova)}}},
			{Account: account, Name: "lost", ID: "AIDALOST", Groups: []string{"former"}, Permissions: iam.Permissions{Inline: map[string]string{"own": allow(nova)}}},
			{Account: account, Name: "broken", ID: "AIDABROKEN", Permissions: iam.Permissions{Attached: []string{iam.PolicyARN(account, "gone"), iam.PolicyARN(account, "any")}}},
		},
		Groups: []iam.Group{{Account: account, Name: "staff", Permissions: iam.Permissions{Attached: []string{iam.PolicyARN(account, "any")}}}},
		Roles:  []iam.Role{{Account: account, Name: "r", ID: "AROAR", Permissions: iam.Permissions{Attached: []string{iam.PolicyARN(account, "any")}}}},
		Policies: []iam.Policy{
			{Account: account, Name: "any", Document: allow("*")},
			{Account: account, Name: "bound", Document: allow(nova)},
		},
		AccessKeys: []iam.AccessKey{
			{ID: "AKIAALICE", Account: account, User: "alice", Secret: ring.Seal(directory.Purpose, []byte("secret"))},
			{ID: "AKIAINACTIVE", Account: account, User: "alice", Secret: ring.Seal(directory.Purpose, []byte("secret")), Inactive: true},
			{ID: "AKIANOBODY", Account: account, User: "nobody", Secret: ring.Seal(directory.Purpose, []byte("secret"))},
			{ID: "AKIAOTHER", Account: account, User: "bob", Secret: []byte("sealed by another")},
		},
		APIKeys:  []iam.APIKey{{ID: "K", Account: account, User: "bob", Hash: hash[:]}},
		Revision: 1,
	}
}

func newDirectory(t *testing.T, s iam.Snapshot, ring *seal.Ring) *directory.Directory {
	t.Helper()
	d, err := directory.New(t.Context(), directory.Options{Source: &source{everybody: s}, Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestKeys(t *testing.T) {
	ring := mustRing(t)
	d := newDirectory(t, people(ring), ring)
	key, err := d.Lookup(t.Context(), "AKIAALICE")
	if err != nil || key.Secret != "secret" || key.Principal.ARN != "arn:aws:iam::123456789012:user/alice" || key.Principal.Tags["team"] != "red" {
		t.Errorf("%+v, %v", key, err)
	}
	for _, id := range []string{"AKIAINACTIVE", "AKIANOBODY", "AKIAOTHER", "AKIAMISSING", ""} {
		if _, err := d.Lookup(t.Context(), id); !errors.Is(err, identity.ErrUnknownKey) {
			t.Errorf("%s: %v", id, err)
		}
	}
	found, err := d.LookupAPIKey(t.Context(), sha256.Sum256([]byte("the key")))
	if err != nil || found.Principal.UserName != "bob" {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := d.LookupAPIKey(t.Context(), sha256.Sum256([]byte("another"))); !errors.Is(err, identity.ErrUnknownKey) {
		t.Error(err)
	}
}

// Whom an ARN names may do what its own policies allow.
func TestPrincipal(t *testing.T) {
	ring := mustRing(t)
	d := newDirectory(t, people(ring), ring)
	for _, test := range []struct{ arn, want, resource string }{
		{iam.User{Account: account, Name: "bob"}.ARN(), "arn:aws:iam::123456789012:user/bob", nova},
		{iam.Role{Account: account, Name: "r"}.ARN(), "arn:aws:sts::123456789012:assumed-role/r/job", claude},
	} {
		p, err := d.Principal(t.Context(), test.arn, "job")
		if p.ARN != test.want || p.Account != account || err != nil {
			t.Errorf("%s: %+v, %v", test.arn, p, err)
		}
		set, err := d.Policies(p)
		if err != nil {
			t.Errorf("%s: %v", test.arn, err)
			continue
		}
		request := &policy.Request{Action: policy.ActionInvokeModel, Resources: []policy.Resource{{ARN: test.resource}}, Context: new(policy.Context)}
		if decision := set.Decide(request); !decision.Allowed() {
			t.Errorf("%s: %s", test.arn, decision.Refusal("x"))
		}
	}
	for _, arn := range []string{iam.User{Account: account, Name: "nobody"}.ARN(), ""} {
		if p, err := d.Principal(t.Context(), arn, "job"); !errors.Is(err, identity.ErrUnknownKey) {
			t.Errorf("%s: %+v, %v", arn, p, err)
		}
	}
}

func TestPolicies(t *testing.T) {
	ring := mustRing(t)
	d := newDirectory(t, people(ring), ring)
	user := func(name, id string) identity.Principal {
		return identity.Principal{ARN: iam.User{Account: account, Name: name}.ARN(), UserID: id}
	}
	session := func(role, id string, policies ...string) identity.Principal {
		return identity.Principal{UserID: id, Session: &identity.Session{RoleARN: iam.Role{Account: account, Name: role}.ARN(), Policies: policies}}
	}
	for _, test := range []struct {
		name      string
		principal identity.Principal
		resource  string
		want      string
	}{
		{"group within boundary", user("alice", "AIDAALICE"), nova, "Allowed"},
		{"group beyond boundary", user("alice", "AIDAALICE"), claude, "permissions boundary"},
		{"inline", user("bob", "AIDABOB"), nova, "Allowed"},
		{"beyond inline", user("bob", "AIDABOB"), claude, "identity-based policy"},
		{"another of the name", user("bob", "AIDAFORMERBOB"), nova, "does not exist any more"},
		{"nobody", user("nobody", "AIDANOBODY"), nova, "does not exist any more"},
		{"a policy that is gone", user("broken", "AIDABROKEN"), nova, "policy/gone does not exist"},
		{"a group that is gone", user("lost", "AIDALOST"), nova, "the group former of account 123456789012 does not exist"},
		{"role", session("r", "AROAR:s"), claude, "Allowed"},
		{"session policy", session("r", "AROAR:s", allow(nova)), nova, "Allowed"},
		{"beyond session policy", session("r", "AROAR:s", allow(nova)), claude, "session policy"},
		{"session policy that is none", session("r", "AROAR:s", "{"), nova, "session policy 0"},
		{"another role of the name", session("r", "AROAOLD:s"), nova, "does not exist any more"},
	} {
		got := "Allowed"
		set, err := d.Policies(test.principal)
		if err != nil {
			got = err.Error()
		} else if decision := set.Decide(&policy.Request{Action: policy.ActionInvokeModel, Resources: []policy.Resource{{ARN: test.resource}}, Context: new(policy.Context)}); !decision.Allowed() {
			got = decision.Refusal("x")
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%s: %q does not say %q", test.name, got, test.want)
		}
	}
}

// A declared user takes the name of a stored one, and not that one's keys.
func TestDeclaredOverStored(t *testing.T) {
	ring := mustRing(t)
	declared := directory.Declaration{
		Everybody: iam.Snapshot{
			Users:      []iam.User{{Account: account, Name: "alice", ID: "AIDADECLARED", Permissions: iam.Permissions{Inline: map[string]string{"own": allow(claude)}}}},
			AccessKeys: []iam.AccessKey{{ID: "AKIADECLARED", Account: account, User: "alice"}},
		},
		Secrets: map[string]string{"AKIADECLARED": "of the file"},
	}
	d, err := directory.New(t.Context(), directory.Options{
		Source: &source{everybody: people(ring)}, Ring: ring,
		Declared: func() (directory.Declaration, bool, error) { return declared, true, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if key, err := d.Lookup(t.Context(), "AKIADECLARED"); err != nil || key.Secret != "of the file" || key.Principal.UserID != "AIDADECLARED" {
		t.Errorf("%+v, %v", key, err)
	}
	if _, err := d.Lookup(t.Context(), "AKIAALICE"); !errors.Is(err, identity.ErrUnknownKey) {
		t.Errorf("the key of the one whose name was taken: %v", err)
	}
}

// What changes is in force within a second; what cannot be read leaves all as it was.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := mustRing(t)
		s := &source{everybody: people(ring)}
		var log bytes.Buffer
		d, err := directory.New(t.Context(), directory.Options{Source: s, Ring: ring, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		log.Reset()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { d.Run(ctx); close(ended) }()
		known := func() bool {
			time.Sleep(time.Second + time.Millisecond)
			synctest.Wait()
			_, err := d.Lookup(ctx, "AKIAALICE")
			return err == nil
		}
		s.set(errors.New("out of order"))
		if !known() {
			t.Error("a store out of order took the keys away")
		}
		s.fail(errors.New("out of order, and in other words"))
		known()
		s.set(nil)
		if known() {
			t.Error("a key that was deleted is still known")
		}
		cancel()
		<-ended
		told := log.String()
		if strings.Count(told, "out of order") != 1 || strings.Count(told, "principals are read again") != 1 {
			t.Errorf("the log has\n%s", told)
		}
	})
}

// Who seals all secrets anew before the servers know the new key takes no key from
// them, and keeps none good that is switched off.
func TestResealedTooSoon(t *testing.T) {
	ring, next := mustRing(t), mustRing(t)
	s := &source{everybody: people(ring)}
	d, err := directory.New(t.Context(), directory.Options{Source: s, Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	known := func(change func(*iam.AccessKey)) (identity.Key, error) {
		t.Helper()
		everybody := people(next)
		change(&everybody.AccessKeys[0])
		everybody.Revision = s.everybody.Revision + 1
		s.everybody = everybody
		if err := d.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		return d.Lookup(t.Context(), "AKIAALICE")
	}
	for range 2 {
		if key, err := known(func(*iam.AccessKey) {}); err != nil || key.Secret != "secret" {
			t.Errorf("%+v, %v", key, err)
		}
	}
	if _, err := known(func(k *iam.AccessKey) { k.Inactive = true }); !errors.Is(err, identity.ErrUnknownKey) {
		t.Errorf("a key that is switched off: %v", err)
	}
	if _, err := known(func(*iam.AccessKey) {}); err != nil {
		t.Errorf("a key that is switched on again: %v", err)
	}
	if _, err := known(func(k *iam.AccessKey) { k.ID = "AKIANEW" }); !errors.Is(err, identity.ErrUnknownKey) {
		t.Errorf("a key that is revoked: %v", err)
	}
}

// The file and the store do not wait for each other.
func TestRefreshOneOfTwo(t *testing.T) {
	ring := mustRing(t)
	s := &source{everybody: people(ring)}
	declared := func() (directory.Declaration, bool, error) { return directory.Declaration{}, false, nil }
	d, err := directory.New(t.Context(), directory.Options{Source: s, Ring: ring,
		Declared: func() (directory.Declaration, bool, error) { return declared() }})
	if err != nil {
		t.Fatal(err)
	}
	trouble := errors.New("out of order")
	refresh := func(want error) {
		t.Helper()
		if err := d.Refresh(t.Context()); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	declares := directory.Declaration{
		Everybody: iam.Snapshot{
			Users:      []iam.User{{Account: account, Name: "carol", ID: "AIDACAROL"}},
			AccessKeys: []iam.AccessKey{{ID: "AKIACAROL", Account: account, User: "carol"}},
		},
		Secrets: map[string]string{"AKIACAROL": "of the file"},
	}
	declared = func() (directory.Declaration, bool, error) {
		declared = func() (directory.Declaration, bool, error) { return directory.Declaration{}, false, trouble }
		return declares, true, nil
	}
	s.fail(trouble)
	refresh(trouble)
	if _, err := d.Lookup(t.Context(), "AKIACAROL"); err != nil {
		t.Errorf("a store out of order keeps the file's from being known: %v", err)
	}
	s.set(nil)
	refresh(trouble)
	if _, err := d.Lookup(t.Context(), "AKIAALICE"); !errors.Is(err, identity.ErrUnknownKey) {
		t.Errorf("a file that is wrong keeps a revoked key of the store good: %v", err)
	}
	if _, err := d.Lookup(t.Context(), "AKIACAROL"); err != nil {
		t.Errorf("a file that is wrong takes away what it said before: %v", err)
	}
}

// deaf is a store that never answers.
type deaf struct{ *source }

func (deaf) Revision(ctx context.Context) (int64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

// A store that does not answer keeps nobody waiting for good.
func TestRefreshOfDeafStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if _, err := directory.New(t.Context(), directory.Options{Source: deaf{}, Ring: mustRing(t)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// The store that the program uses is a source.
func TestStoreIsSource(t *testing.T) {
	ring := mustRing(t)
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d, err := directory.New(t.Context(), directory.Options{Source: s, Ring: ring})
	if err != nil {
		t.Fatal(err)
	}
	everybody := people(ring)
	revision, err := s.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), revision, store.Put(everybody.Users[0]), store.Put(everybody.AccessKeys[0])); err != nil {
		t.Fatal(err)
	}
	if err := d.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Lookup(t.Context(), "AKIAALICE"); err != nil {
		t.Error(err)
	}
}
