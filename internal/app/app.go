// Package app puts the program together: it makes the objects that a
// configuration asks for, connects them and serves. It alone imports
// implementations.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/download"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/format/all"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/prompts"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/store"
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
	// Admin, when it is set before Serve, answers on the admin listener what New does
	// not: metrics, profiles.
	Admin http.Handler

	config *config.Config
	log    *slog.Logger
	tls    *encryption

	engine    *engine.Pool
	providers *providers
	server    *server.Server
	callers   *callers
	// state is nil when nothing has to be remembered.
	state store.Store
	// draining is set when the end begins.
	draining atomic.Bool
}

// New puts the program together. It starts nothing and needs no network, but for the
// state, where that is in a database.
func New(o Options) (*App, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	encryption, err := newEncryption(o, log)
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
	providers, err := newProviders(o.Config, pool, log)
	if err != nil {
		return nil, errors.Join(err, pool.Stop(context.Background()))
	}
	state, people, err := openCallers(o, log)
	if err != nil {
		return nil, errors.Join(err, pool.Stop(context.Background()), providers.close())
	}
	a := &App{state: state, callers: people, Catalog: models, config: o.Config, log: log, tls: encryption, engine: pool, providers: providers}
	a.server = server.New(server.Options{
		Pipeline:       &pipeline.Pipeline{Catalog: models, Providers: providers.byName, Documents: document.NewExtractor(document.DefaultLimits())},
		Prompts:        library,
		Formats:        all.Formats(),
		Embeddings:     all.Embeddings(),
		Rankings:       all.Rankings(),
		Images:         all.Images(),
		Identity:       people.identity,
		Access:         people.access,
		Proxies:        o.Config.Proxies.Trusted().Peers,
		MaxBody:        int64(o.Config.Limits.MaxBody),
		RequestTimeout: o.Config.Limits.RequestTimeout,
		Log:            log,
	})
	return a, nil
}

// openTime bounds the wait for the state: a database, or another process that is at
// the file.
const openTime = time.Minute

// openCallers opens the state where IAM needs it, and reads who may call.
func openCallers(o Options, log *slog.Logger) (store.Store, *callers, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openTime)
	defer cancel()
	var state store.Store
	if o.Config.Auth == config.AuthIAM {
		var err error
		if state, err = OpenState(ctx, o.Config, o.DataDir); err != nil {
			return nil, nil, err
		}
	}
	people, err := newCallers(ctx, o, state, log)
	if err != nil && state != nil {
		err = errors.Join(err, state.Close())
	}
	return state, people, err
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
	err := errors.Join(a.engine.Stop(ctx), a.providers.close())
	if a.state != nil {
		err = errors.Join(err, a.state.Close())
	}
	return err
}

// LocalModels are the weights that the engine of this machine would run.
func (a *App) LocalModels() []string {
	var weights []string
	for _, model := range a.providers.models {
		weights = append(weights, model.Weights)
	}
	return slices.Compact(weights)
}
