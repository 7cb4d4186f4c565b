package provider_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
)

// What is collected from the events of an answer is the answer.
func TestWhole(t *testing.T) {
	answer := &bedrock.ConverseResponse{
		StopReason:                    bedrock.StopReasonToolUse,
		AdditionalModelResponseFields: json.RawMessage(`{"stop_sequence":"x"}`),
		Usage:                         bedrock.TokenUsage{InputTokens: 1, OutputTokens: 2, TotalTokens: 3},
		Metrics:                       bedrock.ConverseMetrics{LatencyMs: 4},
		Output: bedrock.ConverseOutput{Message: &bedrock.Message{
			Role: bedrock.ConversationRoleAssistant,
			Content: []bedrock.ContentBlock{
				{ReasoningContent: &bedrock.ReasoningContentBlock{ReasoningText: &bedrock.ReasoningTextBlock{Text: new("Hm"), Signature: new("s")}}},
				{ReasoningContent: &bedrock.ReasoningContentBlock{RedactedContent: []byte("r")}},
				{Text: new("")},
				{CitationsContent: &bedrock.CitationsContentBlock{
					Citations: []bedrock.Citation{{
						Title:         new("t"),
						Location:      &bedrock.CitationLocation{DocumentPage: &bedrock.DocumentPageLocation{Start: new(int32(1))}},
						SourceContent: []bedrock.CitationSourceContent{{Text: new("cited")}},
					}},
					Content: []bedrock.CitationGeneratedContent{{Text: new("said")}},
				}},
				{ToolUse: &bedrock.ToolUseBlock{ToolUseId: new("1"), Name: new("f"), Input: json.RawMessage(`{"a":1}`)}},
				{ToolResult: &bedrock.ToolResultBlock{
					ToolUseId: new("1"), Status: bedrock.ToolResultStatusSuccess, Content: []bedrock.ToolResultContentBlock{{Text: new("done")}},
				}},
			},
		}},
	}
	got, err := conversation.Collect(provider.Whole(answer))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(answer, got); d != "" {
		t.Error(d)
	}
}
