package memory

import (
	"context"
	"time"

	"github.com/saprolite/saprolite/internal/fair"
	"github.com/saprolite/saprolite/internal/quota"
)

// grant is what a request holds, or waits for.
type grant struct {
	limiter *Limiter
	holds   []hold
	taken   time.Time
	settled bool
}

// Settle implements quota.Grant.
func (g *grant) Settle(tokens int64) {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	g.limiter.settle(g, tokens)
}

// letGo lets the buckets of a grant be forgotten. The limiter's lock is held.
func (g *grant) letGo() {
	for i := range g.holds {
		g.holds[i].bucket.holders--
	}
}

// waiter is a request that waits for its turn.
type waiter struct {
	grant  *grant
	caller string
	// ready takes nil, or the error that ends the wait.
	ready chan error
	// patience ends the wait for the bucket.
	patience *time.Timer
	// at is the bucket that it waits for, place its place in the line there.
	at    *hold
	place *fair.Place[*waiter]
}

// join waits for a bucket, unless too many do. The limiter's lock is held.
func (w *waiter) join(full *hold) error {
	line := &full.bucket.line
	if int64(line.Len()) >= full.Rule.Queue {
		return quota.Refusal(full.Match, quota.Concurrent)
	}
	w.at, w.place = full, line.Join(w.caller, w)
	if w.patience == nil {
		w.patience = time.NewTimer(full.Rule.QueueTimeout)
	} else {
		w.patience.Reset(full.Rule.QueueTimeout)
	}
	return nil
}

// wait waits for the turn of a request.
func (l *Limiter) wait(ctx context.Context, w *waiter) (quota.Grant, error) {
	defer w.patience.Stop()
	select {
	case err := <-w.ready:
		if err != nil {
			return nil, err
		}
		return w.grant, nil
	case <-w.patience.C:
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case err := <-w.ready: // it came just now
		if err == nil {
			l.settle(w.grant, 0)
		}
	default:
		w.at.bucket.line.Leave(w.place)
		w.grant.letGo()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, quota.Refusal(w.at.Match, quota.Concurrent)
}
