package pattern

import (
	"regexp"
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	tests := []struct {
		pattern, s, star string
		ok               bool
	}{
		{"*", "", "", true},
		{"*", "abc", "abc", true},
		{"a*", "abc", "bc", true},
		{"a*c", "abc", "b", true},
		{"a*c", "ac", "", true},
		{"a*a", "a", "", false},
		{"*b*", "abab", "a", true},
		{"a*b*c", "a-b-b-c", "-", true},
		{"a*bc*c", "abc", "", false},
		{"**", "x", "", true},
		{"a.*", "b.x", "", false},
		{"abc", "abc", "", true},
		{"abc", "abcd", "", false},
		{"", "", "", true},
	}
	for _, tt := range tests {
		star, ok := Compile(tt.pattern).Star(tt.s)
		if ok != tt.ok || star != tt.star {
			t.Errorf("%s on %q gives %q, %t, want %q, %t", tt.pattern, tt.s, star, ok, tt.star, tt.ok)
		}
	}
}

// A pattern matches what the regular expression with .* for each star matches.
func FuzzPattern(f *testing.F) {
	f.Add("a*b*c", "a-b-b-c")
	f.Add("*aab*ab", "aaabab")
	f.Fuzz(func(t *testing.T, p, s string) {
		if strings.Count(p, "*") > MaxStars || len(p)+len(s) > 200 {
			return
		}
		parts := strings.Split(p, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		re, err := regexp.Compile(`(?s)^` + strings.Join(parts, `.*`) + `$`)
		if err != nil {
			return // not UTF-8
		}
		if _, ok := Compile(p).Star(s); ok != re.MatchString(s) {
			t.Errorf("%q on %q: %t, the regular expression says otherwise", p, s, ok)
		}
	})
}
