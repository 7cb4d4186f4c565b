package llamacpp

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/saprolite/saprolite/internal/provider/openai"
)

// joiner is U+2060, the word joiner: it takes no room, and no break.
const joiner = "\u2060"

// breaker breaks up the texts of control tokens, so that they are text.
type breaker struct {
	tokens []string
	root   node
}

// node is a prefix of some tokens.
type node struct {
	next map[byte]*node
	// whole says that the prefix is a token.
	whole bool
}

// newBreaker makes the breaker of some tokens. A token of one character cannot be
// broken up, and stays.
func newBreaker(tokens []string) *breaker {
	b := &breaker{tokens: tokens}
	for _, token := range tokens {
		if utf8.RuneCountInString(token) < 2 {
			continue
		}
		at := &b.root
		for i := range len(token) {
			next := at.next[token[i]]
			if next == nil {
				if next = new(node); at.next == nil {
					at.next = map[byte]*node{}
				}
				at.next[token[i]] = next
			}
			at = next
		}
		at.whole = true
	}
	return b
}

// breakUp puts a joiner behind the first character of every token in a text.
func (b *breaker) breakUp(text string) string {
	var broken strings.Builder
	done := 0
	for i := range len(text) {
		if !b.startsAt(text, i) {
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		broken.WriteString(text[done : i+size])
		broken.WriteString(joiner)
		done = i + size
	}
	if done == 0 {
		return text
	}
	broken.WriteString(text[done:])
	return broken.String()
}

// message gives a message without control tokens.
func (b *breaker) message(m openai.Message) openai.Message {
	m.Content = slices.Clone(m.Content)
	for i := range m.Content {
		m.Content[i].Text = b.breakUp(m.Content[i].Text)
	}
	m.ToolCalls = slices.Clone(m.ToolCalls)
	for i := range m.ToolCalls {
		// The joiner is good within the strings of the JSON.
		m.ToolCalls[i].Function.Arguments = b.breakUp(m.ToolCalls[i].Function.Arguments)
	}
	m.Reasoning = b.breakUp(m.Reasoning)
	return m
}

// startsAt says whether some token stands at an offset of a text.
func (b *breaker) startsAt(text string, offset int) bool {
	at := &b.root
	for i := offset; i < len(text); i++ {
		if at = at.next[text[i]]; at == nil {
			return false
		}
		if at.whole {
			return true
		}
	}
	return false
}
