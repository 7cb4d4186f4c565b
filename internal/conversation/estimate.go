package conversation

import (
	"cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// What content is guessed to have in tokens, where nobody counts.
const (
	// bytesPerToken is what English text has, about; other languages have fewer.
	bytesPerToken = 4
	// imageTokens are those of an image at the size to which models scale it: 1568 by
	// 784 pixels at 750 pixels a token (Anthropic, "Vision").
	imageTokens = 1600
	// mediaTokens are those of a video or of a piece of audio.
	mediaTokens = 10_000
	// documentBytes are those of a document that is no text, to one token: layout and
	// pictures take most of it.
	documentBytes = 40
	// turnTokens are what a message has beside its content.
	turnTokens = 4
)

// EstimateTokens guesses the input tokens of a request by its size. It asks nobody, and
// takes a small part of a microsecond for a message.
func EstimateTokens(req *bedrock.ConverseRequest) int64 {
	var e estimate
	for i := range req.System {
		e.text(req.System[i].Text)
		e.guarded(req.System[i].GuardContent)
	}
	for i := range req.Messages {
		e.tokens += turnTokens
		for j := range req.Messages[i].Content {
			e.block(&req.Messages[i].Content[j])
		}
	}
	if req.ToolConfig != nil {
		for _, tool := range req.ToolConfig.Tools {
			if spec := tool.ToolSpec; spec != nil {
				e.text(spec.Name)
				e.text(spec.Description)
				if spec.InputSchema != nil {
					e.bytes += len(spec.InputSchema.Json)
				}
			}
		}
	}
	return e.sum()
}

// EstimateTextTokens guesses the tokens of so many bytes of text.
func EstimateTextTokens(bytes int) int64 { return int64(bytes+bytesPerToken-1) / bytesPerToken }

// estimate is a sum: of texts by bytes, of the rest by tokens.
type estimate struct{ bytes, tokens int }

func (e *estimate) sum() int64 { return int64(e.tokens) + EstimateTextTokens(e.bytes) }

func (e *estimate) text(text *string) {
	if text != nil {
		e.bytes += len(*text)
	}
}

func (e *estimate) block(block *bedrock.ContentBlock) {
	e.text(block.Text)
	e.guarded(block.GuardContent)
	e.document(block.Document)
	e.search(block.SearchResult)
	switch {
	case block.Image != nil:
		e.tokens += imageTokens
	case block.Video != nil || block.Audio != nil:
		e.tokens += mediaTokens
	case block.CitationsContent != nil:
		e.bytes += len(CitedText(block.CitationsContent))
	case block.ReasoningContent != nil && block.ReasoningContent.ReasoningText != nil:
		e.text(block.ReasoningContent.ReasoningText.Text)
	case block.ToolUse != nil:
		e.text(block.ToolUse.Name)
		e.bytes += len(block.ToolUse.Input)
	case block.ToolResult != nil:
		for i := range block.ToolResult.Content {
			e.result(&block.ToolResult.Content[i])
		}
	}
}

func (e *estimate) result(content *bedrock.ToolResultContentBlock) {
	e.text(content.Text)
	e.document(content.Document)
	e.search(content.SearchResult)
	e.bytes += len(content.Json)
	switch {
	case content.Image != nil:
		e.tokens += imageTokens
	case content.Video != nil:
		e.tokens += mediaTokens
	}
}

func (e *estimate) guarded(block *bedrock.GuardrailConverseContentBlock) {
	if block == nil {
		return
	}
	if block.Text != nil {
		e.text(block.Text.Text)
	}
	if block.Image != nil {
		e.tokens += imageTokens
	}
}

func (e *estimate) search(block *bedrock.SearchResultBlock) {
	if block != nil {
		for _, content := range block.Content {
			e.text(content.Text)
		}
	}
}

func (e *estimate) document(block *bedrock.DocumentBlock) {
	if block == nil || block.Source == nil {
		return
	}
	e.text(block.Source.Text)
	for _, chunk := range block.Source.Content {
		e.text(chunk.Text)
	}
	switch cmp.Or(block.Format, bedrock.DocumentFormatTxt) {
	case bedrock.DocumentFormatTxt, bedrock.DocumentFormatMd, bedrock.DocumentFormatCsv, bedrock.DocumentFormatHtml:
		e.bytes += len(block.Source.Bytes)
	default:
		e.tokens += len(block.Source.Bytes) / documentBytes
	}
}
