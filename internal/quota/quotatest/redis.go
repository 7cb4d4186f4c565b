package quotatest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// Redis is a Redis server of a test's own, on a unix socket. It keeps nothing.
type Redis struct {
	// URL is that of the server.
	URL string
	// Process is the server.
	Process *os.Process
}

const startTime = 30 * time.Second

// StartRedis starts a server that ends with the test. Without Redis the test is skipped;
// with CI=true it fails.
func StartRedis(t testing.TB) *Redis {
	t.Helper()
	program := findRedis(t)
	// The path of a socket may have some hundred bytes.
	folder, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "s")
	server := exec.Command(program, "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "no")
	server.Env = os.Environ()
	if root, _, ok := strings.Cut(program, "/usr/bin/"); ok {
		libraries, _ := filepath.Glob(filepath.Join(root, "usr", "lib", "*-linux-*"))
		server.Env = append(server.Env, "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
	}
	endWithParent(server)
	var log bytes.Buffer
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		if t.Failed() {
			t.Logf("Redis said:\n%s", log.Bytes())
		}
	})
	r := &Redis{URL: "unix://" + socket, Process: server.Process}
	if err := await(t.Context(), socket); err != nil {
		t.Fatalf("Redis does not answer: %v", err)
	}
	return r
}

func await(ctx context.Context, socket string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	client := goredis.NewClient(&goredis.Options{Network: "unix", Addr: socket})
	defer client.Close()
	for {
		err := client.Ping(ctx).Err()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// findRedis gives the server that tests/install-servers.sh installed, else the one on
// the PATH.
func findRedis(t testing.TB) string {
	_, file, _, _ := runtime.Caller(0)
	installed := filepath.Join(filepath.Dir(file), "..", "..", "..", "tests", ".servers", "tree", "usr", "bin", "redis-server")
	if _, err := os.Stat(installed); err == nil {
		return installed
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const remedy = "there is no Redis: run tests/install-servers.sh, or put redis-server on the PATH"
	if os.Getenv("CI") == "true" {
		t.Fatal(remedy)
	}
	t.Skip(remedy)
	return ""
}
