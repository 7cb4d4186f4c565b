package answer

import (
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Tags is how a family writes reasoning into its text: between two tags, ahead
// of the answer. Reasoning that was cut off has no closing tag.
type Tags struct {
	Open, Close string
}

// Join writes reasoning and text as one text.
func (t Tags) Join(reasoning, text string) string {
	switch {
	case reasoning == "":
		return text
	case text == "":
		return t.Open + reasoning
	}
	return t.Open + reasoning + t.Close + text
}

// Split is the reverse of Join.
func (t Tags) Split(joined string) (reasoning, text string) {
	s := t.Splitter()
	reasoning, text = s.Next(joined)
	more, rest := s.Rest()
	return reasoning + more, text + rest
}

// Inline turns the reasoning of an answer into text between the tags.
func (t Tags) Inline(events provider.Events) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		inside := false
		for event, err := range events {
			delta := event.ContentBlockDelta
			switch {
			case delta != nil && delta.Delta.ReasoningContent != nil:
				text := delta.Delta.ReasoningContent.Text
				if text == nil || *text == "" {
					continue
				}
				if !inside {
					text = new(t.Open + *text)
				}
				inside = true
				event = textDelta(delta.ContentBlockIndex, *text)
			case inside && delta != nil && delta.Delta.Text != nil:
				inside = false
				event = textDelta(delta.ContentBlockIndex, t.Close+*delta.Delta.Text)
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

func textDelta(index int32, text string) bedrock.ConverseStreamOutput {
	return bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{
		ContentBlockIndex: index, Delta: bedrock.ContentBlockDelta{Text: &text},
	}}
}

// Splitter splits a text that comes in pieces. It holds back no more than a
// beginning of a tag.
type Splitter struct {
	tags  Tags
	state splitState
	held  string
}

type splitState int

const (
	beforeOpen splitState = iota
	inReasoning
	inText
)

// Splitter makes a splitter of one text.
func (t Tags) Splitter() *Splitter { return &Splitter{tags: t} }

// Next gives what another piece of the text completes.
func (s *Splitter) Next(piece string) (reasoning, text string) {
	s.held += piece
	if s.state == beforeOpen {
		rest, ok := strings.CutPrefix(s.held, s.tags.Open)
		switch {
		case ok:
			s.state, s.held = inReasoning, rest
		case strings.HasPrefix(s.tags.Open, s.held):
			return "", ""
		default:
			s.state = inText
		}
	}
	if s.state == inReasoning {
		before, after, ok := strings.Cut(s.held, s.tags.Close)
		if !ok {
			keep := len(s.held) - overlap(s.held, s.tags.Close)
			reasoning, s.held = s.held[:keep], s.held[keep:]
			return reasoning, ""
		}
		reasoning, s.state, s.held = before, inText, after
	}
	text, s.held = s.held, ""
	return reasoning, text
}

// Rest gives what is held back, when the text has ended.
func (s *Splitter) Rest() (reasoning, text string) {
	if s.state == inReasoning {
		return s.held, ""
	}
	return "", s.held
}

// overlap is the length of the longest end of text that begins tag.
func overlap(text, tag string) int {
	for n := min(len(tag), len(text)); n > 0; n-- {
		if strings.HasSuffix(text, tag[:n]) {
			return n
		}
	}
	return 0
}
