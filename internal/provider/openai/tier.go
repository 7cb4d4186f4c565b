package openai

import (
	"slices"

	"github.com/saprolite/saprolite/internal/provider"
)

// setTier says which service tier the call wants, if the server takes it. Both APIs
// have the same words for the same tiers.
func (c *Client) setTier(call provider.Call, body Body) {
	tier := call.Request.ServiceTier
	if tier != nil && slices.Contains(c.ServiceTiers, tier.Type) && body["service_tier"] == nil {
		body["service_tier"] = tier.Type
	}
}
