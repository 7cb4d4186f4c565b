package quotatest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/quota"
)

// concurrent: places come back when requests end, once each.
func (s *suite) concurrent() {
	s.rules(quota.Rule{Name: "all", Concurrent: 2})
	first, second := s.admit(request(alice, 0)), s.admit(request(bob, 0))
	s.refuse(request(alice, 0), tooManyRequests)
	first.Settle(0)
	first.Settle(0)
	third := s.admit(request(alice, 0))
	s.refuse(request(alice, 0), tooManyRequests)
	second.Settle(0)
	third.Settle(0)
	s.used("all", quota.Concurrent, 0)
}

// brief requests take no place.
func (s *suite) brief() {
	s.rules(quota.Rule{Name: "all", Concurrent: 1, RequestsPerMinute: 2})
	s.admit(request(alice, 0))
	counting := &quota.Request{Account: "111122223333", Principal: alice, Brief: true}
	s.admit(counting).Settle(0)
	s.used("all", quota.Concurrent, 1)
	s.refuse(counting, tooManyRequests)
}

// visits queue for a place, note that they got it and leave.
type visits struct {
	*suite
	mu    sync.Mutex
	order []string
	group sync.WaitGroup
}

// queue starts a visit; done is closed at its end.
func (v *visits) queue(principal string) (done chan struct{}) {
	done = make(chan struct{})
	v.group.Go(func() {
		defer close(done)
		grant, err := v.limiter.Admit(v.Context(), request(principal, 0))
		v.mu.Lock()
		if err != nil {
			v.Error(err)
		}
		v.order = append(v.order, principal)
		v.mu.Unlock()
		if err == nil {
			grant.Settle(0)
		}
	})
	return done
}

// turns: a caller with many requests does not keep one with few waiting.
func (s *suite) turns() {
	s.rules(quota.Rule{Name: "all", Concurrent: 1, Queue: 20, QueueTimeout: time.Minute})
	grant := s.admit(request(alice, 0))
	v := visits{suite: s}
	for i := range int64(8) {
		v.queue(alice)
		s.waiting(i + 1)
	}
	v.queue(bob)
	s.waiting(9)
	v.queue(bob)
	s.waiting(10)
	grant.Settle(0)
	v.group.Wait()
	want := append([]string{alice, bob, alice, bob}, slices.Repeat([]string{alice}, 6)...)
	if d := cmp.Diff(want, v.order); d != "" {
		s.Error(d)
	}
}

// queue: it has an end, and so has the wait.
func (s *suite) queue() {
	s.rules(
		quota.Rule{Name: "alices", Principals: []string{alice}, Concurrent: 1, Queue: 1, QueueTimeout: time.Minute},
		quota.Rule{Name: "bobs", Principals: []string{bob}, Concurrent: 1, Queue: 1, QueueTimeout: 10 * time.Millisecond},
	)
	s.admit(request(bob, 0))
	s.refuse(request(bob, 0), tooManyRequests)
	grant := s.admit(request(alice, 0))
	ctx, cancel := context.WithCancel(s.Context())
	left := make(chan error)
	go func() {
		_, err := s.limiter.Admit(ctx, request(alice, 0))
		left <- err
	}()
	s.waiting(1)
	s.refuse(request(alice, 0), tooManyRequests)
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		s.Errorf("got %v", err)
	}
	s.waiting(0)
	grant.Settle(0)
	s.admit(request(alice, 0)).Settle(0)
}

// givenUp: who gives places in the queue up has the next one no later than others.
func (s *suite) givenUp() {
	s.rules(quota.Rule{Name: "all", Concurrent: 1, Queue: 20, QueueTimeout: time.Minute})
	grant := s.admit(request(alice, 0))
	ctx, cancel := context.WithCancel(s.Context())
	var leaving sync.WaitGroup
	for i := range int64(6) {
		leaving.Go(func() {
			if _, err := s.limiter.Admit(ctx, request(alice, 0)); err == nil {
				s.Error("who gave up got a place")
			}
		})
		s.waiting(i + 1)
	}
	v := visits{suite: s}
	for i, principal := range []string{alice, bob, bob} {
		v.queue(principal)
		s.waiting(int64(7 + i))
	}
	cancel()
	leaving.Wait()
	s.waiting(3)
	v.queue(alice)
	s.waiting(4)
	v.queue(bob)
	s.waiting(5)
	grant.Settle(0)
	v.group.Wait()
	for i := range 2 {
		if turns := v.order[2*i : 2*i+2]; !slices.Contains(turns, alice) || !slices.Contains(turns, bob) {
			s.Errorf("they take no turns: %q", v.order)
		}
	}
}

// twoQueues: who waits for one bucket keeps nobody waiting for another.
func (s *suite) twoQueues() {
	s.rules(
		quota.Rule{Name: "all", Concurrent: 2, Queue: 10, QueueTimeout: time.Minute},
		quota.Rule{Name: "each", Concurrent: 1, Queue: 10, QueueTimeout: time.Minute, Per: []quota.Dimension{quota.PerPrincipal}},
	)
	first := s.admit(request(alice, 0))
	second := s.admit(request(bob, 0))
	v := visits{suite: s}
	v.queue(alice) // for both
	s.waiting(1)
	carol := v.queue("carol")
	s.waiting(2)
	// It is alice's turn in the wide queue, but not in her own.
	second.Settle(0)
	<-carol
	s.waiting(1)
	first.Settle(0)
	v.group.Wait()
	s.used("all", quota.Concurrent, 0)
	s.used("each", quota.Concurrent, 0)
}

// otherQueue: whose turn has come in one queue waits in the next no longer than that says.
func (s *suite) otherQueue() {
	s.rules(
		quota.Rule{Name: "all", Concurrent: 2, Queue: 10, QueueTimeout: time.Hour},
		quota.Rule{Name: "each", Concurrent: 1, Queue: 10, QueueTimeout: 10 * time.Millisecond, Per: []quota.Dimension{quota.PerPrincipal}},
	)
	first := s.admit(request(alice, 0))
	second := s.admit(request(bob, 0))
	refusal := make(chan error)
	go func() {
		_, err := s.limiter.Admit(s.Context(), request(alice, 0))
		refusal <- err
	}()
	s.waiting(1)
	second.Settle(0)
	s.refused(<-refusal, tooManyRequests)
	s.waiting(0)
	first.Settle(0)
	s.used("all", quota.Concurrent, 0)
	s.used("each", quota.Concurrent, 0)
}

// refusedLater: who waited may find the minute used up, and then holds nothing.
func (s *suite) refusedLater() {
	s.rules(quota.Rule{Name: "all", Concurrent: 1, Queue: 10, QueueTimeout: time.Minute, RequestsPerMinute: 2})
	grant := s.admit(request(alice, 0))
	results := make(chan error, 2)
	for i := range int64(2) {
		go func() {
			grant, err := s.limiter.Admit(s.Context(), request(alice, 0))
			if err == nil {
				grant.Settle(0)
			}
			results <- err
		}()
		s.waiting(i + 1)
	}
	grant.Settle(0)
	one, other := <-results, <-results
	if one == nil {
		one, other = other, one
	}
	s.refused(one, tooManyRequests)
	if other != nil {
		s.Error(other)
	}
	s.waiting(0)
	s.used("all", quota.Concurrent, 0)
}
