package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// warmUp is the number of calls that count for nothing.
const warmUp = 200

// measureLatency calls the targets in turns, one call at a time, and prints what
// each adds to the upstream, the first target, by itself and as a multiple of
// what the second one adds.
func measureLatency(ctx context.Context, targets []*target, rounds int) error {
	for _, t := range targets {
		if err := t.prepare(); err != nil {
			return err
		}
	}
	all := make([][]took, len(targets))
	for round := range warmUp + rounds {
		// In any order: what a target still does after its answer slows the next.
		for _, at := range rand.Perm(len(targets)) {
			took, err := targets[at].call(ctx)
			if err != nil {
				return err
			}
			if round >= warmUp {
				all[at] = append(all[at], took)
			}
		}
	}
	fmt.Printf("  %-20s %10s %10s %12s %12s %8s %14s\n", "one caller", "p50 µs", "p90 µs", "added p50", "added p90", "ratio", "added to first")
	base := 0.0
	for i, t := range targets {
		whole := microseconds(all[i], func(t took) time.Duration { return t.whole })
		added := differences(all[i], all[0], func(t took) time.Duration { return t.whole })
		first := differences(all[i], all[0], func(t took) time.Duration { return t.first })
		if i == 1 {
			base = quantile(added, 0.5)
		}
		fmt.Printf("  %-20s %10.0f %10.0f", t.name, quantile(whole, 0.5), quantile(whole, 0.9))
		if i > 0 {
			fmt.Printf(" %12.0f %12.0f %8.2f %14.0f", quantile(added, 0.5), quantile(added, 0.9), quantile(added, 0.5)/base, quantile(first, 0.5))
		}
		fmt.Println()
	}
	return nil
}

func microseconds(all []took, of func(took) time.Duration) []float64 {
	values := make([]float64, len(all))
	for i, t := range all {
		values[i] = float64(of(t).Nanoseconds()) / 1000
	}
	slices.Sort(values)
	return values
}

// differences are those between the calls of the same round.
func differences(all, base []took, of func(took) time.Duration) []float64 {
	values := make([]float64, len(all))
	for i := range all {
		values[i] = float64((of(all[i]) - of(base[i])).Nanoseconds()) / 1000
	}
	slices.Sort(values)
	return values
}

func quantile(sorted []float64, q float64) float64 {
	return sorted[int(q*float64(len(sorted)-1))]
}

// load is what a target did under load.
type load struct {
	calls int64
	time  time.Duration
	cpu   time.Duration
}

func (l load) perSecond() float64 { return float64(l.calls) / l.time.Seconds() }

// measureLoad lets callers call each target for some turns, and prints the calls
// a second and the processor time of one, with the ratio to the second target.
func measureLoad(ctx context.Context, targets []*target, callers int, o options) error {
	if o.turns == 0 {
		return nil
	}
	loads := make([]load, len(targets))
	for range o.turns {
		for i, t := range targets {
			if err := t.load(ctx, callers, o.slice, &loads[i]); err != nil {
				return err
			}
		}
	}
	fmt.Printf("  %-20s %10s %8s %12s %8s\n", fmt.Sprintf("%d callers", callers), "calls/s", "ratio", "CPU µs/call", "ratio")
	base := loads[1]
	baseCPU := base.cpu.Seconds() / float64(base.calls)
	for i, t := range targets {
		l := loads[i]
		perCall := l.cpu.Seconds() / float64(l.calls)
		fmt.Printf("  %-20s %10.0f %8.2f %12.0f %8.2f\n", t.name, l.perSecond(), l.perSecond()/base.perSecond(), perCall*1e6, perCall/baseCPU)
	}
	return nil
}

// load lets callers call for the time of a slice, and adds what they did.
func (t *target) load(ctx context.Context, callers int, slice time.Duration, sum *load) error {
	if err := t.prepare(); err != nil {
		return err
	}
	before, err := cpu(t.process.cmd.Process.Pid)
	if err != nil {
		return err
	}
	begin := time.Now()
	calls, err := t.callAll(ctx, callers, begin.Add(slice))
	if err != nil {
		return err
	}
	sum.time += time.Since(begin)
	sum.calls += calls
	after, err := cpu(t.process.cmd.Process.Pid)
	sum.cpu += after - before
	return err
}

func (t *target) callAll(ctx context.Context, callers int, end time.Time) (int64, error) {
	var calls atomic.Int64
	failures := make([]error, callers)
	var running sync.WaitGroup
	for i := range callers {
		running.Go(func() {
			for time.Now().Before(end) && failures[i] == nil {
				_, failures[i] = t.call(ctx)
				calls.Add(1)
			}
		})
	}
	running.Wait()
	return calls.Load(), errors.Join(failures...)
}
