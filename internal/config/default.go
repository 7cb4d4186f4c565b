package config

import "time"

// Default is the configuration of an empty file: everything is answered by the
// default model, on this machine, for this machine.
func Default() *Config {
	c := base()
	c.complete()
	return c
}

// base is Default without providers and models, which depend on each other.
func base() *Config {
	return &Config{
		Listen: []string{"127.0.0.1:8484"},
		Auth:   AuthSigV4,
		Engine: Engine{StartTimeout: 5 * time.Minute},
		Log:    Log{Level: "info", Format: "text"},
		Limits: Limits{MaxBody: 25_000_000, RequestTimeout: time.Hour, DrainTimeout: 30 * time.Second},
	}
}

func defaultLlamaCpp() *LlamaCpp { return &LlamaCpp{Model: "default"} }

func defaultOpenAI() *OpenAI {
	return &OpenAI{
		Media:    []Medium{MediumImages},
		Timeouts: Timeouts{Connect: 10 * time.Second, FirstByte: 10 * time.Minute, Idle: 2 * time.Minute},
		Retry:    Retry{Attempts: 3, MaxWait: 20 * time.Second},
	}
}

// LocalProvider is the name of the provider that is there when the file names
// none.
const LocalProvider = "local"

// complete adds the provider and the mapping that a file may leave out. It
// leaves the models out when it cannot tell which provider is meant.
func (c *Config) complete() {
	if len(c.Providers) == 0 {
		c.Providers = map[string]Provider{LocalProvider: {Type: TypeLlamaCpp, LlamaCpp: defaultLlamaCpp()}}
	}
	if len(c.Models) > 0 {
		return
	}
	if _, ok := c.Providers[LocalProvider]; ok {
		c.Models = []Model{{ID: "*", Provider: LocalProvider}}
	} else if len(c.Providers) == 1 {
		for name := range c.Providers {
			c.Models = []Model{{ID: "*", Provider: name}}
		}
	}
}
