package policy

import (
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
	// literal is the text of the pattern up to its first wildcard, needle the longest
	// text after that, and suffix the text after the last. The latter two are only
	// there to refuse quickly, and empty with fold.
	literal, needle, suffix string
	shape                   shape
	fold                    bool
	// ops is the pattern after literal, for shapeAny alone.
	ops []op
}

type shape uint8

const (
	// shapeExact is a pattern without wildcards.
	shapeExact shape = iota
	// shapePrefix is a text and one opStar after it.
	shapePrefix
	// shapeAny is any other pattern.
	shapeAny
)

func newGlob(ops []op, fold bool) glob {
	n := 0
	for n < len(ops) && ops[n] < opStar {
		n++
	}
	g := glob{literal: literalText(ops[:n]), fold: fold}
	switch {
	case n == len(ops):
	case n == len(ops)-1 && ops[n] == opStar:
		g.shape = shapePrefix
	default:
		g.shape, g.ops = shapeAny, ops[n:]
		if !fold {
			g.needle, g.suffix = texts(g.ops)
		}
	}
	return g
}

// texts are the longest run of bytes in ops, and the one at its end.
func texts(ops []op) (longest, last string) {
	start := 0
	for i := range len(ops) + 1 {
		if i < len(ops) && ops[i] < opStar {
			continue
		}
		last = literalText(ops[start:i])
		if len(last) > len(longest) {
			longest = last
		}
		start = i + 1
	}
	return longest, last
}

func (g *glob) match(s string) bool {
	if len(s) < len(g.literal) {
		return false
	}
	head := s[:len(g.literal)]
	if head != g.literal && !(g.fold && strings.EqualFold(head, g.literal)) {
		return false
	}
	switch g.shape {
	case shapeExact:
		return len(s) == len(g.literal)
	case shapePrefix:
		return true
	default:
		s = s[len(g.literal):]
		return strings.HasSuffix(s, g.suffix) && strings.Contains(s, g.needle) && matchOps(g.ops, s, g.fold)
	}
}

func literalText(ops []op) string {
	b := make([]byte, len(ops))
	for i, o := range ops {
		b[i] = byte(o)
	}
	return string(b)
}
