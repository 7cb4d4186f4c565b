package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// A file of principals that is written in place is empty for a while, and nobody is
// locked out meanwhile.
func TestDeclaredIsNotReadHalf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "principals.yaml")
	write := func(content string) {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Error(err)
		}
	}
	const one, other = "accounts: [{id: '123456789012'}]", "accounts: [{id: '123456789012', users: [{name: alice}]}]"
	write(one)
	synctest.Test(t, func(t *testing.T) {
		read := declared(path, slog.New(slog.DiscardHandler))
		accounts := func(wantChanged bool) {
			t.Helper()
			d, changed, err := read()
			if err != nil || changed != wantChanged || changed && len(d.Everybody.Accounts) != 1 {
				t.Errorf("%v, changed: %t, %v", d.Everybody.Accounts, changed, err)
			}
		}
		accounts(true)
		accounts(false)
		write("")
		go func() { time.Sleep(settling / 2); write(other) }()
		accounts(false)
		accounts(true)
		accounts(false)
	})
}
