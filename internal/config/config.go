// Package config reads the configuration file of the server: one YAML document,
// read strictly. What is wrong with it is told with the file, the line, the key
// and a remedy, all of it at once.
//
// docs/configuration.md describes the keys for those who write such a file.
package config

import (
	"cmp"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
)

// Config is a whole configuration. Relative paths in the file have become paths
// from the file's folder; secrets have been fetched.
type Config struct {
	// Listen are the sockets to serve on. There is at least one.
	Listen []Listener `yaml:"listen"`
	// Admin is the socket for those who run the server.
	Admin Admin `yaml:"admin"`
	// TLS, when there is a certificate, encrypts the TCP addresses.
	TLS TLS `yaml:"tls"`
	// Peers say who is at the other end of a unix socket. The first that fits counts.
	Peers []PeerPrincipal `yaml:"peers"`
	// Auth says how callers prove who they are.
	Auth Auth `yaml:"auth"`
	// Principals is the file of those that are declared; see [LoadPrincipals]. Empty
	// for none.
	Principals string `yaml:"principals"`
	// SealKeys is the file of the keys that seal secrets; empty is seal.keys in the
	// data folder, which is made when it is not there.
	SealKeys string `yaml:"sealKeys"`
	// Proxies are reverse proxies in front of the server.
	Proxies Proxies `yaml:"proxies"`
	// IdentityProviders are those whose tokens STS takes.
	IdentityProviders []IdentityProvider `yaml:"identityProviders"`
	// DataDir is the folder of cache and state; empty leaves it to the program.
	DataDir string `yaml:"dataDir"`
	// State is where the program remembers.
	State State `yaml:"state"`
	// Regions are those that a request may be signed for; empty takes any.
	Regions []string `yaml:"regions"`
	// Strict is catalog.Options.Strict.
	Strict bool `yaml:"strict"`
	// Engine is how models are run on this machine.
	Engine Engine `yaml:"engine"`
	// Providers are where answers come from, by name. There is at least one.
	Providers map[string]Provider `yaml:"providers"`
	// Models say which provider answers for which model ids. There is at least
	// one.
	Models []Model `yaml:"models"`
	// Prompts is the file of the prompts that a conversation may name instead of
	// a model; empty for none.
	Prompts string `yaml:"prompts"`
	// Objects says where the objects lie that requests name by s3Location.
	Objects Objects `yaml:"objects"`
	// InvocationLogging says where the records of what was asked and answered go.
	InvocationLogging InvocationLogging `yaml:"invocationLogging"`
	// Prices is the file of what calls cost; empty when they cost nothing.
	Prices string `yaml:"prices"`
	// Budgets bound what calls may cost.
	Budgets []Budget `yaml:"budgets"`
	// Quotas bound what callers may use.
	Quotas []Quota `yaml:"quotas"`
	// Redis, when it has a URL, counts for several servers.
	Redis Redis `yaml:"redis"`
	// Log says what is told about the server's work.
	Log Log `yaml:"log"`
	// Audit is the trail of who did what.
	Audit Audit `yaml:"audit"`
	// Telemetry is how operators see what the server does.
	Telemetry Telemetry `yaml:"telemetry"`
	// Limits bound what a request may take.
	Limits Limits `yaml:"limits"`

	source source
}

// Auth is a way of proving who calls.
type Auth string

// The ways of Auth.
const (
	// AuthSigV4 verifies the signature of every request, with the development key.
	AuthSigV4 Auth = "sigv4"
	// AuthIAM takes the credentials of the principals that are declared or were made,
	// and holds each to its policies.
	AuthIAM Auth = "iam"
	// AuthNone takes every request, on loopback addresses alone.
	AuthNone Auth = "none"
)

func (Auth) values() []string { return []string{string(AuthSigV4), string(AuthIAM), string(AuthNone)} }

// IdentityProvider is an OpenID Connect provider, such as a Kubernetes cluster or
// GitHub Actions.
type IdentityProvider struct {
	// Issuer is its URL.
	Issuer string `yaml:"issuer"`
	// Audiences are those that its tokens must be for, one of them.
	Audiences []string `yaml:"audiences"`
	// CAFile holds the certificates, in PEM, that the provider's is signed with;
	// empty for those that the machine trusts.
	CAFile string `yaml:"caFile"`
	// TokenFile holds a bearer token that the provider asks for, as the API server of
	// a Kubernetes cluster does; empty for one that talks to everybody.
	TokenFile string `yaml:"tokenFile"`
}

// Proxies are reverse proxies whose word about their clients counts.
type Proxies struct {
	// Peers are the addresses, or the networks in CIDR form, that they connect from.
	Peers []string `yaml:"peers"`
	// Hosts are the names by which clients call them, with the port if clients name
	// one. Proxies that send X-Forwarded-Host need none.
	Hosts []string `yaml:"hosts"`
}

