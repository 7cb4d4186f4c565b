package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// upstream is an OpenAI-compatible server that gives one answer, and keeps the last
// request.
type upstream struct {
	*httptest.Server
	asked chan map[string]json.RawMessage
}

// newUpstream makes one that says the content.
func newUpstream(t *testing.T, content string) *upstream {
	t.Helper()
	u := &upstream{asked: make(chan map[string]json.RawMessage, 1)}
	quoted, err := json.Marshal(content)
	if err != nil {
		t.Fatal(err)
	}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]json.RawMessage
		text, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(text, &body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		u.asked <- body
		const usage = `,"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}`
		if string(body["stream"]) != "true" {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"choices":[{"index":0,"message":{"content":%s},"finish_reason":"stop"}]%s}`, quoted, usage)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for _, letter := range content {
			piece, _ := json.Marshal(string(letter))
			fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%s}}]}\n\n", piece)
		}
		fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]%s}\n\ndata: [DONE]\n\n", usage)
	}))
	t.Cleanup(u.Close)
	return u
}

// house puts a server with every model of the service in front of the upstream.
func (u *upstream) house(t *testing.T, media provider.Abilities) *httptest.Server {
	t.Helper()
	return serve(t, newServer(t, u.provider(t, media)))
}

// provider makes a client of it.
func (u *upstream) provider(t *testing.T, media provider.Abilities) provider.Provider {
	t.Helper()
	client, err := openai.New(openai.Options{BaseURL: u.URL, Media: media})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

// sorted writes a JSON value with sorted members.
func sorted(t *testing.T, value json.RawMessage) string {
	t.Helper()
	if value == nil {
		return ""
	}
	var decoded any
	if err := json.Unmarshal(value, &decoded); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
