package app

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/postgres"
	"github.com/saprolite/saprolite/internal/store/sqlite"
)

// StateTime bounds the wait for the state: a database, or another process that is at
// the file.
const StateTime = time.Minute

// OpenState opens what the program remembers, and makes it at the first time.
func OpenState(ctx context.Context, c *config.Config, dataDir string) (store.Store, error) {
	if c.State.Postgres != "" {
		return postgres.Open(ctx, string(c.State.Postgres))
	}
	return sqlite.Open(ctx, StateFile(c, dataDir))
}

// StateFile is the path of the state that is a file.
func StateFile(c *config.Config, dataDir string) string {
	return cmp.Or(c.State.SQLite, filepath.Join(dataDir, "state.db"))
}
