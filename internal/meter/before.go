package meter

import (
	"context"
	"strings"
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

// SpentBefore gives what a store knows to be spent of a key of these budgets, for an
// [Amounts] that does not know it. It answers within seconds, and at once where the
// store did not answer just now.
func SpentBefore(list []Budget, usage Sums) func(ctx context.Context, key string, w Window) (int64, error) {
	b := &before{list: list, usage: usage}
	return b.spent
}

// before asks a store.
type before struct {
	list  []Budget
	usage Sums

	mu sync.Mutex
	// failed is why the store did not answer, and again when it is asked again.
	failed error
	again  time.Time
}

func (b *before) spent(ctx context.Context, key string, w Window) (int64, error) {
	name, value, _ := strings.Cut(key, "/")
	for i := range b.list {
		if b.list[i].Name == name {
			return b.ask(ctx, Query{From: w.Start, To: w.End, Only: map[Field]string{b.list[i].Per: value}})
		}
	}
	return 0, nil
}

func (b *before) ask(ctx context.Context, q Query) (int64, error) {
	if err := b.paused(); err != nil {
		return 0, err
	}
	// The caller may leave, and has to pay all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), seedTime)
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
