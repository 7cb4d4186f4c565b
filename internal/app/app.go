// Package app puts the program together: it makes the objects that a
// configuration asks for, connects them and serves. It alone imports
// implementations.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/download"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/format/all"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/pipeline"
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

	config    *config.Config
	log       *slog.Logger
	engine    *engine.Pool
	providers *providers
	server    *server.Server
}

// New puts the program together. It starts nothing and needs no network.
func New(o Options) (*App, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	models, err := catalog.New(o.Config.Catalog())
	if err != nil {
		return nil, err
	}
	pool, err := newEngine(o, log)
	if err != nil {
		return nil, err
	}
	providers, err := newProviders(o.Config, pool)
	if err != nil {
		return nil, errors.Join(err, pool.Stop(context.Background()))
	}
	a := &App{Catalog: models, config: o.Config, log: log, engine: pool, providers: providers}
	a.server = server.New(server.Options{
		Pipeline:       &pipeline.Pipeline{Catalog: models, Providers: providers.byName},
		Formats:        all.Formats(),
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

// Fetch brings what the configured models need onto this machine: the engine and
// the weights. What is there is not fetched again.
func (a *App) Fetch(ctx context.Context) error {
	for _, model := range a.providers.models {
		if err := a.engine.Fetch(ctx, model); err != nil {
			return err
		}
	}
	return nil
}

// Serve answers on the listeners until ctx ends. Then running answers finish,
// new requests are turned away, and everything that was started is ended.
func (a *App) Serve(ctx context.Context, listeners []net.Listener) error {
	web := a.webServer()
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	for _, listener := range listeners {
		serving.Go(func() {
			if err := a.serveOn(web, listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve on %s: %w", listener.Addr(), err)
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	err = errors.Join(err, a.shutDown(web))
	serving.Wait()
	return err
}

func (a *App) serveOn(web *http.Server, listener net.Listener) error {
	tls := a.config.TLS
	if tls.CertFile != "" && listener.Addr().Network() == "tcp" {
		return web.ServeTLS(listener, tls.CertFile, tls.KeyFile)
	}
	return web.Serve(listener)
}

// webServer speaks HTTP/1.1 and HTTP/2, with prior knowledge on plain sockets
// and by ALPN on TLS.
func (a *App) webServer() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           a.server,
		Protocols:         protocols,
		ReadHeaderTimeout: 30 * time.Second,
		ReadTimeout:       a.config.Limits.RequestTimeout,
		IdleTimeout:       3 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
}

// shutDown lets running answers finish within the configured time, and then ends
// connections, the engine's children and the providers.
func (a *App) shutDown(web *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), a.config.Limits.DrainTimeout)
	defer cancel()
	drained := make(chan struct{})
	go func() {
		a.server.Drain()
		close(drained)
	}()
	select {
	case <-drained:
	case <-ctx.Done():
		a.log.Warn("running answers are cut off: they took longer than limits.drainTimeout")
	}
	err := web.Close()
	<-drained
	return errors.Join(err, a.Close())
}

// Close ends what New made, for an App that does not serve.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(a.engine.Stop(ctx), a.providers.close())
}

// LocalModels are the weights that the engine of this machine would run.
func (a *App) LocalModels() []string {
	var weights []string
	for _, model := range a.providers.models {
		weights = append(weights, model.Weights)
	}
	return slices.Compact(weights)
}
