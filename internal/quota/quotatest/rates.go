package quotatest

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/quota"
)

// requests: as many as a minute has at once, then one as each refills.
func (s *suite) requests() {
	s.rules(quota.Rule{Name: "all", RequestsPerMinute: 3})
	for range 3 {
		s.admit(request(alice, 0)).Settle(0)
	}
	s.refuse(request(alice, 0), tooManyRequests)
	s.clock.Advance(19 * time.Second)
	s.refuse(request(alice, 0), tooManyRequests)
	s.clock.Advance(time.Second)
	s.admit(request(bob, 0)).Settle(0)
	s.refuse(request(alice, 0), tooManyRequests)
	s.clock.Advance(time.Hour)
	for range 3 {
		s.admit(request(alice, 0)).Settle(0)
	}
	s.refuse(request(alice, 0), tooManyRequests)
}

// tokens are reserved, and what was not used is given back.
func (s *suite) tokens() {
	s.rules(quota.Rule{Name: "all", TokensPerMinute: 100})
	grant := s.admit(request(alice, 100))
	s.used("all", quota.TokensPerMinute, 100)
	s.refuse(request(alice, 1), tooManyTokens)
	grant.Settle(30)
	grant.Settle(0)
	s.used("all", quota.TokensPerMinute, 30)
	s.refuse(request(alice, 71), tooManyTokens)
	s.admit(request(alice, 70)).Settle(0)
	s.used("all", quota.TokensPerMinute, 30)
}

// drained: what has refilled since the reservation is not given back again.
func (s *suite) drained() {
	s.rules(quota.Rule{Name: "all", TokensPerMinute: 60})
	grant := s.admit(request(alice, 60))
	s.clock.Advance(30 * time.Second)
	s.admit(request(bob, 30))
	s.used("all", quota.TokensPerMinute, 60)
	grant.Settle(1)
	s.used("all", quota.TokensPerMinute, 30)
	s.refuse(request(alice, 31), tooManyTokens)
	s.admit(request(alice, 30))
}

// more is used than was reserved.
func (s *suite) more() {
	s.rules(quota.Rule{Name: "all", TokensPerMinute: 60, TokensPerDay: 100})
	grant := s.admit(request(alice, 10))
	grant.Settle(90)
	s.used("all", quota.TokensPerMinute, 90)
	s.used("all", quota.TokensPerDay, 90)
	s.clock.Advance(time.Minute)
	s.refuse(request(alice, 11), tooManyPerDay)
	s.admit(request(alice, 1))
}

// setBack: of a clock that was set back, minutes go on from what it shows.
func (s *suite) setBack() {
	s.rules(quota.Rule{Name: "all", RequestsPerMinute: 3, TokensPerMinute: 60})
	s.admit(request(alice, 60)).Settle(60)
	s.clock.Advance(-10 * time.Hour)
	s.used("all", quota.TokensPerMinute, 60)
	s.refuse(request(alice, 1), tooManyTokens)
	s.clock.Advance(time.Minute)
	s.used("all", quota.TokensPerMinute, 0)
	s.admit(request(alice, 60)).Settle(60)
}

// day: a new one begins at midnight, and what was reserved before counts there.
func (s *suite) day() {
	s.rules(quota.Rule{Name: "all", TokensPerDay: 100})
	s.clock.Advance(13*time.Hour + 59*time.Minute)
	grant := s.admit(request(alice, 60))
	s.refuse(request(alice, 41), tooManyPerDay)
	s.admit(request(alice, 40)).Settle(40)
	s.clock.Advance(2 * time.Minute)
	s.admit(request(alice, 100)).Settle(50)
	grant.Settle(0)
	s.used("all", quota.TokensPerDay, 50)
}

// allOrNone: what one rule refuses is not taken of the others.
func (s *suite) allOrNone() {
	s.rules(
		quota.Rule{Name: "wide", RequestsPerMinute: 10, TokensPerMinute: 1000, TokensPerDay: 1000, Concurrent: 10},
		quota.Rule{Name: "narrow", TokensPerMinute: 100, Per: []quota.Dimension{quota.PerPrincipal}},
	)
	grant := s.admit(request(alice, 80))
	s.refuse(request(alice, 30), tooManyTokens)
	s.used("wide", quota.RequestsPerMinute, 1)
	s.used("wide", quota.TokensPerMinute, 80)
	s.used("wide", quota.TokensPerDay, 80)
	s.used("wide", quota.Concurrent, 1)
	grant.Settle(5)
	s.used("wide", quota.TokensPerMinute, 5)
	s.used("narrow", quota.TokensPerMinute, 5)
	s.used("wide", quota.Concurrent, 0)
}

