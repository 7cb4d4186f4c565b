package anthropic_test

import (
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/anthropic"
	"github.com/saprolite/saprolite/internal/provider"
)

func events(list ...bedrock.ConverseStreamOutput) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		for _, event := range list {
			if !yield(event, nil) {
				return
			}
		}
	}
}

var madeUp = regexp.MustCompile(`msg_bdrk_\w+`)

// write gives the chunks of an answer, ids blanked.
func write(t *testing.T, modelID string, answer provider.Events) (chunks []string) {
	t.Helper()
	for chunk, err := range anthropic.New().Renderer(modelID).Stream(answer) {
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, madeUp.ReplaceAllString(string(chunk.Body), "ID"))
	}
	return chunks
}

// thinkAndCall is an answer with each kind of block, in which a stop sequence
// was met.
func thinkAndCall(start bedrock.ConverseStreamOutput) provider.Events {
	delta := func(index int32, d bedrock.ContentBlockDelta) bedrock.ConverseStreamOutput {
		return bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{ContentBlockIndex: index, Delta: d}}
	}
	reason := func(d bedrock.ReasoningContentBlockDelta) bedrock.ContentBlockDelta {
		return bedrock.ContentBlockDelta{ReasoningContent: &d}
	}
	stop := func(index int32) bedrock.ConverseStreamOutput {
		return bedrock.ConverseStreamOutput{ContentBlockStop: &bedrock.ContentBlockStopEvent{ContentBlockIndex: index}}
	}
	return events(
		start,
		delta(0, reason(bedrock.ReasoningContentBlockDelta{Text: new("Hm")})),
		delta(0, reason(bedrock.ReasoningContentBlockDelta{Signature: new("c2ln")})),
		stop(0),
		delta(1, reason(bedrock.ReasoningContentBlockDelta{RedactedContent: []byte("secret")})),
		stop(1),
		stop(2),
		bedrock.ConverseStreamOutput{ContentBlockStart: &bedrock.ContentBlockStartEvent{ContentBlockIndex: 3,
			Start: bedrock.ContentBlockStart{ToolUse: &bedrock.ToolUseBlockStart{Name: "look", ToolUseId: "call_1"}}}},
		delta(3, bedrock.ContentBlockDelta{ToolUse: &bedrock.ToolUseBlockDelta{Input: ""}}),
		delta(3, bedrock.ContentBlockDelta{ToolUse: &bedrock.ToolUseBlockDelta{Input: `{"a":1}`}}),
		stop(3),
		bedrock.ConverseStreamOutput{MessageStop: &bedrock.MessageStopEvent{
			StopReason: bedrock.StopReasonStopSequence, AdditionalModelResponseFields: provider.StopSequenceFields("###")}},
		bedrock.ConverseStreamOutput{Metadata: &bedrock.ConverseStreamMetadataEvent{
			Usage: bedrock.TokenUsage{InputTokens: 12, OutputTokens: 7, TotalTokens: 19}}},
	)
}

var thinkAndCallBlocks = []string{
	`{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}`,
	`{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}`,
	`{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}`,
	`{"type":"content_block_stop","index":0}`,
	`{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"secret"}}`,
	`{"type":"content_block_stop","index":1}`,
	`{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}`,
	`{"type":"content_block_stop","index":2}`,
	`{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"call_1","name":"look","input":{}}}`,
	`{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}`,
	`{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"a\":1}"}}`,
	`{"type":"content_block_stop","index":3}`,
}

// TestStreamUsage tells the input in message_start where it is known by then,
// and else in message_delta.
func TestStreamUsage(t *testing.T) {
	start := bedrock.ConverseStreamOutput{MessageStart: &bedrock.MessageStartEvent{Role: bedrock.ConversationRoleAssistant}}
	known := start
	known.Metadata = &bedrock.ConverseStreamMetadataEvent{Usage: bedrock.TokenUsage{InputTokens: 12, OutputTokens: 2}}
	tests := []struct {
		name, modelID string
		start         bedrock.ConverseStreamOutput
		first, last   string
	}{
		{"Unknown", "anthropic.claude-3-haiku-20240307-v1:0", start,
			`{"type":"message_start","message":{"id":"ID","type":"message","role":"assistant","model":"claude-3-haiku-20240307",` +
				`"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":1}}}`,
			`{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"###"},"usage":{"input_tokens":12,"output_tokens":7}}`},
		{"Known", "anthropic.claude-sonnet-4-20250514-v1:0", known,
			`{"type":"message_start","message":{"id":"ID","type":"message","role":"assistant","model":"claude-sonnet-4-20250514",` +
				`"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,` +
				`"cache_read_input_tokens":0,"output_tokens":2}}}`,
			`{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"###"},"usage":{"output_tokens":7}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := append([]string{test.first}, thinkAndCallBlocks...)
			want = append(want, test.last, `{"type":"message_stop"}`)
			if d := cmp.Diff(want, write(t, test.modelID, thinkAndCall(test.start))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestUsageAhead takes a count that comes ahead of messageStart too.
func TestUsageAhead(t *testing.T) {
	chunks := write(t, "anthropic.claude-3-haiku-20240307-v1:0", events(
		bedrock.ConverseStreamOutput{Metadata: &bedrock.ConverseStreamMetadataEvent{Usage: bedrock.TokenUsage{InputTokens: 3}}},
		bedrock.ConverseStreamOutput{MessageStart: &bedrock.MessageStartEvent{}},
		bedrock.ConverseStreamOutput{MessageStop: &bedrock.MessageStopEvent{StopReason: bedrock.StopReasonEndTurn}},
		bedrock.ConverseStreamOutput{Metadata: &bedrock.ConverseStreamMetadataEvent{Usage: bedrock.TokenUsage{InputTokens: 3, OutputTokens: 1}}},
	))
	want := `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}`
	if len(chunks) != 3 || chunks[1] != want {
		t.Errorf("got %q", chunks)
	}
}

// TestBrokenStreams gives an error for streams that make no sense.
func TestBrokenStreams(t *testing.T) {
	const start = `{"type":"message_start","message":{"content":[]}}`
	for name, chunks := range map[string][]string{
		"Empty":       {},
		"NoStart":     {`{"type":"message_stop"}`},
		"TwoStarts":   {start, start},
		"CutOff":      {start, `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}`},
		"StopFirst":   {start, `{"type":"message_stop"}`},
		"Error":       {start, `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`},
		"NoJSON":      {start, `{`},
		"Citation":    {start, `{"type":"content_block_delta","index":0,"delta":{"type":"citations_delta"}}`},
		"NoDelta":     {start, `{"type":"content_block_delta","index":0}`},
		"TextCut":     {`{"completion":" a","stop_reason":null,"stop":null}`},
		"ServerBlock": {start, `{"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var errs []error
			for _, err := range anthropic.New().ParseStream(func(yield func([]byte, error) bool) {
				for _, chunk := range chunks {
					if !yield([]byte(chunk), nil) {
						return
					}
				}
			}) {
				if err != nil {
					errs = append(errs, err)
				}
			}
			if len(errs) != 1 {
				t.Errorf("got the errors %v, want one", errs)
			}
		})
	}
}
