package llamacpp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider/providertest"
	"golang.org/x/sys/unix"
)

// killChildren kills the children of this process (the engine, as nothing else
// runs) and waits for their end, which the pool may not have seen then.
func killChildren(t *testing.T) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for _, list := range lists {
		children, err := os.ReadFile(list)
		if errors.Is(err, os.ErrNotExist) {
			continue // the thread has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		for child := range strings.FieldsSeq(string(children)) {
			var pid int
			if _, err := fmt.Sscan(child, &pid); err != nil {
				t.Fatal(err)
			}
			kill(t, pid)
			killed++
		}
	}
	if killed != 1 {
		t.Fatalf("killed %d children, want the engine", killed)
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(process)
	if err := unix.PidfdSendSignal(process, unix.SIGKILL, nil, 0); err != nil {
		t.Fatal(err)
	}
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(process), Events: unix.POLLIN}}, 10_000)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil || n != 1:
			t.Fatalf("the killed process still runs: %v", err)
		default:
			return
		}
	}
}

func TestKilledEngine(t *testing.T) {
	p, stop := newProvider(t)
	t.Cleanup(stop)

	t.Run("in a stream", func(t *testing.T) {
		call := ask(endless)
		call.Request.InferenceConfig.MaxTokens = new(int32(800))
		var failure error
		deltas := 0
		for event, err := range p.Converse(t.Context(), call) {
			failure = err
			if event.ContentBlockDelta != nil {
				if deltas++; deltas == 3 {
					killChildren(t)
				}
			}
		}
		if _, ok := errors.AsType[*bedrock.ModelStreamErrorException](failure); !ok {
			t.Errorf("the stream ended with %v", failure)
		}
		answersAgain(t, p)
	})

	t.Run("before the first event", func(t *testing.T) {
		call := ask(endless)
		call.Request.InferenceConfig.MaxTokens = new(int32(800))
		call.Incremental = false
		failed := make(chan error)
		go func() {
			_, err := providertest.Collect(t, context.Background(), p, call)
			failed <- err
		}()
		if err := p.busy(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		killChildren(t)
		if _, ok := errors.AsType[*bedrock.ModelErrorException](<-failed); !ok {
			t.Error("the call did not fail with ModelErrorException")
		}
		answersAgain(t, p)
	})

	t.Run("between calls", func(t *testing.T) {
		killChildren(t)
		answersAgain(t, p)
	})
}

// answersAgain makes the very next call, which works.
func answersAgain(t *testing.T, p *Provider) {
	t.Helper()
	if a := converse(t, p, ask(question)); !strings.Contains(a.Text, "Paris") {
		t.Errorf("answered %q", a.Text)
	}
}
