package quota

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/saprolite/saprolite/internal/pattern"
)

// DefaultQueueTimeout is how long a request waits for a place where the rule does not
// say.
const DefaultQueueTimeout = 30 * time.Second

// Rule bounds what the callers that it is for may use. A limit of 0 is none.
type Rule struct {
	// Name is unique among the rules. Buckets are known by it.
	Name string
	// Accounts, Principals and Models are the patterns that a request must fit one of:
	// of account ids, of ARNs and of bare model ids. None of a sort fits all. A session
	// fits by its own ARN or by its role's.
	Accounts, Principals, Models []string
	// Per says what has a bucket of its own. Without any, all whom the rule is for
	// share one.
	Per []Dimension

	RequestsPerMinute, TokensPerMinute, TokensPerDay int64
	// Concurrent is how many requests run at the same time, Queue how many more wait
	// for a place, QueueTimeout how long each.
	Concurrent, Queue int64
	QueueTimeout      time.Duration
}

// Dimension is what buckets are told apart by.
type Dimension string

// The dimensions.
const (
	PerAccount   Dimension = "account"
	PerPrincipal Dimension = "principal"
	PerModel     Dimension = "model"
)

// Rules are the rules of a limiter, compiled. They do not change.
type Rules struct {
	rules    []*Rule
	patterns []patterns
}

// patterns are those of a rule.
type patterns struct{ accounts, principals, models []pattern.Pattern }

// NewRules compiles rules. The error names the one that is wrong.
func NewRules(rules []Rule) (*Rules, error) {
	compiled := new(Rules)
	names := map[string]bool{}
	for i := range rules {
		r := rules[i]
		r.QueueTimeout = cmp.Or(r.QueueTimeout, DefaultQueueTimeout)
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		if names[r.Name] {
			return nil, fmt.Errorf("rule %s: there are two of that name", r.Name)
		}
		names[r.Name] = true
		compiled.rules = append(compiled.rules, &r)
		compiled.patterns = append(compiled.patterns, patterns{compile(r.Accounts), compile(r.Principals), compile(r.Models)})
	}
	return compiled, nil
}

// check judges what would make a rule's buckets unusable.
func (r *Rule) check() error {
	if r.Name == "" {
		return errors.New("it has no name")
	}
	for _, d := range r.Per {
		if d != PerAccount && d != PerPrincipal && d != PerModel {
			return fmt.Errorf("there are no buckets per %s", d)
		}
	}
	if min(r.RequestsPerMinute, r.TokensPerMinute, r.TokensPerDay, r.Concurrent, r.Queue, int64(r.QueueTimeout)) < 0 {
		return errors.New("a limit is negative")
	}
	return nil
}

func compile(texts []string) []pattern.Pattern {
	var compiled []pattern.Pattern
	for _, text := range texts {
		compiled = append(compiled, pattern.Compile(text))
	}
	return compiled
}

// All gives the rules in their order. They MUST NOT be changed.
func (r *Rules) All() []*Rule { return r.rules }

// Match is a rule that is for a request, and the bucket that counts.
type Match struct {
	// Index is that of the rule in All.
	Index int
	Rule  *Rule
	Key   Key
	// Tokens are those that are taken of this bucket.
	Tokens int64
	// Slot says that the request takes one of the places of those that run at the same
	// time.
	Slot bool
}

// Match appends the rules that are for a request. The error is that of a request that
// no bucket will ever hold.
func (r *Rules) Match(matches []Match, req *Request) ([]Match, error) {
	var reserved *Reservation
	for i, rule := range r.rules {
		if !r.patterns[i].match(req) {
			continue
		}
		m := Match{Index: i, Rule: rule, Key: rule.key(req), Slot: rule.Concurrent > 0 && !req.Brief}
		if req.Reserve != nil && (rule.TokensPerMinute > 0 || rule.TokensPerDay > 0) {
			if reserved == nil {
				reserved = new(req.Reserve())
			}
			tokens, fits := rule.fit(*reserved)
			if !fits {
				return nil, errNeverFits(rule, req.Operation)
			}
			m.Tokens = tokens
		}
		matches = append(matches, m)
	}
	return matches, nil
}

func (p *patterns) match(req *Request) bool {
	return fits(p.accounts, req.Account) && fits(p.models, req.Model) &&
		(fits(p.principals, req.Principal) || req.Session != "" && fits(p.principals, req.Session))
}

func fits(patterns []pattern.Pattern, text string) bool {
	for i := range patterns {
		if patterns[i].Match(text) {
			return true
		}
	}
	return len(patterns) == 0
}

func (r *Rule) key(req *Request) Key {
	var key Key
	for _, d := range r.Per {
		switch d {
		case PerAccount:
			key.Account = req.Account
		case PerPrincipal:
			key.Principal = req.Principal
		case PerModel:
			key.Model = req.Model
		}
	}
	return key
}

// fit gives the tokens that a reservation takes of the rule's buckets.
func (r *Rule) fit(reserved Reservation) (tokens int64, fits bool) {
	tokens = reserved.Tokens
	for _, limit := range [...]int64{r.TokensPerMinute, r.TokensPerDay} {
		if limit > 0 {
			if reserved.Least > limit {
				return 0, false
			}
			tokens = min(tokens, limit)
		}
	}
	return tokens, true
}
