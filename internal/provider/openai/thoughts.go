package openai

import (
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
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
	// inside says that the text starts behind the first of thoughtTags, which the
	// chat template wrote.
	inside bool
	close  string
	held   string
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
		if t.inside {
			return strings.TrimSpace(held), ""
		}
		return "", held
	}
	return "", ""
}

// decide looks for a tag at the start.
func (t *thoughts) decide() {
	start := strings.TrimLeftFunc(t.held, unicode.IsSpace)
	if len(t.held)-len(start) > maxLead && !t.inside {
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
	if t.inside {
		t.state, t.close = opened, thoughtTags[0].close
		return
	}
	t.state = talking
}

// startsInside says whether a whole text starts behind a tag: it closes one that it
// did not open.
func startsInside(text string) bool {
	before, _, closes := strings.Cut(text, thoughtTags[0].close)
	return closes && !strings.Contains(before, thoughtTags[0].open)
}

// opensThoughts says whether the chat template writes the opening tag of an answer
// to the request: not where the request wants no reasoning, nor where the server
// holds the answer to a format from its start.
func (b Body) opensThoughts() bool {
	var kwargs struct {
		Enable *bool `json:"enable_thinking"`
	}
	if text, err := json.Marshal(b["chat_template_kwargs"], lenient); err == nil {
		_ = json.Unmarshal(text, &kwargs, lenient) // the server refuses what is no object
	}
	return b["response_format"] == nil && (kwargs.Enable == nil || *kwargs.Enable)
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
