package memory

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSuite(t *testing.T) {
	quotatest.Run(t, func(_ *testing.T, rules *quota.Rules, now func() time.Time) quotatest.Limiter {
		return New(rules, now)
	})
}

func newLimiter(t testing.TB, now func() time.Time, rules ...quota.Rule) *Limiter {
	t.Helper()
	compiled, err := quota.NewRules(rules)
	if err != nil {
		t.Fatal(err)
	}
	return New(compiled, now)
}

// TestQueueTimeout ends a wait in time, and gives the place in the queue back.
func TestQueueTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, nil, quota.Rule{Name: "all", Concurrent: 1, Queue: 1, QueueTimeout: 30 * time.Second})
		req := &quota.Request{Principal: "a"}
		grant, err := l.Admit(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for range 2 {
			if _, err := l.Admit(t.Context(), req); err == nil {
				t.Fatal("there was room for two")
			}
		}
		if took := time.Since(start); took != time.Minute {
			t.Errorf("two waits took %v", took)
		}
		grant.Settle(0)
		if _, err := l.Admit(t.Context(), req); err != nil {
			t.Error(err)
		}
	})
}

// TestLeavesAsItsTurnComes settles what is granted to one who has left already.
func TestLeavesAsItsTurnComes(t *testing.T) {
	for range 200 {
		l := newLimiter(t, nil, quota.Rule{Name: "all", Concurrent: 1, Queue: 1})
		req := &quota.Request{Principal: "a"}
		grant, _ := l.Admit(t.Context(), req)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if late, err := l.Admit(ctx, req); err == nil {
				late.Settle(0)
			}
		}()
		go cancel()
		grant.Settle(0)
		<-done
		if b := l.buckets[0][quota.Key{}]; b.running != 0 || b.line.Len() != 0 || b.holders != 0 {
			t.Fatalf("%+v", b)
		}
	}
}

// TestForgets drops what nobody needs, as others come.
func TestForgets(t *testing.T) {
	clock := quotatest.NewClock()
	l := newLimiter(t, clock.Now, quota.Rule{Name: "each", RequestsPerMinute: 1, TokensPerDay: 100, Per: []quota.Dimension{quota.PerPrincipal}})
	crowd := func(round string) {
		for i := range 1000 {
			grant, err := l.Admit(t.Context(), &quota.Request{
				Principal: fmt.Sprint(round, i), Reserve: func() quota.Reservation { return quota.Reservation{Tokens: 1} },
			})
			if err != nil {
				t.Fatal(err)
			}
			grant.Settle(1)
			claim := quota.Claim{Key: fmt.Sprint(round, i), Window: quota.ByDay}
			if _, err := l.Reserve(t.Context(), 1, claim); err != nil {
				t.Fatal(err)
			}
		}
	}
	crowd("first")
	clock.Advance(time.Hour)
	crowd("second")
	if n := len(l.buckets[0]); n != 2000 {
		t.Errorf("%d buckets of a day are left", n)
	}
	clock.Advance(48 * time.Hour)
	crowd("third")
	if n := len(l.buckets[0]); n > 1400 {
		t.Errorf("%d buckets are left", n)
	}
	if n := len(l.sums); n > 1400 {
		t.Errorf("%d sums are left", n)
	}
	clock.Advance(24 * time.Hour)
	if all, _ := l.Buckets(t.Context(), 10); len(all) != 0 || len(l.buckets[0]) != 0 {
		t.Errorf("%d are listed, %d are left", len(all), len(l.buckets[0]))
	}
}

func BenchmarkAdmit(b *testing.B) {
	for _, rules := range []int{0, 1, 5} {
		b.Run(fmt.Sprint(rules, " rules"), func(b *testing.B) {
			var all []quota.Rule
			for i := range rules {
				all = append(all, quota.Rule{
					Name: fmt.Sprint(i), Principals: []string{"arn:aws:iam::*:user/*"}, Models: []string{"amazon.*"},
					Per:               []quota.Dimension{quota.PerPrincipal, quota.PerModel},
					RequestsPerMinute: 1e15, TokensPerMinute: 1e15, TokensPerDay: 1e15, Concurrent: 1e6,
				})
			}
			l := newLimiter(b, nil, all...)
			req := &quota.Request{
				Account: "111122223333", Principal: "arn:aws:iam::111122223333:user/alice", Model: "amazon.nova-lite-v1:0",
				Reserve: func() quota.Reservation { return quota.Reservation{Tokens: 100} },
			}
			b.ReportAllocs()
			for b.Loop() {
				grant, err := l.Admit(b.Context(), req)
				if err != nil {
					b.Fatal(err)
				}
				grant.Settle(50)
			}
		})
	}
}
