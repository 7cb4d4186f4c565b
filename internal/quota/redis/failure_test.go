package redis

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
)

// TestFailure refuses or lets pass, as configured, and counts it.
func TestFailure(t *testing.T) {
	for _, way := range []OnFailure{Open, Closed} {
		l := node(t, Options{URL: "unix://" + filepath.Join(t.TempDir(), "none"), OnFailure: way}, quota.Rule{Name: "all", Concurrent: 1})
		for range 3 {
			grant, err := l.Admit(t.Context(), ask("a", 0))
			held, reserveErr := l.Reserve(t.Context(), 1, quota.Claim{Key: "k", Window: quota.ByDay})
			if way == Open {
				if err != nil || reserveErr != nil || len(held.Used()) != 1 {
					t.Fatal(err, reserveErr)
				}
				grant.Settle(0)
				held.Settle(0)
				continue
			}
			for _, err := range []error{err, reserveErr} {
				if _, ok := errors.AsType[*bedrock.ServiceUnavailableException](err); !ok {
					t.Errorf("got %v", err)
				}
			}
		}
		if n := l.Failures(); n != 6 {
			t.Errorf("%s: %d failures were counted", way, n)
		}
		if _, err := l.Buckets(t.Context(), 1); err == nil {
			t.Error("buckets were listed")
		}
	}
}

// TestHanging is not held up by a server that takes connections and says nothing.
func TestHanging(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	l := node(t, Options{URL: "unix://" + listener.Addr().String(), Timeout: 20 * time.Millisecond}, quota.Rule{Name: "all", Concurrent: 1, Queue: 1})
	// It hangs for as long as the timeout says, and then fails at once.
	for range 100 {
		if _, err := l.Admit(t.Context(), ask("a", 0)); err == nil {
			t.Fatal("admitted")
		}
	}
}

// TestSumLacks sets a sum right that was not added to while Redis failed, and takes
// nothing away from one that has more than is known elsewhere.
func TestSumLacks(t *testing.T) {
	server, clock := quotatest.StartRedis(t), quotatest.NewClock()
	for _, way := range []OnFailure{Open, Closed} {
		var known int64
		claim := quota.Claim{
			Key: string(way), Window: quota.ByDay,
			Seed: func(context.Context, time.Time) (int64, error) { return known, nil },
		}
		l := node(t, Options{URL: server.URL, OnFailure: way, Now: clock.Now})
		idle(l)
		sum := func(add int64) int64 {
			t.Helper()
			held, err := l.Reserve(t.Context(), add, claim)
			if err != nil {
				t.Fatal(err)
			}
			return held.Used()[0]
		}
		sum(10)
		l.down.Store(time.Now().Add(time.Hour).UnixNano())
		if _, err := l.Reserve(t.Context(), 5, claim); (err == nil) != (way == Open) {
			t.Fatal(err)
		}
		l.down.Store(0)
		for _, step := range []struct {
			after       time.Duration
			known, want int64
		}{
			{0, 15, 10}, {raiseSoon, 14, 14}, {0, 15, 14}, {raiseAgain, 15, 15}, {raiseAgain, 20, 15},
		} {
			clock.Advance(step.after)
			known = step.known
			if err := l.raise(t.Context(), clock.Now()); err != nil {
				t.Fatal(err)
			}
			if got := sum(0); got != step.want {
				t.Errorf("%s: %v later, %d known elsewhere: the sum is %d, want %d", way, step.after, step.known, got, step.want)
			}
		}
	}
}

// TestCallerLeaves is no failure of Redis.
func TestCallerLeaves(t *testing.T) {
	l := node(t, Options{URL: "unix://" + filepath.Join(t.TempDir(), "none"), OnFailure: Open}, quota.Rule{Name: "all", Concurrent: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Admit(ctx, ask("a", 0)); !errors.Is(err, context.Canceled) || l.Failures() != 0 {
		t.Errorf("got %v and %d failures", err, l.Failures())
	}
}

func TestURL(t *testing.T) {
	for _, url := range []string{"", "http://host", "redis://user:sesame@host:port/x"} {
		if _, err := New(Options{URL: url, Rules: new(quota.Rules)}); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%q: %v", url, err)
		}
	}
}
