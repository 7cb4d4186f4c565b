package redis

import (
	"context"
	"errors"
	"net"
)

// maxLeft bounds the requests whose places are to be given back.
const maxLeft = 10_000

// leaveBehind notes that a request that is over, or was never admitted, may have places
// in Redis: that did not answer when it was asked for them, or to take them back. One
// that hangs gives them when it goes on, for a whole lease from then on.
func (l *Limiter) leaveBehind(g *grant) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.slots() != nil && len(l.left) < maxLeft {
		l.left = append(l.left, g)
	}
}

// slots gives the keys of the buckets in which a request has a place.
func (g *grant) slots() (keys []string) {
	for i, m := range g.matches {
		if m.Slot {
			keys = append(keys, g.keys[i])
		}
	}
	return keys
}

// neverAsked says whether what failed has left nothing in Redis: it never heard of it.
func neverAsked(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return errors.Is(err, errDown) || ok && dial.Op == "dial"
}

// giveBack gives back the places that were left in Redis, when that answers again: with
// all of them taken by nobody, others would wait until the leases end. The error says
// that it does not answer yet.
func (l *Limiter) giveBack(ctx context.Context) error {
	l.mu.Lock()
	all := l.left
	l.left = nil
	l.mu.Unlock()
	for i, g := range all {
		args := []any{l.now(), l.channel(), g.id}
		for _, m := range g.matches {
			if m.Slot {
				args = append(args, m.Rule.Concurrent)
			}
		}
		err := l.attempt(ctx, func(ctx context.Context) error {
			return vacate.Run(ctx, l.client, g.slots(), args...).Err()
		})
		if err != nil {
			l.mu.Lock()
			l.left = append(all[i:], l.left...)
			l.mu.Unlock()
			return err
		}
	}
	return nil
}
