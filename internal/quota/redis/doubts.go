package redis

import (
	"context"
	"time"

	"github.com/saprolite/saprolite/internal/quota"
)

const (
	// maxDoubts bounds the sums that are to be set right.
	maxDoubts = 10_000
	// A sum is set right raiseSoon after a failure, and once more at raiseAgain, when
	// those who tell what was used have surely heard of all of it.
	raiseSoon, raiseAgain = 2 * time.Second, 15 * time.Second
)

// doubt is a sum of which it is not known whether it has all that was used.
type doubt struct {
	claim quota.Claim
	// since is the last failure; soon says that the sum was set right after it.
	since time.Time
	soon  bool
}

// doubtAll notes that sums may lack an amount.
func (l *Limiter) doubtAll(keys []string, claims []quota.Claim, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, claim := range claims {
		_, known := l.doubts[keys[i]]
		if claim.Seed == nil || !known && len(l.doubts) >= maxDoubts {
			continue
		}
		claim.At = claim.Start(now)
		l.doubts[keys[i]] = doubt{claim: claim, since: now}
	}
}

// raise sets the sums right that lack what was used while Redis did not answer. Whoever
// seeds them knows it: the sum becomes that, where it is less. The error says why some
// are left for another time.
func (l *Limiter) raise(ctx context.Context, now time.Time) error {
	for key, d := range l.due(now) {
		seed, err := d.claim.Seed(ctx, d.claim.At)
		if err != nil {
			return err
		}
		err = l.attempt(ctx, func(ctx context.Context) error {
			return raise.Run(ctx, l.client, []string{key}, seed).Err()
		})
		if err != nil {
			return err
		}
		l.raised(key, d, now)
	}
	return nil
}

// due gives the doubts whose time has come.
func (l *Limiter) due(now time.Time) map[string]doubt {
	l.mu.Lock()
	defer l.mu.Unlock()
	due := map[string]doubt{}
	for key, d := range l.doubts {
		if after := now.Sub(d.since); after >= raiseAgain || after >= raiseSoon && !d.soon {
			due[key] = d
		}
	}
	return due
}

// raised notes that a sum was set right, unless it failed anew meanwhile.
func (l *Limiter) raised(key string, d doubt, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch current := l.doubts[key]; {
	case current.since != d.since:
	case now.Sub(d.since) >= raiseAgain:
		delete(l.doubts, key)
	default:
		current.soon = true
		l.doubts[key] = current
	}
}
