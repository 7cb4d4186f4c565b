package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/quota"
)

// quotaMistakes are about quotas, and about Redis.
func quotaMistakes() []mistake {
	return []mistake{
		{"quota without name", "quotas: [{concurrent: 1}]", `FILE:1: quotas[0]: a quota has a name; add "name: " and a word`},
		{"quota's name", "quotas: [{name: 'a b', concurrent: 1}]", "FILE:1: quotas[0].name: this is no name for a quota; take letters, digits, - and _"},
		{"quota twice", "quotas:\n- {name: a, concurrent: 1}\n- {name: a, concurrent: 2}", "FILE:3: quotas[1].name: quotas[0] has the same name; take another one"},
		{"quota of nothing", "quotas: [{name: a}]", "FILE:1: quotas[0]: it bounds nothing; add requestsPerMinute, tokensPerMinute, tokensPerDay or concurrent"},
		{"queue for nothing", "quotas: [{name: a, requestsPerMinute: 1, queue: 1}]", `FILE:1: quotas[0]: requests queue for one of a number of places; add "concurrent: " and a number, or delete queue and queueTimeout`},
		{"nobody queues", "quotas: [{name: a, concurrent: 1, queueTimeout: 1s}]", `FILE:1: quotas[0].queueTimeout: nobody queues; add "queue: " and a number, or delete the line`},
		{"dimension", "quotas: [{name: a, concurrent: 1, per: user}]", `FILE:1: quotas[0].per[0]: "user" is not one of the choices; take account, principal or model`},
		{"account", "quotas: [{name: a, concurrent: 1, accounts: 12345}]", `FILE:1: quotas[0].accounts[0]: "12345" is no account; write its 12 digits, in quotes; a * stands for any`},
		{"principal", "quotas: [{name: a, concurrent: 1, principals: alice}]", `FILE:1: quotas[0].principals[0]: "alice" is no ARN; write it as arn:aws:iam::111122223333:user/alice; a * stands for any text`},
		{"stars", "quotas: [{name: a, concurrent: 1, models: 'a*b*c*d*e*f*g*h*i*'}]", "FILE:1: quotas[0].models[0]: a pattern has at most 8 stars; take a shorter one"},
		{"empty pattern", "quotas: [{name: a, concurrent: 1, models: ['']}]", "FILE:1: quotas[0].models[0]: the entry is empty; write *, or delete it"},
		{"redis", "redis: {url: 'http://:sesame@host'}", "FILE:1: redis.url: this is no address of a Redis server; write it as redis://localhost:6379/0, rediss:// for TLS, or unix:///run/redis.sock"},
		{"redis twice", "redis: {url: 'redis://host', urlEnv: X}", "FILE:1: redis: the key is given more than once; keep one of url, urlEnv and urlFile"},
		{"redis time", "redis: {timeout: 0s}", "FILE:1: redis.timeout: it is too short; delete the line for the default"},
		{"redis lease", "redis: {lease: 1ms}", "FILE:1: redis.lease: it is too short; delete the line for the default"},
		{"redis prefix", "redis: {prefix: '{a}'}", "FILE:1: redis.prefix: it holds a brace; take a word"},
		{"redis failure", "redis: {onFailure: opne}", `FILE:1: redis.onFailure: "opne" is not one of the choices; did you mean open?`},
	}
}

func TestQuotaRules(t *testing.T) {
	c := load(t, `
quotas:
  - {name: each-caller, per: [principal, model], requestsPerMinute: 60, tokensPerMinute: 100_000}
  - {name: batch, accounts: 012345678901, principals: "*:user/batch-*", models: anthropic.*, tokensPerDay: 7, concurrent: 2, queue: 20, queueTimeout: 10s}
`)
	want := []quota.Rule{
		{Name: "each-caller", Per: []quota.Dimension{quota.PerPrincipal, quota.PerModel}, RequestsPerMinute: 60, TokensPerMinute: 100_000},
		{
			Name: "batch", Accounts: []string{"012345678901"}, Principals: []string{"*:user/batch-*"}, Models: []string{"anthropic.*"},
			TokensPerDay: 7, Concurrent: 2, Queue: 20, QueueTimeout: 10 * time.Second,
		},
	}
	if d := cmp.Diff(want, c.QuotaRules()); d != "" {
		t.Error(d)
	}
	if _, err := quota.NewRules(c.QuotaRules()); err != nil {
		t.Error(err)
	}
}

func TestRedisURL(t *testing.T) {
	t.Setenv("TEST_REDIS_URL", "rediss://:sesame@host:6380/1")
	r := load(t, "redis: {urlEnv: TEST_REDIS_URL, prefix: team, timeout: 1s, onFailure: open, lease: 1m}").Redis
	want := Redis{
		URL: "rediss://:sesame@host:6380/1", URLEnv: "TEST_REDIS_URL", Prefix: "team",
		Timeout: time.Second, OnFailure: FailOpen, Lease: time.Minute,
	}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
}
