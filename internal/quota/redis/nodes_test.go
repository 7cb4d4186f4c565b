package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
)

func ask(principal string, tokens int64) *quota.Request {
	return &quota.Request{Principal: principal, Reserve: func() quota.Reservation { return quota.Reservation{Tokens: tokens} }}
}

// TestNodesInSum lets two servers admit as fast as they can.
func TestNodesInSum(t *testing.T) {
	server, clock := quotatest.StartRedis(t), quotatest.NewClock()
	rules := []quota.Rule{
		{Name: "all", RequestsPerMinute: 200, TokensPerMinute: 1000, Concurrent: 3, Queue: 1000, QueueTimeout: time.Minute},
		{Name: "each", Concurrent: 2, Queue: 1000, QueueTimeout: time.Minute, Per: []quota.Dimension{quota.PerPrincipal}},
	}
	nodes := []*Limiter{node(t, Options{URL: server.URL, Now: clock.Now}, rules...), node(t, Options{URL: server.URL, Now: clock.Now}, rules...)}
	claim := quota.Claim{Key: "k", Window: quota.ByDay, Limit: 70}
	var running, most, paid atomic.Int64
	admitted := make([]atomic.Int64, len(nodes))
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			n := i % len(nodes)
			for range 20 {
				if held, err := nodes[n].Reserve(t.Context(), 2, claim); err == nil {
					paid.Add(1)
					held.Settle(1)
				}
				grant, err := nodes[n].Admit(t.Context(), ask(fmt.Sprint(i%4), 10))
				if err != nil {
					continue
				}
				admitted[n].Add(1)
				now := running.Add(1)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				running.Add(-1)
				grant.Settle(5)
			}
		})
	}
	group.Wait()
	if total := admitted[0].Load() + admitted[1].Load(); total < 190 || total > 200 || most.Load() > 3 {
		t.Errorf("%d were admitted, and %d at once", total, most.Load())
	}
	if admitted[0].Load() == 0 || admitted[1].Load() == 0 {
		t.Error("one server had it all")
	}
	if n := paid.Load(); n > 70 || n < 69-16 {
		t.Errorf("%d were paid", n)
	}
	for _, n := range nodes {
		buckets, err := n.Buckets(t.Context(), 100)
		if err != nil || len(buckets) == 0 || buckets[0].Rule != "all" || buckets[0].Levels[2].Used != 0 || buckets[0].Waiting != 0 {
			t.Errorf("%+v, %v", buckets, err)
		}
	}
}

