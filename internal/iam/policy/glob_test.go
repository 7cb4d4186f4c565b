package policy

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// slowMatch is what a pattern means, by a regular expression.
func slowMatch(t *testing.T, pattern, s string, arn bool) bool {
	t.Helper()
	if arn && strings.Count(pattern, ":") < arnColons {
		pattern += ":*"
	}
	var b strings.Builder
	b.WriteString(`(?s)^`)
	for i, r := range pattern {
		early := arn && strings.Count(pattern[:i], ":") < arnColons
		rest := strings.TrimLeft(pattern[i:], "*")
		switch {
		case r == '*' && early && rest != "" && rest[0] != ':':
			b.WriteString(`[^:]*`)
		case r == '*':
			b.WriteString(`.*`)
		case r == '?' && early:
			b.WriteString(`[^:]`)
		case r == '?':
			b.WriteString(`.`)
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	re, err := regexp.Compile(b.String() + `$`)
	if err != nil {
		t.Fatal(err)
	}
	return re.MatchString(s)
}

func fastMatch(t *testing.T, pattern, s string, arn bool) bool {
	t.Helper()
	tpl, err := newTemplate(pattern, syntax{wildcards: true, resource: arn})
	if err != nil {
		t.Fatal(err)
	}
	return tpl.match(nil, s)
}

func TestGlobAgainstRegularExpressions(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 1))
	random := func(alphabet []string, n int) string {
		var b strings.Builder
		for range rng.IntN(n + 1) {
			b.WriteString(alphabet[rng.IntN(len(alphabet))])
		}
		return b.String()
	}
	matches := 0
	for range 20_000 {
		pattern := random([]string{"a", "b", ":", ":", "*", "*", "?", "é"}, 12)
		s := random([]string{"a", "b", ":", ":", "é"}, 12)
		arn := rng.IntN(2) == 0
		want := slowMatch(t, pattern, s, arn)
		if got := fastMatch(t, pattern, s, arn); got != want {
			t.Fatalf("seed %d: %q against %q, as ARN %v: %v, want %v", seed, s, pattern, arn, got, want)
		}
		if want {
			matches++
		}
	}
	if matches < 300 {
		t.Errorf("only %d of the random patterns match, which tests little", matches)
	}
}

func FuzzGlob(f *testing.F) {
	f.Add("arn:aws:bedrock:*::foundation-model/*", "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", true)
	f.Add("a*b?c**", "aXbYc", false)
	f.Add("*:*a*:b", "::a:b", true)
	f.Fuzz(func(t *testing.T, pattern, s string, arn bool) {
		if !utf8.ValidString(pattern) || len(pattern)+len(s) > 500 {
			t.Skip()
		}
		if got, want := fastMatch(t, pattern, s, arn), slowMatch(t, pattern, s, arn); got != want {
			t.Errorf("%q against %q, as ARN %v: %v, want %v", s, pattern, arn, got, want)
		}
	})
}

// TestGlobIsBounded is for patterns that make backtracking matchers run for years.
// Without the bound the test does not end.
func TestGlobIsBounded(t *testing.T) {
	long := strings.Repeat("a", 2000)
	for _, pattern := range []string{
		strings.Repeat("*a", 500) + "*b",
		strings.Repeat("a*", 500) + "b",
		strings.Repeat("*?", 500) + "b",
		"arn:" + strings.Repeat("a*:", 4) + strings.Repeat("*a", 200) + "b",
	} {
		if fastMatch(t, pattern, long, false) || fastMatch(t, pattern, "arn:"+strings.Repeat("aa:", 700)+long, true) {
			t.Errorf("%.20q... matches", pattern)
		}
	}
}
