package config

import (
	"slices"
	"time"

	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/invocationlog"
)

// Default is the configuration of an empty file: everything is answered by the
// default models, on this machine, for this machine.
func Default() *Config {
	c := base()
	c.complete()
	return c
}

// base is Default without providers and models, which depend on each other.
func base() *Config {
	return &Config{
		Listen: At("127.0.0.1:8484"),
		Auth:   AuthSigV4,
		Engine: Engine{StartTimeout: 5 * time.Minute},
		Redis:  defaultRedis(),
		Log:    Log{Level: "info", Format: "text"},
		InvocationLogging: InvocationLogging{
			WhenFull: WhenFull(invocationlog.Drop), SpoolLimit: 1 << 30, GroupSize: 5_000_000, GroupTime: time.Minute,
		},
		Audit:  defaultAudit(),
		Limits: Limits{MaxBody: 25_000_000, MaxFetched: 100_000_000, RequestTimeout: time.Hour, DrainTimeout: 30 * time.Second},
	}
}

func defaultLlamaCpp() *LlamaCpp { return &LlamaCpp{Model: defaultModel, Fetch: FetchAtStart} }

// The models that need no name of a file.
const (
	defaultModel     = "default"
	defaultEmbedding = "default-embedding"
)

func defaultOpenAI() *OpenAI {
	return &OpenAI{Media: []Medium{MediumImages}, Thinking: ThinkingTagged, Timeouts: defaultTimeouts(), Retry: defaultRetry()}
}

func defaultAnthropic() *Anthropic {
	return &Anthropic{URL: "https://api.anthropic.com/v1", Timeouts: defaultTimeouts(), Retry: defaultRetry()}
}

func defaultBedrock() *Bedrock { return &Bedrock{Timeouts: defaultTimeouts(), Retry: defaultRetry()} }

func defaultFailover() *Failover {
	return &Failover{Pause: time.Second, MaxPause: time.Minute, Retry: defaultRetry()}
}

func defaultTimeouts() Timeouts {
	return Timeouts{Connect: 10 * time.Second, FirstByte: 10 * time.Minute, Idle: 2 * time.Minute}
}

func defaultRetry() Retry { return Retry{Attempts: 3, MaxWait: 20 * time.Second} }

// LocalProvider and EmbeddingProvider are the names of the providers that are
// there when the file names none: for conversations, and for vectors.
const (
	LocalProvider     = "local"
	EmbeddingProvider = "embeddings"
)

// complete adds the providers and the mappings that a file may leave out. It
// leaves the models out when it cannot tell which provider is meant.
func (c *Config) complete() {
	if l := &c.Admin.Listen; l.Address != "" && l.TLS == nil {
		// Who asks for health trusts no certificate and shows none.
		l.TLS = new(false)
	}
	if len(c.Providers) == 0 {
		// Not everybody needs vectors: the start does not wait for their model.
		vectors := &LlamaCpp{Model: defaultEmbedding, Embedding: true, Fetch: FetchAtUse}
		c.Providers = map[string]Provider{
			LocalProvider:     {Type: TypeLlamaCpp, LlamaCpp: defaultLlamaCpp()},
			EmbeddingProvider: {Type: TypeLlamaCpp, LlamaCpp: vectors},
		}
	}
	for _, p := range c.Providers {
		if l := p.LlamaCpp; l != nil && l.Embedding && l.Model == defaultModel {
			l.Model = defaultEmbedding
		} else if l != nil && l.Model == defaultEmbedding {
			l.Embedding = true
		}
	}
	if len(c.Models) == 0 {
		c.Models = defaultModels(c.Providers)
	}
}

// defaultModels gives the models for conversations to the provider named local, or
// to the only one that is no other one's member, and those for vectors and rankings
// to the one named embeddings, if there is one.
func defaultModels(providers map[string]Provider) []Model {
	_, local := providers[LocalProvider]
	_, vectors := providers[EmbeddingProvider]
	talking := slices.DeleteFunc(unled(providers), func(name string) bool { return name == EmbeddingProvider })
	var models []Model
	switch {
	case local:
		models = []Model{{ID: "*", Provider: LocalProvider}}
	case len(talking) == 1:
		models = []Model{{ID: "*", Provider: talking[0]}}
	case len(talking) > 1:
		return nil
	}
	if !vectors {
		return models
	}
	for _, m := range catalog.Models() {
		if m.Embeds() || m.Reranks() {
			models = append(models, Model{ID: m.ID, Provider: EmbeddingProvider})
		}
	}
	return models
}
