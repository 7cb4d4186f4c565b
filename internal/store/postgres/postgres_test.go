package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/store"
	"github.com/saprolite/saprolite/internal/store/postgres"
	"github.com/saprolite/saprolite/internal/store/storetest"
)

func TestStore(t *testing.T) {
	server := storetest.StartPostgres(t)
	storetest.Run(t, func(t *testing.T) func() store.Store {
		connection := server.Database(t)
		return func() store.Store {
			s, err := postgres.Open(context.Background(), connection)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}

func TestOpenKeepsThePassword(t *testing.T) {
	for _, connection := range []string{
		"postgres://u:hunter2@127.0.0.1:1/d?sslmode=bad",
		"postgres://u:hunter2@127.0.0.1:1/d?connect_timeout=1",
	} {
		s, err := postgres.Open(t.Context(), connection)
		if err == nil {
			s.Close()
			t.Fatalf("%s opens", connection)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}
