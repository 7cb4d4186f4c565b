package providertest

import (
	"context"
	"sync"
)

// Activity counts what an upstream of a test works on. The zero value is idle.
type Activity struct {
	mu     sync.Mutex
	active int
	idle   chan struct{} // closed when active falls to 0
}

// Begin counts one more piece of work, until the function that it gives is called.
func (a *Activity) Begin() (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.active++; a.active == 1 {
		a.idle = make(chan struct{})
	}
	return a.end
}

func (a *Activity) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.active--; a.active == 0 {
		close(a.idle)
	}
}

// Idle waits until nothing is worked on, or ctx ends: a Harness's Idle.
func (a *Activity) Idle(ctx context.Context) error {
	a.mu.Lock()
	idle := a.idle
	a.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
