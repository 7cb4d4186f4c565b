package server_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/format/all"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/script"
	"github.com/saprolite/saprolite/internal/server"
)

// claude is a model whose answers are well recorded.
const claude = "anthropic.claude-3-haiku-20240307-v1:0"

// newServer makes a server that takes every caller of this machine and whose
// every model is the provider.
func newServer(t testing.TB, from provider.Provider) *server.Server {
	t.Helper()
	return server.New(options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), from))
}

func options(models *catalog.Catalog, from provider.Provider) server.Options {
	return server.Options{
		Pipeline: &pipeline.Pipeline{
			Catalog: models, Providers: map[string]provider.Provider{"test": from}, Documents: document.NewExtractor(document.DefaultLimits()),
		},
		Formats:        all.Formats(),
		Embeddings:     all.Embeddings(),
		Rankings:       all.Rankings(),
		Images:         all.Images(),
		Identity:       identity.None{},
		MaxBody:        32 << 20,
		RequestTimeout: time.Minute,
		Log:            slog.New(slog.DiscardHandler),
	}
}

// serve puts a handler on a socket, for HTTP/1.1 and HTTP/2 alike.
func serve(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	web := httptest.NewUnstartedServer(handler)
	web.Config.Protocols = new(http.Protocols)
	web.Config.Protocols.SetHTTP1(true)
	web.Config.Protocols.SetUnencryptedHTTP2(true)
	web.Start()
	t.Cleanup(web.Close)
	return web
}

func scripted(t testing.TB, rules string) *script.Provider {
	t.Helper()
	p, err := script.Parse("rules.yaml", []byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// readAll reads a body to its end and closes it.
func readAll(t testing.TB, body io.ReadCloser) []byte {
	t.Helper()
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
