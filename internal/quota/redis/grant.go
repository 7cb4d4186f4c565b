package redis

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/quota"
)

// grant is what a request holds, or waits for.
type grant struct {
	limiter *Limiter
	// id names the request in Redis, and ends with its caller, after a colon. Of two that
	// wait in one round, the lesser id came first.
	id      string
	caller  string
	matches []quota.Match
	// keys are those of the buckets.
	keys []string
	// taken is the time in Redis, before what was there then, as Redis wrote it.
	taken  string
	before []string
	// waiting is the number of the match whose line it is in, from 1; 0 is none.
	waiting int
	settled atomic.Bool
}

// Admit implements quota.Limiter.
func (l *Limiter) Admit(ctx context.Context, req *quota.Request) (quota.Grant, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	matches, err := l.Rules.Match(nil, req)
	if err != nil {
		return nil, err
	}
	if len(matches) == 0 {
		return quota.Free{}, nil
	}
	g := &grant{limiter: l, caller: req.Principal, matches: matches}
	g.id = fmt.Sprintf("%016x-%s-%08x:%s", l.clock().UnixMicro(), l.node, l.number.Add(1), req.Principal)
	for _, m := range matches {
		g.keys = append(g.keys, l.bucketKey(m.Rule.Name, m.Key))
	}
	granted, err := g.try(ctx)
	if err == nil && !granted {
		err = g.wait(ctx)
	}
	if refusal, ok := errors.AsType[*refusedError](err); ok {
		return nil, refusal.public
	}
	if err != nil {
		return l.failed(ctx, err)
	}
	return g, nil
}

// refusedError tells a refusal from a failure.
type refusedError struct{ public error }

func (e *refusedError) Error() string { return e.public.Error() }

// try takes all that the request needs, or a place in a line. A caller who leaves does
// not end the question: what it took must be known, to be given back.
func (g *grant) try(ctx context.Context) (granted bool, err error) {
	l := g.limiter
	args := []any{l.now(), l.channel(), g.id, g.caller, l.Lease.Microseconds(), ticket.Microseconds(), g.waiting}
	for _, m := range g.matches {
		args = append(append(args, limits(m)...), m.Rule.Queue, m.Tokens)
	}
	var answer []any
	err = l.ask(context.WithoutCancel(ctx), func(ctx context.Context) (err error) {
		answer, err = admit.Run(ctx, l.client, append([]string{l.index()}, g.keys...), args...).Slice()
		return err
	})
	if err != nil {
		if !neverAsked(err) {
			l.leaveBehind(g)
		}
		return false, err
	}
	switch answer[0] {
	case "refused":
		g.waiting = 0
		m := g.matches[answer[1].(int64)-1]
		return false, &refusedError{quota.Refusal(m, quota.Kind(answer[2].(string)))}
	case "wait":
		g.waiting = int(answer[1].(int64))
		return false, nil
	}
	g.waiting = 0
	g.taken = answer[1].(string)
	for _, before := range answer[2:] {
		g.before = append(g.before, before.(string))
	}
	l.hold(g)
	if ctx.Err() != nil {
		g.Settle(0)
		return false, context.Cause(ctx)
	}
	return true, nil
}

// limits are those of a match as the scripts take them.
func limits(m quota.Match) []any {
	places := int64(0)
	if m.Slot {
		places = m.Rule.Concurrent
	}
	return []any{m.Rule.RequestsPerMinute, m.Rule.TokensPerMinute, m.Rule.TokensPerDay, places}
}

// wait waits for the turn of a request that is in a line.
func (g *grant) wait(ctx context.Context) error {
	l := g.limiter
	at := g.waiting
	turn := l.calls.expect(ctx, g.id, l.Timeout)
	defer l.calls.forget(g.id)
	patience := time.NewTimer(g.matches[at-1].Rule.QueueTimeout)
	defer patience.Stop()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		// It may have been called before it listened.
		if granted, err := g.try(ctx); granted || err != nil {
			if err != nil {
				g.leave()
			}
			return err
		}
		if g.waiting != at { // for another bucket
			at = g.waiting
			patience.Reset(g.matches[at-1].Rule.QueueTimeout)
		}
		select {
		case <-turn:
		case <-again.C:
		case <-patience.C:
			g.leave()
			return &refusedError{quota.Refusal(g.matches[at-1], quota.Concurrent)}
		case <-ctx.Done():
			g.leave()
			return context.Cause(ctx)
		}
	}
}

// leave gives the place in the line up, if there is one. Without Redis the ticket ends
// by itself.
func (g *grant) leave() {
	if g.waiting == 0 {
		return
	}
	l := g.limiter
	at := g.waiting - 1
	_ = l.ask(context.Background(), func(ctx context.Context) error {
		return leave.Run(ctx, l.client, g.keys[at:at+1], l.now(), l.channel(), g.id, g.matches[at].Rule.Concurrent).Err()
	})
}

// Settle implements quota.Grant. Without Redis, places come back when that answers again
// or their lease ends, and tokens as time passes.
func (g *grant) Settle(tokens int64) {
	if g.settled.Swap(true) {
		return
	}
	l := g.limiter
	l.release(g)
	args := []any{l.now(), l.channel(), g.id, g.taken, tokens}
	for i, m := range g.matches {
		args = append(append(args, limits(m)...), m.Tokens, g.before[i])
	}
	err := l.ask(context.Background(), func(ctx context.Context) error {
		return settle.Run(ctx, l.client, g.keys, args...).Err()
	})
	if err != nil {
		l.leaveBehind(g)
	}
}
