package llamacpp

import (
	"context"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// newEmbedder makes a provider of the real engine and the default embedding model,
// and the function that stops it. That the model is for vectors, it says itself.
func newEmbedder(t *testing.T) (*Provider, func()) {
	t.Helper()
	p, stop := newProvider(t)
	vectors := engine.Model{Weights: engine.DefaultEmbeddingWeights, Slots: 2, TextContext: 64}
	if err := p.pool.Fetch(t.Context(), vectors); err != nil {
		stop()
		const missing = "the default embedding model cannot be fetched"
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s: %v", missing, err)
		}
		t.Skipf("%s: %v", missing, err)
	}
	return New(Options{Pool: p.pool, Model: vectors}), stop
}

func TestEmbedder(t *testing.T) {
	providertest.RunEmbedder(t, func(t *testing.T) providertest.EmbedHarness {
		e, stop := newEmbedder(t)
		return providertest.EmbedHarness{Embedder: e, TooLong: providertest.Words(40), MaxTokens: 20, Close: stop}
	})
}

func TestVectors(t *testing.T) {
	e, stop := newEmbedder(t)
	t.Cleanup(stop)
	embed := func(t *testing.T, call provider.EmbedCall) *provider.Embeddings {
		t.Helper()
		answer, err := e.Embed(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	t.Run("reference", func(t *testing.T) {
		// The cosines are those of the reference implementation.
		v := embed(t, provider.EmbedCall{Texts: []string{
			"A man is eating food.", "A man is eating a piece of bread.", "The girl is carrying a baby.",
		}})
		for i, want := range map[int]float64{1: 0.7553, 2: -0.1049} {
			if got := providertest.Cosine(v.Vectors[0], v.Vectors[i]); math.Abs(got-want) > 0.001 {
				t.Errorf("the cosine to text %d is %.4f, want %.4f", i, got, want)
			}
		}
		if v.InputTokens != 28 || len(v.Vectors[0]) != 384 {
			t.Errorf("%d tokens, %d dimensions", v.InputTokens, len(v.Vectors[0]))
		}
	})
	t.Run("control tokens are text", func(t *testing.T) {
		if n := embed(t, provider.EmbedCall{Texts: []string{"[SEP]"}}).InputTokens; n < 5 {
			t.Errorf("[SEP] is %d tokens, two of them around it", n)
		}
	})
	t.Run("what is cut off", func(t *testing.T) {
		start, end := "cats purr", "engines roar"
		text := start + " " + providertest.Words(30) + " " + end
		kept := embed(t, provider.EmbedCall{Texts: []string{text}, MaxTokens: 12, Truncate: provider.TruncateEnd})
		other := embed(t, provider.EmbedCall{Texts: []string{text}, MaxTokens: 12, Truncate: provider.TruncateStart})
		alone := embed(t, provider.EmbedCall{Texts: []string{"cats", "engines"}})
		if kept.InputTokens != 12 || other.InputTokens != 12 {
			t.Errorf("%d and %d tokens are left of 12", kept.InputTokens, other.InputTokens)
		}
		cats := func(e *provider.Embeddings) float64 {
			return providertest.Cosine(e.Vectors[0], alone.Vectors[0]) - providertest.Cosine(e.Vectors[0], alone.Vectors[1])
		}
		if cats(kept) <= cats(other) {
			t.Errorf("without its end the text speaks of cats by %.3f, without its start by %.3f", cats(kept), cats(other))
		}
	})
	t.Run("pieces", func(t *testing.T) {
		long := embed(t, provider.EmbedCall{Texts: []string{providertest.Words(3000)}})
		short := embed(t, provider.EmbedCall{Texts: []string{providertest.Words(200)}})
		if long.InputTokens < 3000 {
			t.Errorf("%d tokens of 3000 words", long.InputTokens)
		}
		length := math.Sqrt(dot(long.Vectors[0], long.Vectors[0]))
		if c := providertest.Cosine(long.Vectors[0], short.Vectors[0]); c < 0.98 || math.Abs(length-1) > 1e-4 {
			t.Errorf("the length is %v, the cosine to the same in short %v", length, c)
		}
	})
	t.Run("no conversation", func(t *testing.T) {
		for _, err := range e.Converse(context.Background(), ask(question)) {
			refused(t, err)
		}
		_, err := e.CountTokens(t.Context(), ask(question))
		refused(t, err)
	})
	t.Run("no vectors", func(t *testing.T) {
		talker := New(Options{Pool: e.pool, Model: model})
		_, err := talker.Embed(t.Context(), provider.EmbedCall{Texts: []string{"cats"}})
		refused(t, err)
		_, err = talker.Rerank(t.Context(), provider.RerankCall{Query: "cats", Documents: []string{"dogs"}})
		refused(t, err)
	})
}

// refused wants the error of an operation that a model is not for.
func refused(t *testing.T, err error) {
	t.Helper()
	invalid, _ := errors.AsType[*bedrock.ValidationException](err)
	if invalid == nil || invalid.Message != "The requested operation is not supported for the provided model." {
		t.Errorf("the error is %v", err)
	}
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
