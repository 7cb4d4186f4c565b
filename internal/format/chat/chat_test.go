package chat_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/provider"
)

const qwen, oss = "qwen.qwen3-32b-v1:0", "openai.gpt-oss-20b-1:0"

var suite = formattest.Suite{
	Format:   chat.New(),
	ModelIDs: []string{qwen, oss, "deepseek.v3-v1:0"},
	Carries: formattest.Carries{
		System: true, Turns: true, Prefill: true, StopSequences: true,
		Extras: []string{`{"top_k":5,"min_p":0.1,"seed":7}`, `{"reasoning_effort":"low"}`, `{"response_format":{"type":"json_object"}}`},
		Blocks: []string{"image", "toolUse"},
	},
	Conversations: []*bedrock.ConverseRequest{structured(), resultsAndText(), thought()},
	Malformed: []formattest.Malformed{
		{Name: "a prompt", Body: `{"prompt":"Hi"}`,
			Message: "Malformed input request: #: required key [messages] not found, please reformat your input and try again."},
		{Name: "no messages", Body: `{"messages":[]}`,
			Message: "Malformed input request: #/messages: expected minimum item count: 1, found: 0, please reformat your input and try again."},
		{Name: "a role", Body: `{"messages":[{"role":"human","content":"Hi"}]}`,
			Message: "Malformed input request: #/messages/0/role: human is not a valid enum value, please reformat your input and try again."},
		{Name: "a part", Body: `{"messages":[{"role":"user","content":[{"type":"input_audio"}]}]}`,
			Message: "Malformed input request: #/messages/0/content/0/type: input_audio is not a valid enum value, please reformat your input and try again."},
		{Name: "a content", Body: `{"messages":[{"role":"user","content":7}]}`,
			Message: "Malformed input request: #/messages/0/content: #: no subschema matched out of the total 2 subschemas, please reformat your input and try again."},
		{Name: "a name", Body: `{"messages":[{"role":"user","name":"Jo","content":"Hi"}]}`,
			Message: "This model doesn't support the messages.0.name field. Remove messages.0.name and try again."},
		{Name: "an image elsewhere", Body: `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}]}`,
			Message: "This model doesn't support the image_url.url field. Remove image_url.url and try again."},
		{Name: "arguments", Body: `{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}]}`,
			Message: "Malformed input request: #/messages/0/tool_calls/0/function/arguments: expected type: JSONObject, found: String, please reformat your input and try again."},
		{Name: "a choice without tools", Body: `{"messages":[{"role":"user","content":"Hi"}],"tool_choice":"required"}`,
			Message: "Malformed input request: #: required key [tools] not found, please reformat your input and try again."},
		{Name: "several answers", Body: `{"messages":[{"role":"user","content":"Hi"}],"n":2}`,
			Message: "This model doesn't support the n field. Remove n and try again."},
		{Name: "another model", Body: `{"messages":[{"role":"user","content":"Hi"}],"model":"gpt-5"}`,
			Message: "Malformed input request: #/model: gpt-5 is not a valid enum value, please reformat your input and try again."},
	},
}

func say(role bedrock.ConversationRole, blocks ...bedrock.ContentBlock) bedrock.Message {
	return bedrock.Message{Role: role, Content: blocks}
}

func text(s string) bedrock.ContentBlock { return bedrock.ContentBlock{Text: &s} }

func structured() *bedrock.ConverseRequest {
	return &bedrock.ConverseRequest{
		System:   []bedrock.SystemContentBlock{{Text: new("One.")}, {Text: new("Two.")}},
		Messages: []bedrock.Message{say("user", text("Hi")), say("system", text("Now be brief.")), say("user", text("Go"))},
		OutputConfig: &bedrock.OutputConfig{TextFormat: &bedrock.OutputFormat{
			Type: bedrock.OutputFormatTypeJsonSchema,
			Structure: &bedrock.OutputFormatStructure{JsonSchema: &bedrock.JsonSchemaDefinition{
				Name: new("rock"), Schema: new(`{"type":"object"}`),
			}},
		}},
	}
}

// resultsAndText has what the user says beside the results of tools.
func resultsAndText() *bedrock.ConverseRequest {
	config := &bedrock.ToolConfiguration{
		Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{
			Name: new("f"), Strict: new(true), InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(`{"type":"object"}`)},
		}}},
		ToolChoice: &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: new("f")}},
	}
	return &bedrock.ConverseRequest{ToolConfig: config, Messages: []bedrock.Message{
		say("user", text("Hi")),
		say("assistant", bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
			ToolUseId: new("a"), Name: new("f"), Input: json.RawMessage(`{}`),
		}}),
		say("user", bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{
			ToolUseId: new("a"), Content: []bedrock.ToolResultContentBlock{{Text: new("1")}, {Text: new("2")}},
		}}, text("And now?"), text("Quick.")),
		say("user", text("Please.")),
	}}
}

// thought has reasoning that nobody signed, as these models have it.
func thought() *bedrock.ConverseRequest {
	return &bedrock.ConverseRequest{Messages: []bedrock.Message{
		say("user", text("Hi")),
		say("assistant", bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{
			ReasoningText: &bedrock.ReasoningTextBlock{Text: new("Hm.")},
		}}, text("Hello")),
		say("user", text("Bye")),
	}}
}

func TestSuite(t *testing.T) { formattest.Run(t, suite) }

