package meter

import (
	"context"
	"sync"
	"time"
)

const (
	// seedTime bounds the question what was spent before, and seedPause is how long
	// nothing is asked when there was no answer: calls must not queue for one.
	seedTime  = 10 * time.Second
	seedPause = 10 * time.Second
)

// Sums are asked what was spent before.
type Sums interface {
	SumUsage(ctx context.Context, q Query) ([]Sum, error)
}

// before asks a store what was spent. It answers within seconds, and at once where the
// store did not answer just now.
type before struct {
	usage Sums

	mu sync.Mutex
	// failed is why the store did not answer, and again when it is asked again.
	failed error
	again  time.Time
}

func (b *before) ask(ctx context.Context, q Query) (int64, error) {
	if b.usage == nil {
		return 0, nil
	}
	if err := b.paused(); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, seedTime)
	defer cancel()
	sums, err := b.usage.SumUsage(ctx, q)
	if err != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.failed, b.again = err, time.Now().Add(seedPause)
		return 0, err
	}
	if len(sums) == 0 {
		return 0, nil
	}
	return sums[0].Cost, nil
}

// paused gives the last failure while the store is not asked.
func (b *before) paused() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Now().Before(b.again) {
		return b.failed
	}
	return nil
}
