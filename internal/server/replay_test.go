package server_test

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
	"sync/atomic"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/format/all"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/recorded"
)

// replay is a provider that says what the service said in a recording: the
// content and the counts, without what the service adds to any model's answer,
// which is for the server to add.
type replay struct {
	abilities provider.Abilities
	models    *catalog.Catalog
	current   atomic.Pointer[recorded.Interaction]
}

func (r *replay) Abilities(string) provider.Abilities { return r.abilities }

func (r *replay) CountTokens(context.Context, provider.Call) (int32, error) {
	one := r.current.Load()
	if one.Operation == "CountTokens" {
		var answer bedrock.CountTokensResponse
		err := json.Unmarshal(one.Response.Body, &answer)
		return answer.InputTokens, err
	}
	for event, err := range r.events(one) {
		if err != nil {
			return 0, err
		}
		if event.Metadata != nil {
			return event.Metadata.Usage.InputTokens, nil
		}
	}
	return 0, &bedrock.InternalServerException{}
}

func (r *replay) Converse(context.Context, provider.Call) provider.Events {
	return r.events(r.current.Load())
}

func (r *replay) Embed(context.Context, provider.EmbedCall) (*provider.Embeddings, error) {
	one := r.current.Load()
	target, err := r.models.Resolve(one.ModelID)
	if err != nil {
		return nil, err
	}
	answer, err := all.Embeddings()[target.Model.Family].ParseResponse(one.Response.Body)
	if err != nil {
		return nil, err
	}
	var usage bedrock.TokenUsage
	countByHeaders(&usage, one.Response.Headers)
	answer.InputTokens = usage.InputTokens
	return answer, nil
}

func (r *replay) events(one *recorded.Interaction) provider.Events {
	if one.Response.Status != 200 {
		return failing(&bedrock.InternalServerException{Message: "The service refused this request."})
	}
	switch one.Operation {
	case "Converse":
		var answer bedrock.ConverseResponse
		if err := json.Unmarshal(one.Response.Body, &answer); err != nil {
			return failing(err)
		}
		return eventsOf(&answer)
	case "ConverseStream":
		return recordedEvents(one)
	}
	target, err := r.models.Resolve(one.ModelID)
	if err != nil {
		return failing(err)
	}
	native := all.Formats()[target.Model.Family]
	if one.Operation == "InvokeModelWithResponseStream" {
		return native.ParseStream(chunksOf(one))
	}
	answer, err := native.ParseResponse(one.Response.Body)
	if err != nil {
		return failing(err)
	}
	countByHeaders(&answer.Usage, one.Response.Headers)
	return eventsOf(answer)
}

// countByHeaders fills in the counts of families whose bodies have none.
func countByHeaders(usage *bedrock.TokenUsage, header map[string]string) {
	for name, count := range map[string]*int32{"input": &usage.InputTokens, "output": &usage.OutputTokens} {
		if n, err := strconv.Atoi(header["x-amzn-bedrock-"+name+"-token-count"]); err == nil && *count == 0 {
			*count = int32(n)
		}
	}
}

func failing(err error) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) { yield(bedrock.ConverseStreamOutput{}, err) }
}

func chunksOf(one *recorded.Interaction) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, event := range one.Response.Events {
			if !yield(event.Chunk, nil) {
				return
			}
		}
	}
}

// recordedEvents gives the events of a recorded ConverseStream.
func recordedEvents(one *recorded.Interaction) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		for _, event := range one.Response.Events {
			if event.MessageType == "exception" {
				yield(bedrock.ConverseStreamOutput{}, streamException(event))
				return
			}
			var output bedrock.ConverseStreamOutput
			if err := json.Unmarshal(event.Payload, output.SetEvent(event.Type)); err != nil {
				yield(output, err)
				return
			}
			plain(&output)
			if !yield(output, nil) {
				return
			}
		}
	}
}

func streamException(event recorded.Event) error {
	exception := new(bedrock.ModelStreamErrorException)
	if event.Type != "modelStreamErrorException" {
		return &bedrock.InternalServerException{}
	}
	if err := json.Unmarshal(event.Payload, exception); err != nil {
		return err
	}
	return exception
}

// plain takes from an event what the service added to it.
func plain(output *bedrock.ConverseStreamOutput) {
	switch {
	case output.ContentBlockStart != nil:
		if tool := output.ContentBlockStart.Start.ToolUse; tool != nil && tool.Type == "tool_use" {
			tool.Type = ""
		}
	case output.Metadata != nil:
		usage := &output.Metadata.Usage
		usage.ServerToolUsage, usage.CacheReadInputTokenCount, usage.CacheWriteInputTokenCount = nil, nil, nil
		output.Metadata.PerformanceConfig, output.Metadata.ServiceTier = nil, nil
		output.Metadata.Metrics = bedrock.ConverseStreamMetrics{}
	}
}

