//go:build unix

package redis

import (
	"syscall"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/quotatest"
)

// TestComesBack counts again when Redis does.
func TestComesBack(t *testing.T) {
	server := quotatest.StartRedis(t)
	l := node(t, Options{URL: server.URL, Timeout: 50 * time.Millisecond, OnFailure: Open}, quota.Rule{Name: "all", Concurrent: 1})
	admit := func() bool {
		_, err := l.Admit(t.Context(), ask("a", 0))
		return err == nil
	}
	if !admit() || admit() {
		t.Fatal("it does not count")
	}
	stop(t, server, syscall.SIGSTOP)
	if !admit() || l.Failures() == 0 {
		t.Error("a Redis that hangs refuses")
	}
	stop(t, server, syscall.SIGCONT)
	for admit() && t.Context().Err() == nil {
		l.down.CompareAndSwap(l.down.Load(), 1) // the pause is over
	}
}

// TestLeftBehind gives back at once what a Redis that hung may have: the place of a
// request that got no answer when it asked for it, and that of one that ended meanwhile.
// Their leases outlive the test.
func TestLeftBehind(t *testing.T) {
	server := quotatest.StartRedis(t)
	rule := quota.Rule{Name: "all", Concurrent: 2}
	l, other := node(t, Options{URL: server.URL, Timeout: 50 * time.Millisecond, Lease: time.Hour}, rule), node(t, Options{URL: server.URL}, rule)
	idle(l)
	// A machine that is busy is no Redis that hangs.
	eventually := func(what func() error) {
		t.Helper()
		for err := what(); err != nil; err = what() {
			if t.Context().Err() != nil {
				t.Fatal(err)
			}
			l.down.CompareAndSwap(l.down.Load(), 1) // the pause is over
		}
	}
	var running quota.Grant
	eventually(func() (err error) { running, err = l.Admit(t.Context(), ask("a", 0)); return err })
	stop(t, server, syscall.SIGSTOP)
	if _, err := l.Admit(t.Context(), ask("a", 0)); err == nil {
		t.Fatal("admitted")
	}
	running.Settle(0)
	stop(t, server, syscall.SIGCONT)
	eventually(func() error { return l.giveBack(t.Context()) })
	for range 2 {
		if _, err := other.Admit(t.Context(), ask("b", 0)); err != nil {
			t.Errorf("a place is taken by nobody: %v", err)
		}
	}
}

func stop(t *testing.T, server *quotatest.Redis, signal syscall.Signal) {
	t.Helper()
	if err := server.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
