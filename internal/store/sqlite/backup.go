package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
)

// Backup writes a copy of the state in the file at path to a new file, which it
// refuses to write over. A server may run on the state meanwhile: the copy is of
// one moment.
func Backup(ctx context.Context, path, target string) error {
	if err := mustExist(path); err != nil {
		return err
	}
	if _, err := os.Lstat(target); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s is there already: remove it, or take another name", target), err)
	}
	f, err := os.CreateTemp(filepath.Dir(target), filepath.Base(target)+".*.partial")
	if err != nil {
		return err
	}
	partial := f.Name()
	defer os.Remove(partial)
	if err := f.Close(); err != nil {
		return err
	}
	err = open(ctx, partial, func(conn *sql.Conn) error {
		// The copy is one file: what is in a log beside it would stay behind.
		if err := copyPages(conn, path); err != nil {
			return err
		}
		_, err := conn.ExecContext(ctx, "PRAGMA journal_mode = DELETE")
		return err
	})
	if err != nil {
		return fmt.Errorf("copy the state to %s: %w", target, err)
	}
	return os.Rename(partial, target)
}

// Restore puts the copy that Backup wrote in place of the state in the file at
// path. A server may run on the state meanwhile: it goes on with the copy. When it
// fails, the state is as it was.
func Restore(ctx context.Context, path, from string) (err error) {
	if err := check(ctx, from); err != nil {
		return err
	}
	// This makes the state where there is none, and its schema that of this program.
	live, err := Open(ctx, path)
	if err != nil {
		return err
	}
	before, err := live.Revision(ctx)
	if err := errors.Join(err, live.Close()); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(filepath.Dir(path), "restore")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	prepared := filepath.Join(folder, "state.db")
	err = prepare(ctx, from, prepared, before)
	if err == nil {
		err = open(ctx, path, func(conn *sql.Conn) error { return copyPages(conn, prepared) })
	}
	if err != nil {
		return fmt.Errorf("restore the state from %s: %w", from, err)
	}
	return nil
}

// unseen is more than the changes that a server makes while a copy is put in place
// of its state.
const unseen = 1000

// prepare makes a copy ready to be a state that was at a revision: a copy of an older
// program gets the schema of this one, and that of a newer program is refused.
func prepare(ctx context.Context, from, to string, revision int64) error {
	if err := Backup(ctx, from, to); err != nil {
		return err
	}
	state, err := Open(ctx, to)
	if err != nil {
		return err
	}
	if err := state.Close(); err != nil {
		return err
	}
	return open(ctx, to, func(conn *sql.Conn) error {
		// Whoever waits for changes has to see that there was one.
		_, err := conn.ExecContext(ctx, "UPDATE revision SET revision = max(revision, $1) + $2", revision, unseen)
		return err
	})
}

// check refuses a file that is no state, or a broken one.
func check(ctx context.Context, path string) error {
	if err := mustExist(path); err != nil {
		return err
	}
	return open(ctx, path, func(conn *sql.Conn) error {
		var verdict string
		var revision int64
		if err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
			return fmt.Errorf("%s is no copy of a state: %w", path, err)
		}
		if verdict != "ok" {
			return fmt.Errorf("%s is broken: %s", path, verdict)
		}
		if err := conn.QueryRowContext(ctx, "SELECT revision FROM revision").Scan(&revision); err != nil {
			return fmt.Errorf("%s is no copy of a state: %w", path, err)
		}
		return nil
	})
}

// mustExist keeps SQLite from making an empty database.
func mustExist(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	return err
}

// open runs on one connection to a file.
func open(ctx context.Context, path string, run func(*sql.Conn) error) (err error) {
	db, err := sql.Open("sqlite", address(path, nil))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 10000"); err != nil {
		return err
	}
	return run(conn)
}

// copyPages makes the database of conn equal to the one in a file.
func copyPages(conn *sql.Conn, from string) error {
	return conn.Raw(func(driver any) error {
		restorer, ok := driver.(interface {
			NewRestore(source string) (*sqlite.Backup, error)
		})
		if !ok {
			return fmt.Errorf("the driver %T cannot copy", driver)
		}
		pages, err := restorer.NewRestore(address(from, nil))
		if err != nil {
			return err
		}
		const all = -1
		_, err = pages.Step(all)
		return errors.Join(err, pages.Finish())
	})
}
