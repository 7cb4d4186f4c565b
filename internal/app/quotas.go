package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/memory"
	"github.com/saprolite/saprolite/internal/quota/redis"
	"github.com/saprolite/saprolite/internal/telemetry"
)

// quotas count what callers use: of the configured rules, and the amounts of budgets.
type quotas interface {
	quota.Limiter
	quota.Amounts
}

// newQuotas makes what counts: Redis where one is configured, else this process.
func newQuotas(c *config.Config, log *slog.Logger) (quotas, error) {
	rules, err := quota.NewRules(c.QuotaRules())
	if err != nil {
		return nil, c.Problem("quotas", err.Error(), "docs/quotas.md describes them")
	}
	if c.Redis.URL == "" {
		return memory.New(rules, nil), nil
	}
	limiter, err := redis.New(redis.Options{
		Rules: rules, URL: string(c.Redis.URL), Prefix: c.Redis.Prefix, Timeout: c.Redis.Timeout,
		OnFailure: redis.OnFailure(c.Redis.OnFailure), Lease: c.Redis.Lease, Log: log,
	})
	if err != nil {
		return nil, c.Problem("redis.url", err.Error(), "write it as redis://localhost:6379/0")
	}
	return limiter, nil
}

// limiter is what holds callers to the rules, or nil where there are none: requests then
// pay nothing.
func limiter(c *config.Config, counting quotas) quota.Limiter {
	if len(c.Quotas) == 0 {
		return nil
	}
	return counting
}

// maxBuckets bounds how many counts of quotas are shown.
const maxBuckets = 1000

// QuotaLevel is one limit of one of the counts of a quota.
type QuotaLevel struct {
	// Quota is its name, Account, Principal and Model whose the count is; they are
	// empty where the quota does not tell them apart.
	Quota     string `json:"quota"`
	Account   string `json:"account,omitempty"`
	Principal string `json:"principal,omitempty"`
	Model     string `json:"model,omitempty"`
	// Limit is the key of the limit in the configuration. Of Most, Used are used and
	// Left are left.
	Limit string `json:"limit"`
	Most  int64  `json:"most"`
	Used  int64  `json:"used"`
	Left  int64  `json:"left"`
	// Waiting are the requests that wait for a place.
	Waiting int64 `json:"waiting"`
}

// SharedQuotas gives the levels that several servers count together, of a
// configuration with Redis.
func SharedQuotas(ctx context.Context, c *config.Config) ([]QuotaLevel, error) {
	counting, err := newQuotas(c, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer counting.Close()
	return levels(ctx, counting)
}

func levels(ctx context.Context, of quota.Limiter) ([]QuotaLevel, error) {
	buckets, err := of.Buckets(ctx, maxBuckets)
	if err != nil {
		return nil, err
	}
	levels := []QuotaLevel{}
	for _, b := range buckets {
		for _, l := range b.Levels {
			levels = append(levels, QuotaLevel{
				Quota: b.Rule, Account: b.Account, Principal: b.Principal, Model: b.Model,
				Limit: string(l.Kind), Most: l.Limit, Used: l.Used, Left: l.Left(), Waiting: b.Waiting,
			})
		}
	}
	return levels, nil
}

// showQuotas answers with the levels.
func (a *App) showQuotas(w http.ResponseWriter, r *http.Request) {
	levels, err := levels(r.Context(), a.quotas)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(levels); err != nil {
		a.log.Debug("the levels of quotas were not read", "error", err)
	}
}

// quotaReadings are what metrics tell of quotas.
func quotaReadings(counting quotas) []telemetry.Reading {
	left := telemetry.Reading{
		Name: "saprolite_quota_left", Help: "What is left of the limits of quotas that are in use.", Kind: telemetry.Gauge,
		Labels: []string{"quota", "account", "principal", "model", "limit"},
		Read: func() []telemetry.Value {
			ctx, cancel := context.WithTimeout(context.Background(), pingTime)
			defer cancel()
			levels, err := levels(ctx, counting)
			if err != nil {
				return nil
			}
			values := make([]telemetry.Value, len(levels))
			for i, l := range levels {
				values[i] = telemetry.Value{Labels: []string{l.Quota, l.Account, l.Principal, l.Model, l.Limit}, Number: float64(l.Left)}
			}
			return values
		},
	}
	readings := []telemetry.Reading{left}
	if shared, ok := counting.(interface{ Failures() int64 }); ok {
		readings = append(readings, counter("saprolite_quota_failures_total", "Times that Redis did not count a request.", shared.Failures))
	}
	return readings
}
