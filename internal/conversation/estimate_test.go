package conversation

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
)

func TestEstimateTokens(t *testing.T) {
	text := new(strings.Repeat("word ", 80)) // 400 bytes
	search := &bedrock.SearchResultBlock{Content: []bedrock.SearchResultContentBlock{{Text: text}}}
	plain := &bedrock.DocumentBlock{Source: &bedrock.DocumentSource{Bytes: make([]byte, 400)}}
	for name, test := range map[string]struct {
		block bedrock.ContentBlock
		want  int64
	}{
		"text":      {bedrock.ContentBlock{Text: text}, 100},
		"guarded":   {bedrock.ContentBlock{GuardContent: &bedrock.GuardrailConverseContentBlock{Text: &bedrock.GuardrailConverseTextBlock{Text: text}}}, 100},
		"image":     {bedrock.ContentBlock{Image: &bedrock.ImageBlock{}}, imageTokens},
		"audio":     {bedrock.ContentBlock{Audio: &bedrock.AudioBlock{}}, mediaTokens},
		"search":    {bedrock.ContentBlock{SearchResult: search}, 100},
		"plain":     {bedrock.ContentBlock{Document: plain}, 100},
		"pdf":       {bedrock.ContentBlock{Document: &bedrock.DocumentBlock{Format: "pdf", Source: plain.Source}}, 10},
		"reasoning": {bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{ReasoningText: &bedrock.ReasoningTextBlock{Text: text}}}, 100},
		"tool use":  {bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{Name: text, Input: json.RawMessage(*text)}}, 200},
		"tool result": {bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{Content: []bedrock.ToolResultContentBlock{
			{Text: text}, {Json: json.RawMessage(*text)}, {Document: plain}, {SearchResult: search}, {Image: &bedrock.ImageBlock{}},
		}}}, 400 + imageTokens},
	} {
		req := &bedrock.ConverseRequest{Messages: []bedrock.Message{{Content: []bedrock.ContentBlock{test.block}}}}
		if got := EstimateTokens(req); got != test.want+turnTokens {
			t.Errorf("%s: %d tokens, want %d", name, got, test.want+turnTokens)
		}
	}
	req := &bedrock.ConverseRequest{
		System: []bedrock.SystemContentBlock{{Text: text}},
		ToolConfig: &bedrock.ToolConfiguration{Tools: []bedrock.Tool{
			{ToolSpec: &bedrock.ToolSpecification{Description: text, InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(*text)}}},
			{CachePoint: &bedrock.CachePointBlock{}},
		}},
	}
	if got := EstimateTokens(req); got != 300 {
		t.Errorf("%d tokens, want 300", got)
	}
}