// TestParseRequest has what clients send and the service understands.
func TestParseRequest(t *testing.T) {
	body := `{"model":"` + qwen + `","stream":true,"max_tokens":9,"max_completion_tokens":5,"stop":"|","n":1,"seed":null,"user":"jo",
		"response_format":{"type":"text"},"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"none",
		"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi"},
		{"role":"assistant","content":"","refusal":null,"annotations":[],"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":""}}]},
		{"role":"tool","tool_call_id":"a","content":""}]}`
	got, err := chat.New().ParseRequest(qwen, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := &bedrock.ConverseRequest{
		System: []bedrock.SystemContentBlock{{Text: new("Be brief.")}},
		Messages: []bedrock.Message{
			say("user", text("Hi")),
			say("assistant", bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
				ToolUseId: new("a"), Name: new("f"), Input: json.RawMessage(`{}`),
			}}),
			say("user", bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{
				ToolUseId: new("a"), Content: []bedrock.ToolResultContentBlock{},
			}}),
		},
		InferenceConfig: &bedrock.InferenceConfiguration{MaxTokens: new(int32(5)), StopSequences: []string{"|"}},
		ToolConfig: &bedrock.ToolConfiguration{Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{
			Name: new("f"), InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(`{"type":"object","properties":{}}`)},
		}}}},
		AdditionalModelRequestFields: json.RawMessage(`{"tool_choice":"none","user":"jo"}`),
	}
	if diff := cmp.Diff(want, got.Conversation); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func working(yield func(bedrock.ConverseStreamOutput, error) bool) {
	w := provider.NewWriter(yield)
	w.Reasoning("Hm.")
	w.Text("Looking.")
	w.ToolUse(bedrock.ToolUseBlockStart{Name: "f", ToolUseId: "a"})
	w.ToolInput(`{"x":`)
	w.ToolInput(`1}`)
	w.Stop(bedrock.StopReasonToolUse, nil)
	w.Metadata(bedrock.TokenUsage{InputTokens: 3, OutputTokens: 9})
}

// made is what a renderer makes up.
var made = regexp.MustCompile(`"chatcmpl-[0-9a-f-]{36}"|"created":[0-9]{10}`)

// TestStream has reasoning and tools, in the two ways of the two kinds of
// models, and the counts that the request asked for.
func TestStream(t *testing.T) {
	open := `{"id":_,"object":"chat.completion.chunk",_,"model":"`
	choice := func(model, delta, reason string) string {
		return open + model + `","choices":[{"index":0,"delta":` + delta + `,"finish_reason":` + reason + `}]}`
	}
	for model, thought := range map[string][2]string{
		qwen: {`{"reasoning_content":"Hm."}`, `{"content":"Looking."}`},
		oss:  {`{"content":"<reasoning>Hm."}`, `{"content":"</reasoning>Looking."}`},
	} {
		want := []string{
			choice(model, `{"role":"assistant","content":""}`, `null`),
			choice(model, thought[0], `null`),
			choice(model, thought[1], `null`),
			choice(model, `{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}`, `null`),
			choice(model, `{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}`, `null`),
			choice(model, `{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}`, `null`),
			choice(model, `{}`, `"tool_calls"`),
			open + model + `","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}}`,
		}
		request, err := chat.New().ParseRequest(model, []byte(`{"messages":[{"role":"user","content":"Hi"}],"stream_options":{"include_usage":true}}`))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		var chunks [][]byte
		for chunk, err := range request.Renderer.Stream(working) {
			if err != nil || chunk.Last != (len(got) == len(want)-1) {
				t.Fatal(chunk.Last, err)
			}
			got = append(got, made.ReplaceAllString(string(chunk.Body), "_"))
			chunks = append(chunks, chunk.Body)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", model, diff)
		}
		wantEvents(t, chunks)
	}
}

// wantEvents reads the chunks back.
func wantEvents(t *testing.T, chunks [][]byte) {
	t.Helper()
	var want, got []bedrock.ConverseStreamOutput
	working(func(event bedrock.ConverseStreamOutput, _ error) bool {
		want = append(want, event)
		return true
	})
	native := func(yield func([]byte, error) bool) {
		for _, chunk := range chunks {
			if !yield(chunk, nil) {
				return
			}
		}
	}
	for event, err := range chat.New().ParseStream(native) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, event)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got)\n%s", diff)
	}
}

// TestResponse has the same answer, whole.
func TestResponse(t *testing.T) {
	for model, said := range map[string]string{
		qwen: `"content":"Looking.","reasoning_content":"Hm."`,
		oss:  `"content":"<reasoning>Hm.</reasoning>Looking."`,
	} {
		body := `{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"` + model + `","choices":[{"index":0,` +
			`"message":{"role":"assistant",` + said + `,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
			`"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12},"service_tier":"default"}`
		parsed, err := chat.New().ParseResponse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(parsed.Output.Message.Content); n != 3 || parsed.StopReason != bedrock.StopReasonToolUse || parsed.Usage.TotalTokens != 12 {
			t.Errorf("%s is read as %+v", body, parsed)
		}
		if again, err := chat.New().Renderer(model).Response(parsed); string(again) != body {
			t.Errorf("%v (-want +got)\n%s", err, cmp.Diff(body, string(again)))
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, conversation := range suite.Conversations {
		if body, err := chat.New().RenderRequest(qwen, conversation); err == nil {
			f.Add(body)
		}
	}
	formattest.FuzzParseRequest(f, suite)
}

func FuzzParseStream(f *testing.F) {
	for _, model := range suite.ModelIDs {
		var lines []byte
		for chunk, err := range chat.New().Renderer(model).Stream(working) {
			if err != nil {
				f.Fatal(err)
			}
			lines = append(append(lines, chunk.Body...), '\n')
		}
		f.Add(lines)
	}
	formattest.FuzzParseStream(f, suite)
}

func BenchmarkFormat(b *testing.B) { formattest.Benchmark(b, suite) }
