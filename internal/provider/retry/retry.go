// Package retry is a provider that asks another one again when its upstream
// failed for the moment: before the answer has begun, and never after.
package retry

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Options configure the attempts. The zero value of a field chooses a default.
type Options struct {
	// Attempts bounds the attempts at a call, the first one included; 0 means 3.
	Attempts int
	// FirstWait is the longest wait before the second attempt; each further
	// one is twice as long. The wait is a random part of it, at least half.
	// 0 means 250 milliseconds.
	FirstWait time.Duration
	// MaxWait bounds every wait. A call whose upstream asks for a longer one is
	// not tried again. 0 means 20 seconds.
	MaxWait time.Duration
	// MaxElapsed is how long after the call's beginning an attempt may begin;
	// it keeps timeouts from adding up. 0 means one minute.
	MaxElapsed time.Duration
}

// New decorates a provider. The result can count tokens, and passes requests
// through, if the provider does.
func New(p provider.Provider, o Options) provider.Provider {
	r := &retrying{p, Options{
		Attempts:   cmp.Or(o.Attempts, 3),
		FirstWait:  cmp.Or(o.FirstWait, 250*time.Millisecond),
		MaxWait:    cmp.Or(o.MaxWait, 20*time.Second),
		MaxElapsed: cmp.Or(o.MaxElapsed, time.Minute),
	}}
	counter, counts := p.(provider.TokenCounter)
	through, passes := p.(provider.Passthrough)
	switch {
	case counts && passes:
		return struct {
			*retrying
			counting
			passing
		}{r, counting{r, counter}, passing{r, through}}
	case counts:
		return struct {
			*retrying
			counting
		}{r, counting{r, counter}}
	case passes:
		return struct {
			*retrying
			passing
		}{r, passing{r, through}}
	}
	return r
}

type retrying struct {
	next    provider.Provider
	options Options
}

type counting struct {
	retry   *retrying
	counter provider.TokenCounter
}

type passing struct {
	retry   *retrying
	through provider.Passthrough
}

// Abilities gives what the decorated provider carries.
func (r *retrying) Abilities(model string) provider.Abilities {
	if capable, ok := r.next.(provider.Capable); ok {
		return capable.Abilities(model)
	}
	return provider.Abilities{}
}

// Converse answers a call by the first attempt that begins to answer it.
func (r *retrying) Converse(ctx context.Context, call provider.Call) provider.Events {
	return answer(ctx, r, func() iter.Seq2[bedrock.ConverseStreamOutput, error] { return r.next.Converse(ctx, call) })
}

// Forward answers a request by the first attempt that begins to answer it.
func (p passing) Forward(ctx context.Context, call provider.RawCall) provider.Pieces {
	return answer(ctx, p.retry, func() iter.Seq2[provider.Piece, error] { return p.through.Forward(ctx, call) })
}

// answer gives the first of the answers that begins.
func answer[T any](ctx context.Context, r *retrying, ask func() iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := r.try(ctx, func() (began bool, failure error) {
			for part, err := range ask() {
				if err != nil && !began {
					return false, err
				}
				began = true
				if !yield(part, err) {
					return true, nil
				}
			}
			return true, nil
		})
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

// Embed gives the vectors of the first attempt that succeeds. A decorated provider
// that is no Embedder refuses.
func (r *retrying) Embed(ctx context.Context, call provider.EmbedCall) (answer *provider.Embeddings, err error) {
	err = r.try(ctx, func() (bool, error) {
		var failure error
		answer, failure = provider.Embed(ctx, r.next, call)
		return failure == nil, failure
	})
	return answer, err
}

// Rerank judges by the first attempt that succeeds. A decorated provider that is no
// Reranker refuses.
func (r *retrying) Rerank(ctx context.Context, call provider.RerankCall) (relevance []float64, err error) {
	err = r.try(ctx, func() (bool, error) {
		var failure error
		relevance, failure = provider.Rerank(ctx, r.next, call)
		return failure == nil, failure
	})
	return relevance, err
}

// GenerateImages gives the images of the first attempt that succeeds. A decorated
// provider that is no ImageGenerator refuses.
func (r *retrying) GenerateImages(ctx context.Context, call provider.ImageCall) (images [][]byte, err error) {
	err = r.try(ctx, func() (bool, error) {
		var failure error
		images, failure = provider.GenerateImages(ctx, r.next, call)
		return failure == nil, failure
	})
	return images, err
}

// CountTokens counts by the first attempt that succeeds.
func (c counting) CountTokens(ctx context.Context, call provider.Call) (count int32, err error) {
	err = c.retry.try(ctx, func() (bool, error) {
		var failure error
		count, failure = c.counter.CountTokens(ctx, call)
		return failure == nil, failure
	})
	return count, err
}

// try makes attempts until one is done, or another one makes no sense. The error
// is the last attempt's.
func (r *retrying) try(ctx context.Context, attempt func() (done bool, failure error)) error {
	start := time.Now()
	for n := 1; ; n++ {
		done, failure := attempt()
		if done {
			return nil
		}
		upstream, ok := errors.AsType[*provider.UpstreamError](failure)
		if n == r.options.Attempts || !ok || !upstream.Temporary() || ctx.Err() != nil {
			return failure
		}
		wait := max(r.delay(n), upstream.RetryAfter)
		if wait > r.options.MaxWait || time.Since(start)+wait > r.options.MaxElapsed || !sleep(ctx, wait) {
			return failure
		}
	}
}

// delay is the wait after attempt n: exponential, with jitter, so that callers
// that failed together do not come back together.
func (r *retrying) delay(n int) time.Duration {
	longest := r.options.FirstWait
	for ; n > 1 && longest < r.options.MaxWait; n-- {
		longest *= 2
	}
	longest = min(longest, r.options.MaxWait)
	return longest/2 + rand.N(longest/2+1)
}

// sleep waits, and says whether ctx let it.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
