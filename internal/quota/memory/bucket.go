package memory

import (
	"time"

	"github.com/saprolite/saprolite/internal/fair"
	"github.com/saprolite/saprolite/internal/quota"
)

// bucket is what is counted for those who share it.
type bucket struct {
	rule *quota.Rule
	// requests and tokens of the last minute, which drain as of at.
	requests, tokens float64
	at               time.Time
	// usedOfDay are the tokens of a day, which is told by its number.
	day, usedOfDay int64
	running        int64
	// line are those who wait to run. Nobody waits while there is room.
	line fair.Line[*waiter]
	// holders counts the requests that know the bucket.
	holders int
}

// drain brings a bucket up to date.
func (b *bucket) drain(now time.Time) {
	if today := quota.Day(now); today != b.day {
		b.day, b.usedOfDay = today, 0
	}
	// Of a clock that was set back, nothing drains, and from then on it does.
	minutes := max(0, now.Sub(b.at).Minutes())
	b.requests = max(0, b.requests-minutes*float64(b.rule.RequestsPerMinute))
	b.tokens = max(0, b.tokens-minutes*float64(b.rule.TokensPerMinute))
	b.at = now
}

// idle says whether a new bucket would be the same. The bucket is up to date.
func (b *bucket) idle() bool {
	return b.holders == 0 && b.requests == 0 && b.tokens == 0 && b.usedOfDay == 0
}

func (b *bucket) used() quota.Used {
	return quota.Used{Requests: b.requests, Tokens: b.tokens, Day: b.usedOfDay, Running: b.running}
}

// hold is a grant's part in one bucket.
type hold struct {
	quota.Match
	bucket *bucket
	// before are the tokens of the bucket before the reservation, day is the day to
	// which it counts.
	before float64
	day    int64
}

// refused says which limit has no room, if one has none. The bucket is up to date.
func (h *hold) refused() quota.Kind {
	b, r := h.bucket, h.Rule
	switch {
	case r.RequestsPerMinute > 0 && b.requests+1 > float64(r.RequestsPerMinute)+quota.Tolerance:
		return quota.RequestsPerMinute
	case r.TokensPerMinute > 0 && h.Tokens > 0 && b.tokens+float64(h.Tokens) > float64(r.TokensPerMinute)+quota.Tolerance:
		return quota.TokensPerMinute
	case r.TokensPerDay > 0 && h.Tokens > 0 && b.usedOfDay+h.Tokens > r.TokensPerDay:
		return quota.TokensPerDay
	}
	return ""
}

// take takes what the match says.
func (h *hold) take() {
	b := h.bucket
	h.before, h.day = b.tokens, b.day
	if h.Rule.RequestsPerMinute > 0 {
		b.requests++
	}
	if h.Rule.TokensPerMinute > 0 {
		b.tokens += float64(h.Tokens)
	}
	if h.Rule.TokensPerDay > 0 {
		b.usedOfDay += h.Tokens
	}
	if h.Slot {
		b.running++
	}
}

// settle makes the bucket what it would be had the request taken the tokens that it
// used: of a reservation, what has drained since is not given back.
func (h *hold) settle(tokens int64, taken, now time.Time) {
	b := h.bucket
	b.drain(now)
	if limit := float64(h.Rule.TokensPerMinute); limit > 0 {
		drained := h.before - limit*max(0, now.Sub(taken).Minutes())
		b.tokens = max(0, b.tokens+max(0, drained+float64(tokens))-max(0, drained+float64(h.Tokens)))
	}
	if h.Rule.TokensPerDay > 0 && h.day == b.day {
		b.usedOfDay += tokens - h.Tokens
	}
}
