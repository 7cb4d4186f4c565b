package main

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/storetest"
)

// brief is the limit of questions that nobody answers.
const brief = 200 * time.Millisecond

// A database that takes connections and says nothing, and one whose tables somebody
// else has locked: commands end, and tell what to do.
func TestInquiryEnds(t *testing.T) {
	for name, connection := range map[string]func(*testing.T) string{
		"silent": silentServer,
		"locked": lockedDatabase,
	} {
		t.Run(name, func(t *testing.T) {
			settings := &config.Config{State: config.State{Postgres: config.Secret(connection(t))}}
			err := inquiry{settings, t.TempDir(), brief}.run(t.Context(), func(ctx context.Context, state store.Store) error {
				_, err := state.Snapshot(ctx)
				return err
			})
			mustSay(t, err, "the state in PostgreSQL did not answer within 200ms", "see whether the server of state.postgres runs")
		})
	}
}

func TestInquiryOfAFile(t *testing.T) {
	data := t.TempDir()
	asked := inquiry{&config.Config{}, data, brief}
	slow := func(ctx context.Context, _ store.Store) error {
		<-ctx.Done()
		return ctx.Err()
	}
	mustSay(t, asked.run(t.Context(), slow), "the state in "+filepath.Join(data, "state.db")+" did not answer within 200ms", "see which process holds the file")

	// Who is interrupted, or has another trouble, is not told of time.
	asked.limit = app.StateTime
	canceled, cancel := context.WithCancel(t.Context())
	err := asked.run(canceled, func(ctx context.Context, s store.Store) error {
		cancel()
		return slow(ctx, s)
	})
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "did not answer") {
		t.Errorf("interrupted: %v", err)
	}
	trouble := errors.New("trouble")
	if err := asked.run(t.Context(), func(context.Context, store.Store) error { return trouble }); !errors.Is(err, trouble) || err.Error() != "trouble" {
		t.Errorf("trouble: %v", err)
	}
}

func mustSay(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, want := range words {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// silentServer takes connections and never says a word.
func silentServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return "postgres://nobody@" + listener.Addr().String() + "/none?sslmode=disable"
}

// lockedDatabase has a state that somebody has locked.
func lockedDatabase(t *testing.T) string {
	t.Helper()
	connection := storetest.StartPostgres(t).Database(t)
	state, err := app.OpenState(t.Context(), &config.Config{State: config.State{Postgres: config.Secret(connection)}}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := state.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", connection)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	lock, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lock.Rollback() })
	if _, err := lock.Exec("LOCK TABLE entities IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	return connection
}
