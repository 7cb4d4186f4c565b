// Package quotatest is the suite that every quota.Limiter passes.
package quotatest

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/quota"
)

// Limiter is what is tested.
type Limiter interface {
	quota.Limiter
	quota.Amounts
}

// Open makes a limiter of rules that nothing was counted against yet. It closes with
// the test.
type Open func(t *testing.T, rules *quota.Rules, now func() time.Time) Limiter

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*suite){
		"requests":      (*suite).requests,
		"tokens":        (*suite).tokens,
		"drained":       (*suite).drained,
		"more":          (*suite).more,
		"set back":      (*suite).setBack,
		"day":           (*suite).day,
		"all or none":   (*suite).allOrNone,
		"dimensions":    (*suite).dimensions,
		"sizes":         (*suite).sizes,
		"concurrent":    (*suite).concurrent,
		"brief":         (*suite).brief,
		"turns":         (*suite).turns,
		"queue":         (*suite).queue,
		"given up":      (*suite).givenUp,
		"two queues":    (*suite).twoQueues,
		"other queue":   (*suite).otherQueue,
		"refused later": (*suite).refusedLater,
		"load":          (*suite).load,
		"amounts":       (*suite).amounts,
		"windows":       (*suite).windows,
		"seeds":         (*suite).seeds,
		"amounts load":  (*suite).amountsLoad,
	} {
		t.Run(name, func(t *testing.T) { test(&suite{T: t, open: open, clock: NewClock()}) })
	}
}

// suite is one test of a limiter.
type suite struct {
	*testing.T
	open    Open
	clock   *Clock
	limiter Limiter
}

// rules opens a limiter.
func (s *suite) rules(rules ...quota.Rule) {
	s.Helper()
	compiled, err := quota.NewRules(rules)
	if err != nil {
		s.Fatal(err)
	}
	s.limiter = s.open(s.T, compiled, s.clock.Now)
}

// The caller of most tests, and another one of the same account.
const (
	alice = "arn:aws:iam::111122223333:user/alice"
	bob   = "arn:aws:iam::111122223333:user/bob"
)

// request is one of a caller for so many tokens.
func request(principal string, tokens int64) *quota.Request {
	return &quota.Request{
		Account: "111122223333", Principal: principal, Model: "amazon.nova-lite-v1:0",
		Reserve: func() quota.Reservation { return quota.Reservation{Tokens: tokens, Least: tokens} },
	}
}

// admit wants a request to be admitted.
func (s *suite) admit(req *quota.Request) quota.Grant {
	s.Helper()
	grant, err := s.limiter.Admit(s.Context(), req)
	if err != nil {
		s.Fatalf("refused: %v", err)
	}
	return grant
}

// The texts of refusals, those of the service.
const (
	tooManyRequests = "Too many requests, please wait before trying again."
	tooManyTokens   = "Too many tokens, please wait before trying again."
	tooManyPerDay   = "Too many tokens per day, please wait before trying again."
)

// refuse wants a request to be refused with a text.
func (s *suite) refuse(req *quota.Request, text string) {
	s.Helper()
	_, err := s.limiter.Admit(s.Context(), req)
	s.refused(err, text)
}

func (s *suite) refused(err error, text string) {
	s.Helper()
	if refusal, ok := errors.AsType[*bedrock.ThrottlingException](err); !ok || refusal.Message != text {
		s.Fatalf("got %v, want %q", err, text)
	}
}

// used wants a limit of the one bucket of a rule to be used so far.
func (s *suite) used(rule string, kind quota.Kind, want int64) {
	s.Helper()
	buckets, err := s.limiter.Buckets(s.Context(), 100)
	if err != nil {
		s.Fatal(err)
	}
	got := int64(0)
	for _, b := range buckets {
		for _, level := range b.Levels {
			if b.Rule == rule && level.Kind == kind {
				got += level.Used
			}
		}
	}
	if got != want {
		s.Fatalf("%s of %s: %d are used, want %d", kind, rule, got, want)
	}
}

// waiting waits until so many requests wait.
func (s *suite) waiting(want int64) {
	s.Helper()
	for {
		buckets, err := s.limiter.Buckets(s.Context(), 100)
		if err != nil {
			s.Fatal(err)
		}
		got := int64(0)
		for _, b := range buckets {
			got += b.Waiting
		}
		if got == want {
			return
		}
		select {
		case <-time.After(time.Millisecond):
		case <-s.Context().Done():
			s.Fatalf("%d wait, want %d", got, want)
		}
	}
}

// Clock is a clock that goes when it is told to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes a clock that shows ten o'clock on a fifth of March.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
