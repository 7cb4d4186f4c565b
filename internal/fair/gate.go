package fair

import (
	"context"
	"errors"
	"sync"
)

// ErrFull is the error of a gate before which too many wait.
var ErrFull = errors.New("too many wait")

// Gate lets in as many at a time as it has slots. The others wait in a Line.
type Gate struct {
	slots, bound int

	mu      sync.Mutex
	running int
	line    Line[chan struct{}]
}

// NewGate makes a gate of so many slots, before which at most bound wait.
func NewGate(slots, bound int) *Gate { return &Gate{slots: slots, bound: bound} }

// Enter waits for a slot. Leave gives it back, and MUST be called once. The error is
// ErrFull, or that of ctx.
func (g *Gate) Enter(ctx context.Context, caller string) (leave func(), err error) {
	g.mu.Lock()
	if g.running < g.slots {
		g.running++
		g.mu.Unlock()
		return g.leave, nil
	}
	if g.line.Len() >= g.bound {
		g.mu.Unlock()
		return nil, ErrFull
	}
	turn := make(chan struct{})
	place := g.line.Join(caller, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return g.leave, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	select {
	case <-turn: // it came just now
		g.mu.Unlock()
		g.leave()
	default:
		g.line.Leave(place)
		g.mu.Unlock()
	}
	return nil, context.Cause(ctx)
}

// Waiting is the number of those that wait.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.line.Len()
}

// leave hands the slot to the next in line.
func (g *Gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if next := g.line.First(); next != nil {
		g.line.Serve()
		close(next.Value)
		return
	}
	g.running--
}
