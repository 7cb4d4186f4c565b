package redis

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/quota"
)

// afterWindow is how long a sum outlives its window, for what is settled late.
const afterWindow = 48 * time.Hour

// Reserve implements quota.Amounts.
func (l *Limiter) Reserve(ctx context.Context, amount int64, claims ...quota.Claim) (quota.Held, error) {
	h := &held{limiter: l, amount: amount, used: make([]int64, len(claims))}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	now := l.clock()
	args := []any{amount}
	for _, claim := range claims {
		h.keys = append(h.keys, l.sumKey(claim, now))
		args = append(args, claim.Limit)
	}
	// Each round makes a sum known, and one more finds all of them.
	for range len(claims) + 1 {
		var answer []any
		// As for a grant, a caller who leaves does not end the question.
		err := l.ask(context.WithoutCancel(ctx), func(ctx context.Context) (err error) {
			answer, err = reserve.Run(ctx, l.client, h.keys, args...).Slice()
			return err
		})
		if err != nil {
			if amount != 0 {
				l.doubtAll(h.keys, claims, now)
			}
			return l.unheld(ctx, err, len(claims))
		}
		switch answer[0] {
		case "unknown":
			i := answer[1].(int64) - 1
			seed, err := seedOf(ctx, claims[i], now)
			if err != nil {
				return nil, err
			}
			if err := l.seed(ctx, h.keys[i], claims[i], seed, now); err != nil {
				return l.unheld(ctx, err, len(claims))
			}
		case "exceeded":
			i := answer[1].(int64) - 1
			used, err := strconv.ParseInt(answer[2].(string), 10, 64)
			if err != nil {
				return nil, err
			}
			return nil, claims[i].Check(int(i), used, amount)
		default:
			for i := range claims {
				h.used[i] = answer[i+1].(int64)
			}
			return h, nil
		}
	}
	return l.unheld(ctx, fmt.Errorf("redis: sums of %s vanish", l.Prefix), len(claims))
}

func (l *Limiter) sumKey(claim quota.Claim, now time.Time) string {
	return fmt.Sprintf("{%s}:amount:%s:%d:%s", l.Prefix, claim.Window, claim.Start(now).Unix(), claim.Key)
}

func seedOf(ctx context.Context, claim quota.Claim, now time.Time) (int64, error) {
	if claim.Seed == nil {
		return 0, nil
	}
	return claim.Seed(ctx, claim.Start(now))
}

// seed makes a sum known, unless another did meanwhile.
func (l *Limiter) seed(ctx context.Context, key string, claim quota.Claim, seed int64, now time.Time) error {
	life := max(0, claim.Window.End(claim.Start(now)).Sub(now)) + afterWindow
	return l.ask(ctx, func(ctx context.Context) error {
		return l.client.SetNX(ctx, key, seed, life).Err()
	})
}

// unheld is what becomes of an amount that could not be counted, because of cause.
func (l *Limiter) unheld(ctx context.Context, cause error, claims int) (quota.Held, error) {
	if _, err := l.failed(ctx, cause); err != nil {
		return nil, err
	}
	return &held{used: make([]int64, claims)}, nil
}

// held is an amount that is reserved of some sums; without a limiter, of none.
type held struct {
	limiter *Limiter
	keys    []string
	used    []int64
	amount  int64
	settled atomic.Bool
}

// Used implements quota.Held.
func (h *held) Used() []int64 { return h.used }

// Settle implements quota.Held.
func (h *held) Settle(amount int64) {
	if h.settled.Swap(true) || h.limiter == nil || amount == h.amount {
		return
	}
	l := h.limiter
	_ = l.ask(context.Background(), func(ctx context.Context) error {
		return correct.Run(ctx, l.client, h.keys, amount-h.amount).Err()
	})
}
