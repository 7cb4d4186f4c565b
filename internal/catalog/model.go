package catalog

import "github.com/saprolite/saprolite/internal/provider"

// Model is what the catalogue knows of one foundation model.
type Model struct {
	// ID is the bare id, as amazon.nova-lite-v1:0.
	ID string
	// Name and Vendor are the branded names, as Nova Lite and Amazon.
	Name, Vendor string
	// Family names the format of its native bodies: a folder of
	// internal/format. Empty for models without one.
	Family string
	// Abilities is what the service lets the model carry.
	Abilities provider.Abilities
	// Converse says whether the model takes conversations at all; embedding,
	// rerank, image and speech models do not.
	Converse bool
	// Streaming, SystemPrompts and CountTokens say whether the service offers
	// these for the model.
	Streaming, SystemPrompts, CountTokens bool
	// ContextWindow and MaxOutput are in tokens; 0 is unknown.
	ContextWindow, MaxOutput int32
	// Usage says which counters its answers carry beside the three of the API.
	Usage UsageStyle
	// InputModalities and OutputModalities are TEXT, IMAGE, EMBEDDING, ...
	InputModalities, OutputModalities []string
	// Profiles are the prefixes of its cross-region inference profiles, as us,
	// eu and global.
	Profiles []string
	// OnDemand says whether the bare id can be invoked without a profile.
	OnDemand bool
}

// UsageStyle says which counters a model's answers carry beside inputTokens,
// outputTokens and totalTokens, as the recordings show them.
type UsageStyle int

// The styles of usage.
const (
	// UsagePlain has the three counts alone.
	UsagePlain UsageStyle = iota
	// UsageTools adds an empty serverToolUsage.
	UsageTools
	// UsageCache adds the four cache counters, without serverToolUsage.
	UsageCache
	// UsageCacheTools adds the four cache counters and serverToolUsage.
	UsageCacheTools
	// UsageCacheReadTools adds the two cache read counters and serverToolUsage.
	UsageCacheReadTools
)

// Target is where a request for a model goes.
type Target struct {
	// Requested is the id or ARN of the request.
	Requested string
	// Model is what the catalogue knows of the model behind it.
	Model *Model
	// Provider is the name of the configured provider that answers.
	Provider string
	// Upstream is the name by which that provider knows the model.
	Upstream string
}
