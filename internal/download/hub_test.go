package download

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// content is a file that no two halves of are alike.
var content = func() []byte {
	var b bytes.Buffer
	for i := range 40_000 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.Bytes()
}()

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// hub plays a hub: the resolve address tells the sum and redirects to a second server, which has
// the bytes, with Range and If-Range.
type hub struct {
	*httptest.Server
	files *httptest.Server
	// linked is the sum in X-Linked-ETag; empty leaves the header out.
	linked string
	// tamper, when set, may answer a request for the bytes itself and says whether it did.
	tamper func(w http.ResponseWriter, r *http.Request, n int) bool
	heads  atomic.Int64
	gets   atomic.Int64
	tokens sync.Map // host name -> Authorization
}

func newHub(t *testing.T) *hub {
	h := &hub{linked: hexSum(content)}
	h.files = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.tokens.Store("files", r.Header.Get("Authorization"))
		n := int(h.gets.Add(1))
		if h.tamper != nil && h.tamper(w, r, n) {
			return
		}
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	h.Server = httptest.NewServer(http.HandlerFunc(h.resolve))
	t.Cleanup(h.files.Close)
	t.Cleanup(h.Server.Close)
	return h
}

func (h *hub) resolve(w http.ResponseWriter, r *http.Request) {
	h.tokens.Store("hub", r.Header.Get("Authorization"))
	if r.Method == http.MethodHead {
		h.heads.Add(1)
	}
	switch r.URL.Path {
	case "/old/repo/resolve/main/dir/model.gguf":
		http.Redirect(w, r, "/owner/repo/resolve/main/dir/model.gguf", http.StatusTemporaryRedirect)
	case "/owner/repo/resolve/main/dir/model.gguf", "/owner/repo/resolve/v2/dir/model.gguf":
		if h.linked != "" {
			w.Header().Set("X-Linked-ETag", `"`+h.linked+`"`)
		}
		w.Header().Set("Location", strings.Replace(h.files.URL, "127.0.0.1", "localhost", 1)+"/blob")
		w.WriteHeader(http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

func (h *hub) cache(t *testing.T) *Cache {
	return &Cache{Dir: filepath.Join(t.TempDir(), "cache"), HubEndpoint: h.URL, HubToken: "secret", RetryDelay: time.Millisecond}
}

func mustParse(t *testing.T, ref string) HubFile {
	t.Helper()
	f, err := ParseHub(ref)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// wantFile fails unless the file at path is the content, and nothing of its making is left.
func wantFile(t *testing.T, path string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, content) {
		t.Fatalf("got %d bytes, not the %d of the file", len(got), len(content))
	}
	if rest, _ := filepath.Glob(path + ".partial*"); len(rest) > 0 {
		t.Errorf("left behind: %v", rest)
	}
}

func wantNothing(t *testing.T, c *Cache) {
	t.Helper()
	filepath.Walk(c.Dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && strings.HasSuffix(path, ".gguf") {
			t.Errorf("%s is in the cache", path)
		}
		return nil
	})
}

func TestHubFetchesOnce(t *testing.T) {
	h := newHub(t)
	c := h.cache(t)
	for range 2 {
		path, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf"))
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, path)
	}
	if heads, gets := h.heads.Load(), h.gets.Load(); heads != 1 || gets != 1 {
		t.Errorf("%d HEAD and %d GET, want one each", heads, gets)
	}
	if token, _ := h.tokens.Load("hub"); token != "Bearer secret" {
		t.Errorf("the hub got the token %q", token)
	}
	if token, _ := h.tokens.Load("files"); token != "" {
		t.Errorf("another host got the token %q", token)
	}
	h.Server.Close()
	h.files.Close()
	if _, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf")); err != nil {
		t.Errorf("without a network: %v", err)
	}
}

func TestHubRevisionAndRename(t *testing.T) {
	h := newHub(t)
	c := h.cache(t)
	main, err := c.Hub(t.Context(), mustParse(t, "hf:old/repo/dir/model.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, main)
	v2, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf@v2"))
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, v2)
	if main == v2 {
		t.Errorf("two revisions share %s", main)
	}
}

func TestHubNotFound(t *testing.T) {
	h := newHub(t)
	_, err := h.cache(t).Hub(t.Context(), mustParse(t, "hf:owner/repo/none.gguf"))
	if status := (*StatusError)(nil); !errors.As(err, &status) || status.Status != http.StatusNotFound {
		t.Errorf("got %v, want a 404", err)
	}
	if h.heads.Load() != 1 {
		t.Errorf("asked %d times", h.heads.Load())
	}
}

// dropAfter sends some bytes of the requested range and breaks the connection.
func dropAfter(t *testing.T, n int) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, _ int) {
		var offset int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &offset)
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(content)-offset))
		if offset > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, len(content)-1, len(content)))
			w.WriteHeader(http.StatusPartialContent)
		}
		w.Write(content[offset : offset+n])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func TestResumeAfterDrops(t *testing.T) {
	for _, linked := range []string{hexSum(content), ""} {
		t.Run("linked="+linked[:min(4, len(linked))], func(t *testing.T) {
			h := newHub(t)
			h.linked = linked
			drop := dropAfter(t, 50_000)
			var ranges []string
			h.tamper = func(w http.ResponseWriter, r *http.Request, n int) bool {
				ranges = append(ranges, r.Header.Get("Range"))
				if n <= 3 {
					drop(w, r, n)
				}
				return false
			}
			path, err := h.cache(t).Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf"))
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, path)
			if len(ranges) != 4 || ranges[0] != "" || !strings.HasPrefix(ranges[3], "bytes=") {
				t.Errorf("ranges were %q", ranges)
			}
		})
	}
}

