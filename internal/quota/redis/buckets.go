package redis

import (
	"context"
	"strconv"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/saprolite/saprolite/internal/quota"
)

const (
	// idleAfter is longer than a request runs, and than anything is counted.
	idleAfter = 25 * time.Hour
	// lookBatch bounds the buckets of one question.
	lookBatch = 100
)

// Buckets implements quota.Limiter.
func (l *Limiter) Buckets(ctx context.Context, limit int) ([]quota.Bucket, error) {
	var keys []string
	err := l.ask(ctx, func(ctx context.Context) (err error) {
		// What was not used for longer than a day is idle.
		old := strconv.FormatInt(l.clock().Add(-idleAfter).UnixMicro(), 10)
		if err := l.client.ZRemRangeByScore(ctx, l.index(), "-inf", old).Err(); err != nil {
			return err
		}
		// A pipeline cannot find out that a script is not known.
		if err := look.Load(ctx, l.client).Err(); err != nil {
			return err
		}
		keys, err = l.client.ZRange(ctx, l.index(), 0, -1).Result()
		return err
	})
	if err != nil {
		return nil, err
	}
	var found []quota.Bucket
	for all := l.known(keys); len(all) > 0 && len(found) < limit; {
		batch := all[:min(len(all), lookBatch)]
		all = all[len(batch):]
		if found, err = l.look(ctx, found, batch); err != nil {
			return nil, err
		}
	}
	return found[:min(len(found), limit)], nil
}

// look appends what is used of buckets, but for those that are idle.
func (l *Limiter) look(ctx context.Context, found []quota.Bucket, batch []known) ([]quota.Bucket, error) {
	answers := make([]*goredis.Cmd, len(batch))
	err := l.ask(ctx, func(ctx context.Context) error {
		_, err := l.client.Pipelined(ctx, func(p goredis.Pipeliner) error {
			for i, of := range batch {
				answers[i] = look.EvalSha(ctx, p, []string{l.index(), of.redis}, l.now(), l.channel(),
					of.rule.RequestsPerMinute, of.rule.TokensPerMinute)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, of := range batch {
		answer, err := answers[i].Slice()
		if err != nil {
			return nil, err
		}
		used, waiting, err := readLook(answer)
		if err != nil {
			return nil, err
		}
		if used == (quota.Used{}) && waiting == 0 {
			continue
		}
		found = append(found, quota.Bucket{Rule: of.rule.Name, Key: of.key, Levels: of.rule.Levels(used), Waiting: waiting})
	}
	return found, nil
}

// readLook reads what the script look gives.
func readLook(answer []any) (used quota.Used, waiting int64, err error) {
	var numbers [3]float64
	for i := range numbers {
		if numbers[i], err = strconv.ParseFloat(answer[i].(string), 64); err != nil {
			return used, 0, err
		}
	}
	used = quota.Used{Requests: numbers[0], Tokens: numbers[1], Day: int64(numbers[2]), Running: answer[3].(int64)}
	return used, answer[4].(int64), nil
}
