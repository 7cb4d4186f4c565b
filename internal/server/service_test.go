package server_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/script"
	"github.com/saprolite/saprolite/internal/server"
)

// newLanes serves Claude 3 Haiku by three providers that say who they are. What is
// wanted of flex is served by default, as an upstream may.
func newLanes(t *testing.T) *server.Server {
	t.Helper()
	options := options(newCatalog(t, catalog.Mapping{
		ID: "anthropic.claude-3-haiku-20240307-v1:0", Provider: "own",
		Tiers:   map[bedrock.ServiceTierType]catalog.Lane{"flex": {Provider: "spare"}, "priority": {Provider: "fast"}},
		Latency: map[bedrock.PerformanceConfigLatency]catalog.Lane{"optimized": {Provider: "fast"}},
	}), nil)
	options.Pipeline.Providers = map[string]provider.Provider{
		"own":   scripted(t, "default: {reply: own}"),
		"spare": servedBy{scripted(t, "default: {reply: spare}"), "default"},
		"fast":  scripted(t, "default: {reply: fast}"),
	}
	return server.New(options)
}

// servedBy serves by another tier than the request wants.
type servedBy struct {
	*script.Provider
	tier bedrock.ServiceTierType
}

func (s servedBy) Converse(ctx context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		for event, err := range s.Provider.Converse(ctx, call) {
			if event.Metadata != nil {
				event.Metadata.ServiceTier = &bedrock.ServiceTier{Type: s.tier}
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

// Requests of all operations go where their tier and their latency lead, and the
// answer says how it was served.
func TestServiceLanes(t *testing.T) {
	web, client := serve(t, newLanes(t)), newClient(t, http1)
	for _, tt := range []struct{ tier, latency, by, servedTier, message string }{
		{"", "", "own", "", ""},
		{"default", "standard", "own", "default", ""},
		{"priority", "", "fast", "priority", ""},
		{"flex", "", "spare", "default", ""},
		{"flex", "optimized", "fast", "flex", ""},
		{"reserved", "", "", "", "Reservation not found."},
	} {
		body := strings.TrimSuffix(conversationBody, "}")
		if tt.tier != "" {
			body += `,"serviceTier":{"type":"` + tt.tier + `"}`
		}
		if tt.latency != "" {
			body += `,"performanceConfig":{"latency":"` + tt.latency + `"}`
		}
		got := post(t, client, web.URL+claudePath+"/converse", body+"}")
		lines := jsonLines(t, got.body)
		if tt.message != "" {
			if message := messageOf(t, got); message != tt.message {
				t.Errorf("%+v: %s", tt, got.body)
			}
			continue
		}
		for _, want := range []string{
			`/output/message/content/0/text "` + tt.by + `"`, `/serviceTier/type "` + tt.servedTier + `"`, `/performanceConfig/latency "` + tt.latency + `"`,
		} {
			if empty := strings.HasSuffix(want, `""`); !empty && !slices.Contains(lines, want) {
				t.Errorf("%+v: no %s in %s", tt, want, got.body)
			}
		}
		if strings.Contains(string(got.body), "serviceTier") != (tt.tier != "") || strings.Contains(string(got.body), "performanceConfig") != (tt.latency != "") {
			t.Errorf("%+v: %s", tt, got.body)
		}

		request := newRequest(t, t.Context(), web.URL+claudePath+"/invoke", claudeBody)
		for name, value := range map[string]string{"Service-Tier": tt.tier, "PerformanceConfig-Latency": tt.latency} {
			if value != "" {
				request.Header.Set("X-Amzn-Bedrock-"+name, value)
			}
		}
		got = do(t, client, request)
		if !strings.Contains(string(got.body), `"`+tt.by+`"`) || got.header.Get("X-Amzn-Bedrock-Service-Tier") != tt.servedTier || got.header.Get("X-Amzn-Bedrock-PerformanceConfig-Latency") != tt.latency {
			t.Errorf("%+v: %v %s", tt, got.header, got.body)
		}
	}
}
