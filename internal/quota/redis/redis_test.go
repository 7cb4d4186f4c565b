package redis

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is a limiter as another server would have it. Servers with the same prefix share
// what is counted.
func node(t testing.TB, o Options, rules ...quota.Rule) *Limiter {
	t.Helper()
	if o.Rules == nil {
		compiled, err := quota.NewRules(rules)
		if err != nil {
			t.Fatal(err)
		}
		o.Rules = compiled
	}
	// Many tests run on few cores.
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// idle ends what a limiter does by itself: the test does it.
func idle(l *Limiter) {
	l.stop()
	l.ended.Wait()
}

func TestSuite(t *testing.T) {
	server := quotatest.StartRedis(t)
	var states atomic.Int64
	quotatest.Run(t, func(t *testing.T, rules *quota.Rules, now func() time.Time) quotatest.Limiter {
		return node(t, Options{URL: server.URL, Prefix: fmt.Sprint("suite", states.Add(1)), Rules: rules, Now: now})
	})
}

func BenchmarkAdmit(b *testing.B) {
	server := quotatest.StartRedis(b)
	for _, rules := range []int{1, 5} {
		var all []quota.Rule
		for i := range rules {
			all = append(all, quota.Rule{
				Name: fmt.Sprint(i), Principals: []string{"arn:aws:iam::*:user/*"}, Models: []string{"amazon.*"},
				Per:               []quota.Dimension{quota.PerPrincipal, quota.PerModel},
				RequestsPerMinute: 1e15, TokensPerMinute: 1e15, TokensPerDay: 1e15, Concurrent: 1e6,
			})
		}
		l := node(b, Options{URL: server.URL, Prefix: fmt.Sprint("bench", rules)}, all...)
		req := &quota.Request{
			Account: "111122223333", Principal: "arn:aws:iam::111122223333:user/alice", Model: "amazon.nova-lite-v1:0",
			Reserve: func() quota.Reservation { return quota.Reservation{Tokens: 100} },
		}
		admit := func() {
			grant, err := l.Admit(b.Context(), req)
			if err != nil {
				b.Fatal(err)
			}
			grant.Settle(50)
		}
		b.Run(fmt.Sprint(rules, " rules"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				admit()
			}
		})
		b.Run(fmt.Sprint(rules, " rules, parallel"), func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					admit()
				}
			})
		})
	}
}
