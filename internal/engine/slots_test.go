package engine

import (
	"context"
	"errors"
	"testing"

	"github.com/saprolite/saprolite/internal/fair"
)

// A child for whose slots too many wait says so; others wait no longer than their context.
func TestEnter(t *testing.T) {
	full := &Lease{slots: fair.NewGate(1, 0)}
	leave, err := full.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := full.Enter(t.Context(), "b"); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	leave()
	if _, err := full.Enter(t.Context(), "b"); err != nil {
		t.Error(err)
	}
	queued := &Lease{slots: fair.NewGate(0, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := queued.Enter(ctx, "a"); !errors.Is(err, context.Canceled) || queued.Waiting() != 0 {
		t.Errorf("got %v, and %d wait", err, queued.Waiting())
	}
}
