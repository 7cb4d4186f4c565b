// Package memory counts quotas in this process: what is counted ends with it.
package memory

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/quota"
)

// maxBuckets bounds the buckets of a rule. Callers with sessions of their own making
// can have as many as they like; beyond the bound, buckets that nobody holds are
// forgotten.
const maxBuckets = 100_000

// Limiter is a quota.Limiter and a quota.Amounts.
type Limiter struct {
	rules *quota.Rules
	now   func() time.Time

	mu sync.Mutex
	// buckets are those in use, by the index of their rule.
	buckets []map[quota.Key]*bucket
	sums    map[sumKey]*sum
}

var _ interface {
	quota.Limiter
	quota.Amounts
} = (*Limiter)(nil)

// New makes a limiter; nil are no rules. Now is the clock; nil is that of the machine.
func New(rules *quota.Rules, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	if rules == nil {
		rules = new(quota.Rules)
	}
	l := &Limiter{rules: rules, now: now, sums: map[sumKey]*sum{}}
	for range rules.All() {
		l.buckets = append(l.buckets, map[quota.Key]*bucket{})
	}
	return l
}

// Close implements quota.Limiter.
func (*Limiter) Close() error { return nil }

// Admit implements quota.Limiter.
func (l *Limiter) Admit(ctx context.Context, req *quota.Request) (quota.Grant, error) {
	var room [4]quota.Match
	matches, err := l.rules.Match(room[:0], req)
	if err != nil {
		return nil, err
	}
	if len(matches) == 0 {
		return quota.Free{}, nil
	}
	g := &grant{limiter: l, holds: make([]hold, len(matches))}
	l.mu.Lock()
	for i, m := range matches {
		g.holds[i] = hold{Match: m, bucket: l.bucket(m)}
	}
	full, err := l.take(g)
	var w *waiter
	if full != nil {
		w = &waiter{grant: g, caller: req.Principal, ready: make(chan error, 1)}
		err = w.join(full)
	}
	if err != nil {
		g.letGo()
	}
	l.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case w != nil:
		return l.wait(ctx, w)
	}
	return g, nil
}

// take takes all that a request needs. Without room for one more to run, it gives the
// bucket that has none. l.mu is held.
func (l *Limiter) take(g *grant) (full *hold, err error) {
	now := l.now()
	for i := range g.holds {
		h := &g.holds[i]
		h.bucket.drain(now)
		if kind := h.refused(); kind != "" {
			return nil, quota.Refusal(h.Match, kind)
		}
		if full == nil && h.Slot && h.bucket.running >= h.Rule.Concurrent {
			full = h
		}
	}
	if full != nil {
		return full, nil
	}
	g.taken = now
	for i := range g.holds {
		g.holds[i].take()
	}
	return nil, nil
}

// settle ends a grant. l.mu is held.
func (l *Limiter) settle(g *grant, tokens int64) {
	if g.settled {
		return
	}
	g.settled = true
	now := l.now()
	for i := range g.holds {
		g.holds[i].settle(tokens, g.taken, now)
	}
	g.letGo()
	for i := range g.holds {
		if h := &g.holds[i]; h.Slot {
			h.bucket.running--
			l.serve(h.bucket)
		}
	}
}

// serve lets in who waits for a bucket. l.mu is held.
func (l *Limiter) serve(b *bucket) {
	for b.running < b.rule.Concurrent {
		next := b.line.First()
		if next == nil {
			return
		}
		b.line.Serve()
		w := next.Value
		full, err := l.take(w.grant)
		if full != nil {
			// It goes on waiting for another bucket, and keeps nobody here waiting.
			err = w.join(full)
		}
		if err != nil {
			w.grant.letGo()
		}
		if full == nil || err != nil {
			w.ready <- err
		}
	}
}

// bucket finds or makes the bucket of a match, and holds it. l.mu is held.
func (l *Limiter) bucket(m quota.Match) *bucket {
	all := l.buckets[m.Index]
	b := all[m.Key]
	if b == nil {
		l.forget(all)
		b = &bucket{rule: m.Rule}
		all[m.Key] = b
	}
	b.holders++
	return b
}

// forget looks at a few buckets, and drops those that are idle: so what is left of a
// crowd goes away as others come. l.mu is held.
func (l *Limiter) forget(all map[quota.Key]*bucket) {
	now := l.now()
	looked := 0
	for key, b := range all {
		if b.drain(now); b.idle() || b.holders == 0 && len(all) >= maxBuckets {
			delete(all, key)
		}
		if looked++; looked == 4 {
			return
		}
	}
}

// Buckets implements quota.Limiter.
func (l *Limiter) Buckets(_ context.Context, limit int) ([]quota.Bucket, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	var found []quota.Bucket
	for i, rule := range l.rules.All() {
		first := len(found)
		for key, b := range l.buckets[i] {
			if b.drain(now); b.idle() {
				delete(l.buckets[i], key)
				continue
			}
			if len(found) < limit {
				found = append(found, quota.Bucket{Rule: rule.Name, Key: key, Levels: rule.Levels(b.used()), Waiting: int64(b.line.Len())})
			}
		}
		slices.SortFunc(found[first:], func(a, b quota.Bucket) int {
			return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Principal, b.Principal), cmp.Compare(a.Model, b.Model))
		})
	}
	return found, nil
}