func TestResumeInAnotherProcess(t *testing.T) {
	h := newHub(t)
	c := h.cache(t)
	drop := dropAfter(t, 100_000)
	h.tamper = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n == 1 {
			drop(w, r, n)
		}
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return true
	}
	ref := mustParse(t, "hf:owner/repo/dir/model.gguf")
	if _, err := c.Hub(t.Context(), ref); err == nil {
		t.Fatal("a broken transfer succeeded")
	}
	wantNothing(t, c)
	h.gets.Store(0)
	var resumed string
	h.tamper = func(w http.ResponseWriter, r *http.Request, n int) bool {
		resumed = r.Header.Get("Range")
		return false
	}
	path, err := h.cache(t).withDir(c.Dir).Hub(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path)
	if resumed == "" {
		t.Error("it began anew")
	}
}

func (c *Cache) withDir(dir string) *Cache {
	c.Dir = dir
	return c
}

func TestCorruptedBytes(t *testing.T) {
	spoiled := bytes.Clone(content)
	spoiled[len(spoiled)/2] ^= 1
	send := func(w http.ResponseWriter) bool { w.Write(spoiled); return true }

	t.Run("once", func(t *testing.T) {
		h := newHub(t)
		h.tamper = func(w http.ResponseWriter, _ *http.Request, n int) bool { return n == 1 && send(w) }
		path, err := h.cache(t).Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf"))
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, path)
	})
	t.Run("always", func(t *testing.T) {
		h := newHub(t)
		h.tamper = func(w http.ResponseWriter, _ *http.Request, n int) bool { return send(w) }
		c := h.cache(t)
		_, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf"))
		mismatch := (*ChecksumError)(nil)
		if !errors.As(err, &mismatch) || mismatch.Got != hexSum(spoiled) || mismatch.Want != hexSum(content) {
			t.Errorf("got %v, want a ChecksumError", err)
		}
		if h.gets.Load() != 2 {
			t.Errorf("asked %d times, want 2", h.gets.Load())
		}
		wantNothing(t, c)
	})
	t.Run("in what was resumed", func(t *testing.T) {
		h := newHub(t)
		c := h.cache(t)
		dir := filepath.Join(c.Dir, "hub/owner/repo/main/dir")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "model.gguf.partial"), spoiled[:len(spoiled)-9], 0o600); err != nil {
			t.Fatal(err)
		}
		path, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf"))
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, path)
	})
}

func TestPinnedSum(t *testing.T) {
	h := newHub(t)
	c := h.cache(t)
	wrong := strings.Repeat("ab", 32)
	_, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf#sha256="+wrong))
	if mismatch := (*ChecksumError)(nil); !errors.As(err, &mismatch) || mismatch.Want != wrong {
		t.Errorf("got %v, want a ChecksumError", err)
	}
	wantNothing(t, c)
	path, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf#sha256="+hexSum(content)))
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path)
}

func TestFileChangedBetweenAttempts(t *testing.T) {
	h := newHub(t)
	h.linked = ""
	h.tamper = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n > 1 {
			return false
		}
		w.Header().Set("ETag", `"v0"`)
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(bytes.Repeat([]byte("old "), 9_000))
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	path, err := h.cache(t).Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path)
}

func TestConcurrentFetchesShareOne(t *testing.T) {
	h := newHub(t)
	dir := h.cache(t).Dir
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := h.cache(t).withDir(dir)
			path, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf"))
			if err != nil {
				t.Error(err)
				return
			}
			wantFile(t, path)
		})
	}
	wg.Wait()
	if h.gets.Load() != 1 {
		t.Errorf("fetched %d times", h.gets.Load())
	}
}

func TestParseHub(t *testing.T) {
	sum := strings.Repeat("0f", 32)
	tests := []struct {
		ref  string
		want HubFile
		ok   bool
	}{
		{"hf:o/r/f.gguf", HubFile{Owner: "o", Repo: "r", Path: "f.gguf"}, true},
		{"hf:o/r/a/b.gguf@v1#sha256=" + sum, HubFile{Owner: "o", Repo: "r", Path: "a/b.gguf", Revision: "v1", SHA256: sum}, true},
		{"hf:o/r/f.gguf@refs/pr/3", HubFile{Owner: "o", Repo: "r", Path: "f.gguf", Revision: "refs/pr/3"}, true},
		{ref: "o/r/f.gguf"},
		{ref: "hf:o/r"},
		{ref: "hf:o/r/"},
		{ref: "hf:o//f"},
		{ref: "hf:o/r/f@"},
		{ref: "hf:o/r/f#sha256=12"},
		{ref: "hf:o/r/f#sha256="},
		{ref: "hf:../r/f"},
		{ref: "hf:o/r/../../f"},
		{ref: `hf:o/r/a\b`},
	}
	for _, test := range tests {
		got, err := ParseHub(test.ref)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("ParseHub(%q) = %+v, %v", test.ref, got, err)
		}
		if test.ok && got.String() != test.ref {
			t.Errorf("String() = %q, want %q", got.String(), test.ref)
		}
	}
}

func FuzzParseHub(f *testing.F) {
	for _, seed := range []string{"hf:o/r/f.gguf@v1#sha256=" + strings.Repeat("0f", 32), "hf:a/b/../c", "hf:////", "hf:a/b/c@#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		file, err := ParseHub(ref)
		if err != nil {
			return
		}
		if again, err := ParseHub(file.String()); err != nil || again != file {
			t.Errorf("%q -> %+v -> %q -> %+v, %v", ref, file, file, again, err)
		}
		if !filepath.IsLocal(filepath.Join(file.Owner, file.Repo, filepath.FromSlash(file.Path))) {
			t.Errorf("%q leads out of the cache: %+v", ref, file)
		}
	})
}
