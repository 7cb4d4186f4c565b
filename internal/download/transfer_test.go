package download

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

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
