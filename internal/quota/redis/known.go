package redis

import (
	"cmp"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/quota"
)

// known is a bucket of a rule that this server has.
type known struct {
	rule  *quota.Rule
	index int
	key   quota.Key
	redis string
}

// known gives the buckets of some keys in the order of their rules. Another server may
// have other rules: their buckets are not shown.
func (l *Limiter) known(keys []string) []known {
	rules := map[string]int{}
	for i, rule := range l.Rules.All() {
		rules[rule.Name] = i
	}
	var all []known
	for _, text := range keys {
		rule, rest, _ := strings.Cut(strings.TrimPrefix(text, l.bucketPrefix()), ":")
		i, ok := rules[rule]
		key, valid := quota.ParseKey(rest)
		if ok && valid {
			all = append(all, known{l.Rules.All()[i], i, key, text})
		}
	}
	slices.SortFunc(all, func(a, b known) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.redis, b.redis))
	})
	return all
}
