package openai

import (
	"strings"
	"unicode"
)

// thoughtTag is how an open model marks its reasoning in the text of its answer,
// where the server does not tell the two apart: between two tags, ahead of what it
// says.
type thoughtTag struct{ open, close string }

// thoughtTags are those of the models that are around: DeepSeek R1, Qwen3, GLM,
// MiniMax and many more have the first.
var thoughtTags = [...]thoughtTag{{"<think>", "</think>"}, {"<reasoning>", "</reasoning>"}}

// maxLead is how much white space may stand ahead of the first tag.
const maxLead = 4

// thoughts tells reasoning from the rest of a text that comes in pieces. It holds
// back no more than the beginning of a tag, the first one at the very start of the
// text alone, and the line feeds around tags, which belong to nobody.
type thoughts struct {
	state thoughtState
	close string
	held  string
}

type thoughtState int

const (
	// undecided is the start of a text, where a tag may open.
	undecided thoughtState = iota
	// opened and closed are right behind a tag, thinking is between the two.
	opened
	thinking
	closed
	// talking is the rest of the text.
	talking
)

// next gives what another piece of the text completes.
func (t *thoughts) next(piece string) (reasoning, text string) {
	if t.state == talking {
		return "", piece
	}
	t.held += piece
	if t.state == undecided {
		t.decide()
	}
	if t.state == opened {
		t.skip(thinking)
	}
	if t.state == thinking {
		reasoning = t.think()
	}
	if t.state == closed {
		t.skip(talking)
	}
	if t.state == talking {
		text, t.held = t.held, ""
	}
	return reasoning, text
}

// rest gives what is held back of a text that has ended.
func (t *thoughts) rest() (reasoning, text string) {
	held := t.held
	t.held = ""
	switch t.state {
	case thinking:
		return strings.TrimSuffix(held, "\n"), ""
	case undecided:
		t.state = talking
		return "", held
	}
	return "", ""
}

// decide looks for a tag at the start.
func (t *thoughts) decide() {
	start := strings.TrimLeftFunc(t.held, unicode.IsSpace)
	if len(t.held)-len(start) > maxLead {
		t.state = talking
		return
	}
	for _, tag := range thoughtTags {
		switch {
		case strings.HasPrefix(start, tag.open):
			t.state, t.close, t.held = opened, tag.close, start[len(tag.open):]
			return
		case strings.HasPrefix(tag.open, start):
			return // there may be more to come
		}
	}
	t.state = talking
}

// skip leaves white space out until there is something else, and goes on to the
// next state.
func (t *thoughts) skip(to thoughtState) {
	if t.held = strings.TrimLeftFunc(t.held, unicode.IsSpace); t.held != "" {
		t.state = to
	}
}

// think gives the reasoning up to the closing tag, or up to what may be the
// beginning of it.
func (t *thoughts) think() string {
	if before, after, ok := strings.Cut(t.held, t.close); ok {
		t.state, t.held = closed, after
		return strings.TrimSuffix(before, "\n")
	}
	keep := len(t.held) - max(overlap(t.held, t.close), overlap(t.held, "\n"+t.close))
	reasoning := t.held[:keep]
	t.held = t.held[keep:]
	return reasoning
}

// overlap is the length of the longest end of a text with which a tag begins.
func overlap(text, tag string) int {
	for n := min(len(tag), len(text)); n > 0; n-- {
		if strings.HasSuffix(text, tag[:n]) {
			return n
		}
	}
	return 0
}
