package main

import (
	"cmp"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/download/bar"
	"github.com/saprolite/saprolite/internal/engine"
)

// place is what all commands have in common: where configuration and data are.
type place struct {
	Config string `help:"Configuration file (YAML). Without one, a small model on this machine answers every id." placeholder:"FILE" type:"path"`
	Data   string `help:"Folder of cache and state." placeholder:"DIR" env:"SAPROLITE_DATA" type:"path"`
}

// load reads the configuration, or gives the default one.
func (p *place) load() (*config.Config, error) {
	if p.Config == "" {
		return config.Default(), nil
	}
	return config.Load(p.Config)
}

// flags are those that lead another command to the same place, each with a space
// before it. What the variable says it says to the other too.
func (p *place) flags() string {
	text := ""
	if p.Config != "" {
		text += " --config " + p.Config
	}
	if variable, err := filepath.Abs(os.Getenv("SAPROLITE_DATA")); err == nil && p.Data != "" && p.Data != variable {
		text += " --data " + p.Data
	}
	return text
}

func (p *place) dataDir(c *config.Config) (string, error) {
	if dir := cmp.Or(p.Data, c.DataDir); dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "saprolite"), err
}

// setup is what the commands have in common that run models.
type setup struct {
	place
	Engine string `help:"llama-server that runs local models. Default: the one on PATH, else one that is fetched." placeholder:"PROGRAM"`
}

// load reads the configuration, or gives the default one. Flags win over it.
func (s *setup) load() (*config.Config, error) {
	settings, err := s.place.load()
	if err != nil {
		return nil, err
	}
	settings.Engine.Path = cmp.Or(s.Engine, settings.Engine.Path)
	return settings, nil
}

// newApp puts the program together.
func (s *setup) newApp(c *config.Config, log *slog.Logger) (*app.App, error) {
	options, err := s.options(c, log)
	if err != nil {
		return nil, err
	}
	return app.New(options)
}

func (s *setup) options(c *config.Config, log *slog.Logger) (o app.Options, err error) {
	data, err := s.dataDir(c)
	if err != nil {
		return o, err
	}
	self, err := os.Executable()
	if err != nil {
		return o, err
	}
	return app.Options{
		Config:   c,
		DataDir:  data,
		Progress: bar.New(os.Stderr),
		Log:      log,
		Version:  cmp.Or(version, versionOfBuild()),
		Guard:    []string{self, "engine-guard"},
	}, nil
}

// newLog writes to standard error what the configuration wants told.
func newLog(c config.Log) *slog.Logger {
	var level slog.Level
	// The configuration knows the names of the levels.
	if level.UnmarshalText([]byte(c.Level)) != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// engineGuardCommand runs a child for package engine, where the system cannot
// end it together with its parent.
type engineGuardCommand struct {
	Args []string `arg:"" passthrough:""`
}

// Run guards the command.
func (c *engineGuardCommand) Run() error { return engine.Guard(c.Args, os.Stdin) }
