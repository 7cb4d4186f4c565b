package catalog

import "strings"

// maxStars bounds the work of matching one pattern.
const maxStars = 8

func isPattern(s string) bool { return strings.Contains(s, "*") }

// pattern is an id with wildcards, taken apart once. A * stands for any text,
// none too.
type pattern struct {
	// parts are the texts between the stars; there is one more of them than
	// there are stars.
	parts []string
	// literal is the number of bytes that are no star: the more, the more
	// specific.
	literal int
}

func compile(s string) pattern {
	p := pattern{parts: strings.Split(s, "*")}
	for _, part := range p.parts {
		p.literal += len(part)
	}
	return p
}

// match says whether s fits, and what the first star stands for. The inner
// parts are taken as far left as they go, which finds a match whenever there is
// one and never looks back.
func (p pattern) match(s string) (star string, ok bool) {
	first, last := p.parts[0], p.parts[len(p.parts)-1]
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
