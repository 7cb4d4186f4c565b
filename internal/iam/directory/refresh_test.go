package directory_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/iam/directory"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

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

// revoke takes all keys away.
func (s *source) revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.everybody.AccessKeys = nil
	s.everybody.Revision++
}

// fail makes the next readings end with err, or well.
func (s *source) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
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
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { d.Run(ctx); close(ended) }()
		known := func() bool {
			time.Sleep(time.Second + time.Millisecond)
			synctest.Wait()
			_, err := d.Lookup(ctx, "AKIAALICE")
			return err == nil
		}
		s.fail(errors.New("out of order"))
		s.revoke()
		if !known() {
			t.Error("a store out of order took the keys away")
		}
		s.fail(errors.New("out of order, and in other words"))
		known()
		s.fail(nil)
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
	s.revoke()
	s.fail(nil)
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