// TestDeadNode gives the places of a server back that is gone, and those that wait with
// it up. A server that lives keeps its own.
func TestDeadNode(t *testing.T) {
	server, clock := quotatest.StartRedis(t), quotatest.NewClock()
	rule := quota.Rule{Name: "all", Concurrent: 2, Queue: 2, QueueTimeout: time.Minute}
	options := Options{URL: server.URL, Now: clock.Now, Lease: time.Hour}
	living := node(t, options, rule)
	dead, err := New(Options{URL: server.URL, Now: clock.Now, Lease: time.Hour, Rules: living.Rules, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dead.Admit(t.Context(), ask("a", 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := living.Admit(t.Context(), ask("b", 0)); err != nil {
		t.Fatal(err)
	}
	// One waits as its server is killed: nothing is given up.
	waits := &grant{limiter: dead, id: "waits:a", caller: "a", matches: []quota.Match{{Rule: living.Rules.All()[0], Slot: true}}}
	waits.keys = []string{dead.bucketKey("all", quota.Key{})}
	if granted, err := waits.try(t.Context()); granted || err != nil {
		t.Fatal(granted, err)
	}
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	clock.Advance(40 * time.Minute)
	if err := living.renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.Advance(30 * time.Minute)
	grant, err := living.Admit(t.Context(), ask("b", 0))
	if err != nil {
		t.Fatalf("the place of the dead is not free: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := living.Admit(ctx, ask("b", 0)); err == nil {
		t.Error("the place of the living was taken")
	}
	grant.Settle(0)
}

// TestCalledAcross lets who leaves on one server call who waits on the other: the wait
// is shorter than the time after which it would look for itself.
func TestCalledAcross(t *testing.T) {
	server := quotatest.StartRedis(t)
	rule := quota.Rule{Name: "all", Concurrent: 1, Queue: 1}
	one, other := node(t, Options{URL: server.URL}, rule), node(t, Options{URL: server.URL}, rule)
	for range 20 {
		grant, err := one.Admit(t.Context(), ask("a", 0))
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() {
			grant, err := other.Admit(t.Context(), ask("b", 0))
			if err == nil {
				grant.Settle(0)
			}
			done <- err
		}()
		for waits := false; !waits; {
			buckets, err := one.Buckets(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			waits = len(buckets) == 1 && buckets[0].Waiting == 1
		}
		grant.Settle(0)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		one, other = other, one
	}
}

// TestForgotten leaves no place taken by a caller who left while waiting.
func TestForgotten(t *testing.T) {
	server := quotatest.StartRedis(t)
	l := node(t, Options{URL: server.URL}, quota.Rule{Name: "all", Concurrent: 1, Queue: 1})
	grant, err := l.Admit(t.Context(), ask("a", 0))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := l.Admit(ctx, ask("a", 0)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	grant.Settle(0)
	buckets, err := l.Buckets(t.Context(), 1)
	if err != nil || len(buckets) != 0 {
		t.Errorf("%+v, %v", buckets, err)
	}
	if n, err := l.client.DBSize(t.Context()).Result(); err != nil || n > 1 {
		t.Errorf("%d keys are left, %v", n, err)
	}
}

// TestLostReservation leaves no more than the quota where Redis began anew: what it does
// not know is not given back.
func TestLostReservation(t *testing.T) {
	server := quotatest.StartRedis(t)
	l := node(t, Options{URL: server.URL}, quota.Rule{Name: "all", TokensPerDay: 1000, Concurrent: 1})
	lost, err := l.Admit(t.Context(), ask("a", 900))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.client.FlushAll(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	kept, err := l.Admit(t.Context(), ask("a", 100))
	if err != nil {
		t.Fatal(err)
	}
	kept.Settle(100)
	lost.Settle(10)
	if _, err := l.Admit(t.Context(), ask("a", 1000)); err != nil {
		t.Error(err)
	}
	buckets, err := l.Buckets(t.Context(), 1)
	if err != nil || len(buckets) != 1 || buckets[0].Levels[0].Used != 1000 {
		t.Errorf("%+v, %v", buckets, err)
	}
}

// TestBucketsOfMany asks few questions, however many buckets there are: Redis may be far.
func TestBucketsOfMany(t *testing.T) {
	server := quotatest.StartRedis(t)
	l := node(t, Options{URL: server.URL}, quota.Rule{Name: "each", TokensPerDay: 10, Per: []quota.Dimension{quota.PerPrincipal}})
	const callers = 3*lookBatch + 1
	for i := range callers {
		grant, err := l.Admit(t.Context(), ask(fmt.Sprint(i), 1))
		if err != nil {
			t.Fatal(err)
		}
		grant.Settle(int64(i % 2)) // the others are idle then
	}
	var questions questions
	l.client.AddHook(&questions)
	for limit, want := range map[int]int{10 * callers: callers / 2, 7: 7} {
		buckets, err := l.Buckets(t.Context(), limit)
		if err != nil || len(buckets) != want {
			t.Errorf("%d buckets of %d, %v", len(buckets), want, err)
		}
	}
	if n := questions.Load(); n > 20 {
		t.Errorf("%d questions were asked", n)
	}
}

// questions counts what is asked of Redis.
type questions struct{ atomic.Int64 }

func (*questions) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (q *questions) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		q.Add(1)
		return next(ctx, cmd)
	}
}

func (q *questions) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		q.Add(1)
		return next(ctx, cmds)
	}
}
