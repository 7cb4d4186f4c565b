package engine

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/download"
)

// The test binary plays three programs beside itself, chosen by this variable: a llama-server of
// which only the answers are made up, a program that runs a pool and is killed, and a guard.
const roleVariable = "ENGINE_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "server":
		playServer()
	case "parent":
		playParent()
	default:
		goleak.VerifyTestMain(m)
	}
}

// playServer listens where its flags say. It never looks at its standard input.
func playServer() {
	flag := func(name string) string {
		if i := slices.Index(os.Args, name); i >= 0 && i+1 < len(os.Args) {
			return os.Args[i+1]
		}
		return ""
	}
	fmt.Println("loading", flag("--model"))
	if strings.Contains(flag("--model"), "broken") {
		fmt.Println("these weights are broken")
		os.Exit(3)
	}
	if strings.Contains(flag("--model"), "silent") {
		time.Sleep(time.Hour)
	}
	network, address := "unix", flag("--host")
	if !strings.HasSuffix(address, ".sock") {
		network, address = "tcp", net.JoinHostPort(address, flag("--port"))
	}
	l, err := net.Listen(network, address)
	if err != nil {
		fmt.Println(err)
		os.Exit(4)
	}
	http.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/pid", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getpid()) })
	http.HandleFunc("/args", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Join(os.Args[1:], " ")) })
	http.HandleFunc("/key", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", os.Getenv("LLAMA_API_KEY"), r.Header.Get("Authorization"))
	})
	http.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) { os.Exit(5) })
	http.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	fmt.Println(http.Serve(l, nil))
	os.Exit(6)
}

// playParent acquires the model of its environment, prints the child's id and waits to be killed.
func playParent() {
	p, err := NewPool(Options{Server: os.Getenv("PARENT_SERVER"), Cache: &download.Cache{Dir: os.Getenv("PARENT_CACHE")}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if p.opts.Server == "" {
		p.locate = locateManaged
	}
	os.Setenv(roleVariable, "server")
	if _, err := p.Acquire(context.Background(), Model{Weights: os.Getenv("PARENT_WEIGHTS"), Context: 256, Slots: 1}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, w := range p.workers {
		fmt.Println("child", w.child.process.cmd.Process.Pid)
	}
	time.Sleep(time.Hour)
}

// missing skips the test, or fails it where everything must be there.
func missing(t *testing.T, what string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: %v", what, err)
	}
	t.Skipf("%s: %v", what, err)
}

// sharedCache is the cache that all tests, and the program itself, share.
func sharedCache(t *testing.T) *download.Cache {
	t.Helper()
	dir := os.Getenv("SAPROLITE_DATA")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(base, "saprolite")
	}
	return &download.Cache{Dir: dir}
}

// newPool returns a pool that is stopped at the end of the test.
func newPool(t *testing.T, opts Options) *Pool {
	t.Helper()
	p, err := NewPool(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return p
}

// serverPool returns a pool of played servers.
func serverPool(t *testing.T, memory int64) *Pool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(roleVariable, "server")
	return newPool(t, Options{Server: self, Cache: &download.Cache{Dir: t.TempDir()}, Memory: memory})
}

// weightsFile writes weights of a given length that consist of a head alone.
func weightsFile(t *testing.T, name string, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	head := ggufHead(map[string]any{
		"general.architecture": "llama", "llama.context_length": uint32(4096), "llama.block_count": uint32(2),
		"llama.embedding_length": uint32(64), "llama.attention.head_count": uint32(4), "llama.attention.head_count_kv": uint32(2),
	})
	if err := os.WriteFile(path, head, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, max(size, int64(len(head)))); err != nil {
		t.Fatal(err)
	}
	return path
}

// ggufHead encodes a head of string, uint32, []string, []int32 and []uint8 values.
func ggufHead(values map[string]any) []byte {
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte { return append(le.AppendUint64(b, uint64(len(s))), s...) }
	b := le.AppendUint32([]byte("GGUF"), 3)
	b = le.AppendUint64(b, 0)
	b = le.AppendUint64(b, uint64(len(values)))
	for key, value := range values {
		b = text(b, key)
		switch value := value.(type) {
		case string:
			b = text(le.AppendUint32(b, ggufString), value)
		case uint32:
			b = le.AppendUint32(le.AppendUint32(b, 4), value)
		case []string:
			b = le.AppendUint64(le.AppendUint32(le.AppendUint32(b, ggufArray), ggufString), uint64(len(value)))
			for _, s := range value {
				b = text(b, s)
			}
		case []int32:
			b = le.AppendUint64(le.AppendUint32(le.AppendUint32(b, ggufArray), 5), uint64(len(value)))
			for _, n := range value {
				b = le.AppendUint32(b, uint32(n))
			}
		case []uint8:
			b = le.AppendUint64(le.AppendUint32(le.AppendUint32(b, ggufArray), 0), uint64(len(value)))
			b = append(b, value...)
		}
	}
	return b
}

// get asks a lease's child.
func get(ctx context.Context, l *Lease, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.BaseURL+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := l.Client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return string(body), err
}

func mustGet(t *testing.T, l *Lease, path string) string {
	t.Helper()
	body, err := get(t.Context(), l, path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func mustAcquire(t *testing.T, p *Pool, m Model) *Lease {
	t.Helper()
	l, err := p.Acquire(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
