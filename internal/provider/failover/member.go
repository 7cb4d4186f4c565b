package failover

import (
	"cmp"
	"iter"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/provider"
)

// pauses are how long a member is set aside.
type pauses struct{ first, longest time.Duration }

// after is the pause after so many failures in a row.
func (p pauses) after(failures int) time.Duration {
	pause := p.first
	for ; failures > 1 && pause < p.longest; failures-- {
		pause *= 2
	}
	return min(pause, p.longest)
}

// member is a Member and its health.
type member struct {
	Member
	pauses pauses
	log    *slog.Logger

	mu sync.Mutex
	// failures counts those since the last answer; until is when the member that
	// failed may be tried again.
	failures int
	until    time.Time
}

// available says whether the member is not set aside. Of a member whose pause is
// over that is said to one caller alone: who asks is the one who tries it.
func (m *member) available(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.failures == 0:
		return true
	case now.Before(m.until):
		return false
	}
	m.until = now.Add(m.pauses.after(m.failures))
	return true
}

// answered notes that the member is well.
func (m *member) answered() {
	m.mu.Lock()
	failures := m.failures
	m.failures = 0
	m.mu.Unlock()
	if failures > 0 {
		m.log.Info("the provider answers again")
	}
}

// failuresSoFar is what a call remembers, to tell a failure that it is the first
// to see from one that others have seen.
func (m *member) failuresSoFar() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failures
}

// failed sets the member aside, unless a call that began at the same time has
// done so: what breaks many calls at once is one failure. An upstream that says
// when to come back is taken at its word, within reason.
func (m *member) failed(before int, why *provider.UpstreamError) {
	m.mu.Lock()
	if m.failures != before {
		m.mu.Unlock()
		return
	}
	m.failures++
	failures := m.failures
	pause := max(m.pauses.after(failures), min(why.RetryAfter, m.pauses.longest))
	m.until = time.Now().Add(pause)
	m.mu.Unlock()
	if failures == 1 {
		m.log.Warn("a provider fails and is set aside", "for", pause, "cause", why.Brief())
	}
}

func (m *member) setAsideUntil() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.until
}

// candidates yields each member once: in the order of the router those that are
// not set aside, and behind them the others, the one first whose pause ends
// first. Better one that may have come back than none.
func (r *router) candidates() iter.Seq[*member] {
	return func(yield func(*member) bool) {
		now := time.Now()
		var aside []*member
		for _, m := range r.arranged() {
			if !m.available(now) {
				aside = append(aside, m)
			} else if !yield(m) {
				return
			}
		}
		slices.SortStableFunc(aside, func(a, b *member) int { return a.setAsideUntil().Compare(b.setAsideUntil()) })
		for _, m := range aside {
			if !yield(m) {
				return
			}
		}
	}
}

// arranged gives all members in the order of the router.
func (r *router) arranged() []*member {
	if r.order == InTurn {
		return r.members
	}
	// Sorted by exponential variables of the weights as rates, each member is the
	// first with a probability of its share, and so on with the rest.
	type drawn struct {
		*member
		at float64
	}
	draws := make([]drawn, len(r.members))
	for i, m := range r.members {
		draws[i] = drawn{m, rand.ExpFloat64() / float64(m.Weight)}
	}
	slices.SortFunc(draws, func(a, b drawn) int { return cmp.Compare(a.at, b.at) })
	members := make([]*member, len(draws))
	for i, d := range draws {
		members[i] = d.member
	}
	return members
}
