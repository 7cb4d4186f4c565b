// Package sqlite keeps the state in a file.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/saprolite/saprolite/internal/filelock"
	"github.com/saprolite/saprolite/internal/store/relational"
)

// readers is how many queries run beside one another.
const readers = 4

// Open opens the state in the file at path, which it makes, readable for its owner
// alone. Other processes may have it open too; a change waits for theirs.
func Open(ctx context.Context, path string) (*relational.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	unlock, err := filelock.Lock(ctx, path+".lock")
	if err != nil {
		return nil, fmt.Errorf("wait for another process to open the state: %w", err)
	}
	defer unlock()
	// SQLite gives its other files the mode of this one.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", source(path))
	if err != nil {
		return nil, err
	}
	// SQLite has one writer at a time: here they wait without polling.
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", source(path))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	db, err := relational.Open(ctx, relational.Options{Read: read, Write: write, Dialect: goose.DialectSQLite3, Member: member})
	if err != nil {
		return nil, fmt.Errorf("open the state in %s: %w", path, err)
	}
	return db, nil
}

// source is the name of a file for the driver. With synchronous FULL, what was
// committed outlives a loss of power too. Transactions of the writer lock at their
// beginning: one that had to give way in its midst could not wait.
func source(path string) string {
	return address(path, url.Values{
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"},
		"_txlock": {"immediate"},
	})
}

func address(path string, options url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: url.PathEscape(filepath.ToSlash(path)), RawQuery: options.Encode()}).String()
}

// member looks for the key itself: the operator of SQLite takes some for paths.
func member(column, parameter string) string {
	return "(SELECT value FROM json_each(" + column + ") WHERE key = " + parameter + ")"
}
