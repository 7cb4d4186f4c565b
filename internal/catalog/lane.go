package catalog

import (
	"cmp"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Service is how a request wants to be served. The zero value wants nothing.
type Service struct {
	Tier    bedrock.ServiceTierType
	Latency bedrock.PerformanceConfigLatency
	// Region is the one of the request's signature; errors name it.
	Region string
}

// Lane is the way of the requests for one tier or one latency.
type Lane struct {
	// Provider and Upstream are those of Mapping; an empty one is the mapping's.
	Provider, Upstream string
}

// For leads the requests for a service: the lane of the tier wins over the mapping,
// and that of the latency over both. A mapping without lanes serves every request
// alike. The error is a *bedrock.ValidationException, for what the mapping's lanes
// do not offer.
func (t Target) For(want Service) (Target, error) {
	tier := cmp.Or(want.Tier, bedrock.ServiceTierTypeDefault)
	lane, offered := t.mapping.Tiers[tier]
	if !offered && t.mapping.Tiers != nil && tier != bedrock.ServiceTierTypeDefault {
		return Target{}, noTier(tier)
	}
	t.follow(lane)
	latency := cmp.Or(want.Latency, bedrock.PerformanceConfigLatencyStandard)
	lane, offered = t.mapping.Latency[latency]
	if !offered && t.mapping.Latency != nil && latency != bedrock.PerformanceConfigLatencyStandard {
		return Target{}, &bedrock.ValidationException{Message: "Latency performance configuration is not supported for " +
			t.ID.Text + " in " + Location{Region: want.Region}.region()}
	}
	t.follow(lane)
	return t, nil
}

// noTier is the error for a tier that a model does not have. Reserved ones are
// bought, and looked for by account.
func noTier(tier bedrock.ServiceTierType) error {
	if tier == bedrock.ServiceTierTypeReserved {
		return &bedrock.ValidationException{Message: "Reservation not found."}
	}
	return &bedrock.ValidationException{Message: "The provided service tier is not supported for this model."}
}

func (t *Target) follow(lane Lane) {
	t.Provider = cmp.Or(lane.Provider, t.Provider)
	t.Upstream = cmp.Or(strings.ReplaceAll(lane.Upstream, "*", t.star), t.Upstream)
}
