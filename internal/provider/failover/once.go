package failover

import (
	"cmp"
	"context"

	"github.com/saprolite/saprolite/internal/provider"
)

// Embed gives the vectors of the first member that can be reached. All members must
// run the same model: vectors of different ones cannot be compared. A member that
// is no Embedder refuses.
func (r *router) Embed(ctx context.Context, call provider.EmbedCall) (*provider.Embeddings, error) {
	return once(ctx, r, func(m *member) (*provider.Embeddings, error) {
		call := call
		call.Model = cmp.Or(m.Model, call.Model)
		return provider.Embed(ctx, m.Provider, call)
	})
}

// Rerank judges by the first member that can be reached. One that is no Reranker
// refuses.
func (r *router) Rerank(ctx context.Context, call provider.RerankCall) ([]float64, error) {
	return once(ctx, r, func(m *member) ([]float64, error) {
		call := call
		call.Model = cmp.Or(m.Model, call.Model)
		return provider.Rerank(ctx, m.Provider, call)
	})
}

// GenerateImages gives the images of the first member that can be reached. One that
// is no ImageGenerator refuses.
func (r *router) GenerateImages(ctx context.Context, call provider.ImageCall) ([][]byte, error) {
	return once(ctx, r, func(m *member) ([][]byte, error) {
		call := call
		call.Model = cmp.Or(m.Model, call.Model)
		return provider.GenerateImages(ctx, m.Provider, call)
	})
}

// once gives the answer of the first member that has one.
func once[T any](ctx context.Context, r *router, ask func(*member) (T, error)) (answer T, err error) {
	err = r.try(ctx, func(m *member) (bool, error) {
		var failure error
		answer, failure = ask(m)
		if failure == nil {
			m.answered()
		}
		return failure == nil, failure
	})
	return answer, err
}
