// Package pipeline is the chain that every inference passes on its way to a
// provider, whichever operation it came by.
package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
)

// Pipeline leads inferences to their providers. It is safe for concurrent use.
type Pipeline struct {
	// Catalog says what a model id means.
	Catalog *catalog.Catalog
	// Providers are the configured ones, by name.
	Providers map[string]provider.Provider
}

// Route is where the inferences of one request go.
type Route struct {
	catalog.Target
	provider provider.Provider
}

// Route resolves a model id. The error carries a bedrock.Exception.
func (p *Pipeline) Route(modelID string) (*Route, error) {
	target, err := p.Catalog.Resolve(modelID)
	if err != nil {
		return nil, err
	}
	to, ok := p.Providers[target.Provider]
	if !ok {
		return nil, fmt.Errorf("the catalogue names a provider that does not exist: %q", target.Provider)
	}
	return &Route{target, to}, nil
}

// Abilities is what the provider carries for the model.
func (r *Route) Abilities() provider.Abilities {
	if capable, ok := r.provider.(provider.Capable); ok {
		return capable.Abilities(r.Upstream)
	}
	return provider.Abilities{}
}

// call words a request for the provider.
func (r *Route) call(req *bedrock.ConverseRequest, incremental bool) provider.Call {
	return provider.Call{Model: r.upstream(), Request: req, Incremental: incremental}
}

// Counts says whether the provider can count tokens.
func (r *Route) Counts() bool {
	_, ok := r.provider.(provider.TokenCounter)
	return ok
}

// CountTokens gives the input tokens that the request would report. The error
// says so where the provider cannot count.
func (r *Route) CountTokens(ctx context.Context, req *bedrock.ConverseRequest) (int32, error) {
	counter, ok := r.provider.(provider.TokenCounter)
	if !ok {
		return 0, &bedrock.ValidationException{Message: "The provided model doesn't support counting tokens."}
	}
	return counter.CountTokens(ctx, r.call(req, false))
}

// Embed turns texts into vectors; timing is filled in but for FirstByte. The error
// says so where the provider cannot.
func (r *Route) Embed(ctx context.Context, call provider.EmbedCall, timing *Timing) (*provider.Embeddings, error) {
	call.Model = r.upstream()
	start := time.Now()
	answer, err := provider.Embed(ctx, r.provider, call)
	timing.Total = time.Since(start)
	if err == nil {
		timing.Usage.InputTokens = answer.InputTokens
	}
	return answer, err
}

// Rerank judges documents; of timing, Total is filled in. The error says so where the
// provider cannot.
func (r *Route) Rerank(ctx context.Context, call provider.RerankCall, timing *Timing) ([]float64, error) {
	call.Model = r.upstream()
	start := time.Now()
	relevance, err := provider.Rerank(ctx, r.provider, call)
	timing.Total = time.Since(start)
	return relevance, err
}

// GenerateImages makes images; of timing, Total is filled in. The error says so
// where the provider cannot.
func (r *Route) GenerateImages(ctx context.Context, call provider.ImageCall, timing *Timing) ([][]byte, error) {
	call.Model = r.upstream()
	start := time.Now()
	images, err := provider.GenerateImages(ctx, r.provider, call)
	timing.Total = time.Since(start)
	return images, err
}

// upstream is the name by which the provider knows the model.
func (r *Route) upstream() string { return cmp.Or(r.Upstream, r.Model.ID) }

// Timing is what was measured of one answer; it is complete when the events
// have ended.
type Timing struct {
	// FirstByte is the time to the first content, Total that to the end.
	FirstByte, Total time.Duration
	// Usage is what the metadata event said.
	Usage bedrock.TokenUsage
}

// Converse answers a request, each block whole. The events are the provider's, with
// the latency filled in; timing is filled in as they pass.
func (r *Route) Converse(ctx context.Context, req *bedrock.ConverseRequest, timing *Timing) provider.Events {
	return r.timed(ctx, r.call(req, false), timing)
}

// ConverseStream is Converse with deltas as the model makes them.
func (r *Route) ConverseStream(ctx context.Context, req *bedrock.ConverseRequest, timing *Timing) provider.Events {
	return r.timed(ctx, r.call(req, true), timing)
}

func (r *Route) timed(ctx context.Context, call provider.Call, timing *Timing) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		start := time.Now()
		for event, err := range r.provider.Converse(ctx, call) {
			switch {
			case event.ContentBlockDelta != nil && timing.FirstByte == 0:
				timing.FirstByte = time.Since(start)
			case event.Metadata != nil:
				timing.Total = time.Since(start)
				conversation.ApplyCacheMinimum(&event.Metadata.Usage, r.Model.MinCachePrefix())
				timing.Usage = event.Metadata.Usage
				event.Metadata.Metrics.LatencyMs = timing.Total.Milliseconds()
			}
			if !yield(event, err) {
				return
			}
		}
	}
}
