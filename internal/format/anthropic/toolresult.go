package anthropic

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

func parseToolResult(place string, raw jsontext.Value) (block bedrock.ContentBlock, cache *cacheControl, err error) {
	native, err := decode[toolResultBlock](place, raw)
	switch {
	case err != nil:
		return block, nil, err
	case native.ToolUseID == nil:
		return block, nil, invalid(place+".tool_use_id", required)
	}
	result := &bedrock.ToolResultBlock{ToolUseId: native.ToolUseID}
	if native.IsError != nil {
		result.Status = bedrock.ToolResultStatusSuccess
		if *native.IsError {
			result.Status = bedrock.ToolResultStatusError
		}
	}
	result.Content, err = parseResultContent(place+".content", native.Content)
	block.ToolResult = result
	return block, native.CacheControl, err
}

// parseResultContent reads what a tool gave, which may be nothing.
func parseResultContent(place string, raw jsontext.Value) ([]bedrock.ToolResultContentBlock, error) {
	content := []bedrock.ToolResultContentBlock{}
	if raw == nil || string(raw) == `""` {
		return content, nil
	}
	blocks, err := parseContent(place, raw)
	if err != nil {
		return nil, err
	}
	for _, block := range blocks {
		switch {
		case block.Text != nil:
			content = append(content, bedrock.ToolResultContentBlock{Text: block.Text})
		case block.Image != nil:
			content = append(content, bedrock.ToolResultContentBlock{Image: block.Image})
		case block.Document != nil:
			content = append(content, bedrock.ToolResultContentBlock{Document: block.Document})
		case block.SearchResult != nil:
			content = append(content, bedrock.ToolResultContentBlock{SearchResult: block.SearchResult})
		default:
			return nil, schema.UnsupportedBlock(block)
		}
	}
	return content, nil
}

// renderToolResult writes a result. JSON travels as its text.
func renderToolResult(result *bedrock.ToolResultBlock) (*toolResultBlock, error) {
	native := &toolResultBlock{Type: "tool_result", ToolUseID: result.ToolUseId}
	if result.Status != "" {
		native.IsError = new(result.Status == bedrock.ToolResultStatusError)
	}
	if len(result.Content) == 0 {
		return native, nil
	}
	blocks := make([]any, len(result.Content))
	for i, part := range result.Content {
		block, err := renderResultPart(part)
		if err != nil {
			return nil, err
		}
		blocks[i] = block
	}
	content, err := json.Marshal(blocks)
	native.Content = content
	return native, err
}

func renderResultPart(part bedrock.ToolResultContentBlock) (any, error) {
	switch {
	case part.Text != nil:
		return &textBlock{Type: "text", Text: part.Text}, nil
	case part.Json != nil:
		return &textBlock{Type: "text", Text: new(string(part.Json))}, nil
	case part.Image != nil:
		return renderImage(part.Image)
	case part.Document != nil:
		return renderDocument(part.Document)
	case part.SearchResult != nil:
		return renderSearchResult(part.SearchResult), nil
	}
	return nil, schema.UnsupportedBlock(part)
}
