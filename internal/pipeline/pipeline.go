// Package pipeline is the chain that every inference passes on its way to a
// provider, whichever operation it came by.
package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/document"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/quota"
)

// Pipeline leads inferences to their providers. It is safe for concurrent use.
type Pipeline struct {
	// Catalog says what a model id means.
	Catalog *catalog.Catalog
	// Providers are the configured ones, by name.
	Providers map[string]provider.Provider
	// Documents reads the documents for the providers that do not. Without it
	// those providers get none.
	Documents *document.Extractor
	// Objects fetches what requests name by s3Location, for the providers that do
	// not. Without it those providers get none.
	Objects *Objects
	// Quota holds callers to their quotas; nil leaves them alone.
	Quota quota.Limiter
}

// Route is where the inferences of one request go.
type Route struct {
	catalog.Target
	// Service is how the request wants to be served.
	Service catalog.Service
	// Caller is who asks, by the Operation.
	Caller    identity.Principal
	Operation bedrock.Operation
	// MayRead refuses objects that the caller may not name by s3Location; nil lets all
	// be read.
	MayRead   func(objectstore.Name) error
	provider  provider.Provider
	documents *document.Extractor
	objects   *Objects
	quota     quota.Limiter
	// mu guards what was last carried, and of which request.
	mu      sync.Mutex
	of      *bedrock.ConverseRequest
	carried carried
}

// Route resolves a model id, for a request that wants to be served in that way. The
// error carries a bedrock.Exception.
func (p *Pipeline) Route(modelID string, want catalog.Service) (*Route, error) {
	target, err := p.Catalog.Resolve(modelID)
	if err != nil {
		return nil, err
	}
	if target, err = target.For(want); err != nil {
		return nil, err
	}
	to, ok := p.Providers[target.Provider]
	if !ok {
		return nil, fmt.Errorf("the catalogue names a provider that does not exist: %q", target.Provider)
	}
	return &Route{Target: target, Service: want, provider: to, documents: p.Documents, objects: p.Objects, quota: p.Quota}, nil
}

// Abilities is what the provider carries for the model, and documents and what lies
// in S3: the text of the ones and the bytes of the others are carried where they are
// not.
func (r *Route) Abilities() provider.Abilities {
	abilities := r.own()
	abilities.Documents = abilities.Documents || r.documents != nil
	abilities.S3Locations = abilities.S3Locations || r.objects != nil
	return abilities
}

// own is what the provider itself carries.
func (r *Route) own() provider.Abilities {
	if capable, ok := r.provider.(provider.Capable); ok {
		return capable.Abilities(r.Upstream)
	}
	return provider.Abilities{}
}

// call words a request for the provider.
func (r *Route) call(req *bedrock.ConverseRequest, incremental bool) provider.Call {
	call := provider.Call{Model: r.upstream(), Caller: r.Caller.PrincipalARN(), Request: req, Incremental: incremental}
	if r.Upstream == "" {
		call.Requested = r.ID.Text
	}
	return call
}

// Counts says whether the provider can count tokens.
func (r *Route) Counts() bool {
	_, ok := r.provider.(provider.TokenCounter)
	return ok
}

// CountTokens gives the input tokens that the request would report, where the caller
// asks for them: it counts against the quotas as a request.
func (r *Route) CountTokens(ctx context.Context, req *bedrock.ConverseRequest) (count int32, err error) {
	err = r.granted(ctx, quota.Request{Brief: true}, func() (int64, error) {
		count, err = r.InputTokens(ctx, req)
		return 0, err
	})
	return count, err
}

// InputTokens gives the input tokens that the request would report. The error says so
// where the provider cannot count.
func (r *Route) InputTokens(ctx context.Context, req *bedrock.ConverseRequest) (int32, error) {
	counter, ok := r.provider.(provider.TokenCounter)
	if !ok {
		return 0, &bedrock.ValidationException{Message: "The provided model doesn't support counting tokens."}
	}
	carried, err := r.carry(ctx, req)
	if err != nil {
		return 0, err
	}
	return counter.CountTokens(ctx, r.call(carried.request, false))
}

// Embed turns texts into vectors; timing is filled in but for FirstByte. The error
// says so where the provider cannot.
func (r *Route) Embed(ctx context.Context, call provider.EmbedCall, timing *Timing) (answer *provider.Embeddings, err error) {
	call.Model, call.Caller = r.upstream(), r.Caller.PrincipalARN()
	reserve := func() quota.Reservation { return quota.Reservation{Tokens: textTokens(call.Texts)} }
	err = r.granted(ctx, quota.Request{Reserve: reserve}, func() (int64, error) {
		start := time.Now()
		answer, err = provider.Embed(ctx, r.provider, call)
		timing.Total = time.Since(start)
		if err == nil {
			timing.Usage.InputTokens = answer.InputTokens
		}
		return int64(timing.Usage.InputTokens), err
	})
	return answer, err
}

// Rerank judges documents; of timing, Total is filled in. The error says so where the
// provider cannot.
func (r *Route) Rerank(ctx context.Context, call provider.RerankCall, timing *Timing) (relevance []float64, err error) {
	call.Model, call.Caller = r.upstream(), r.Caller.PrincipalARN()
	err = r.granted(ctx, quota.Request{}, func() (int64, error) {
		start := time.Now()
		relevance, err = provider.Rerank(ctx, r.provider, call)
		timing.Total = time.Since(start)
		return 0, err
	})
	return relevance, err
}

// GenerateImages makes images; of timing, Total is filled in. The error says so
// where the provider cannot.
func (r *Route) GenerateImages(ctx context.Context, call provider.ImageCall, timing *Timing) (images [][]byte, err error) {
	call.Model = r.upstream()
	err = r.granted(ctx, quota.Request{}, func() (int64, error) {
		start := time.Now()
		images, err = provider.GenerateImages(ctx, r.provider, call)
		timing.Total = time.Since(start)
		return 0, err
	})
	return images, err
}

// upstream is the name by which the provider knows the model.
func (r *Route) upstream() string { return cmp.Or(r.Upstream, r.Model.ID) }

// Converse answers a request, each block whole. The events are the provider's, with
// the latency filled in; timing is filled in as they pass.
func (r *Route) Converse(ctx context.Context, req *bedrock.ConverseRequest, timing *Timing) provider.Events {
	return r.admitted(ctx, req, guessed(r.timed(r.answer(ctx, r.call(req, false)), timing), timing))
}

// ConverseStream is Converse with deltas as the model makes them.
func (r *Route) ConverseStream(ctx context.Context, req *bedrock.ConverseRequest, timing *Timing) provider.Events {
	return r.admitted(ctx, req, counted(r.timed(r.answer(ctx, r.call(req, true)), timing), timing))
}

// answer is the way of a call to the provider and back.
func (r *Route) answer(ctx context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		carried, err := r.carry(ctx, call.Request)
		if err != nil {
			yield(bedrock.ConverseStreamOutput{}, err)
			return
		}
		call.Request = carried.request
		cited(r.provider.Converse(ctx, call), carried.sources)(yield)
	}
}
