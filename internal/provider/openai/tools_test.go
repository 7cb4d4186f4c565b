package openai_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

var weather = bedrock.Tool{ToolSpec: &bedrock.ToolSpecification{
	Name: new("weather"), Description: new("Tells the weather"), Strict: new(true),
	InputSchema: &bedrock.ToolInputSchema{Json: []byte(`{"type":"object"}`)},
}}

func TestToolRequest(t *testing.T) {
	const tools = `"tools":[{"type":"function","function":{"name":"weather","description":"Tells the weather","parameters":{"type":"object"},"strict":true}}]`
	image := &bedrock.ImageBlock{Format: bedrock.ImageFormatPng, Source: &bedrock.ImageSource{Bytes: []byte("png")}}
	use := bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{ToolUseId: new("1"), Name: new("weather"), Input: []byte(`{"city":"Oslo"}`)}}
	result := func(status bedrock.ToolResultStatus, blocks ...bedrock.ToolResultContentBlock) bedrock.ContentBlock {
		return bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{ToolUseId: new("1"), Status: status, Content: blocks}}
	}
	told := []bedrock.Message{
		user(text("hi")), assistant(text("Let me see."), use),
		user(text("So?"),
			result("", bedrock.ToolResultContentBlock{Text: new("cold")}, bedrock.ToolResultContentBlock{Json: []byte(`{"c":-3}`)}),
			result(bedrock.ToolResultStatusError, bedrock.ToolResultContentBlock{Text: new("gone")})),
	}
	for _, test := range []struct {
		name    string
		request bedrock.ConverseRequest
		want    string
	}{
		{
			"auto", bedrock.ConverseRequest{ToolConfig: &bedrock.ToolConfiguration{Tools: []bedrock.Tool{weather}}},
			`{"messages":[{"role":"user","content":"hi"}],"model":"m","tool_choice":"auto",` + tools + `}`,
		},
		{
			"any, and a cache point", bedrock.ConverseRequest{ToolConfig: &bedrock.ToolConfiguration{
				Tools: []bedrock.Tool{weather, {CachePoint: &bedrock.CachePointBlock{}}}, ToolChoice: &bedrock.ToolChoice{Any: &bedrock.AnyToolChoice{}},
			}},
			`{"messages":[{"role":"user","content":"hi"}],"model":"m","tool_choice":"required",` + tools + `}`,
		},
		{
			"one", bedrock.ConverseRequest{ToolConfig: &bedrock.ToolConfiguration{
				Tools: []bedrock.Tool{weather}, ToolChoice: &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: new("weather")}},
			}},
			`{"messages":[{"role":"user","content":"hi"}],"model":"m","tool_choice":{"function":{"name":"weather"},"type":"function"},` + tools + `}`,
		},
		{
			"calls and results", bedrock.ConverseRequest{Messages: told},
			`{"messages":[{"role":"user","content":"hi"},` +
				`{"role":"assistant","content":"Let me see.","tool_calls":[{"id":"1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]},` +
				`{"role":"tool","content":"cold\n{\"c\":-3}","tool_call_id":"1"},{"role":"tool","content":"Error:\ngone","tool_call_id":"1"},` +
				`{"role":"user","content":"So?"}],"model":"m"}`,
		},
		{
			"a result alone, with an image", bedrock.ConverseRequest{Messages: []bedrock.Message{user(result("", bedrock.ToolResultContentBlock{Image: image}))}},
			`{"messages":[{"role":"tool","content":"","tool_call_id":"1"},` +
				`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,cG5n"}}]}],"model":"m"}`,
		},
		{
			"an image between texts", bedrock.ConverseRequest{Messages: []bedrock.Message{user(text("a"), bedrock.ContentBlock{Image: image}, text("b"))}},
			`{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,cG5n"}},{"type":"text","text":"b"}]}],"model":"m"}`,
		},
		{
			"a schema for the answer, and effort", bedrock.ConverseRequest{OutputConfig: &bedrock.OutputConfig{
				Effort: new("low"),
				TextFormat: &bedrock.OutputFormat{Type: bedrock.OutputFormatTypeJsonSchema, Structure: &bedrock.OutputFormatStructure{
					JsonSchema: &bedrock.JsonSchemaDefinition{Name: new("person"), Description: new("d"), Schema: new(`{"type":"object"}`)},
				}},
			}},
			`{"messages":[{"role":"user","content":"hi"}],"model":"m","reasoning_effort":"low",` +
				`"response_format":{"type":"json_schema","json_schema":{"name":"person","description":"d","schema":{"type":"object"},"strict":true}}}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.request.Messages == nil {
				test.request.Messages = []bedrock.Message{user(text("hi"))}
			}
			body, err := openai.NewBody(provider.Call{Model: "m", Request: &test.request})
			if err != nil {
				t.Fatal(err)
			}
			got, err := body.JSON()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, string(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// fragment is a chunk with a part of a call.
func fragment(index int, id, name, arguments string) string {
	return fmt.Sprintf(`{"choices":[{"index":0,"delta":{"tool_calls":[{"index":%d,"id":%q,"type":"function","function":{"name":%q,"arguments":%q}}]}}]}`,
		index, id, name, arguments)
}

func ending(reason string) string {
	return fmt.Sprintf(`{"choices":[{"index":0,"delta":{},"finish_reason":%q}]}`, reason)
}

func TestToolCalls(t *testing.T) {
	whole := `{"choices":[{"index":0,"finish_reason":"tool_calls","message":{"content":"Hm.","tool_calls":[` +
		`{"id":"a","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}},` +
		`{"id":"b","type":"function","function":{"name":"time","arguments":{"zone":"CET"}}}]}}]}`
	for _, test := range []struct {
		name, mediaType, body string
		calls                 []string
		reason                bedrock.StopReason
	}{
		{"whole", "application/json", whole, []string{`weather {"city":"Oslo"}`, `time {"zone":"CET"}`}, bedrock.StopReasonToolUse},
		{
			"streamed", "text/event-stream",
			streamOf(fragment(0, "a", "weather", ""), fragment(0, "", "", `{"city":`), fragment(0, "", "", `"Oslo"}`),
				fragment(1, "b", "time", "{}"), ending("tool_calls")),
			[]string{`weather {"city":"Oslo"}`, `time {}`}, bedrock.StopReasonToolUse,
		},
		{
			"calls that are not counted", "text/event-stream",
			streamOf(fragment(0, "a", "weather", "{}"), fragment(0, "b", "time", "{}"), ending("tool_calls")),
			[]string{`weather {}`, `time {}`}, bedrock.StopReasonToolUse,
		},
		{
			"no arguments, and the word of a chosen tool", "text/event-stream",
			streamOf(fragment(0, "a", "weather", ""), ending("stop")), []string{`weather `}, bedrock.StopReasonToolUse,
		},
		{
			"arguments that are no JSON", "text/event-stream",
			streamOf(fragment(0, "a", "weather", `{"city"`), fragment(1, "b", "time", "{}"), ending("tool_calls")),
			[]string{`weather {"city"`, `time {}`}, bedrock.StopReasonMalformedToolUse,
		},
		{
			"cut off", "text/event-stream",
			streamOf(fragment(0, "a", "weather", `{"city"`), ending("length")), []string{`weather {"city"`}, bedrock.StopReasonMaxTokens,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, err := providertest.Collect(t, t.Context(), replying(200, test.mediaType, test.body), ask("hi"))
			if err != nil {
				t.Fatal(err)
			}
			if answer.StopReason != test.reason {
				t.Errorf("stopReason %s, want %s", answer.StopReason, test.reason)
			}
			if d := cmp.Diff(test.calls, callsOf(t, answer)); d != "" {
				t.Error(d)
			}
		})
	}
}

// callsOf gives the name and the input of each toolUse block, whose ids have to
// be the service's.
func callsOf(t *testing.T, answer providertest.Answer) []string {
	var calls []string
	for _, event := range answer.Events {
		switch {
		case event.ContentBlockStart != nil:
			use := event.ContentBlockStart.Start.ToolUse
			if id, ok := strings.CutPrefix(use.ToolUseId, "tooluse_"); !ok || len(id) != 22 {
				t.Errorf("toolUseId %q", use.ToolUseId)
			}
			calls = append(calls, use.Name+" ")
		case event.ContentBlockDelta != nil && event.ContentBlockDelta.Delta.ToolUse != nil:
			calls[len(calls)-1] += event.ContentBlockDelta.Delta.ToolUse.Input
		}
	}
	return calls
}

// TestCountedID keeps the ids that count the calls of a conversation.
func TestCountedID(t *testing.T) {
	client := replying(200, "text/event-stream", streamOf(fragment(0, "functions.weather:0", "weather", "{}"), ending("tool_calls")))
	for event, err := range client.Converse(t.Context(), ask("hi")) {
		if err != nil {
			t.Fatal(err)
		}
		if start := event.ContentBlockStart; start != nil && start.Start.ToolUse.ToolUseId != "functions.weather:0" {
			t.Errorf("toolUseId %q", start.Start.ToolUse.ToolUseId)
		}
	}
}

// TestCachedTokens tells the tokens of the prompt that the server had cached from
// the others, for requests that ask for a cache.
func TestCachedTokens(t *testing.T) {
	answer := `{"choices":[{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":10,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":7}}}`
	call := ask("hi")
	a, err := providertest.Collect(t, t.Context(), replying(200, "application/json", answer), call)
	if err != nil || a.Usage.InputTokens != 10 || a.Usage.CacheReadInputTokens != nil {
		t.Errorf("without a cache point: %+v, %v", a.Usage, err)
	}
	call.Request.System = []bedrock.SystemContentBlock{{Text: new("s")}, {CachePoint: &bedrock.CachePointBlock{}}}
	a, err = providertest.Collect(t, t.Context(), replying(200, "application/json", answer), call)
	if err != nil || a.Usage.InputTokens != 3 || a.Usage.CacheReadInputTokens == nil || *a.Usage.CacheReadInputTokens != 7 || a.Usage.TotalTokens != 12 {
		t.Errorf("with one: %+v, %v", a.Usage, err)
	}
}
