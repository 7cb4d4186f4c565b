package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/saprolite/saprolite/internal/iam"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/relational"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// A copy and its return happen under a store that is in use.
func TestBackupAndRestoreWhileOpen(t *testing.T) {
	ctx := t.Context()
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "state.db"), filepath.Join(folder, "copy of state.db")
	s := mustOpen(t, path)
	put(t, s, "before")

	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := s.PutSetting(ctx, "busy", fmt.Appendf(nil, `%d`, i)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	if err := sqlite.Backup(ctx, path, copied); err != nil {
		t.Fatal(err)
	}
	put(t, s, "after")
	changed := revisionOf(t, s)
	if err := sqlite.Restore(ctx, path, copied); err != nil {
		t.Fatal(err)
	}
	close(stop)
	writing.Wait()

	if got := names(t, s); len(got) != 1 || got[0] != "before" {
		t.Errorf("accounts after the return of the copy: %v", got)
	}
	if got := revisionOf(t, s); got <= changed {
		t.Errorf("revision %d, after %d: nobody would notice", got, changed)
	}
	put(t, s, "goes on")
}

func TestRestoreOntoANewMachine(t *testing.T) {
	folder := t.TempDir()
	path, copied, elsewhere := filepath.Join(folder, "a.db"), filepath.Join(folder, "copy.db"), filepath.Join(folder, "b", "b.db")
	put(t, mustOpen(t, path), "before")
	if err := sqlite.Backup(t.Context(), path, copied); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Restore(t.Context(), elsewhere, copied); err != nil {
		t.Fatal(err)
	}
	if got := names(t, mustOpen(t, elsewhere)); len(got) != 1 {
		t.Errorf("accounts: %v", got)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info.Mode(), err)
	}
}

func TestBackupAndRestoreRefuse(t *testing.T) {
	ctx := t.Context()
	folder := t.TempDir()
	path, text, missing := filepath.Join(folder, "state.db"), filepath.Join(folder, "text"), filepath.Join(folder, "missing")
	put(t, mustOpen(t, path), "kept")
	if err := os.WriteFile(text, []byte("no database, and longer than the head of one, which has a hundred bytes: "+fmt.Sprint(make([]int, 100))), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"backup of nothing":      sqlite.Backup(ctx, missing, filepath.Join(folder, "new")),
		"backup over a file":     sqlite.Backup(ctx, path, text),
		"restore from nothing":   sqlite.Restore(ctx, path, missing),
		"restore from a text":    sqlite.Restore(ctx, path, text),
		"restore from a folder":  sqlite.Restore(ctx, path, folder),
		"backup of a mere text":  sqlite.Backup(ctx, text, filepath.Join(folder, "new")),
		"backup to no such path": sqlite.Backup(ctx, path, filepath.Join(missing, "new")),
	} {
		if err == nil {
			t.Errorf("%s succeeds", name)
		}
	}
	if _, err := os.Stat(missing); !errors.Is(err, os.ErrNotExist) {
		t.Error("an empty database was made")
	}
	if got := names(t, mustOpen(t, path)); len(got) != 1 {
		t.Errorf("accounts: %v", got)
	}
}

// Copies that are made at one time do not disturb each other, and what an earlier one
// left when it was killed disturbs none.
func TestBackupsTogether(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "state.db")
	put(t, mustOpen(t, path), "kept")
	target := filepath.Join(folder, "copy.db")
	if err := os.WriteFile(target+".partial", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := sqlite.Backup(t.Context(), path, target); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(target); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(target + ".partial"); err != nil {
		t.Errorf("the file of another is gone: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "copy*")); len(left) != 1 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A copy that this program does not understand leaves the state as it was.
func TestRestoreOfANewerProgram(t *testing.T) {
	ctx := t.Context()
	folder := t.TempDir()
	path, copied := filepath.Join(folder, "state.db"), filepath.Join(folder, "copy.db")
	s := mustOpen(t, path)
	put(t, s, "kept")
	if err := sqlite.Backup(ctx, path, copied); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", copied)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"); err != nil {
		t.Fatal(err)
	}
	put(t, s, "later")
	if err := sqlite.Restore(ctx, path, copied); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("restored: %v", err)
	}
	if got := names(t, mustOpen(t, path)); len(got) != 2 {
		t.Errorf("accounts: %v", got)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "restore*")); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func mustOpen(t *testing.T, path string) *relational.DB {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func put(t *testing.T, s store.Store, name string) {
	t.Helper()
	if err := s.Apply(t.Context(), revisionOf(t, s), store.Put(iam.Account{ID: name, Name: name})); err != nil {
		t.Fatal(err)
	}
}

func revisionOf(t *testing.T, s store.Store) int64 {
	t.Helper()
	revision, err := s.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

func names(t *testing.T, s store.Store) (names []string) {
	t.Helper()
	snapshot, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range snapshot.Accounts {
		names = append(names, a.Name)
	}
	return names
}
