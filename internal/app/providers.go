package app

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/download"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/llamacpp"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/retry"
	"github.com/saprolite/saprolite/internal/provider/script"
)

func newEngine(o Options, log *slog.Logger) (*engine.Pool, error) {
	c := o.Config.Engine
	return engine.NewPool(engine.Options{
		Server: c.Path,
		Cache: &download.Cache{
			Dir: o.DataDir, Python: c.Python, Progress: o.Progress,
		},
		Guard:        o.Guard,
		Threads:      c.Threads,
		Memory:       int64(c.Memory),
		StartTimeout: c.StartTimeout,
		Progress:     o.Progress,
		Log:          log,
	})
}

// providers are the configured sources of answers.
type providers struct {
	byName map[string]provider.Provider
	// models are what the engine runs for them.
	models  []engine.Model
	closers []io.Closer
}

func newProviders(c *config.Config, pool *engine.Pool) (*providers, error) {
	p := &providers{byName: map[string]provider.Provider{}}
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		made, err := p.make(c, c.Providers[name], pool)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("provider %s: %w", name, err), p.close())
		}
		p.byName[name] = made
	}
	return p, nil
}

func (p *providers) make(c *config.Config, from config.Provider, pool *engine.Pool) (provider.Provider, error) {
	switch {
	case from.LlamaCpp != nil:
		model := engine.Model{
			Weights:   from.LlamaCpp.Model,
			Projector: from.LlamaCpp.Projector,
			Context:   cmp.Or(from.LlamaCpp.Context, c.Engine.Context),
			Slots:     cmp.Or(from.LlamaCpp.Parallel, c.Engine.Parallel),
		}
		p.models = append(p.models, model)
		return llamacpp.New(llamacpp.Options{Pool: pool, Model: model}), nil
	case from.OpenAI != nil:
		return p.makeOpenAI(from.OpenAI)
	case from.Script != nil:
		return script.Load(from.Script.File)
	}
	return nil, errors.New("it has no type")
}

func (p *providers) makeOpenAI(from *config.OpenAI) (provider.Provider, error) {
	header := map[string]string{}
	for name, value := range from.Headers {
		header[name] = string(value)
	}
	client, err := openai.New(openai.Options{
		BaseURL:         from.URL,
		APIKey:          string(from.APIKey),
		Header:          header,
		DialTimeout:     from.Timeouts.Connect,
		ResponseTimeout: from.Timeouts.FirstByte,
		IdleTimeout:     from.Timeouts.Idle,
		Media: provider.Abilities{
			Images: slices.Contains(from.Media, config.MediumImages),
			Video:  slices.Contains(from.Media, config.MediumVideo),
			Audio:  slices.Contains(from.Media, config.MediumAudio),
		},
	})
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, client)
	return retry.New(client, retry.Options{Attempts: from.Retry.Attempts, MaxWait: from.Retry.MaxWait}), nil
}

func (p *providers) close() error {
	var err error
	for _, closer := range p.closers {
		err = errors.Join(err, closer.Close())
	}
	return err
}
