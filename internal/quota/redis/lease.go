package redis

import (
	"context"
	"errors"
	"time"
)

// hold notes a grant whose leases are to be renewed, if it has any.
func (l *Limiter) hold(g *grant) {
	for _, m := range g.matches {
		if m.Slot {
			l.mu.Lock()
			l.leases[g] = struct{}{}
			l.mu.Unlock()
			return
		}
	}
}

func (l *Limiter) release(g *grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.leases, g)
}

// keep renews the leases until ctx ends.
func (l *Limiter) keep(ctx context.Context) {
	// What fails now is tried again with the next tick, before leases end.
	every(ctx, l.Lease/3, func() { _ = l.renew(ctx) })
}

// renewBatch bounds the leases of one script.
const renewBatch = 500

// renew makes all leases last as new ones do.
func (l *Limiter) renew(ctx context.Context) error {
	var failed error
	for key, ids := range l.held() {
		for len(ids) > 0 {
			batch := ids[:min(len(ids), renewBatch)]
			ids = ids[len(batch):]
			failed = errors.Join(failed, l.ask(ctx, func(ctx context.Context) error {
				args := append([]any{l.now(), l.channel(), l.Lease.Microseconds()}, batch...)
				return renew.Run(ctx, l.client, []string{key}, args...).Err()
			}))
		}
	}
	return failed
}

// held gives the ids of the leases of each bucket.
func (l *Limiter) held() map[string][]any {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := map[string][]any{}
	for g := range l.leases {
		for i, m := range g.matches {
			if m.Slot {
				held[g.keys[i]] = append(held[g.keys[i]], g.id)
			}
		}
	}
	return held
}

// mend does what failures have left to be done, until ctx ends: it finds out by that
// whether Redis answers again.
func (l *Limiter) mend(ctx context.Context) {
	every(ctx, pause, func() {
		// What fails now is tried again.
		_ = l.giveBack(ctx)
		_ = l.raise(ctx, l.clock())
	})
}

// every does something time and again until ctx ends.
func every(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			do()
		}
	}
}
