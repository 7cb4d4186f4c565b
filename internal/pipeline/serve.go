package pipeline

import (
	"github.com/saprolite/saprolite/internal/bedrock"
)

// serve says how an answer was served, if its request wanted something: as the
// provider says, or else as it was wanted.
func (r *Route) serve(metadata *bedrock.ConverseStreamMetadataEvent) {
	switch {
	case r.Service.Tier == "":
		metadata.ServiceTier = nil
	case metadata.ServiceTier == nil:
		metadata.ServiceTier = &bedrock.ServiceTier{Type: r.Service.Tier}
	}
	switch {
	case r.Service.Latency == "":
		metadata.PerformanceConfig = nil
	case metadata.PerformanceConfig == nil:
		metadata.PerformanceConfig = &bedrock.PerformanceConfiguration{Latency: r.Service.Latency}
	}
}
