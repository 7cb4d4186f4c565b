package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/pattern"
	"github.com/saprolite/saprolite/internal/quota"
)

// Quota bounds what some callers may use; see quota.Rule. A limit of 0 is none.
type Quota struct {
	// Name is unique among the quotas.
	Name string `yaml:"name"`
	// Accounts, Principals and Models are patterns of those that it is for; none of a
	// sort means all.
	Accounts   []string `yaml:"accounts"`
	Principals []string `yaml:"principals"`
	Models     []string `yaml:"models"`
	// Per says what is counted by itself; empty counts all together.
	Per []Dimension `yaml:"per"`

	RequestsPerMinute int64 `yaml:"requestsPerMinute"`
	TokensPerMinute   int64 `yaml:"tokensPerMinute"`
	TokensPerDay      int64 `yaml:"tokensPerDay"`
	// Concurrent is how many requests run at the same time, Queue how many more wait,
	// QueueTimeout how long; 0 is the default of package quota.
	Concurrent   int64         `yaml:"concurrent"`
	Queue        int64         `yaml:"queue"`
	QueueTimeout time.Duration `yaml:"queueTimeout"`
}

// Dimension is a quota.Dimension.
type Dimension string

func (Dimension) values() []string {
	return []string{string(quota.PerAccount), string(quota.PerPrincipal), string(quota.PerModel)}
}

// Redis is a server at which several servers count together.
type Redis struct {
	// URL is redis://, rediss:// or unix://. It may hold a password, and may stand in
	// the file as a key may.
	URL     Secret `yaml:"url"`
	URLEnv  string `yaml:"urlEnv"`
	URLFile string `yaml:"urlFile"`
	// Prefix begins all keys.
	Prefix string `yaml:"prefix"`
	// Timeout bounds every question.
	Timeout time.Duration `yaml:"timeout"`
	// OnFailure says what becomes of requests while it fails.
	OnFailure OnFailure `yaml:"onFailure"`
	// Lease is how long the places of a server that is gone stay taken.
	Lease time.Duration `yaml:"lease"`
}

// OnFailure says what becomes of requests that cannot be counted.
type OnFailure string

// The ways of OnFailure.
const (
	// FailOpen lets them pass.
	FailOpen OnFailure = "open"
	// FailClosed refuses them.
	FailClosed OnFailure = "closed"
)

func (OnFailure) values() []string { return []string{string(FailOpen), string(FailClosed)} }

func defaultRedis() Redis {
	return Redis{Prefix: "saprolite", Timeout: 500 * time.Millisecond, OnFailure: FailClosed, Lease: 30 * time.Second}
}

// QuotaRules gives the quotas as package quota has them.
func (c *Config) QuotaRules() []quota.Rule {
	rules := make([]quota.Rule, len(c.Quotas))
	for i, q := range c.Quotas {
		rules[i] = quota.Rule{
			Name: q.Name, Accounts: q.Accounts, Principals: q.Principals, Models: q.Models,
			RequestsPerMinute: q.RequestsPerMinute, TokensPerMinute: q.TokensPerMinute, TokensPerDay: q.TokensPerDay,
			Concurrent: q.Concurrent, Queue: q.Queue, QueueTimeout: q.QueueTimeout,
		}
		for _, d := range q.Per {
			rules[i].Per = append(rules[i].Per, quota.Dimension(d))
		}
	}
	return rules
}

// checkQuotas judges the quotas.
func (d *decoder) checkQuotas(quotas []Quota) {
	first := map[string]int{}
	for i, q := range quotas {
		key := fmt.Sprintf("quotas[%d]", i)
		switch before, ok := first[q.Name]; {
		case q.Name == "":
			d.fail(key, "a quota has a name", "add \"name: \" and a word")
		case strings.Trim(strings.ToLower(q.Name), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "":
			d.fail(key+".name", "this is no name for a quota", "take letters, digits, - and _")
		case ok:
			d.fail(key+".name", fmt.Sprintf("quotas[%d] has the same name", before), "take another one")
		default:
			first[q.Name] = i
		}
		d.checkPatterns(key, q)
		switch {
		case q.RequestsPerMinute+q.TokensPerMinute+q.TokensPerDay+q.Concurrent == 0:
			d.fail(key, "it bounds nothing", "add requestsPerMinute, tokensPerMinute, tokensPerDay or concurrent")
		case q.Concurrent == 0 && (q.Queue > 0 || q.QueueTimeout > 0):
			d.fail(key, "requests queue for one of a number of places", "add \"concurrent: \" and a number, or delete queue and queueTimeout")
		case q.QueueTimeout > 0 && q.Queue == 0:
			d.fail(key+".queueTimeout", "nobody queues", "add \"queue: \" and a number, or delete the line")
		}
	}
}

// checkPatterns judges whom a quota is for.
func (d *decoder) checkPatterns(key string, q Quota) {
	patterns := map[string][]string{"accounts": q.Accounts, "principals": q.Principals, "models": q.Models}
	for _, name := range slices.Sorted(maps.Keys(patterns)) {
		for i, text := range patterns[name] {
			at := fmt.Sprintf("%s.%s[%d]", key, name, i)
			switch {
			case text == "":
				d.fail(at, "the entry is empty", "write *, or delete it")
			case strings.Count(text, "*") > pattern.MaxStars:
				d.fail(at, fmt.Sprintf("a pattern has at most %d stars", pattern.MaxStars), "take a shorter one")
			case name == "accounts" && (strings.Trim(text, "0123456789*") != "" || !pattern.Is(text) && len(text) != 12):
				d.fail(at, fmt.Sprintf("%q is no account", text), "write its 12 digits, in quotes; a * stands for any")
			case name == "principals" && !strings.HasPrefix(text, "arn:") && !strings.HasPrefix(text, "*"):
				d.fail(at, fmt.Sprintf("%q is no ARN", text), "write it as arn:aws:iam::111122223333:user/alice; a * stands for any text")
			}
		}
	}
}

// checkRedis judges the server at which quotas are counted.
func (d *decoder) checkRedis(r Redis) {
	if r.URL != "" {
		u, err := url.Parse(string(r.URL))
		if err != nil || !slices.Contains([]string{"redis", "rediss", "unix"}, u.Scheme) {
			// The text may hold a password.
			d.fail("redis.url", "this is no address of a Redis server", "write it as redis://localhost:6379/0, rediss:// for TLS, or unix:///run/redis.sock")
		}
	}
	for key, zero := range map[string]bool{"redis.timeout": r.Timeout == 0, "redis.lease": r.Lease < time.Second, "redis.prefix": r.Prefix == ""} {
		if zero {
			d.fail(key, "it is too short", "delete the line for the default")
		}
	}
	if strings.ContainsAny(r.Prefix, "{}") {
		d.fail("redis.prefix", "it holds a brace", "take a word")
	}
}
