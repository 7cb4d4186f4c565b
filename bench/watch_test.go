package bench_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/audit"
	"github.com/saprolite/saprolite/internal/provider/script"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/telemetry"
)

// BenchmarkWatched is a call without sockets, whose model is a script, and what it
// costs to be heard of: each kind of observer alone, and all.
func BenchmarkWatched(b *testing.B) {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // what is cut off is not measured
	}))
	b.Cleanup(collector.Close)
	trail, err := audit.Open(audit.Options{Path: filepath.Join(b.TempDir(), "audit.jsonl"), OnFailure: audit.Refuse})
	if err != nil {
		b.Fatal(err)
	}
	export, err := telemetry.NewExport(b.Context(), telemetry.ExportOptions{Endpoint: collector.URL})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := export.Close(ctx); err != nil {
			b.Error(err)
		}
		if err := trail.Close(); err != nil {
			b.Error(err)
		}
	})
	line, metrics := &audit.Bedrock{Trail: trail}, telemetry.NewMetrics(telemetry.MetricsOptions{})
	for _, by := range []struct {
		name      string
		observers []server.Observer
	}{
		{"nobody", nil}, {"metrics", []server.Observer{metrics}}, {"audit", []server.Observer{line}}, {"traces", []server.Observer{export}},
		{"all", []server.Observer{export, line, metrics}},
	} {
		b.Run(by.name, func(b *testing.B) { watched(b, by.observers) })
	}
}

// watched calls Converse with a body of a kilobyte.
func watched(b *testing.B, observers []server.Observer) {
	says, err := script.Parse("rules.yaml", []byte("default: {reply: One two three.}"))
	if err != nil {
		b.Fatal(err)
	}
	house := newServer(b, says, slog.New(slog.NewTextHandler(io.Discard, nil)), observers...)
	here := context.WithValue(b.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	body := request(1 << 10)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(here, http.MethodPost, "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse", bytes.NewReader(body))
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		if house.ServeHTTP(w, r); w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}
