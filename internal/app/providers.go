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

	config *config.Config
	pool   *engine.Pool
	log    *slog.Logger
	// made are the same without the decorators of byName.
	made map[string]provider.Provider
	// models are what the engine runs for them, atStart those of them that are
	// fetched before the server serves.
	models, atStart []engine.Model
	closers         []io.Closer
}

func newProviders(c *config.Config, pool *engine.Pool, log *slog.Logger) (*providers, error) {
	p := &providers{
		byName: map[string]provider.Provider{}, config: c, pool: pool, log: log, made: map[string]provider.Provider{},
	}
	for _, name := range slices.Sorted(maps.Keys(c.Providers)) {
		made, err := p.bare(name)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.byName[name] = retrying(made, c.Providers[name])
	}
	return p, nil
}

// bare makes a provider, once, and those that it leads to.
func (p *providers) bare(name string) (provider.Provider, error) {
	if made, ok := p.made[name]; ok {
		return made, nil
	}
	made, err := p.make(name, p.config.Providers[name])
	if err != nil {
		return nil, fmt.Errorf("provider %s: %w", name, err)
	}
	p.made[name] = made
	return made, nil
}

func (p *providers) make(name string, from config.Provider) (provider.Provider, error) {
	switch {
	case from.LlamaCpp != nil:
		return p.makeLlamaCpp(from.LlamaCpp), nil
	case from.OpenAI != nil:
		return p.makeOpenAI(from.OpenAI)
	case from.Anthropic != nil:
		return p.makeAnthropic(from.Anthropic)
	case from.Bedrock != nil:
		return p.makeBedrock("providers."+name, from.Bedrock)
	case from.Failover != nil:
		return p.makeFailover(from)
	case from.Script != nil:
		return script.Load(from.Script.File)
	}
	return nil, errors.New("it has no type")
}

func (p *providers) makeLlamaCpp(from *config.LlamaCpp) provider.Provider {
	common := p.config.Engine
	model := engine.Model{
		Weights:     from.Model,
		Projector:   from.Projector,
		Context:     from.Context,
		TextContext: common.Context,
		Slots:       cmp.Or(from.Parallel, common.Parallel),
		Embedding:   from.Embedding,
	}
	p.models = append(p.models, model)
	if from.Fetch != config.FetchAtUse {
		p.atStart = append(p.atStart, model)
	}
	return llamacpp.New(llamacpp.Options{Pool: p.pool, Model: model})
}

func (p *providers) makeOpenAI(from *config.OpenAI) (provider.Provider, error) {
	client, err := openai.New(openai.Options{
		BaseURL:         from.URL,
		APIKey:          string(from.APIKey),
		Header:          plain(from.Headers),
		DialTimeout:     from.Timeouts.Connect,
		ResponseTimeout: from.Timeouts.FirstByte,
		IdleTimeout:     from.Timeouts.Idle,
		Media: provider.Abilities{
			Images: slices.Contains(from.Media, config.MediumImages),
			Video:  slices.Contains(from.Media, config.MediumVideo),
			Audio:  slices.Contains(from.Media, config.MediumAudio),
		},
		ServiceTiers:  from.Tiers(),
		OpensThoughts: from.Thinking == config.ThinkingOpened,
	})
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, client)
	return client, nil
}

func (p *providers) close() error {
	var err error
	for _, closer := range p.closers {
		err = errors.Join(err, closer.Close())
	}
	return err
}
