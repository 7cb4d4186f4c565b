package app

import (
	"log/slog"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/memory"
	"github.com/saprolite/saprolite/internal/quota/redis"
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
