package nova_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/nova"
	"github.com/saprolite/saprolite/internal/provider"
)

// TestStreamBlocks numbers the blocks as Nova does: one for each delta of text,
// an index left out between the uses of two tools, none elsewhere.
func TestStreamBlocks(t *testing.T) {
	events := func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		w.Reasoning("Hm")
		w.Signature("c2ln")
		w.Text("One, ")
		w.Text("two.")
		w.ToolUse(bedrock.ToolUseBlockStart{ToolUseId: "a", Name: "look"})
		w.ToolInput(`{"x":`)
		w.ToolInput(`1}`)
		w.ToolUse(bedrock.ToolUseBlockStart{ToolUseId: "b", Name: "look"})
		w.Text("Done.")
		w.Stop(bedrock.StopReasonToolUse, nil)
		w.Metadata(bedrock.TokenUsage{InputTokens: 1, OutputTokens: 2})
	}
	var got []string
	for chunk, err := range nova.New().Renderer("amazon.nova-2-lite-v1:0").Stream(events) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(chunk.Body))
	}
	want := []string{
		`{"messageStart":{"role":"assistant"}}`,
		`{"contentBlockDelta":{"delta":{"reasoningContent":{"text":"Hm"}},"contentBlockIndex":0}}`,
		`{"contentBlockDelta":{"delta":{"reasoningContent":{"signature":"c2ln"}},"contentBlockIndex":0}}`,
		`{"contentBlockStop":{"contentBlockIndex":0}}`,
		`{"contentBlockDelta":{"delta":{"text":"One, "},"contentBlockIndex":1}}`,
		`{"contentBlockStop":{"contentBlockIndex":1}}`,
		`{"contentBlockDelta":{"delta":{"text":"two."},"contentBlockIndex":2}}`,
		`{"contentBlockStop":{"contentBlockIndex":2}}`,
		`{"contentBlockStart":{"start":{"toolUse":{"toolUseId":"a","name":"look"}},"contentBlockIndex":3}}`,
		`{"contentBlockDelta":{"delta":{"toolUse":{"input":"{\"x\":"}},"contentBlockIndex":3}}`,
		`{"contentBlockDelta":{"delta":{"toolUse":{"input":"1}"}},"contentBlockIndex":3}}`,
		`{"contentBlockStop":{"contentBlockIndex":3}}`,
		`{"contentBlockStart":{"start":{"toolUse":{"toolUseId":"b","name":"look"}},"contentBlockIndex":5}}`,
		`{"contentBlockStop":{"contentBlockIndex":5}}`,
		`{"contentBlockDelta":{"delta":{"text":"Done."},"contentBlockIndex":6}}`,
		`{"contentBlockStop":{"contentBlockIndex":6}}`,
		`{"messageStop":{"stopReason":"tool_use"}}`,
		`{"metadata":{"usage":{"inputTokens":1,"outputTokens":2,"cacheReadInputTokenCount":0,"cacheWriteInputTokenCount":0},"metrics":{},"trace":{}}}`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
