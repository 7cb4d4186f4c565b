package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// hubPath is the only file of the hub.
const hubPath = "/acme/tiny/resolve/main/tiny.gguf"

// fakeHub plays a hub that serves one file of weights.
type fakeHub struct {
	mu   sync.Mutex
	mode string
	// asked is the file that tells what was asked for.
	asked string
}

// hub MODE
// starts a hub, or changes how it serves hf:acme/tiny/tiny.gguf: whole; corrupt;
// or half, after which it says no more. What it is asked for is in hub.asked.
func hub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hub whole|corrupt|half")
	}
	b := of(ts)
	if b.hub == nil {
		b.hub = &fakeHub{asked: ts.MkAbs("hub.asked")}
		web := httptest.NewServer(b.hub)
		ts.Defer(func() {
			web.CloseClientConnections()
			web.Close()
		})
		ts.Setenv("HF_ENDPOINT", web.URL)
	}
	b.hub.mu.Lock()
	defer b.hub.mu.Unlock()
	b.hub.mode = args[0]
	ts.Check(os.WriteFile(b.hub.asked, nil, 0o600))
}

// note writes down a request and gives how to serve it.
func (h *fakeHub) note(r *http.Request) (mode string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, err := os.OpenFile(h.asked, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		fmt.Fprintln(f, r.Method, r.URL.Path, r.Header.Get("Range"))
		f.Close()
	}
	return h.mode
}

func (h *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mode := h.note(r)
	if r.URL.Path != hubPath {
		http.NotFound(w, r)
		return
	}
	weights := tinyWeights()
	sum := sha256.Sum256(weights)
	w.Header().Set("X-Linked-Etag", `"`+hex.EncodeToString(sum[:])+`"`)
	w.Header().Set("Accept-Ranges", "bytes")
	if r.Method == http.MethodHead {
		return
	}
	if mode == "corrupt" {
		weights[len(weights)-1]++
	}
	from := 0
	if begin, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, _ = strconv.Atoi(strings.TrimSuffix(begin, "-"))
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(weights)-1, len(weights)))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		w.Header().Set("Content-Length", strconv.Itoa(len(weights)))
	}
	if mode == "half" {
		w.Write(weights[from : len(weights)/2])
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
		return
	}
	w.Write(weights[from:])
}

// tinyWeights are weights that consist of a head and one MiB of nothing.
func tinyWeights() []byte {
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte { return append(le.AppendUint64(b, uint64(len(s))), s...) }
	numbers := []string{"context_length", "block_count", "embedding_length", "attention.head_count", "attention.head_count_kv"}
	b := le.AppendUint32([]byte("GGUF"), 3)
	b = le.AppendUint64(b, 0)
	b = le.AppendUint64(b, uint64(1+len(numbers)))
	b = text(le.AppendUint32(text(b, "general.architecture"), 8), "llama")
	for _, name := range numbers {
		b = le.AppendUint32(le.AppendUint32(text(b, "llama."+name), 4), 64)
	}
	return append(b, make([]byte, 1<<20)...)
}
