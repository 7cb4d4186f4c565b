// Package invocationlog keeps what was asked and what was answered, for accounts that
// want it: a record of each inference, in the form of Amazon Bedrock's model
// invocation logs, in an object store.
//
// A record is on the disk before the last byte of the answer leaves, and goes to the
// store in a group with others; see package spool.
package invocationlog

import (
	"cmp"
	"context"
	"log/slog"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/invocationlog/spool"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/store"
)

// Options are what a log is made of.
type Options struct {
	// Settings remember what accounts want.
	Settings store.Settings
	// Default is for accounts that have not said; nil logs nothing.
	Default *bedrock.LoggingConfig
	// Objects take the records. Callers MUST NOT be able to name what is in them; see
	// [Hide].
	Objects objectstore.Store
	// Spool are the options of what waits for Objects, but for the store and the log.
	Spool spool.Options
	// WhenFull says what happens when as much waits as may.
	WhenFull WhenFull
	// Log hears of what goes wrong; nil discards it.
	Log *slog.Logger
}

// WhenFull is what happens when the object store does not take the records and as
// many wait as may.
type WhenFull string

// What happens then.
const (
	// Drop answers, and counts the records that are lost.
	Drop WhenFull = "drop"
	// Refuse turns away the calls of accounts that log, until there is room.
	Refuse WhenFull = "refuse"
)

// Log takes records. It is safe for concurrent use.
type Log struct {
	accounts *accounts
	spool    *spool.Spool
	whenFull WhenFull
	log      *slog.Logger
}

// Open opens a log. What an earlier process left is delivered.
func Open(o Options) (*Log, error) {
	log := cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	whenFull := cmp.Or(o.WhenFull, Drop)
	o.Spool.Store, o.Spool.Log, o.Spool.Grow = o.Objects, log, whenFull == Refuse
	s, err := spool.Open(o.Spool)
	if err != nil {
		return nil, err
	}
	return &Log{
		accounts: &accounts{settings: o.Settings, objects: o.Objects, byDefault: o.Default},
		spool:    s, whenFull: whenFull, log: log,
	}, nil
}

// Configuration gives what an account logs; nil is nothing.
func (l *Log) Configuration(ctx context.Context, account string) (*bedrock.LoggingConfig, error) {
	return l.accounts.get(ctx, account)
}

// Configure says what an account logs, when its bucket can be written. The error
// carries a *bedrock.ValidationException where the configuration is to blame.
func (l *Log) Configure(ctx context.Context, account string, c *bedrock.LoggingConfig) error {
	return l.accounts.set(ctx, account, c)
}

// Reset forgets what an account has said.
func (l *Log) Reset(ctx context.Context, account string) error {
	return l.accounts.delete(ctx, account)
}

// Begin begins the record of a call of an account's; it is nil where the account logs
// nothing. The error, which carries a bedrock.Exception, refuses the call.
func (l *Log) Begin(account string) (*Call, error) {
	to, err := l.accounts.find(account)
	switch {
	case err != nil && l.whenFull == Refuse:
		return nil, bedrock.WithCause(&bedrock.ServiceUnavailableException{Message: unavailable}, err)
	case err != nil:
		l.log.Error("whether a call is logged is not known, and it is not", "cause", err)
		return nil, nil
	case to == nil:
		return nil, nil
	case l.whenFull == Refuse && l.spool.Full():
		return nil, &bedrock.ServiceUnavailableException{Message: unavailable}
	}
	return &Call{log: l, to: to}, nil
}

const unavailable = "Bedrock is unable to process your request."

// Flush brings what was recorded to the object store.
func (l *Log) Flush(ctx context.Context) error { return l.spool.Flush(ctx) }

// Stats says how the records do.
func (l *Log) Stats() spool.Stats { return l.spool.Stats() }

// Close brings what waits to the object store, for some seconds. What is left goes
// there when the log is opened again.
func (l *Log) Close() error { return l.spool.Close() }
