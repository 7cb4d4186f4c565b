// Package config reads the configuration file of the server: one YAML document,
// read strictly. What is wrong with it is told with the file, the line, the key
// and a remedy, all of it at once.
//
// docs/configuration.md describes the keys for those who write such a file.
package config

import "time"

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
