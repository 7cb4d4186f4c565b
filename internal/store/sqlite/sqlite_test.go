package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/sqlite"
	"github.com/saprolite/saprolite/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) func() store.Store {
		// A name that would mean something in an address.
		path := filepath.Join(t.TempDir(), "new folder", "state ?&%41#.db")
		return func() store.Store {
			s, err := sqlite.Open(context.Background(), path)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}
