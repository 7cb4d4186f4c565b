package bench_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/format/all"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/server"
)

// BenchmarkHouse is a whole call over loopback sockets, with the caller and the
// upstream in the same process: it is for profiles. bench/latency measures.
func BenchmarkHouse(b *testing.B) {
	for name, path := range map[string]string{"converse": "/converse", "converse-stream": "/converse-stream"} {
		b.Run(name, func(b *testing.B) {
			url := newHouse(b) + "/model/anthropic.claude-3-haiku-20240307-v1%3A0" + path
			body := request(1 << 10)
			b.ReportAllocs()
			for b.Loop() {
				response, err := http.Post(url, "application/json", strings.NewReader(string(body)))
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.Copy(io.Discard, response.Body); err != nil || n < 100 || response.StatusCode != http.StatusOK {
					b.Fatal(response.Status, n, err)
				}
				response.Body.Close()
			}
		})
	}
}

// newHouse serves with an upstream of its own and gives the address.
func newHouse(b *testing.B) string {
	upstream := httptest.NewServer(http.HandlerFunc(answer))
	b.Cleanup(upstream.Close)
	client, err := openai.New(openai.Options{BaseURL: upstream.URL})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close() })
	web := httptest.NewServer(newServer(b, client, slog.New(slog.NewTextHandler(io.Discard, nil))))
	b.Cleanup(web.Close)
	return web.URL
}

func newServer(b *testing.B, from provider.Provider, log *slog.Logger, observers ...server.Observer) *server.Server {
	models, err := catalog.New(catalog.Options{Mappings: []catalog.Mapping{{ID: "*", Provider: "upstream"}}})
	if err != nil {
		b.Fatal(err)
	}
	return server.New(server.Options{
		Pipeline: &pipeline.Pipeline{Catalog: models, Providers: map[string]provider.Provider{"upstream": from}},
		Formats:  all.Formats(), Embeddings: all.Embeddings(), Rankings: all.Rankings(),
		Identity:       identity.None{},
		MaxBody:        32 << 20,
		RequestTimeout: time.Minute,
		Observers:      observers,
		Log:            log,
	})
}

// The answers of the upstream.
var (
	wholeAnswer = `{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"` +
		strings.Repeat("token ", 64) + `"},"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":64}}`
	token        = `data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}` + "\n\n"
	streamEnd    = `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":200,"completion_tokens":64}}` + "\n\ndata: [DONE]\n\n"
	streamAnswer = strings.Repeat(token, 64) + streamEnd
)

// answer is the upstream.
func answer(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if !strings.Contains(string(body), `"stream":true`) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, wholeAnswer)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	flusher := http.NewResponseController(w)
	for range 64 {
		io.WriteString(w, token)
		flusher.Flush()
	}
	io.WriteString(w, streamEnd)
}
