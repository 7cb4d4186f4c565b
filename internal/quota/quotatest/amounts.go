package quotatest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/quota"
)

// reserve wants an amount to be taken, after which so much is used.
func (s *suite) reserve(amount int64, want []int64, claims ...quota.Claim) quota.Held {
	s.Helper()
	held, err := s.limiter.Reserve(s.Context(), amount, claims...)
	if err != nil {
		s.Fatal(err)
	}
	if d := cmp.Diff(want, held.Used()); d != "" {
		s.Fatal(d)
	}
	return held
}

// exceed wants an amount to be refused.
func (s *suite) exceed(amount int64, want quota.ExceededError, claims ...quota.Claim) {
	s.Helper()
	_, err := s.limiter.Reserve(s.Context(), amount, claims...)
	exceeded, ok := errors.AsType[*quota.ExceededError](err)
	if !ok {
		s.Fatalf("got %v", err)
	}
	if d := cmp.Diff(want, *exceeded); d != "" {
		s.Fatal(d)
	}
}

// amounts are taken of all claims or of none, and settled.
func (s *suite) amounts() {
	s.rules()
	wide := quota.Claim{Key: "account 1", Window: quota.ByMonth, Limit: 1000}
	narrow := quota.Claim{Key: "alice", Window: quota.ByDay, Limit: 100}
	free := quota.Claim{Key: "bob", Window: quota.ByDay}
	held := s.reserve(80, []int64{80, 80, 80}, wide, narrow, free)
	s.exceed(30, quota.ExceededError{Claim: 1, Key: "alice", Window: quota.ByDay, Used: 80, Limit: 100}, wide, narrow)
	held.Settle(30)
	held.Settle(0)
	s.reserve(70, []int64{100, 100}, wide, narrow)
	s.exceed(0, quota.ExceededError{Key: "alice", Window: quota.ByDay, Used: 100, Limit: 100}, narrow)
	s.reserve(900, []int64{1000, 930}, wide, free).Settle(5000)
	s.exceed(1, quota.ExceededError{Key: "account 1", Window: quota.ByMonth, Used: 5100, Limit: 1000}, wide)
}

// windows begin anew, each by itself.
func (s *suite) windows() {
	s.rules()
	day := quota.Claim{Key: "k", Window: quota.ByDay, Limit: 10}
	month := quota.Claim{Key: "k", Window: quota.ByMonth, Limit: 100}
	late := s.reserve(10, []int64{10, 10}, day, month)
	s.clock.Advance(14 * time.Hour)
	s.reserve(10, []int64{10, 20}, day, month)
	// It counts where it was taken.
	late.Settle(0)
	s.reserve(0, []int64{10}, month)
	s.exceed(1, quota.ExceededError{Key: "k", Window: quota.ByDay, Used: 10, Limit: 10}, day)
	yesterday := day
	yesterday.At = s.clock.Now().Add(-24 * time.Hour)
	s.reserve(3, []int64{3}, yesterday)
	s.clock.Advance(31 * 24 * time.Hour)
	s.reserve(1, []int64{1, 1}, day, month)
}

// seeds tell what was used before, once for a window.
func (s *suite) seeds() {
	s.rules()
	var asked []time.Time
	claim := quota.Claim{Key: "k", Window: quota.ByMonth, Limit: 100}
	claim.Seed = func(_ context.Context, start time.Time) (int64, error) {
		asked = append(asked, start)
		return 90, nil
	}
	s.reserve(5, []int64{95}, claim).Settle(6)
	s.reserve(4, []int64{100}, claim)
	if d := cmp.Diff([]time.Time{time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}, asked); d != "" {
		s.Error(d)
	}
	gone := errors.New("gone")
	broken := quota.Claim{Key: "broken", Window: quota.ByDay, Seed: func(context.Context, time.Time) (int64, error) { return 0, gone }}
	if _, err := s.limiter.Reserve(s.Context(), 1, claim, broken); !errors.Is(err, gone) {
		s.Errorf("got %v", err)
	}
	s.reserve(0, []int64{0}, quota.Claim{Key: "broken", Window: quota.ByDay})
}

// amountsLoad: many at once take no more than there is.
func (s *suite) amountsLoad() {
	s.rules()
	claim := quota.Claim{
		Key: "k", Window: quota.ByDay, Limit: 100,
		Seed: func(context.Context, time.Time) (int64, error) { return 50, nil },
	}
	var taken atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			for range 10 {
				if _, err := s.limiter.Reserve(s.Context(), 1, claim); err == nil {
					taken.Add(1)
				}
			}
		})
	}
	group.Wait()
	if taken.Load() != 50 {
		s.Errorf("%d were taken", taken.Load())
	}
}
