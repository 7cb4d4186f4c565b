package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

type pullCommand struct {
	setup
	Weights []string `arg:"" optional:"" help:"What to fetch beside what the configuration names: default, default-embedding, hf:owner/repo/file.gguf."`
}

// Run fetches the engine and the weights of every local model.
func (c *pullCommand) Run(ctx context.Context) error {
	settings, err := c.load()
	if err != nil {
		return err
	}
	for i, weights := range c.Weights {
		if err := config.CheckWeights(weights); err != nil {
			return err
		}
		settings.Providers[fmt.Sprintf("pull-%d", i+1)] = config.Provider{
			Type: config.TypeLlamaCpp, LlamaCpp: &config.LlamaCpp{Model: weights, Fetch: config.FetchAtUse},
		}
	}
	options, err := c.options(settings, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	options.Stateless = true
	program, err := app.New(options)
	if err != nil {
		return err
	}
	if err := program.FetchAll(ctx); err != nil {
		return errors.Join(err, program.Close())
	}
	ready := program.LocalModels()
	if len(ready) == 0 {
		fmt.Println("Nothing to fetch: no provider runs a model on this machine.")
	}
	for _, weights := range ready {
		fmt.Println("Ready to run without network:", weights)
	}
	return program.Close()
}
