package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Postgres is a PostgreSQL server of a test's own, on a unix socket.
type Postgres struct {
	folder    string
	databases atomic.Int32
}

const startTime = 30 * time.Second

// StartPostgres starts a server that ends with the test. Without PostgreSQL the test
// is skipped; with CI=true it fails.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	programs := findPostgres(t)
	// The path of a socket may have some hundred bytes.
	folder, err := os.MkdirTemp("", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	data := filepath.Join(folder, "data")
	initialize := command(filepath.Join(programs, "initdb"), "-D", data, "-U", "saprolite", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if out, err := initialize.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	server := command(filepath.Join(programs, "postgres"), "-D", data, "-k", folder,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "jit=off", "-c", "shared_buffers=16MB", "-c", "max_connections=100")
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// SIGINT ends the connections and then the server.
		server.Process.Signal(os.Interrupt)
		server.Wait()
		if t.Failed() {
			t.Logf("PostgreSQL said:\n%s", log.Bytes())
		}
	})
	p := &Postgres{folder: folder}
	if err := p.await(t.Context()); err != nil {
		t.Fatalf("PostgreSQL does not answer: %v", err)
	}
	return p
}

// Database makes an empty database and gives its connection string.
func (p *Postgres) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", p.databases.Add(1))
	if err := p.execute(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return p.connection(name)
}

func (p *Postgres) connection(database string) string {
	return "host=" + p.folder + " user=saprolite dbname=" + database
}

func (p *Postgres) execute(ctx context.Context, statement string) (err error) {
	db, err := sql.Open("pgx", p.connection("postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}

func (p *Postgres) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := p.execute(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// findPostgres gives the folder of the server's programs: of what
// tests/install-servers.sh installed, else of the PATH.
func findPostgres(t testing.TB) string {
	_, file, _, _ := runtime.Caller(0)
	tests := filepath.Join(filepath.Dir(file), "..", "..", "..", "tests")
	if found, _ := filepath.Glob(filepath.Join(tests, ".servers", "tree", "usr", "lib", "postgresql", "*", "bin", "postgres")); len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path)
	}
	const remedy = "there is no PostgreSQL: run tests/install-servers.sh, or put postgres and initdb on the PATH"
	if os.Getenv("CI") == "true" {
		t.Fatal(remedy)
	}
	t.Skip(remedy)
	return ""
}

// command is a command of the server's, with the libraries that were installed
// beside it.
func command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = os.Environ()
	if root, _, ok := strings.Cut(program, "/usr/lib/"); ok {
		libraries, _ := filepath.Glob(filepath.Join(root, "usr", "lib", "*-linux-*"))
		cmd.Env = append(cmd.Env, "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
	}
	asNobodySpecial(cmd)
	return cmd
}
