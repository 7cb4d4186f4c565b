package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/store"
)

const account = "123456789012"

var created = time.Date(2026, 11, 25, 18, 0, 0, 123456000, time.UTC)

// everybody has every member of every kind.
func everybody() iam.Snapshot {
	permissions := iam.Permissions{
		Attached: []string{"arn:aws:iam::aws:policy/AmazonBedrockReadOnly"},
		Inline:   map[string]string{"own": `{"Version":"2012-10-17"}`},
	}
	return iam.Snapshot{
		Accounts: []iam.Account{{ID: account, Name: "research"}},
		Users: []iam.User{
			{Account: account, Name: "alice", Path: "/", ID: "AIDA1", Permissions: permissions, Groups: []string{"staff"}, Boundary: "arn:aws:iam::123456789012:policy/p", Tags: map[string]string{"team": "Ü"}, Created: created},
			{Account: account, Name: "bob", Path: "/b/", ID: "AIDA2", Created: created},
		},
		Groups:     []iam.Group{{Account: account, Name: "staff", Path: "/", Permissions: permissions, Created: created}},
		Roles:      []iam.Role{{Account: account, Name: "alice", Path: "/", ID: "AROA1", Permissions: permissions, Trust: "{}", MaxSession: 2 * time.Hour, Boundary: "b", Tags: map[string]string{"k": "v"}, Created: created}},
		Policies:   []iam.Policy{{Account: account, Name: "p", Path: "/", Document: `{"Statement":[]}`, Created: created, Updated: created}},
		AccessKeys: []iam.AccessKey{{ID: "AKIA1", Account: account, User: "alice", Secret: []byte{0, 255}, Inactive: true, Created: created}},
		APIKeys:    []iam.APIKey{{ID: "K1", Account: account, User: "alice", Hash: []byte("hash"), Created: created, Expires: created.Add(time.Hour)}},
	}
}

// puts gives the changes that make everybody of s.
func puts(s iam.Snapshot) []store.Change {
	return append(append(append(append(append(append(all(s.Accounts), all(s.Users)...), all(s.Groups)...),
		all(s.Roles)...), all(s.Policies)...), all(s.AccessKeys)...), all(s.APIKeys)...)
}

func all[E iam.Entity](entities []E) (changes []store.Change) {
	for _, e := range entities {
		changes = append(changes, store.Put(e))
	}
	return changes
}

func testSnapshot(t *testing.T, open func() store.Store) {
	s := open()
	at := revision(t, s)
	want := everybody()
	if err := s.Apply(t.Context(), at, puts(want)...); err != nil {
		t.Fatal(err)
	}
	want.Revision = revision(t, s)
	if want.Revision == at {
		t.Error("the revision stays")
	}
	if diff := cmp.Diff(want, snapshot(t, open())); diff != "" {
		t.Errorf("what another process sees (-want +got):\n%s", diff)
	}

	want.Users[0].Groups = nil
	err := s.Apply(t.Context(), want.Revision, store.Put(want.Users[0]), store.Delete(want.Roles[0].Ref()), store.Delete(iam.Ref{Kind: iam.KindUser, Account: account, Name: "nobody"}))
	if err != nil {
		t.Fatal(err)
	}
	want.Roles = nil
	want.Revision = revision(t, s)
	if diff := cmp.Diff(want, snapshot(t, s)); diff != "" {
		t.Errorf("after a change and a deletion (-want +got):\n%s", diff)
	}
}

func testConflict(t *testing.T, open func() store.Store) {
	s, other := open(), open()
	at := revision(t, s)
	if err := other.Apply(t.Context(), at, store.Put(iam.Account{ID: account})); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(t.Context(), at, store.Put(iam.Account{ID: "999999999999"})); !errors.Is(err, store.ErrConflict) {
		t.Errorf("a change of an old revision: %v", err)
	}
	if got := snapshot(t, s).Accounts; len(got) != 1 {
		t.Errorf("accounts: %v", got)
	}
}

// Of many that change the same revision, one wins each time.
func testConcurrentApply(t *testing.T, open func() store.Store) {
	const writers = 8
	a, b := open(), open()
	first := revision(t, a)
	var group sync.WaitGroup
	for i := range writers {
		s := a
		if i%2 == 1 {
			s = b
		}
		group.Go(func() {
			for {
				at, err := s.Revision(t.Context())
				if err == nil {
					err = s.Apply(t.Context(), at, store.Put(iam.Account{ID: fmt.Sprintf("%012d", i)}))
				}
				if err == nil {
					return
				}
				if !errors.Is(err, store.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	if got := snapshot(t, a); len(got.Accounts) != writers || got.Revision != first+writers {
		t.Errorf("%d accounts at revision %d, after %d", len(got.Accounts), got.Revision, first)
	}
}

// Several processes may open a state that is not there yet.
func testTogether(t *testing.T, open func() store.Store) {
	var group sync.WaitGroup
	for range 4 {
		s := make(chan store.Store, 1)
		group.Go(func() { s <- open() })
		group.Go(func() {
			if _, err := (<-s).Snapshot(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func revision(t *testing.T, s store.Store) int64 {
	t.Helper()
	r, err := s.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func snapshot(t *testing.T, s store.Store) iam.Snapshot {
	t.Helper()
	got, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}
