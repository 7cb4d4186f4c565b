package retry_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/retry"
)

// passing fails as flaky does, and then passes a request through.
type passing struct{ *flaky }

func (p passing) Forward(context.Context, provider.RawCall) provider.Pieces {
	return func(yield func(provider.Piece, error) bool) {
		if err := p.next(); err != nil {
			yield(provider.Piece{}, err)
			return
		}
		yield(provider.Piece{Body: []byte("answer")}, nil)
	}
}

// What passes through is tried again as well, whatever else the provider can.
func TestRetryForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counts := passing{&flaky{failures: []error{upstream(503, 0)}}}
		alone := passing{&flaky{failures: []error{upstream(503, 0)}}}
		for p, counting := range map[provider.Provider]bool{
			retry.New(counts, retry.Options{}): true,
			retry.New(struct {
				provider.Provider
				provider.Passthrough
			}{alone, alone}, retry.Options{}): false,
		} {
			if _, ok := p.(provider.TokenCounter); ok != counting {
				t.Errorf("it counts tokens: %v, want %v", ok, counting)
			}
			var got string
			for piece, err := range p.(provider.Passthrough).Forward(t.Context(), provider.RawCall{}) {
				if err != nil {
					t.Error(err)
				}
				got += string(piece.Body)
			}
			if got != "answer" {
				t.Errorf("got %q", got)
			}
		}
		if len(counts.asked) != 2 || len(alone.asked) != 2 {
			t.Errorf("%d and %d attempts", len(counts.asked), len(alone.asked))
		}
	})
}
