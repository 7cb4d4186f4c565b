package sdkgo

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

// told is what a stream told: the names of its events in their order, where a run
// of deltas is one, and what they hold.
type told struct {
	order     []string
	text      string
	reasoning string
	signature string
	toolInput string
	deltas    int
	tool      *types.ToolUseBlockStart
	stop      *types.MessageStopEvent
	metadata  *types.ConverseStreamMetadataEvent
}

// listen reads a stream to its end.
func listen(ctx context.Context, target Target, in *bedrockruntime.ConverseStreamInput) (told, error) {
	var all told
	out, err := target.runtime().ConverseStream(ctx, in)
	if err != nil {
		return all, err
	}
	stream := out.GetStream()
	defer stream.Close()
	for event := range stream.Events() {
		all.take(event)
	}
	return all, stream.Err()
}

func mustListen(t *testing.T, target Target, in *bedrockruntime.ConverseStreamInput) told {
	t.Helper()
	all, err := listen(t.Context(), target, in)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (a *told) take(event types.ConverseStreamOutput) {
	name := "unknown"
	switch event := event.(type) {
	case *types.ConverseStreamOutputMemberMessageStart:
		name = "messageStart " + string(event.Value.Role)
	case *types.ConverseStreamOutputMemberContentBlockStart:
		name = "contentBlockStart"
		if start, ok := event.Value.Start.(*types.ContentBlockStartMemberToolUse); ok {
			a.tool = &start.Value
		}
	case *types.ConverseStreamOutputMemberContentBlockDelta:
		name = "contentBlockDelta"
		a.deltas++
		a.takeDelta(event.Value.Delta)
	case *types.ConverseStreamOutputMemberContentBlockStop:
		name = "contentBlockStop"
	case *types.ConverseStreamOutputMemberMessageStop:
		name = "messageStop"
		a.stop = &event.Value
	case *types.ConverseStreamOutputMemberMetadata:
		name = "metadata"
		a.metadata = &event.Value
	}
	if n := len(a.order); name != "contentBlockDelta" || n == 0 || a.order[n-1] != name {
		a.order = append(a.order, name)
	}
}

func (a *told) takeDelta(delta types.ContentBlockDelta) {
	switch delta := delta.(type) {
	case *types.ContentBlockDeltaMemberText:
		a.text += delta.Value
	case *types.ContentBlockDeltaMemberToolUse:
		a.toolInput += *delta.Value.Input
	case *types.ContentBlockDeltaMemberReasoningContent:
		switch reasoning := delta.Value.(type) {
		case *types.ReasoningContentBlockDeltaMemberText:
			a.reasoning += reasoning.Value
		case *types.ReasoningContentBlockDeltaMemberSignature:
			a.signature += reasoning.Value
		}
	}
}

func testConverseStream(t *testing.T, target Target) {
	all := mustListen(t, target, askStream(haiku, "greet"))
	equal(t, "order", all.order, []string{
		"messageStart assistant", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata",
	})
	equal(t, "text", all.text, "Hi there, friend!")
	equal(t, "deltas", all.deltas, 5)
	equal(t, "stop reason", all.stop.StopReason, types.StopReasonEndTurn)
	equal(t, "input", *all.metadata.Usage.InputTokens, 1)
	equal(t, "output", *all.metadata.Usage.OutputTokens, 5)
	equal(t, "total", *all.metadata.Usage.TotalTokens, 6)
	if all.metadata.Metrics == nil || all.metadata.Metrics.LatencyMs == nil {
		t.Error("no latency")
	}
}

func testStreamReasoning(t *testing.T, target Target) {
	all := mustListen(t, target, askStream(sonnet, "think"))
	equal(t, "order", all.order, []string{
		"messageStart assistant", "contentBlockDelta", "contentBlockStop", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata",
	})
	equal(t, "reasoning", all.reasoning, "Let me see.")
	equal(t, "signature", all.signature, "c2lnbmF0dXJl")
	equal(t, "text", all.text, "I see.")
}

func testStreamTools(t *testing.T, target Target) {
	in := askStream(haiku, "What is the weather?")
	in.ToolConfig = weather()
	all := mustListen(t, target, in)
	equal(t, "order", all.order, []string{
		"messageStart assistant", "contentBlockDelta", "contentBlockStop",
		"contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata",
	})
	if all.tool == nil {
		t.Fatal("no tool was called")
	}
	equal(t, "tool", *all.tool.Name, "get_weather")
	equal(t, "id", *all.tool.ToolUseId, "tooluse_weather")
	equal(t, "input", all.toolInput, `{"city":"Paris","days":2}`)
	equal(t, "stop reason", all.stop.StopReason, types.StopReasonToolUse)
}

func testStreamStop(t *testing.T, target Target) {
	in := askStream(haiku, "greet")
	in.InferenceConfig = &types.InferenceConfiguration{StopSequences: []string{" there"}}
	in.AdditionalModelResponseFieldPaths = []string{"/stop_sequence", "/absent"}
	all := mustListen(t, target, in)
	equal(t, "text", all.text, "Hi")
	equal(t, "stop reason", all.stop.StopReason, types.StopReasonStopSequence)
	if all.stop.AdditionalModelResponseFields == nil {
		t.Fatal("no additional fields")
	}
	var fields map[string]string
	if err := all.stop.AdditionalModelResponseFields.UnmarshalSmithyDocument(&fields); err != nil {
		t.Fatal(err)
	}
	equal(t, "fields", fields, map[string]string{"stop_sequence": " there"})

	in = askStream(haiku, "greet")
	in.InferenceConfig = &types.InferenceConfiguration{MaxTokens: aws.Int32(2)}
	all = mustListen(t, target, in)
	equal(t, "cut text", all.text, "Hi there")
	equal(t, "stop reason of a cut", all.stop.StopReason, types.StopReasonMaxTokens)
}
