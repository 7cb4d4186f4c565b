package memory

import (
	"context"
	"time"

	"github.com/saprolite/saprolite/internal/quota"
)

// sumKey names a sum. Start tells the windows apart.
type sumKey struct {
	key    string
	window quota.Window
	start  int64
}

type sum struct{ used int64 }

// Reserve implements quota.Amounts.
func (l *Limiter) Reserve(ctx context.Context, amount int64, claims ...quota.Claim) (quota.Held, error) {
	now := l.now()
	h := &held{limiter: l, sums: make([]*sum, len(claims)), used: make([]int64, len(claims)), amount: amount}
	for i, claim := range claims {
		var err error
		if h.sums[i], err = l.sum(ctx, claim, now); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, claim := range claims {
		if err := claim.Check(i, h.sums[i].used, amount); err != nil {
			return nil, err
		}
	}
	for i, s := range h.sums {
		s.used += amount
		h.used[i] = s.used
	}
	return h, nil
}

// sum finds the sum of a claim, or makes it.
func (l *Limiter) sum(ctx context.Context, claim quota.Claim, now time.Time) (*sum, error) {
	start := claim.Start(now)
	key := sumKey{claim.Key, claim.Window, start.Unix()}
	l.mu.Lock()
	found := l.sums[key]
	l.mu.Unlock()
	if found != nil {
		return found, nil
	}
	var seed int64
	if claim.Seed != nil {
		var err error
		// Others may ask too meanwhile: the first to know is believed.
		if seed, err = claim.Seed(ctx, start); err != nil {
			return nil, err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if found := l.sums[key]; found != nil {
		return found, nil
	}
	l.forgetSums(now)
	made := &sum{used: seed}
	l.sums[key] = made
	return made, nil
}

// afterWindow is how long a sum outlives its window, for what is settled late.
const afterWindow = 24 * time.Hour

// forgetSums looks at a few sums, and drops those of windows that are long over. l.mu is
// held.
func (l *Limiter) forgetSums(now time.Time) {
	looked := 0
	for key := range l.sums {
		over := key.window.End(time.Unix(key.start, 0).UTC()).Add(afterWindow)
		if now.After(over) || len(l.sums) >= maxBuckets {
			delete(l.sums, key) // where it is known how to seed it, it comes back
		}
		if looked++; looked == 4 {
			return
		}
	}
}

// held is an amount that is reserved of some sums.
type held struct {
	limiter *Limiter
	sums    []*sum
	used    []int64
	amount  int64
	settled bool
}

// Used implements quota.Held.
func (h *held) Used() []int64 { return h.used }

// Settle implements quota.Held.
func (h *held) Settle(amount int64) {
	h.limiter.mu.Lock()
	defer h.limiter.mu.Unlock()
	if h.settled {
		return
	}
	h.settled = true
	for _, s := range h.sums {
		s.used += amount - h.amount
	}
}