// eventsOf gives a whole answer as the events of a call that is not incremental.
func eventsOf(answer *bedrock.ConverseResponse) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		events := []bedrock.ConverseStreamOutput{{MessageStart: &bedrock.MessageStartEvent{Role: bedrock.ConversationRoleAssistant}}}
		for i, block := range answer.Output.Message.Content {
			events = append(events, blockEvents(int32(i), block)...)
		}
		metadata := &bedrock.ConverseStreamMetadataEvent{Usage: answer.Usage}
		events = append(events,
			bedrock.ConverseStreamOutput{MessageStop: &bedrock.MessageStopEvent{
				StopReason: answer.StopReason, AdditionalModelResponseFields: answer.AdditionalModelResponseFields,
			}},
			bedrock.ConverseStreamOutput{Metadata: metadata})
		for _, event := range events {
			plain(&event)
			if !yield(event, nil) {
				return
			}
		}
	}
}

// blockEvents gives the events of one whole block.
func blockEvents(index int32, block bedrock.ContentBlock) []bedrock.ConverseStreamOutput {
	var events []bedrock.ConverseStreamOutput
	delta := func(d bedrock.ContentBlockDelta) {
		events = append(events, bedrock.ConverseStreamOutput{
			ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{ContentBlockIndex: index, Delta: d},
		})
	}
	switch {
	case block.Text != nil:
		delta(bedrock.ContentBlockDelta{Text: block.Text})
	case block.ToolUse != nil:
		use := block.ToolUse
		events = append(events, bedrock.ConverseStreamOutput{ContentBlockStart: &bedrock.ContentBlockStartEvent{
			ContentBlockIndex: index,
			Start: bedrock.ContentBlockStart{ToolUse: &bedrock.ToolUseBlockStart{
				ToolUseId: *use.ToolUseId, Name: *use.Name, Type: use.Type,
			}},
		}})
		delta(bedrock.ContentBlockDelta{ToolUse: &bedrock.ToolUseBlockDelta{Input: string(use.Input)}})
	case block.ToolResult != nil:
		result := block.ToolResult
		events = append(events, bedrock.ConverseStreamOutput{ContentBlockStart: &bedrock.ContentBlockStartEvent{
			ContentBlockIndex: index,
			Start: bedrock.ContentBlockStart{ToolResult: &bedrock.ToolResultBlockStart{
				ToolUseId: *result.ToolUseId, Type: result.Type, Status: result.Status,
			}},
		}})
		for _, content := range result.Content {
			delta(bedrock.ContentBlockDelta{ToolResult: []bedrock.ToolResultBlockDelta{{Json: content.Json, Text: content.Text}}})
		}
	case block.CitationsContent != nil:
		for _, content := range block.CitationsContent.Content {
			delta(bedrock.ContentBlockDelta{Text: content.Text})
		}
		for _, cited := range block.CitationsContent.Citations {
			delta(bedrock.ContentBlockDelta{Citation: citationDelta(cited)})
		}
	case block.ReasoningContent != nil && block.ReasoningContent.ReasoningText != nil:
		said := block.ReasoningContent.ReasoningText
		delta(bedrock.ContentBlockDelta{ReasoningContent: &bedrock.ReasoningContentBlockDelta{Text: said.Text}})
		if said.Signature != nil {
			delta(bedrock.ContentBlockDelta{ReasoningContent: &bedrock.ReasoningContentBlockDelta{Signature: said.Signature}})
		}
	case block.ReasoningContent != nil:
		delta(bedrock.ContentBlockDelta{ReasoningContent: &bedrock.ReasoningContentBlockDelta{
			RedactedContent: block.ReasoningContent.RedactedContent,
		}})
	}
	return append(events, bedrock.ConverseStreamOutput{
		ContentBlockStop: &bedrock.ContentBlockStopEvent{ContentBlockIndex: index},
	})
}

func citationDelta(cited bedrock.Citation) *bedrock.CitationsDelta {
	delta := &bedrock.CitationsDelta{Location: cited.Location, Source: cited.Source, Title: cited.Title}
	for _, content := range cited.SourceContent {
		delta.SourceContent = append(delta.SourceContent, bedrock.CitationSourceContentDelta(content))
	}
	return delta
}
