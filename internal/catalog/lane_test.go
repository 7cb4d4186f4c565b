package catalog_test

import (
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

// Requests for a tier or a latency go where the mapping says, and are refused in
// the words of the service where it does not offer them.
func TestLanes(t *testing.T) {
	const (
		noTier      = "The provided service tier is not supported for this model."
		noLatency   = "Latency performance configuration is not supported for acme.chat in eu-west-1"
		reservation = "Reservation not found."
	)
	c := newCatalog(t, catalog.Options{Mappings: []catalog.Mapping{
		{ID: "*", Provider: "any", Upstream: "one"},
		{
			ID: "acme.*", Provider: "own", Upstream: "own-*",
			Tiers: map[bedrock.ServiceTierType]catalog.Lane{
				"flex": {Provider: "spare"}, "priority": {Upstream: "fast-*"},
			},
			Latency: map[bedrock.PerformanceConfigLatency]catalog.Lane{},
		},
		{
			ID: "bold.*", Provider: "own",
			Tiers:   map[bedrock.ServiceTierType]catalog.Lane{"default": {Upstream: "d"}, "flex": {Provider: "spare", Upstream: "f"}},
			Latency: map[bedrock.PerformanceConfigLatency]catalog.Lane{"optimized": {Provider: "quick"}},
		},
	}})
	for _, tt := range []struct {
		id                 string
		want               catalog.Service
		provider, upstream string
		message            string
	}{
		{"amazon.nova-lite-v1:0", catalog.Service{Tier: "flex", Latency: "optimized"}, "any", "one", ""},
		{"amazon.nova-lite-v1:0", catalog.Service{Tier: "reserved"}, "any", "one", ""},
		{"acme.chat", catalog.Service{}, "own", "own-chat", ""},
		{"acme.chat", catalog.Service{Tier: "default", Latency: "standard"}, "own", "own-chat", ""},
		{"acme.chat", catalog.Service{Tier: "flex"}, "spare", "own-chat", ""},
		{"acme.chat", catalog.Service{Tier: "priority"}, "own", "fast-chat", ""},
		{"acme.chat", catalog.Service{Tier: "reserved"}, "", "", reservation},
		{"acme.chat", catalog.Service{Latency: "optimized", Region: "eu-west-1"}, "", "", noLatency},
		{"bold.chat", catalog.Service{}, "own", "d", ""},
		{"bold.chat", catalog.Service{Tier: "priority"}, "", "", noTier},
		{"bold.chat", catalog.Service{Latency: "optimized"}, "quick", "d", ""},
		{"bold.chat", catalog.Service{Tier: "flex", Latency: "optimized"}, "quick", "f", ""},
	} {
		target, err := c.Resolve(tt.id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := target.For(tt.want)
		message := ""
		if err != nil {
			message = err.(*bedrock.ValidationException).Message
		}
		if got.Provider != tt.provider || got.Upstream != tt.upstream || message != tt.message {
			t.Errorf("%s %+v: %s %s %q, want %s %s %q", tt.id, tt.want, got.Provider, got.Upstream, message, tt.provider, tt.upstream, tt.message)
		}
	}
}
