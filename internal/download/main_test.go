package download

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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
