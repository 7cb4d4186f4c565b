package config

import (
	"strings"
	"time"
)

// Anthropic is a server with Anthropic's /v1/messages.
type Anthropic struct {
	// URL is the address up to and with /v1.
	URL string `yaml:"url"`
	// Model and the key are those of OpenAI; the key is sent as x-api-key.
	Model      string `yaml:"model"`
	APIKey     Secret `yaml:"apiKey"`
	APIKeyEnv  string `yaml:"apiKeyEnv"`
	APIKeyFile string `yaml:"apiKeyFile"`
	// Headers are sent with every request.
	Headers map[string]Secret `yaml:"headers"`
	// Timeouts bound the waits on the server.
	Timeouts Timeouts `yaml:"timeouts"`
	// Retry says how often a call is tried that got no answer.
	Retry Retry `yaml:"retry"`
}

// Bedrock is Amazon Bedrock itself, or another server with its API. Empty fields
// leave the choice to the AWS SDK: the environment, ~/.aws, the machine's role.
type Bedrock struct {
	// Region is where the models are.
	Region string `yaml:"region"`
	// Profile names a section of ~/.aws/config.
	Profile string `yaml:"profile"`
	// Endpoint is the address of the API; empty means the region's.
	Endpoint string `yaml:"endpoint"`
	// Model is the id to ask for when a mapping has no upstream; empty means the id
	// of the request, as it came.
	Model string `yaml:"model"`
	// AccessKeyID and SecretAccessKey are credentials of their own. The secret may
	// stand as APIKey may.
	AccessKeyID         string `yaml:"accessKeyId"`
	SecretAccessKey     Secret `yaml:"secretAccessKey"`
	SecretAccessKeyEnv  string `yaml:"secretAccessKeyEnv"`
	SecretAccessKeyFile string `yaml:"secretAccessKeyFile"`
	// APIKey is a key of Bedrock's own, sent instead of a signature. It may stand
	// as that of OpenAI.
	APIKey     Secret `yaml:"apiKey"`
	APIKeyEnv  string `yaml:"apiKeyEnv"`
	APIKeyFile string `yaml:"apiKeyFile"`
	// Timeouts bound the waits on the service.
	Timeouts Timeouts `yaml:"timeouts"`
	// Retry says how often a call is tried that got no answer.
	Retry Retry `yaml:"retry"`
}

// Failover leads calls to other providers: in the order of the list, or, of the
// type weighted, by their weights.
type Failover struct {
	// Members are the providers, at least one.
	Members []Member `yaml:"members"`
	// Pause is how long a member is set aside that failed. It doubles with each
	// further failure, up to MaxPause.
	Pause    time.Duration `yaml:"pause"`
	MaxPause time.Duration `yaml:"maxPause"`
	// Retry says how often a call is tried that every member failed.
	Retry Retry `yaml:"retry"`
}

// Member is a provider that calls are led to.
type Member struct {
	// Provider is its name.
	Provider string `yaml:"provider"`
	// Model is the model's name there; empty means the provider's own choice, or
	// else what the mapping says.
	Model string `yaml:"model"`
	// Weight is the member's share of the calls, where the type is weighted; 0 means
	// 1.
	Weight int `yaml:"weight"`
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

// describe says in a few words what Amazon Bedrock it is.
func (b *Bedrock) describe() string {
	words := []string{"Amazon Bedrock"}
	for _, word := range []string{b.Region, b.Endpoint} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

// describe names the members.
func (f *Failover) describe(how string) string {
	names := make([]string, len(f.Members))
	for i, m := range f.Members {
		names[i] = m.Provider
	}
	return how + strings.Join(names, ", ")
}