// dimensions: who has a bucket of its own, and whom a rule is for.
func (s *suite) dimensions() {
	s.rules(
		quota.Rule{Name: "each", RequestsPerMinute: 1, Per: []quota.Dimension{quota.PerPrincipal, quota.PerModel}},
		quota.Rule{Name: "bobs", RequestsPerMinute: 2, Principals: []string{"*:user/bob", "*:user/bert"}, Models: []string{"amazon.*"}},
		quota.Rule{Name: "others", RequestsPerMinute: 1, Accounts: []string{"4444*"}, Per: []quota.Dimension{quota.PerAccount}},
	)
	s.admit(request(alice, 0))
	s.refuse(request(alice, 0), tooManyRequests)
	s.admit(request(bob, 0))
	other := request(alice, 0)
	other.Model = "meta.llama3-8b-instruct-v1:0"
	s.admit(other)
	another := request(bob, 0)
	another.Model = "amazon.nova-pro-v1:0"
	s.admit(another)
	another.Model = "amazon.nova-micro-v1:0"
	s.refuse(another, tooManyRequests)
	another.Model = "meta.llama3-8b-instruct-v1:0"
	s.admit(another)
	for _, account := range []string{"444400000000", "444400000001"} {
		req := &quota.Request{Account: account, Principal: account, Model: "m"}
		s.admit(req)
		req.Model = "n"
		s.refuse(req, tooManyRequests)
	}
	buckets, err := s.limiter.Buckets(s.Context(), 2)
	if err != nil || len(buckets) != 2 || buckets[0].Rule != "each" || buckets[0].Principal == "" || buckets[0].Account != "" {
		s.Errorf("got %+v, %v", buckets, err)
	}
}

// sizes: what never fits is refused for good; of a guess a whole bucket is enough.
func (s *suite) sizes() {
	s.rules(quota.Rule{Name: "all", TokensPerMinute: 100, TokensPerDay: 200})
	never := request(alice, 101)
	s.refuse(never, tooManyTokens)
	never.Operation = bedrock.OperationInvokeModel
	_, err := s.limiter.Admit(s.Context(), never)
	if _, ok := errors.AsType[*bedrock.ServiceQuotaExceededException](err); !ok {
		s.Fatalf("got %v", err)
	}
	implied := request(alice, 0)
	implied.Reserve = func() quota.Reservation { return quota.Reservation{Tokens: 5000, Least: 90} }
	grant := s.admit(implied)
	s.used("all", quota.TokensPerMinute, 100)
	s.refuse(implied, tooManyTokens)
	grant.Settle(20)
	s.used("all", quota.TokensPerDay, 20)
}

// load: many at once take no more than there is.
func (s *suite) load() {
	s.rules(
		quota.Rule{Name: "all", RequestsPerMinute: 100, TokensPerMinute: 100_000, Concurrent: 3, Queue: 1000, QueueTimeout: time.Minute},
		quota.Rule{Name: "each", Concurrent: 2, Queue: 1000, QueueTimeout: time.Minute, Per: []quota.Dimension{quota.PerPrincipal}},
	)
	var admitted, running, most atomic.Int64
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			for range 10 {
				grant, err := s.limiter.Admit(s.Context(), request([]string{alice, bob}[i%2], 10))
				if err != nil {
					continue
				}
				admitted.Add(1)
				now := running.Add(1)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				running.Add(-1)
				grant.Settle(5)
			}
		})
	}
	group.Wait()
	if admitted.Load() != 100 || most.Load() > 3 {
		s.Errorf("%d were admitted, and %d at once", admitted.Load(), most.Load())
	}
	s.used("all", quota.TokensPerMinute, 500)
	s.used("all", quota.Concurrent, 0)
	s.used("each", quota.Concurrent, 0)
}
