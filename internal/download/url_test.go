package download

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestFileRetriesWhatMayPass(t *testing.T) {
	for _, test := range []struct {
		status, failures, wantCalls int
		ok                          bool
	}{
		{http.StatusServiceUnavailable, 2, 3, true},
		{http.StatusTooManyRequests, 1, 2, true},
		{http.StatusBadGateway, 99, fruitlessAttempts, false},
		{http.StatusForbidden, 99, 1, false},
		{http.StatusGone, 99, 1, false},
	} {
		calls := 0
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if calls++; calls <= test.failures {
				w.WriteHeader(test.status)
				return
			}
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
		})
		c := &Cache{Dir: t.TempDir(), RetryDelay: time.Millisecond}
		path, err := c.File(t.Context(), File{URL: s.URL + "/f.bin", SHA256: hexSum(content)})
		if (err == nil) != test.ok || calls != test.wantCalls {
			t.Errorf("%d: %d calls, %v", test.status, calls, err)
		}
		if status := (*StatusError)(nil); !test.ok && (!errors.As(err, &status) || status.Status != test.status) {
			t.Errorf("%d: got %v", test.status, err)
		}
		if test.ok {
			wantFile(t, path)
		}
	}
}

func TestFileOfUnknownLengthAndValidator(t *testing.T) {
	calls := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			t.Error("it resumed what nothing identifies")
		}
		calls++
		w.Write(content[:len(content)/2])
		http.NewResponseController(w).Flush()
		if calls == 1 {
			panic(http.ErrAbortHandler)
		}
		w.Write(content[len(content)/2:])
	})
	path, err := (&Cache{Dir: t.TempDir(), RetryDelay: time.Millisecond}).File(t.Context(), File{URL: s.URL + "/f.bin"})
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, path)
}

func TestFileCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write(make([]byte, 10))
		http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	})
	c := &Cache{Dir: t.TempDir()}
	if _, err := c.File(ctx, File{URL: s.URL + "/f.gguf"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wantNothing(t, c)
}

func TestFileRefusesOtherSchemes(t *testing.T) {
	for _, address := range []string{"ftp://host/f", "file:///etc/passwd", "f.bin", "://"} {
		if _, err := (&Cache{Dir: t.TempDir()}).File(t.Context(), File{URL: address}); err == nil {
			t.Errorf("%s: no error", address)
		}
	}
}

// recorder notes what it is shown.
type recorder struct {
	mu     sync.Mutex
	events []string
	sum    int64
	total  int64
}

func (r *recorder) Start(label string, total int64) Task {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, "start "+label)
	r.total = total
	return r
}

func (r *recorder) Advance(n int64) { r.mu.Lock(); defer r.mu.Unlock(); r.sum += n }

func (r *recorder) Done(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, map[bool]string{true: "done", false: "failed"}[err == nil])
}

func TestProgressCountsEachByteOnce(t *testing.T) {
	h := newHub(t)
	drop := dropAfter(t, 30_000)
	h.tamper = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n <= 2 {
			drop(w, r, n)
		}
		return false
	}
	c, shown := h.cache(t), &recorder{}
	c.Progress = shown
	if _, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf")); err != nil {
		t.Fatal(err)
	}
	if shown.sum != int64(len(content)) || shown.total != int64(len(content)) {
		t.Errorf("showed %d of %d bytes, want %d", shown.sum, shown.total, len(content))
	}
	if want := []string{"start model.gguf", "done"}; !slices.Equal(shown.events, want) {
		t.Errorf("got %v, want %v", shown.events, want)
	}
}

func TestContentRange(t *testing.T) {
	for text, want := range map[string][2]int64{
		"bytes 5-9/10":                   {5, 10},
		"bytes 0-0/*":                    {0, -1},
		"bytes 9-9/5":                    {0, 0},
		"bytes -5/10":                    {0, 0},
		"lines 1-2/3":                    {0, 0},
		"":                               {0, 0},
		"bytes 1-2/99999999999999999999": {0, 0},
	} {
		first, total, err := contentRange(text)
		if (err != nil) != (want == [2]int64{}) || (err == nil && [2]int64{first, total} != want) {
			t.Errorf("%q: %d %d %v", text, first, total, err)
		}
	}
}
