package admin_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/admin"
	"github.com/saprolite/saprolite/internal/seal"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// TestTogether has many make changes at the same time: none is lost, and the limits
// hold.
func TestTogether(t *testing.T) {
	state, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	runner := &admin.Runner{Store: state}
	apply := func(think func(*admin.Everybody) ([]store.Change, error)) error {
		return runner.Apply(t.Context(), think)
	}
	for _, think := range []func(*admin.Everybody) ([]store.Change, error){
		func(e *admin.Everybody) ([]store.Change, error) { return e.CreateAccount(iam.Account{ID: account}) },
		func(e *admin.Everybody) ([]store.Change, error) {
			return e.CreateUser(iam.User{Account: account, Name: "alice"})
		},
	} {
		if err := apply(think); err != nil {
			t.Fatal(err)
		}
	}
	ring := newRing(t, seal.NewKey())
	refusals := make([]error, 8)
	var group sync.WaitGroup
	for i := range refusals {
		group.Go(func() {
			key, _ := admin.NewAccessKey(user("alice"), ring, time.Now())
			refusals[i] = apply(func(e *admin.Everybody) ([]store.Change, error) { return e.AddAccessKey(key) })
		})
	}
	group.Wait()
	granted := 0
	for _, err := range refusals {
		if refusal, ok := errors.AsType[*admin.Error](err); err == nil {
			granted++
		} else if !ok || refusal.Code != admin.CodeLimitExceeded {
			t.Error(err)
		}
	}
	now, err := runner.Everybody(t.Context())
	if err != nil || granted != 2 || len(now.All.AccessKeys) != 2 {
		t.Errorf("%d keys were granted, %d are there: %v", granted, len(now.All.AccessKeys), err)
	}
}

// busy is a store in which somebody else is always first.
type busy struct{ store.Principals }

func (busy) Snapshot(context.Context) (iam.Snapshot, error)      { return iam.Snapshot{}, nil }
func (busy) Apply(context.Context, int64, ...store.Change) error { return store.ErrConflict }

func TestApplyGivesUp(t *testing.T) {
	runner := &admin.Runner{Store: busy{}}
	err := runner.Apply(t.Context(), func(e *admin.Everybody) ([]store.Change, error) {
		return e.CreateAccount(iam.Account{ID: account})
	})
	if !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), "try again") {
		t.Error(err)
	}
}
