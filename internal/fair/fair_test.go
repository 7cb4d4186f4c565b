package fair_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/fair"
)

// serve empties a line.
func serve(l *fair.Line[string]) []string {
	var served []string
	for p := l.First(); p != nil; p = l.First() {
		served = append(served, p.Value)
		l.Serve()
	}
	return served
}

func TestLineTakesTurns(t *testing.T) {
	var l fair.Line[string]
	for i := range 4 {
		l.Join("many", fmt.Sprint("m", i))
	}
	l.Join("few", "f0")
	l.Join("other", "o0")
	l.Join("few", "f1")
	want := []string{"m0", "f0", "o0", "m1", "f1", "m2", "m3"}
	if d := cmp.Diff(want, serve(&l)); d != "" {
		t.Error(d)
	}
}

// Who comes late is served in the round that is under way, and owes no earlier ones.
func TestLineLateComer(t *testing.T) {
	var l fair.Line[string]
	for i := range 5 {
		l.Join("many", fmt.Sprint("m", i))
	}
	l.Serve()
	l.Serve()
	for i := range 3 {
		l.Join("late", fmt.Sprint("l", i))
	}
	if d := cmp.Diff([]string{"m2", "l0", "m3", "l1", "m4", "l2"}, serve(&l)); d != "" {
		t.Error(d)
	}
}

func TestLineLeave(t *testing.T) {
	var l fair.Line[string]
	l.Join("a", "a0")
	gone := l.Join("a", "a1")
	l.Join("b", "b0")
	l.Leave(gone)
	l.Leave(gone)
	if d := cmp.Diff([]string{"a0", "b0"}, serve(&l)); d != "" {
		t.Error(d)
	}
}

// Who leaves is owed the turns that were not had: a caller whose requests were given up
// waits no longer than others for the next one.
func TestLineLeaveKeepsTurns(t *testing.T) {
	var l fair.Line[string]
	var given []*fair.Place[string]
	for i := range 50 {
		given = append(given, l.Join("impatient", fmt.Sprint("i", i)))
	}
	l.Join("steady", "s0")
	l.Join("steady", "s1")
	for _, place := range given[:49] {
		l.Leave(place)
	}
	l.Join("impatient", "last")
	l.Join("steady", "s2")
	if d := cmp.Diff([]string{"i49", "s0", "last", "s1", "s2"}, serve(&l)); d != "" {
		t.Error(d)
	}
	if l.Len() != 0 {
		t.Errorf("%d wait", l.Len())
	}
}

// TestGateIsFair holds one slot while a caller asks a hundred times and another once.
func TestGateIsFair(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := fair.NewGate(1, 1000)
		leave, err := gate.Enter(t.Context(), "many")
		if err != nil {
			t.Fatal(err)
		}
		var served []string
		enter := func(caller string) {
			leave, err := gate.Enter(t.Context(), caller)
			if err != nil {
				t.Error(err)
				return
			}
			served = append(served, caller)
			leave()
		}
		for range 100 {
			go enter("many")
		}
		synctest.Wait()
		go enter("few")
		synctest.Wait()
		leave()
		synctest.Wait()
		if len(served) != 101 || served[1] != "few" {
			t.Errorf("%d were served: %.60q", len(served), served)
		}
	})
}

func TestGateBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := fair.NewGate(2, 1)
		first, _ := gate.Enter(t.Context(), "a")
		second, _ := gate.Enter(t.Context(), "a")
		ctx, cancel := context.WithCancelCause(t.Context())
		left := make(chan error)
		go func() {
			_, err := gate.Enter(ctx, "b")
			left <- err
		}()
		synctest.Wait()
		if _, err := gate.Enter(t.Context(), "c"); !errors.Is(err, fair.ErrFull) {
			t.Errorf("the queue took two: %v", err)
		}
		gone := errors.New("gone")
		cancel(gone)
		if err := <-left; !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
		first()
		second()
		for range 2 {
			if _, err := gate.Enter(t.Context(), "d"); err != nil {
				t.Errorf("a slot was lost: %v", err)
			}
		}
	})
}
