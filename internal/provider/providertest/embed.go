package providertest

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// EmbedHarness is an Embedder under test, and what the suite may ask of it.
type EmbedHarness struct {
	// Embedder is under test, and Model a name that it answers for.
	Embedder provider.Embedder
	Model    string
	// TooLong is a text that the upstream refuses, or of more than MaxTokens
	// tokens; with Truncate it is embedded.
	TooLong   string
	MaxTokens int
	// Close ends all that the harness has started; nothing of it may be left then.
	Close func()
}

// The texts of the suite: the second is nearer to the first than the third is.
const (
	eating = "A man is eating food."
	bread  = "A man is eating a piece of bread."
	baby   = "The girl is carrying a baby."
)

// RunEmbedder opens a harness and puts its Embedder through the suite.
func RunEmbedder(t *testing.T, open func(t *testing.T) EmbedHarness) {
	before := goleak.IgnoreCurrent()
	h := open(t)
	t.Run("vectors", h.vectors)
	t.Run("order", h.order)
	t.Run("truncation", h.truncation)
	t.Run("context has ended", h.contextHasEnded)
	t.Run("concurrent", h.concurrent)
	if reranker, ok := h.Embedder.(provider.Reranker); ok {
		t.Run("rank", func(t *testing.T) { rank(t, reranker, h.Model) })
	}
	h.Close()
	goleak.VerifyNone(t, before)
}

func (h EmbedHarness) embed(t *testing.T, texts ...string) *provider.Embeddings {
	t.Helper()
	answer, err := h.Embedder.Embed(t.Context(), provider.EmbedCall{Model: h.Model, Texts: texts})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func (h EmbedHarness) vectors(t *testing.T) {
	answer := h.embed(t, eating, bread, baby)
	if len(answer.Vectors) != 3 {
		t.Fatalf("%d vectors for 3 texts", len(answer.Vectors))
	}
	for i, v := range answer.Vectors {
		if len(v) == 0 || len(v) != len(answer.Vectors[0]) || math.IsNaN(Cosine(v, v)) {
			t.Errorf("vector %d has %d dimensions, the first %d", i, len(v), len(answer.Vectors[0]))
		}
	}
	near, far := Cosine(answer.Vectors[0], answer.Vectors[1]), Cosine(answer.Vectors[0], answer.Vectors[2])
	if near <= far {
		t.Errorf("the cosine of like texts is %v, that of others %v", near, far)
	}
	if one := h.embed(t, eating); one.InputTokens < 1 || one.InputTokens >= answer.InputTokens {
		t.Errorf("%d tokens for a text, %d for it and two others", one.InputTokens, answer.InputTokens)
	}
}

// order asks for more texts than are worked on at a time.
func (h EmbedHarness) order(t *testing.T) {
	texts := make([]string, 96)
	for i := range texts {
		texts[i] = []string{eating, bread, baby}[i%3]
	}
	answer := h.embed(t, texts...)
	alone := h.embed(t, eating, bread, baby)
	for i, v := range answer.Vectors {
		if c := Cosine(v, alone.Vectors[i%3]); c < 0.999 {
			t.Errorf("the cosine of text %d to itself is %v", i, c)
		}
	}
}

func (h EmbedHarness) truncation(t *testing.T) {
	for name, how := range map[string]provider.Truncation{
		"none": provider.TruncateNone, "start": provider.TruncateStart, "end": provider.TruncateEnd,
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := h.Embedder.Embed(t.Context(), provider.EmbedCall{
				Model: h.Model, Texts: []string{h.TooLong, eating}, MaxTokens: h.MaxTokens, Truncate: how,
			})
			if how == provider.TruncateNone {
				if _, ok := errors.AsType[*bedrock.ValidationException](err); !ok {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c := Cosine(answer.Vectors[1], h.embed(t, eating).Vectors[0]); len(answer.Vectors) != 2 || c < 0.999 {
				t.Errorf("%d vectors; a text that is not too long has the cosine %v to itself", len(answer.Vectors), c)
			}
		})
	}
}

func (h EmbedHarness) contextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Embedder.Embed(ctx, provider.EmbedCall{Model: h.Model, Texts: []string{eating}}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v, want the context's", err)
	}
}

func (h EmbedHarness) concurrent(t *testing.T) {
	want := h.embed(t, eating, baby)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			answer, err := h.Embedder.Embed(t.Context(), provider.EmbedCall{Model: h.Model, Texts: []string{eating, baby}})
			if err != nil {
				t.Error(err)
				return
			}
			for i, v := range answer.Vectors {
				if c := Cosine(v, want.Vectors[i]); c < 0.999 {
					t.Errorf("the cosine of text %d to itself is %v", i, c)
				}
			}
		})
	}
	wg.Wait()
}

// rank holds a Reranker to its documentation.
func rank(t *testing.T, from provider.Reranker, model string) {
	relevance, err := from.Rerank(t.Context(), provider.RerankCall{Model: model, Query: eating, Documents: []string{baby, bread, baby}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range relevance {
		if r < 0 || r > 1 {
			t.Errorf("a relevance of %v", r)
		}
	}
	if len(relevance) != 3 || relevance[1] <= relevance[0] {
		t.Fatalf("the relevance is %v", relevance)
	}
	if diff := gocmp.Diff(relevance[0], relevance[2], near(1e-4)); diff != "" {
		t.Errorf("one document twice: %s", diff)
	}
}

func near(by float64) gocmp.Option {
	return gocmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= by })
}

// Cosine is that of the angle between two vectors.
func Cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	return dot / math.Sqrt(aa*bb)
}

// Words is a text of so many words.
func Words(n int) string { return strings.TrimSpace(strings.Repeat("stone ", n)) }
