package config

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

// Script answers from a file of rules.
type Script struct {
	File string `yaml:"file"`
}

// DefaultModel is the name that the provider asks for when a mapping has no
// upstream, or empty.
func (p Provider) DefaultModel() string {
	switch {
	case p.OpenAI != nil:
		return p.OpenAI.Model
	case p.Anthropic != nil:
		return p.Anthropic.Model
	case p.Bedrock != nil:
		return p.Bedrock.Model
	}
	return ""
}

// Retry says how often a call of the provider is tried, or is nil for one that is
// asked once.
func (p Provider) Retry() *Retry {
	switch {
	case p.OpenAI != nil:
		return &p.OpenAI.Retry
	case p.Anthropic != nil:
		return &p.Anthropic.Retry
	case p.Bedrock != nil:
		return &p.Bedrock.Retry
	case p.Failover != nil:
		return &p.Failover.Retry
	}
	return nil
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
