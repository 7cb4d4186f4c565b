package script

import (
	"unicode"
	"unicode/utf8"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// split cuts a text into tokens. A token is a word (letters and digits) or any
// other single character, with the white space before it; white space at the end
// is a token too. Together they are the text: "Hi, you!" is "Hi" "," " you" "!".
func split(text string) []string {
	var tokens []string
	for len(text) > 0 {
		n := tokenLength(text)
		tokens = append(tokens, text[:n])
		text = text[n:]
	}
	return tokens
}

func tokenLength(text string) int {
	n := 0
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		if !unicode.IsSpace(r) {
			break
		}
		n += size
	}
	word := n
	for n < len(text) {
		r, size := utf8.DecodeRuneInString(text[n:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			if n == word {
				n += size
			}
			break
		}
		n += size
	}
	return n
}

// count is the number of tokens of a text.
func count(text string) int32 {
	var n int32
	for ; len(text) > 0; n++ {
		text = text[tokenLength(text):]
	}
	return n
}

// inputTokens counts the tokens of all texts of a request: system prompts,
// messages, tools. A block without text is one token.
func inputTokens(r *bedrock.ConverseRequest) int32 {
	var n int32
	for _, block := range r.System {
		switch {
		case block.Text != nil:
			n += count(*block.Text)
		case block.GuardContent != nil:
			n += guardTokens(block.GuardContent)
		}
	}
	for _, m := range r.Messages {
		for _, block := range m.Content {
			n += blockTokens(block)
		}
	}
	if r.ToolConfig != nil {
		for _, tool := range r.ToolConfig.Tools {
			n += toolTokens(tool.ToolSpec)
		}
	}
	return n
}

func blockTokens(block bedrock.ContentBlock) int32 {
	switch {
	case block.Text != nil:
		return count(*block.Text)
	case block.GuardContent != nil:
		return guardTokens(block.GuardContent)
	case block.ReasoningContent != nil && block.ReasoningContent.ReasoningText != nil:
		return count(value(block.ReasoningContent.ReasoningText.Text))
	case block.ToolUse != nil:
		return count(value(block.ToolUse.Name)) + count(string(block.ToolUse.Input))
	case block.ToolResult != nil:
		var n int32
		for _, text := range resultTexts(block.ToolResult) {
			n += count(text)
		}
		return n
	case block.CachePoint != nil:
		return 0
	}
	return 1
}

func guardTokens(block *bedrock.GuardrailConverseContentBlock) int32 {
	if block.Text == nil {
		return 1
	}
	return count(value(block.Text.Text))
}

func toolTokens(tool *bedrock.ToolSpecification) int32 {
	if tool == nil {
		return 1
	}
	n := count(value(tool.Name)) + count(value(tool.Description))
	if tool.InputSchema != nil {
		n += count(string(tool.InputSchema.Json))
	}
	return n
}

// value is what a pointer points to, zero for nil.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
