package config

import (
	"cmp"
	"maps"
	"slices"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

// Tier names a service tier, as requests do.
type Tier string

func (Tier) values() []string { return words(bedrock.ServiceTierType("").Values()) }

// Latency names a latency of a performance configuration, as requests do.
type Latency string

func (Latency) values() []string { return words(bedrock.PerformanceConfigLatency("").Values()) }

func words[S ~string](values []S) []string {
	words := make([]string, len(values))
	for i, value := range values {
		words[i] = string(value)
	}
	return words
}

// Lane says who answers the requests for one tier or one latency.
type Lane struct {
	// Provider is another provider than the model's, or empty.
	Provider string `yaml:"provider"`
	// Upstream is the model's name there; empty means the provider's own choice, or
	// else what the model says.
	Upstream string `yaml:"upstream"`
}

// Tiers are the ServiceTiers in the words of the API.
func (o *OpenAI) Tiers() []bedrock.ServiceTierType {
	var tiers []bedrock.ServiceTierType
	for _, tier := range o.ServiceTiers {
		tiers = append(tiers, bedrock.ServiceTierType(tier))
	}
	return tiers
}

// lanes words lanes for the catalogue.
func lanes[To, From ~string](c *Config, from map[From]Lane) map[To]catalog.Lane {
	if from == nil {
		return nil
	}
	to := make(map[To]catalog.Lane, len(from))
	for name, lane := range from {
		to[To(name)] = catalog.Lane{
			Provider: lane.Provider,
			Upstream: cmp.Or(lane.Upstream, c.Providers[lane.Provider].DefaultModel()),
		}
	}
	return to
}

// checkLanes looks for the providers of lanes.
func checkLanes[Name ~string](d *decoder, key string, lanes map[Name]Lane, providers []string) {
	for _, name := range slices.Sorted(maps.Keys(lanes)) {
		if to := lanes[name].Provider; to != "" && !slices.Contains(providers, to) {
			d.fail(key+"."+string(name)+".provider", "no provider has the name "+to, remedy(to, providers))
		}
	}
}
