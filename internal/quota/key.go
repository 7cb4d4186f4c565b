package quota

import (
	"fmt"
	"strconv"
	"strings"
)

// Key tells the buckets of a rule apart. A member by which the rule does not tell them
// apart is empty.
type Key struct{ Account, Principal, Model string }

// Text is the key as a part of a longer one: account, principal and model, each after
// its length, so that no two keys have the same text.
func (k Key) Text() string {
	var b strings.Builder
	for _, part := range []string{k.Account, k.Principal, k.Model} {
		fmt.Fprintf(&b, "%d:%s", len(part), part)
	}
	return b.String()
}

// ParseKey reads what Text wrote.
func ParseKey(text string) (key Key, ok bool) {
	for _, part := range []*string{&key.Account, &key.Principal, &key.Model} {
		digits, rest, _ := strings.Cut(text, ":")
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 || n > len(rest) {
			return Key{}, false
		}
		*part, text = rest[:n], rest[n:]
	}
	return key, text == ""
}
