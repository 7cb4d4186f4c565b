package policy

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// op is one step of a pattern: a byte, or one of the wildcards below.
type op uint16

const (
	// opStar is any text, none too.
	opStar op = 256 + iota
	// opStarSegment is any text without a colon, none too.
	opStarSegment
	// opOne is any one character.
	opOne
	// opOneSegment is any one character but a colon.
	opOneSegment
)

// matchOps says whether s as a whole fits the pattern. With fold, the pattern is
// in lower case and the letters A to Z of s count as lower case too.
//
// It goes back to the last star only. Before an opStar nothing need be tried
// again, since the star takes whatever an earlier choice left. Before an
// opStarSegment neither: between two of them there is either a colon, which
// fixes the first, or none, and then the leftmost choice leaves the second most
// room. The work is at most the product of both lengths.
func matchOps(ops []op, s string, fold bool) bool {
	star, starAt := -1, 0
	segment, segmentAt := -1, 0
	i, j := 0, 0
	for j < len(s) {
		if i < len(ops) {
			switch o := ops[i]; {
			case o == opStar:
				i++
				star, starAt, segment = i, j, -1
				continue
			case o == opStarSegment:
				i++
				segment, segmentAt = i, j
				continue
			case o == opOne, o == opOneSegment && s[j] != ':':
				i++
				j += width(s[j:])
				continue
			case o == lower(s[j], fold):
				i++
				j++
				continue
			}
		}
		switch {
		case segment >= 0 && s[segmentAt] != ':':
			segmentAt += width(s[segmentAt:])
			i, j = segment, segmentAt
		case star >= 0:
			segment = -1
			starAt += width(s[starAt:])
			k := ahead(ops[star:], s[starAt:], fold)
			if k < 0 {
				return false
			}
			starAt += k
			i, j = star, starAt
		default:
			return false
		}
	}
	for i < len(ops) && (ops[i] == opStar || ops[i] == opStarSegment) {
		i++
	}
	return i == len(ops)
}

// ahead is how far a star before ops can skip s at once: to where the next byte
// stands, if ops begins with one. It is negative when there is no such byte.
func ahead(ops []op, s string, fold bool) int {
	if fold || len(ops) == 0 || ops[0] >= opStar || !utf8.RuneStart(byte(ops[0])) {
		return 0
	}
	return strings.IndexByte(s, byte(ops[0]))
}

// width is the number of bytes of the first character of s, which is not empty.
// A byte that belongs to no character counts as one.
func width(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func lower(c byte, fold bool) op {
	if fold && 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return op(c)
}

// glob is a pattern without variables, in the form that is matched fastest.
type glob struct {
	// literal is the text of the pattern up to its first wildcard.
	literal string
	shape   shape
	fold    bool
	// parts are the texts after each star, for shapeStars alone.
	parts []string
	// ops is the pattern after literal, for shapeAny alone.
	ops []op
}

type shape uint8

const (
	// shapeExact is a pattern without wildcards.
	shapeExact shape = iota
	// shapeStars is a pattern whose only wildcards are opStar.
	shapeStars
	// shapeAny is any other pattern, and with fold any with wildcards.
	shapeAny
)

func newGlob(ops []op, fold bool) glob {
	n := slices.IndexFunc(ops, func(o op) bool { return o >= opStar })
	if n < 0 {
		return glob{literal: literalText(ops), fold: fold}
	}
	g := glob{literal: literalText(ops[:n]), fold: fold, shape: shapeAny, ops: ops[n:]}
	if !fold && !slices.ContainsFunc(ops, func(o op) bool { return o > opStar }) {
		g.shape, g.parts, g.ops = shapeStars, texts(ops[n:]), nil
	}
	return g
}

// texts are those after each star.
func texts(ops []op) []string {
	var parts []string
	end := len(ops)
	for i := len(ops) - 1; i >= 0; i-- {
		if ops[i] == opStar {
			parts = append(parts, literalText(ops[i+1:end]))
			end = i
		}
	}
	slices.Reverse(parts)
	return parts
}

func (g *glob) match(s string) bool {
	if len(s) < len(g.literal) {
		return false
	}
	head, rest := s[:len(g.literal)], s[len(g.literal):]
	if head != g.literal && !(g.fold && strings.EqualFold(head, g.literal)) {
		return false
	}
	switch g.shape {
	case shapeExact:
		return rest == ""
	case shapeStars:
		return matchStars(g.parts, rest)
	default:
		return matchOps(g.ops, rest, g.fold)
	}
}

// matchStars says whether s is texts of any kind, each with one of the parts
// after it. Taking each part as far left as it goes finds a way if there is one.
func matchStars(parts []string, s string) bool {
	last := len(parts) - 1
	if !strings.HasSuffix(s, parts[last]) {
		return false
	}
	s = s[:len(s)-len(parts[last])]
	for _, part := range parts[:last] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

func literalText(ops []op) string {
	b := make([]byte, len(ops))
	for i, o := range ops {
		b[i] = byte(o)
	}
	return string(b)
}
