// Package app puts the program together: it makes the objects that a
// configuration asks for, connects them and serves. It alone imports
// implementations.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/download"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/format/all"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/prompts"
	"github.com/saprolite/saprolite/internal/server"
)

// Options are what the command line adds to a configuration.
type Options struct {
	Config *config.Config
	// DataDir is the folder of cache and state.
	DataDir string
	// Progress shows downloads and the loading of models; nil shows nothing.
	Progress download.Progress
	// Log takes what happens; nil discards it.
	Log *slog.Logger
	// Guard is engine.Options.Guard.
	Guard []string
}

// App is the program, put together.
type App struct {
	// Catalog is what the configuration makes of the model ids.
	Catalog *catalog.Catalog

	config *config.Config
	log    *slog.Logger
	// certificates is nil without TLS.
	certificates *tls.Config

	engine    *engine.Pool
	providers *providers
	quotas    quotas
	server    *server.Server
}

// New puts the program together. It starts nothing and needs no network.
func New(o Options) (*App, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	certificates, err := loadCertificates(o.Config)
	if err != nil {
		return nil, err
	}
	models, err := catalog.New(o.Config.Catalog())
	if err != nil {
		return nil, err
	}
	library, err := loadPrompts(o.Config, models)
	if err != nil {
		return nil, err
	}
	pool, err := newEngine(o, log)
	if err != nil {
		return nil, err
	}
	counting, err := newQuotas(o.Config, log)
	if err != nil {
		return nil, errors.Join(err, pool.Stop(context.Background()))
	}
	providers, err := newProviders(o.Config, pool, log)
	if err != nil {
		return nil, errors.Join(err, counting.Close(), pool.Stop(context.Background()))
	}
	a := &App{Catalog: models, config: o.Config, log: log, certificates: certificates, engine: pool, providers: providers, quotas: counting}
	a.server = server.New(server.Options{
		Pipeline: &pipeline.Pipeline{
			Catalog: models, Providers: providers.byName, Documents: document.NewExtractor(document.DefaultLimits()),
			Quota: limiter(o.Config, counting),
		},
		Prompts:        library,
		Formats:        all.Formats(),
		Embeddings:     all.Embeddings(),
		Rankings:       all.Rankings(),
		Images:         all.Images(),
		Identity:       authenticator(o.Config),
		MaxBody:        int64(o.Config.Limits.MaxBody),
		RequestTimeout: o.Config.Limits.RequestTimeout,
		Log:            log,
	})
	return a, nil
}

func authenticator(c *config.Config) identity.Authenticator {
	if c.Auth == config.AuthNone {
		return identity.None{}
	}
	return identity.NewSigV4(identity.DevelopmentKeys{}, c.Regions...)
}

// loadPrompts reads the file of prompts that the configuration names, or gives nil
// when it names none. Each prompt has to be for a model that somebody answers for.
func loadPrompts(c *config.Config, models *catalog.Catalog) (*prompts.Library, error) {
	if c.Prompts == "" {
		return nil, nil
	}
	library, err := prompts.Load(c.Prompts)
	if err != nil {
		return nil, c.Problem("prompts", err.Error(), "docs/prompts.md describes the file")
	}
	for _, model := range library.Models() {
		if _, err := models.Resolve(model); err != nil {
			return nil, c.Problem("prompts", c.Prompts+" has a prompt for the model "+model+", which nobody answers for", "name another model there, or add it to models")
		}
	}
	return library, nil
}

// loadCertificates reads the certificate that the configuration names, or gives
// nil when it names none.
func loadCertificates(c *config.Config) (*tls.Config, error) {
	if c.TLS.CertFile == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLS.CertFile, c.TLS.KeyFile)
	if err != nil {
		return nil, c.Problem("tls", err.Error(), "certFile must hold a certificate in PEM, and keyFile its key")
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}}, nil
}

// Fetch brings what the configured models need onto this machine: the engine and
// the weights, but for models that the configuration leaves for their first use.
// What is there is not fetched again.
func (a *App) Fetch(ctx context.Context) error {
	return a.fetch(ctx, a.providers.atStart)
}

// FetchAll is Fetch of every model.
func (a *App) FetchAll(ctx context.Context) error {
	return a.fetch(ctx, a.providers.models)
}

func (a *App) fetch(ctx context.Context, models []engine.Model) error {
	for _, model := range models {
		if err := a.engine.Fetch(ctx, model); err != nil {
			return err
		}
	}
	return nil
}

// Close ends what New made, for an App that does not serve.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(a.engine.Stop(ctx), a.providers.close(), a.quotas.Close())
}

// LocalModels are the weights that the engine of this machine would run.
func (a *App) LocalModels() []string {
	var weights []string
	for _, model := range a.providers.models {
		weights = append(weights, model.Weights)
	}
	return slices.Compact(weights)
}
