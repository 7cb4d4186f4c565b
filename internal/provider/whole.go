package provider

import "github.com/saprolite/saprolite/internal/bedrock"

// Whole gives a whole answer as events: each block is a single delta, but for
// the signature of reasoning and the citations of a text, which have deltas of
// their own. A block without a form in a stream is left out.
func Whole(answer *bedrock.ConverseResponse) Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		for _, event := range wholeEvents(answer) {
			if !yield(event, nil) {
				return
			}
		}
	}
}

func wholeEvents(answer *bedrock.ConverseResponse) []bedrock.ConverseStreamOutput {
	events := []bedrock.ConverseStreamOutput{{
		MessageStart: &bedrock.MessageStartEvent{Role: bedrock.ConversationRoleAssistant},
	}}
	index := int32(0)
	if message := answer.Output.Message; message != nil {
		for _, block := range message.Content {
			if start := blockStart(block); start != (bedrock.ContentBlockStart{}) {
				events = append(events, bedrock.ConverseStreamOutput{
					ContentBlockStart: &bedrock.ContentBlockStartEvent{ContentBlockIndex: index, Start: start},
				})
			}
			deltas := blockDeltas(block)
			for _, delta := range deltas {
				events = append(events, bedrock.ConverseStreamOutput{
					ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{ContentBlockIndex: index, Delta: delta},
				})
			}
			if len(deltas) > 0 {
				events = append(events, bedrock.ConverseStreamOutput{
					ContentBlockStop: &bedrock.ContentBlockStopEvent{ContentBlockIndex: index},
				})
				index++
			}
		}
	}
	return append(events,
		bedrock.ConverseStreamOutput{MessageStop: &bedrock.MessageStopEvent{
			StopReason: answer.StopReason, AdditionalModelResponseFields: answer.AdditionalModelResponseFields,
		}},
		bedrock.ConverseStreamOutput{Metadata: &bedrock.ConverseStreamMetadataEvent{
			Usage: answer.Usage, Metrics: bedrock.ConverseStreamMetrics(answer.Metrics),
			PerformanceConfig: answer.PerformanceConfig, ServiceTier: answer.ServiceTier,
		}})
}

// blockStart is the start of a block whose kind has one.
func blockStart(block bedrock.ContentBlock) (start bedrock.ContentBlockStart) {
	switch {
	case block.ToolUse != nil:
		start.ToolUse = &bedrock.ToolUseBlockStart{
			ToolUseId: orEmpty(block.ToolUse.ToolUseId), Name: orEmpty(block.ToolUse.Name), Type: block.ToolUse.Type,
		}
	case block.ToolResult != nil:
		start.ToolResult = &bedrock.ToolResultBlockStart{
			ToolUseId: orEmpty(block.ToolResult.ToolUseId), Type: block.ToolResult.Type, Status: block.ToolResult.Status,
		}
	}
	return start
}

func blockDeltas(block bedrock.ContentBlock) []bedrock.ContentBlockDelta {
	switch {
	case block.Text != nil:
		return []bedrock.ContentBlockDelta{{Text: block.Text}}
	case block.ToolUse != nil:
		return []bedrock.ContentBlockDelta{{ToolUse: &bedrock.ToolUseBlockDelta{Input: string(block.ToolUse.Input)}}}
	case block.ToolResult != nil:
		deltas := make([]bedrock.ToolResultBlockDelta, len(block.ToolResult.Content))
		for i, part := range block.ToolResult.Content {
			deltas[i] = bedrock.ToolResultBlockDelta{Json: part.Json, Text: part.Text}
		}
		return []bedrock.ContentBlockDelta{{ToolResult: deltas}}
	case block.ReasoningContent != nil:
		return reasoningDeltas(block.ReasoningContent)
	case block.CitationsContent != nil:
		return citationsDeltas(block.CitationsContent)
	}
	return nil
}

func reasoningDeltas(reasoning *bedrock.ReasoningContentBlock) []bedrock.ContentBlockDelta {
	text := reasoning.ReasoningText
	if text == nil {
		return []bedrock.ContentBlockDelta{{ReasoningContent: &bedrock.ReasoningContentBlockDelta{
			RedactedContent: reasoning.RedactedContent,
		}}}
	}
	deltas := []bedrock.ContentBlockDelta{{ReasoningContent: &bedrock.ReasoningContentBlockDelta{Text: new(orEmpty(text.Text))}}}
	if text.Signature != nil {
		deltas = append(deltas, bedrock.ContentBlockDelta{
			ReasoningContent: &bedrock.ReasoningContentBlockDelta{Signature: text.Signature},
		})
	}
	return deltas
}

func citationsDeltas(block *bedrock.CitationsContentBlock) []bedrock.ContentBlockDelta {
	var deltas []bedrock.ContentBlockDelta
	for _, content := range block.Content {
		deltas = append(deltas, bedrock.ContentBlockDelta{Text: new(orEmpty(content.Text))})
	}
	for _, cited := range block.Citations {
		delta := &bedrock.CitationsDelta{Location: cited.Location, Source: cited.Source, Title: cited.Title}
		for _, content := range cited.SourceContent {
			delta.SourceContent = append(delta.SourceContent, bedrock.CitationSourceContentDelta(content))
		}
		deltas = append(deltas, bedrock.ContentBlockDelta{Citation: delta})
	}
	return deltas
}

func orEmpty(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
