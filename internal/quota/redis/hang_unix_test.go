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

func stop(t *testing.T, server *quotatest.Redis, signal syscall.Signal) {
	t.Helper()
	if err := server.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}
