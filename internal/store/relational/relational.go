// Package relational is a store in a relational database. Its SQL is what SQLite
// and PostgreSQL have in common; the packages of the two open the database and
// say in what they differ.
package relational

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Options are a database and what is particular about it.
type Options struct {
	// Read and Write are pools of connections, possibly the same. A transaction of
	// Write excludes others from what it has changed, or from all.
	Read, Write *sql.DB
	// Dialect is that of goose.
	Dialect goose.Dialect
	// Lock keeps two processes from bringing the schema up to date at one time.
	Lock goose.ProviderOption
	// Member is the expression of a text in the JSON object of a column by the key
	// that a parameter has, NULL where there is none.
	Member func(column, parameter string) string
}

// DB is a [store.Store].
type DB struct {
	read, write *sql.DB
	member      func(column, parameter string) string
}

//go:embed migrations/*.sql
var migrations embed.FS

// Open brings the schema up to date and returns the store. It owns the pools, which
// it closes when it fails too.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{read: o.Read, write: o.Write, member: o.Member}
	if err := migrate(ctx, o); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func migrate(ctx context.Context, o Options) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if o.Lock != nil {
		options = append(options, o.Lock)
	}
	provider, err := goose.NewProvider(o.Dialect, o.Write, files, options...)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema of the state up to date: %w", err)
	}
	current, err := provider.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; current > newest {
		return fmt.Errorf("the state was written by a newer version of this program: its schema is %d, and %d is the newest known here", current, newest)
	}
	return nil
}

// Ping implements [store.Store].
func (db *DB) Ping(ctx context.Context) error { return db.read.PingContext(ctx) }

// Close implements [store.Store].
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(db.read.Close(), err)
	}
	return err
}

// change runs statements in one transaction, which an error undoes.
func (db *DB) change(ctx context.Context, run func(*sql.Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := run(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// querier is a database, or a transaction of one.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// query reads all rows.
func query[T any](ctx context.Context, q querier, scan func(*sql.Rows, *T) error, text string, args ...any) (all []T, err error) {
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// affected gives how many rows a statement changed.
func affected(ctx context.Context, tx *sql.Tx, text string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}
