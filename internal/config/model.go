package config

import (
	"cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
)

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
