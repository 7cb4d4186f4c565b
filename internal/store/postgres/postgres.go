// Package postgres keeps the state in a PostgreSQL server, which several nodes
// share.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/saprolite/saprolite/internal/store/relational"
)

const (
	// connections bounds those of one node.
	connections = 16
	// idleTime is how long one that is not used stays.
	idleTime = 5 * time.Minute
	// lockTries is how often, once a second, a node asks whether another has brought
	// the schema up to date.
	lockTries = 120
)

// Open opens the state in the database of a connection string, in either form of
// libpq.
func Open(ctx context.Context, connection string) (*relational.DB, error) {
	options, err := pgx.ParseConfig(connection)
	if err != nil {
		// pgx keeps the password out of its text.
		return nil, fmt.Errorf("the connection string of the state: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, lockTries))
	if err != nil {
		return nil, err
	}
	pool := stdlib.OpenDB(*options)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(idleTime)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("reach PostgreSQL for the state: %w", err), pool.Close())
	}
	return relational.Open(ctx, relational.Options{
		Read: pool, Write: pool, Dialect: goose.DialectPostgres, Lock: goose.WithSessionLocker(locker),
		Member: func(column, parameter string) string { return column + " ->> " + parameter },
	})
}
