package config

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
