package app_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/seal"
)

// told gives the log of a start.
func told(t *testing.T, dataDir string, c *config.Config) string {
	t.Helper()
	var log bytes.Buffer
	program, err := app.New(app.Options{Config: c, DataDir: dataDir, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Close(); err != nil {
		t.Error(err)
	}
	return log.String()
}

// What a policy of the file asks for in vain is told of.
func TestWarnOfKeys(t *testing.T) {
	c := scripted(t)
	c.Auth = config.AuthIAM
	c.Principals = writeFile(t, "principals.yaml", `accounts:
  - id: "123456789012"
    policies: [{name: odd, document: {Version: 2012-10-17, Statement: {Effect: Deny, Action: "*", Resource: "*", Condition: {StringEquals: {"aws:SourceVpc": v}}}}}]
`)
	if log := told(t, t.TempDir(), c); !strings.Contains(log, "level=WARN") || !strings.Contains(log, c.Principals+":3: ") || !strings.Contains(log, "no request has a value of aws:SourceVpc") {
		t.Errorf("the log: %s", log)
	}
}

// Keys that others can read are told of, with what to do; those that the server has
// made are not.
func TestWarnOfSeal(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions than those of a mode")
	}
	const remedy = "run chmod 600 on the file"
	c := scripted(t)
	c.Auth = config.AuthIAM
	data := t.TempDir()
	if log := told(t, data, c); strings.Contains(log, remedy) {
		t.Errorf("a file that the server has made: %s", log)
	}
	c.SealKeys = filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(c.SealKeys, []byte(seal.NewKey()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(c.SealKeys, 0o644); err != nil {
		t.Fatal(err)
	}
	if log := told(t, data, c); !strings.Contains(log, remedy) || !strings.Contains(log, "file="+c.SealKeys+" mode=-rw-r--r--") {
		t.Errorf("a file for all to read: %s", log)
	}
}
