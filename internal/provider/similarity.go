package provider

import (
	"context"
	"math"
)

// RankBySimilarity judges documents by their vectors: the relevance of one is the
// cosine of the angle between it and the query, 0 where that is negative. It is
// what a model for vectors alone can say; one that was trained to rank reads query
// and document together, and judges better.
func RankBySimilarity(ctx context.Context, from Embedder, call RerankCall) ([]float64, error) {
	answer, err := from.Embed(ctx, EmbedCall{
		Model: call.Model, Caller: call.Caller,
		Texts: append([]string{call.Query}, call.Documents...),
	})
	if err != nil {
		return nil, err
	}
	query, documents := answer.Vectors[0], answer.Vectors[1:]
	relevance := make([]float64, len(documents))
	for i, document := range documents {
		relevance[i] = min(1, max(0, cosine(query, document)))
	}
	return relevance, nil
}

// cosine is that of the angle between two vectors of one length, and 0 where one
// of them has no direction.
func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i, x := range a {
		y := b[i]
		dot, aa, bb = dot+float64(x)*float64(y), aa+float64(x)*float64(x), bb+float64(y)*float64(y)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}
