package conversation

import (
	"encoding/json"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// openBlock is a content block whose deltas come.
type openBlock struct {
	tool   *bedrock.ToolUseBlockStart
	result *bedrock.ToolResultBlockStart
	// content is that of a result, which a tool of the service's own gave.
	content   []bedrock.ToolResultContentBlock
	citations []bedrock.Citation
	reasoning bool
	text      strings.Builder
	signature *string
	redacted  []byte
}

func (b *openBlock) add(delta *bedrock.ContentBlockDelta) {
	switch {
	case delta.Text != nil:
		b.text.WriteString(*delta.Text)
	case delta.ToolUse != nil:
		b.text.WriteString(delta.ToolUse.Input)
	case delta.Citation != nil:
		b.citations = append(b.citations, citation(delta.Citation))
	case delta.ToolResult != nil:
		for _, part := range delta.ToolResult {
			b.content = append(b.content, bedrock.ToolResultContentBlock{Json: part.Json, Text: part.Text})
		}
	case delta.ReasoningContent != nil:
		b.reasoning = true
		reasoning := delta.ReasoningContent
		if reasoning.Text != nil {
			b.text.WriteString(*reasoning.Text)
		}
		if reasoning.Signature != nil {
			b.signature = reasoning.Signature
		}
		b.redacted = append(b.redacted, reasoning.RedactedContent...)
	}
}

func citation(delta *bedrock.CitationsDelta) bedrock.Citation {
	cited := bedrock.Citation{Location: delta.Location, Source: delta.Source, Title: delta.Title}
	for _, content := range delta.SourceContent {
		cited.SourceContent = append(cited.SourceContent, bedrock.CitationSourceContent(content))
	}
	return cited
}

// whole is the block as Converse has it.
func (b *openBlock) whole() bedrock.ContentBlock {
	switch {
	case b.tool != nil:
		return bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
			ToolUseId: &b.tool.ToolUseId, Name: &b.tool.Name, Type: b.tool.Type, Input: toolInput(b.text.String()),
		}}
	case b.result != nil:
		return bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{
			ToolUseId: &b.result.ToolUseId, Type: b.result.Type, Status: b.result.Status, Content: b.content,
		}}
	case b.redacted != nil:
		return bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{RedactedContent: b.redacted}}
	case b.reasoning:
		return bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{
			ReasoningText: &bedrock.ReasoningTextBlock{Text: new(b.text.String()), Signature: b.signature},
		}}
	case b.citations != nil:
		return bedrock.ContentBlock{CitationsContent: &bedrock.CitationsContentBlock{
			Citations: b.citations, Content: []bedrock.CitationGeneratedContent{{Text: new(b.text.String())}},
		}}
	}
	return bedrock.ContentBlock{Text: new(b.text.String())}
}

// toolInput is the input of a tool as a JSON value. What a model wrote that is no
// JSON becomes a JSON string of itself, so that the caller can see it.
func toolInput(text string) json.RawMessage {
	input := jsontext.Value(text)
	switch {
	case text == "":
		return json.RawMessage("{}")
	case input.IsValid():
		return json.RawMessage(text)
	}
	quoted, _ := jsontext.AppendQuote(nil, text) // invalid UTF-8 is replaced
	return json.RawMessage(quoted)
}
