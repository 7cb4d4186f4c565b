package engine

import "time"

const (
	firstDelay = 100 * time.Millisecond
	maxDelay   = 30 * time.Second
	// servedWell is how long a child must have served for its past not to count.
	servedWell = time.Minute
)

// backoff spaces the starts of a child that keeps dying.
type backoff struct{ delay time.Duration }

// next returns the pause before the next start, after a child that served for so long.
func (b *backoff) next(served time.Duration) time.Duration {
	if served >= servedWell {
		b.delay = 0
	}
	b.delay = min(max(2*b.delay, firstDelay), maxDelay)
	return b.delay
}
