// Package app puts the program together: it makes the objects that a
// configuration asks for, connects them and serves. It alone imports
// implementations.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/download"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/format/all"
	"github.com/saprolite/saprolite/internal/invocationlog"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/profiles"
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
	// Version is the program's, for telemetry.
	Version string
	// Stateless is for a program that answers nobody, and so remembers nothing.
	Stateless bool
}

// App is the program, put together.
type App struct {
	// Catalog is what the configuration makes of the model ids.
	Catalog *catalog.Catalog

	config *config.Config
	log    *slog.Logger
	tls    *encryption

	// state and meter are nil without state.
	state store.Store
	meter *meter.Meter

	engine    *engine.Pool
	providers *providers
	objects   io.Closer
	quotas    quotas
	server    *server.Server
	callers   *callers
	// draining is set when the end begins.
	draining atomic.Bool
	// silent is set while the state does not answer probes.
	silent atomic.Bool
	// invocations is nil without state.
	invocations *invocations
	watch       *watch
}

// New puts the program together. It starts nothing, opens the state, and needs no
// network but that to the state's database.
func New(o Options) (*App, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	encryption, err := newEncryption(o)
	if err != nil {
		return nil, err
	}
	a := &App{config: o.Config, log: o.Log, tls: encryption}
	if err := a.build(o); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// build makes the parts. Close ends those that are there when it fails.
func (a *App) build(o Options) error {
	prices, err := loadPrices(o.Config)
	if err != nil {
		return err
	}
	if a.quotas, err = newQuotas(o.Config, a.log); err != nil {
		return err
	}
	if a.watch, err = newWatch(o); err != nil {
		return err
	}
	known := o.Config.Catalog()
	var made *profiles.Profiles
	if !o.Stateless {
		if a.state, err = openState(o); err != nil {
			return err
		}
		if a.meter, err = newMeter(o, prices, a.state, a.quotas, a.log); err != nil {
			return err
		}
		made = profiles.New(a.state)
		known.Applications = made
	}
	if a.Catalog, err = catalog.New(known); err != nil {
		return err
	}
	library, err := loadPrompts(o.Config, a.Catalog)
	if err != nil {
		return err
	}
	objects, closer, err := newObjects(o.Config, o.DataDir)
	if err != nil {
		return err
	}
	a.objects = closer
	if a.state != nil {
		if a.invocations, err = newInvocations(o, a.state, a.log); err != nil {
			return err
		}
	}
	if err := a.watch.read(a); err != nil {
		return err
	}
	if a.callers, err = newCallers(o, a.state, a.watch); err != nil {
		return err
	}
	if a.engine, err = newEngine(o, a.log); err != nil {
		return err
	}
	if a.providers, err = newProviders(o.Config, a.engine, a.log); err != nil {
		return err
	}
	a.server = a.newServer(o.Config, library, made, objects)
	return nil
}

// newServer makes the server of the parts that are there.
func (a *App) newServer(c *config.Config, library *prompts.Library, made *profiles.Profiles, objects objectstore.Store) *server.Server {
	return server.New(server.Options{
		Pipeline: &pipeline.Pipeline{
			Catalog: a.Catalog, Providers: a.providers.byName,
			Documents: document.NewExtractor(document.DefaultLimits()),
			Quota:     limiter(c, a.quotas),
			Objects:   pipeline.NewObjects(invocationlog.Hide(objects), int64(c.Limits.MaxFetched), c.Objects.Buckets...),
		},
		Prompts:        library,
		Formats:        all.Formats(),
		Embeddings:     all.Embeddings(),
		Rankings:       all.Rankings(),
		Images:         all.Images(),
		Identity:       a.callers.identity,
		Access:         a.callers.access,
		Proxies:        c.Proxies.Trusted().Peers,
		Meter:          a.meter,
		Profiles:       made,
		Invocations:    a.invocations.orNil(),
		Observers:      a.watch.observers(),
		MaxBody:        int64(c.Limits.MaxBody),
		RequestTimeout: c.Limits.RequestTimeout,
		Log:            a.log,
	})
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
	var err error
	if a.engine != nil {
		err = a.engine.Stop(ctx)
	}
	if a.providers != nil {
		err = errors.Join(err, a.providers.close())
	}
	if a.invocations != nil {
		err = errors.Join(err, a.invocations.Close())
	}
	if a.objects != nil {
		err = errors.Join(err, a.objects.Close())
	}
	if a.quotas != nil {
		err = errors.Join(err, a.quotas.Close())
	}
	if a.watch != nil {
		err = errors.Join(err, a.watch.close())
	}
	return errors.Join(err, a.closeState())
}

// LocalModels are the weights that the engine of this machine would run.
func (a *App) LocalModels() []string {
	var weights []string
	for _, model := range a.providers.models {
		weights = append(weights, model.Weights)
	}
	return slices.Compact(weights)
}