// Engine is how models are run on this machine; zero values leave the choice to
// package engine.
type Engine struct {
	// Path is a llama-server program; a name without a folder is looked for on
	// PATH.
	Path string `yaml:"path"`
	// Python runs the managed engine.
	Python string `yaml:"python"`
	// Threads is the number of threads of each model.
	Threads int `yaml:"threads"`
	// Memory is what all running models together may need.
	Memory Size `yaml:"memory"`
	// Context and Parallel are what a llamacpp provider has that does not say:
	// tokens for one request, and requests answered at the same time.
	Context  int `yaml:"context"`
	Parallel int `yaml:"parallel"`
	// StartTimeout bounds the time until a model is loaded.
	StartTimeout time.Duration `yaml:"startTimeout"`
}

// Provider is one source of answers. Of its pointers the one of its Type is set.
type Provider struct {
	Type      ProviderType
	LlamaCpp  *LlamaCpp
	OpenAI    *OpenAI
	Anthropic *Anthropic
	Bedrock   *Bedrock
	Failover  *Failover
	Script    *Script
}

// ProviderType is a kind of provider, in the words of the file.
type ProviderType string

// The types of providers.
const (
	TypeLlamaCpp  ProviderType = "llamacpp"
	TypeOpenAI    ProviderType = "openai"
	TypeAnthropic ProviderType = "anthropic"
	TypeBedrock   ProviderType = "bedrock"
	TypeFailover  ProviderType = "failover"
	TypeWeighted  ProviderType = "weighted"
	TypeScript    ProviderType = "script"
)

func (ProviderType) values() []string {
	return []string{
		string(TypeLlamaCpp), string(TypeOpenAI), string(TypeAnthropic), string(TypeBedrock),
		string(TypeFailover), string(TypeWeighted), string(TypeScript),
	}
}

// LlamaCpp is a model that the engine runs on this machine.
type LlamaCpp struct {
	// Model is "default", "default-embedding", a hub reference
	// hf:owner/repo/file.gguf, or the path of a GGUF file.
	Model string `yaml:"model"`
	// Projector is what lets the model see: a multimodal projector, mmproj in
	// llama.cpp's words, named as Model is. Empty for a model of text.
	Projector string `yaml:"projector"`
	// Embedding says that the model turns texts into vectors, and answers no
	// conversations. The default of Model is then default-embedding.
	Embedding bool `yaml:"embedding"`
	// Fetch says when a model that is not on this machine is fetched.
	Fetch Fetch `yaml:"fetch"`
	// Context and Parallel are those of Engine.
	Context  int `yaml:"context"`
	Parallel int `yaml:"parallel"`
}

// Fetch is a time to fetch a model.
type Fetch string

// The times of Fetch.
const (
	// FetchAtStart lets the server serve when everything is there.
	FetchAtStart Fetch = "start"
	// FetchAtUse lets the first request for the model wait instead.
	FetchAtUse Fetch = "use"
)

func (Fetch) values() []string { return []string{string(FetchAtStart), string(FetchAtUse)} }

// OpenAI is a server with /v1/chat/completions.
type OpenAI struct {
	// URL is the address up to and with /v1.
	URL string `yaml:"url"`
	// Model is the name to ask for when a mapping has no upstream; empty means
	// the id of the request's model.
	Model string `yaml:"model"`
	// APIKey is sent as a bearer token. In the file it may stand as itself, or
	// as the name of an environment variable or of a file that holds it; after
	// loading it is here in each case.
	APIKey     Secret `yaml:"apiKey"`
	APIKeyEnv  string `yaml:"apiKeyEnv"`
	APIKeyFile string `yaml:"apiKeyFile"`
	// Headers are sent with every request.
	Headers map[string]Secret `yaml:"headers"`
	// Media are those that the server's models take beside text.
	Media []Medium `yaml:"media"`
	// Thinking is how its models mark their reasoning.
	Thinking Thinking `yaml:"thinking"`
	// ServiceTiers are those that the server takes as service_tier.
	ServiceTiers []Tier `yaml:"serviceTiers"`
	// Timeouts bound the waits on the server.
	Timeouts Timeouts `yaml:"timeouts"`
	// Retry says how often a call is tried that got no answer.
	Retry Retry `yaml:"retry"`
}

// Thinking is how models mark their reasoning where the server does not tell it
// apart from the text.
type Thinking string

// The ways of Thinking.
const (
	// ThinkingTagged is between <think> and </think>, at the start of the answer.
	ThinkingTagged Thinking = "tagged"
	// ThinkingOpened is the same with the first tag in the chat template, so that an
	// answer starts behind it.
	ThinkingOpened Thinking = "opened"
)

func (Thinking) values() []string { return []string{string(ThinkingTagged), string(ThinkingOpened)} }

// Medium is a kind of content beside text.
type Medium string

// The media.
const (
	MediumImages Medium = "images"
	MediumVideo  Medium = "video"
	MediumAudio  Medium = "audio"
)

func (Medium) values() []string {
	return []string{string(MediumImages), string(MediumVideo), string(MediumAudio)}
}

