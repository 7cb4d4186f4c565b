// Package pattern is the patterns of the configuration: texts in which a * stands for
// any text, none too.
package pattern

import "strings"

// MaxStars bounds the work of matching one pattern. Who reads patterns refuses those
// that have more.
const MaxStars = 8

// Is says whether a text is a pattern, and not a text for itself alone.
func Is(s string) bool { return strings.Contains(s, "*") }

// Pattern is a pattern, taken apart once. One without a star fits itself alone.
type Pattern struct {
	// parts are the texts between the stars; there is one more of them than
	// there are stars.
	parts []string
	// literal is the number of bytes that are no star.
	literal int
}

// Compile takes a pattern apart.
func Compile(s string) Pattern {
	p := Pattern{parts: strings.Split(s, "*")}
	for _, part := range p.parts {
		p.literal += len(part)
	}
	return p
}

// Literal is the number of bytes that are no star: the more, the more specific.
func (p Pattern) Literal() int { return p.literal }

// Match says whether s fits.
func (p Pattern) Match(s string) bool {
	_, ok := p.Star(s)
	return ok
}

// Star says whether s fits, and what the first star stands for. The inner parts are
// taken as far left as they go, which finds a match whenever there is one and never
// looks back.
func (p Pattern) Star(s string) (star string, ok bool) {
	first, last := p.parts[0], p.parts[len(p.parts)-1]
	if len(p.parts) == 1 {
		return "", s == first
	}
	if len(s) < p.literal || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return "", false
	}
	s = s[len(first) : len(s)-len(last)]
	star = s
	for i, part := range p.parts[1 : len(p.parts)-1] {
		at := strings.Index(s, part)
		if at < 0 {
			return "", false
		}
		if i == 0 {
			star = s[:at]
		}
		s = s[at+len(part):]
	}
	return star, true
}
