package failover

import (
	"cmp"
	"context"

	"github.com/saprolite/saprolite/internal/provider"
)

// once gives what the first member gives that can be reached.
func once[T any](ctx context.Context, r *router, ask func(*member) (T, error)) (answer T, err error) {
	err = r.try(ctx, func(m *member) (done bool, failure error) {
		if answer, failure = ask(m); failure == nil {
			m.answered()
		}
		return failure == nil, failure
	})
	return answer, err
}

// CountTokens counts by the first member that can be reached.
func (c counting) CountTokens(ctx context.Context, call provider.Call) (int32, error) {
	return once(ctx, c.router, func(m *member) (int32, error) {
		return m.Provider.(provider.TokenCounter).CountTokens(ctx, m.named(call))
	})
}

// Embed gives the vectors of the first member that can be reached. A member that is
// no Embedder refuses, and so do the methods below.
func (r *router) Embed(ctx context.Context, call provider.EmbedCall) (*provider.Embeddings, error) {
	return once(ctx, r, func(m *member) (*provider.Embeddings, error) {
		call := call
		call.Model = cmp.Or(m.Model, call.Model)
		return provider.Embed(ctx, m.Provider, call)
	})
}

// Rerank judges by the first member that can be reached.
func (r *router) Rerank(ctx context.Context, call provider.RerankCall) ([]float64, error) {
	return once(ctx, r, func(m *member) ([]float64, error) {
		call := call
		call.Model = cmp.Or(m.Model, call.Model)
		return provider.Rerank(ctx, m.Provider, call)
	})
}

// GenerateImages gives the images of the first member that can be reached.
func (r *router) GenerateImages(ctx context.Context, call provider.ImageCall) ([][]byte, error) {
	return once(ctx, r, func(m *member) ([][]byte, error) {
		call := call
		call.Model = cmp.Or(m.Model, call.Model)
		return provider.GenerateImages(ctx, m.Provider, call)
	})
}
