package bench_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// ready is a provider that has its answer: 64 tokens, or all of them at once.
type ready struct{}

func (ready) Converse(_ context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		if !call.Incremental {
			w.Text(strings.Repeat(" token", 64))
		} else {
			for range 64 {
				w.Text(" token")
			}
		}
		w.Stop(bedrock.StopReasonEndTurn, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 200, OutputTokens: 64})
	}
}

// BenchmarkServer is the house without sockets and without an upstream.
func BenchmarkServer(b *testing.B) {
	for _, operation := range []string{"converse", "converse-stream"} {
		b.Run(operation, func(b *testing.B) {
			handler := newServer(b, ready{}, slog.New(slog.DiscardHandler))
			body := request(1 << 10)
			const url = "http://127.0.0.1/model/anthropic.claude-3-haiku-20240307-v1%3A0/"
			// net/http's own word for the address that was reached.
			local := context.WithValue(b.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
			b.ReportAllocs()
			for b.Loop() {
				r, err := http.NewRequest(http.MethodPost, url+operation, bytes.NewReader(body))
				if err != nil {
					b.Fatal(err)
				}
				r = r.WithContext(local)
				r.RemoteAddr = "127.0.0.1:40000"
				w := &discard{header: http.Header{}}
				handler.ServeHTTP(w, r)
				if w.status != http.StatusOK || w.size < 100 {
					b.Fatal(w.status, w.size)
				}
			}
		})
	}
}

// inMemory is an upstream without a socket.
type inMemory struct{}

func (inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	kind, text := "application/json", wholeAnswer
	if bytes.Contains(body, []byte(`"stream":true`)) {
		kind, text = "text/event-stream", streamAnswer
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {kind}},
		ContentLength: int64(len(text)), Body: io.NopCloser(strings.NewReader(text)), Request: r,
	}, nil
}

// BenchmarkProvider is the client of an OpenAI-compatible server, without the
// socket.
func BenchmarkProvider(b *testing.B) {
	req := decode(b, request(1<<10))
	for name, incremental := range map[string]bool{"whole": false, "stream": true} {
		b.Run(name, func(b *testing.B) {
			client := &openai.Client{HTTP: &http.Client{Transport: inMemory{}}, BaseURL: "http://127.0.0.1/v1"}
			call := provider.Call{Model: "m", Request: req, Incremental: incremental}
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range client.Converse(b.Context(), call) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