// Timeouts bound the waits on an upstream server.
type Timeouts struct {
	// Connect bounds the making of a connection, TLS included.
	Connect time.Duration `yaml:"connect"`
	// FirstByte bounds the time from the request to the first byte of the answer.
	FirstByte time.Duration `yaml:"firstByte"`
	// Idle bounds the time between two pieces of a streamed answer.
	Idle time.Duration `yaml:"idle"`
}

// Retry bounds the attempts at a call.
type Retry struct {
	// Attempts counts the first try too; 1 never tries again.
	Attempts int `yaml:"attempts"`
	// MaxWait bounds the wait between two attempts, also one that the server
	// asks for.
	MaxWait time.Duration `yaml:"maxWait"`
}

// Script answers from a file of rules.
type Script struct {
	File string `yaml:"file"`
}

// Model says which provider answers for a model id; see catalog.Mapping.
type Model struct {
	ID       string `yaml:"id"`
	Provider string `yaml:"provider"`
	Upstream string `yaml:"upstream"`
	// Tiers and Latency, when not nil, are the ways in which it is served.
	Tiers     map[Tier]Lane    `yaml:"tiers"`
	Latency   map[Latency]Lane `yaml:"latency"`
	BaseModel string           `yaml:"baseModel"`
	Name      string           `yaml:"name"`
	Vendor    string           `yaml:"vendor"`
	Family    string           `yaml:"family"`
	// Abilities, when not nil, replace what is known of the model.
	Abilities     []Ability `yaml:"abilities"`
	ContextWindow int32     `yaml:"contextWindow"`
	MaxOutput     int32     `yaml:"maxOutput"`
}

// Ability names a member of provider.Abilities.
type Ability string

func (Ability) values() []string {
	return []string{"tools", "images", "documents", "video", "audio", "reasoning", "cachePoints", "structuredOutput"}
}

// Log says what is told about the server's work.
type Log struct {
	Level  LogLevel  `yaml:"level"`
	Format LogFormat `yaml:"format"`
}

// LogLevel is the least important level that is told.
type LogLevel string

func (LogLevel) values() []string { return []string{"debug", "info", "warn", "error"} }

// LogFormat is the form of a line of the log.
type LogFormat string

func (LogFormat) values() []string { return []string{"text", "json"} }

// Limits bound what a request may take.
type Limits struct {
	// MaxBody is the size of the largest request body.
	MaxBody Size `yaml:"maxBody"`
	// MaxFetched is the size of all objects together that a request may name by
	// s3Location.
	MaxFetched Size `yaml:"maxFetched"`
	// RequestTimeout bounds a request from its first byte to the last of its
	// answer.
	RequestTimeout time.Duration `yaml:"requestTimeout"`
	// DrainTimeout bounds the time that running answers get when the server ends.
	DrainTimeout time.Duration `yaml:"drainTimeout"`
}

// Catalog gives the options of the model catalogue.
func (c *Config) Catalog() catalog.Options {
	opts := catalog.Options{Strict: c.Strict, Mappings: make([]catalog.Mapping, len(c.Models))}
	for i, m := range c.Models {
		opts.Mappings[i] = catalog.Mapping{
			ID: m.ID, Provider: m.Provider, BaseModel: m.BaseModel,
			Upstream: cmp.Or(m.Upstream, c.Providers[m.Provider].DefaultModel()),
			Tiers:    lanes[bedrock.ServiceTierType](c, m.Tiers),
			Latency:  lanes[bedrock.PerformanceConfigLatency](c, m.Latency),
			Name:     m.Name, Vendor: m.Vendor, Family: m.Family, Abilities: abilities(m.Abilities),
			ContextWindow: m.ContextWindow, MaxOutput: m.MaxOutput,
		}
	}
	return opts
}

func abilities(names []Ability) *provider.Abilities {
	if names == nil {
		return nil
	}
	var a provider.Abilities
	member := map[Ability]*bool{
		"tools": &a.Tools, "images": &a.Images, "documents": &a.Documents, "video": &a.Video, "audio": &a.Audio,
		"reasoning": &a.Reasoning, "cachePoints": &a.CachePoints, "structuredOutput": &a.StructuredOutput,
	}
	for _, name := range names {
		*member[name] = true
	}
	return &a
}

// Describe says in a few words what a provider is, without secrets.
func (p Provider) Describe() string {
	switch {
	case p.LlamaCpp != nil:
		return "embedded engine, " + p.LlamaCpp.Model
	case p.OpenAI != nil:
		return p.OpenAI.URL
	case p.Anthropic != nil:
		return p.Anthropic.URL
	case p.Bedrock != nil:
		return p.Bedrock.describe()
	case p.Type == TypeWeighted:
		return p.Failover.describe("by weight: ")
	case p.Failover != nil:
		return p.Failover.describe("in turn: ")
	case p.Script != nil:
		return "script " + p.Script.File
	}
	return string(p.Type)
}
