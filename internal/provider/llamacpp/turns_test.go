package llamacpp

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// TestCallersTakeTurns lets one caller fill the engine and queue, and another ask once.
func TestCallersTakeTurns(t *testing.T) {
	p, stop := newProvider(t)
	t.Cleanup(stop)
	long, end := context.WithCancel(t.Context())
	defer end()
	var group sync.WaitGroup
	for range model.Slots {
		call := ask(endless)
		call.Caller, call.Request.InferenceConfig.MaxTokens = "many", nil
		group.Go(func() { providertest.Collect(t, long, p, call) })
	}
	if err := p.busy(t.Context(), model.Slots); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var order []string
	short := func(caller string) {
		call := ask(question)
		call.Caller, call.Request.InferenceConfig.MaxTokens = caller, new(int32(3))
		group.Go(func() {
			if _, err := providertest.Collect(t, t.Context(), p, call); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, caller)
		})
	}
	const many = 12
	for range many {
		short("many")
	}
	awaitWaiting(t, p, many)
	short("few")
	awaitWaiting(t, p, many+1)
	end()
	group.Wait()
	for i, caller := range order {
		// Two slots end in any order.
		if caller == "few" && i <= model.Slots {
			return
		}
	}
	t.Errorf("one request had to wait for twelve: %q", order)
}

// awaitWaiting waits until so many wait for a slot.
func awaitWaiting(t *testing.T, p *Provider, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for waiting := -1; waiting != want; {
		err := p.use(ctx, func(lease *engine.Lease) error {
			waiting = lease.Waiting()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%d wait, want %d", waiting, want)
		}
	}
}
