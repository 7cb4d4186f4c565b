package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/saprolite/saprolite/internal/config"
)

// upstream is a model server whose answers end when the test says so.
type upstream struct {
	*httptest.Server
	// asked gets one for every request that waits for its end.
	asked chan struct{}
	// finish is closed to end all answers.
	finish chan struct{}
}

func newUpstream(t *testing.T) *upstream {
	t.Helper()
	u := &upstream{asked: make(chan struct{}, 16), finish: make(chan struct{})}
	u.Server = httptest.NewServer(u)
	t.Cleanup(u.Close)
	return u
}

// config is a configuration that asks the upstream for everything.
func (u *upstream) config(t *testing.T) *config.Config {
	t.Helper()
	return load(t, "providers: {upstream: {type: openai, url: "+u.URL+"/v1, model: m, retry: {attempts: 1}}}\n")
}

// ServeHTTP answers in one piece or as a stream, as it is asked to.
func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const whole = `{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi there!"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":3}}`
	const first = `data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi "}}]}` + "\n\n"
	const last = `data: {"choices":[{"index":0,"delta":{"content":"there!"}}]}` + "\n\n" +
		`data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n" +
		`data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":3}}` + "\n\ndata: [DONE]\n\n"
	streamed := isStreamed(r)
	w.Header().Set("Content-Type", "application/json")
	if streamed {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, first)
		http.NewResponseController(w).Flush()
	}
	u.asked <- struct{}{}
	select {
	case <-u.finish:
	case <-r.Context().Done():
		return
	}
	if streamed {
		fmt.Fprint(w, last)
	} else {
		fmt.Fprint(w, whole)
	}
}

func isStreamed(r *http.Request) bool {
	var body struct {
		Stream bool `json:"stream"`
	}
	return json.NewDecoder(r.Body).Decode(&body) == nil && body.Stream
}
