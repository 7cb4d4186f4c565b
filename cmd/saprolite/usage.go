package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/store"
)

type usageCommand struct {
	setup
	By     []string          `help:"Fields to group by: account, principal, operation, model, provider, profile, tier, status, error, day, hour, request, metadata:KEY." placeholder:"FIELD"`
	From   string            `help:"The first day (2026-11-01), moment (2026-11-01T12:00:00Z), or how long ago (36h, 30d). Default: open." placeholder:"TIME"`
	To     string            `help:"The first day, moment or age that does not count any more. Default: open." placeholder:"TIME"`
	Only   map[string]string `help:"Values that fields must have." placeholder:"FIELD=VALUE"`
	Left   bool              `help:"Show instead how full the quotas are, and what is left of them."`
	Format string            `help:"table, csv or json." enum:"table,csv,json" default:"table"`
}

// Run prints the sums.
func (c *usageCommand) Run(ctx context.Context) error {
	query, err := c.query(time.Now())
	if err != nil {
		return err
	}
	settings, err := c.load()
	if err != nil {
		return err
	}
	if c.Left {
		levels, err := quotaLevels(ctx, settings)
		if err != nil {
			return err
		}
		return writeLevels(os.Stdout, c.Format, levels)
	}
	sums, err := c.ask(ctx, settings, query)
	if err != nil {
		return err
	}
	return writers[c.Format](os.Stdout, query.GroupBy, sums)
}

// query reads the flags.
func (c *usageCommand) query(now time.Time) (q meter.Query, err error) {
	for _, name := range c.By {
		field, err := meter.ParseField(name)
		if err != nil {
			return q, fmt.Errorf("--by: %w", err)
		}
		q.GroupBy = append(q.GroupBy, field)
	}
	if q.From, err = parseMoment(c.From, now); err != nil {
		return q, fmt.Errorf("--from: %w", err)
	}
	if q.To, err = parseMoment(c.To, now); err != nil {
		return q, fmt.Errorf("--to: %w", err)
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return q, errors.New("--to: the time ends before it begins; it is the first moment that does not count any more")
	}
	q.Only = make(map[meter.Field]string, len(c.Only))
	for name, value := range c.Only {
		field, err := meter.ParseField(name)
		if err != nil {
			return q, fmt.Errorf("--only: %w", err)
		}
		q.Only[field] = value
	}
	return q, nil
}

// ask asks the state, which a server may be using.
func (c *usageCommand) ask(ctx context.Context, settings *config.Config, q meter.Query) ([]meter.Sum, error) {
	data, err := c.dataDir(settings)
	if err != nil {
		return nil, err
	}
	if file := app.StateFile(settings, data); settings.State.Postgres == "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no state in %s: no server has run there yet; name its folder with --data, or its configuration with --config", file)
		}
	}
	var sums []meter.Sum
	asked := inquiry{settings, data, app.StateTime}
	err = asked.run(ctx, func(ctx context.Context, state store.Store) error {
		sums, err = state.SumUsage(ctx, q)
		return err
	})
	return sums, err
}

// parseMoment reads a day, which begins in UTC, a moment, or an age.
func parseMoment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	if digits, ok := strings.CutSuffix(text, "d"); ok {
		if days, err := strconv.ParseUint(digits, 10, 16); err == nil {
			return now.Add(time.Duration(days) * -24 * time.Hour), nil
		}
	}
	if age, err := time.ParseDuration(text); err == nil && age >= 0 {
		return now.Add(-age), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2026-11-25, 2026-11-25T18:00:00Z, 36h or 30d", text)
}
