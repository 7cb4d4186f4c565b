package cohere_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/format/cohere"
	"github.com/saprolite/saprolite/internal/provider"
)

const plus = "cohere.command-r-plus-v1:0"

// weather is a tool, in the words of Python and as the conversation has it.
const weather = `{"name":"weather","description":"The weather of a city.","parameter_definitions":` +
	`{"city":{"description":"Its name.","type":"str","required":true},"days":{"type":"int"},"units":{"type":"list"}}}`

func weatherConfig() *bedrock.ToolConfiguration {
	return &bedrock.ToolConfiguration{Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{
		Name: new("weather"), Description: new("The weather of a city."),
		InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(`{"type":"object","properties":` +
			`{"city":{"type":"string","description":"Its name."},"days":{"type":"integer"},"units":{"type":"array"}},"required":["city"]}`)},
	}}}}
}

func blocks(blocks ...bedrock.ContentBlock) []bedrock.ContentBlock { return blocks }

func text(s string) bedrock.ContentBlock { return bedrock.ContentBlock{Text: &s} }

func uses(id, city string) bedrock.ContentBlock {
	return bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
		ToolUseId: &id, Name: new("weather"), Input: json.RawMessage(`{"city":"` + city + `"}`),
	}}
}

func gave(id string, content ...bedrock.ToolResultContentBlock) bedrock.ContentBlock {
	return bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{ToolUseId: &id, Content: content}}
}

// looked is a conversation with tools: two calls at once, their results, and one
// more call.
func looked() *bedrock.ConverseRequest {
	return &bedrock.ConverseRequest{
		ToolConfig: weatherConfig(),
		Messages: []bedrock.Message{
			{Role: "user", Content: blocks(text("Oslo and Rome?"))},
			{Role: "assistant", Content: blocks(text("I will look."), uses("tooluse_1", "Oslo"), uses("tooluse_2", "Rome"))},
			{Role: "user", Content: blocks(
				gave("tooluse_1", bedrock.ToolResultContentBlock{Text: new("rain")}),
				gave("tooluse_2", bedrock.ToolResultContentBlock{Json: json.RawMessage(`{"sky":"blue","degrees":30}`)}, bedrock.ToolResultContentBlock{Text: new("sun")}))},
			{Role: "assistant", Content: blocks(text("Rain and sun."))},
			{Role: "user", Content: blocks(text("And Bonn?"))},
			{Role: "assistant", Content: blocks(uses("tooluse_3", "Bonn"))},
			{Role: "user", Content: blocks(gave("tooluse_3", bedrock.ToolResultContentBlock{Text: new("fog")}))},
		},
	}
}

const lookedBody = `{"message":"","chat_history":[` +
	`{"role":"USER","message":"Oslo and Rome?"},` +
	`{"role":"CHATBOT","message":"I will look.","tool_calls":[{"name":"weather","parameters":{"city":"Oslo"}},{"name":"weather","parameters":{"city":"Rome"}}]},` +
	`{"role":"TOOL","tool_results":[{"call":{"name":"weather","parameters":{"city":"Oslo"}},"outputs":[{"text":"rain"}]},` +
	`{"call":{"name":"weather","parameters":{"city":"Rome"}},"outputs":[{"sky":"blue","degrees":30},{"text":"sun"}]}]},` +
	`{"role":"CHATBOT","message":"Rain and sun."},{"role":"USER","message":"And Bonn?"},` +
	`{"role":"CHATBOT","message":"","tool_calls":[{"name":"weather","parameters":{"city":"Bonn"}}]}],` +
	`"tools":[` + weather + `],"tool_results":[{"call":{"name":"weather","parameters":{"city":"Bonn"}},"outputs":[{"text":"fog"}]}]}`

// A loop of tools is written in Command R's form, and read again as it was.
func TestToolsBothWays(t *testing.T) {
	body, err := cohere.New().RenderRequest(plus, looked())
	if diff := cmp.Diff(lookedBody, string(body)); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	request, err := cohere.New().ParseRequest(plus, []byte(lookedBody))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(looked(), request.Conversation); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// The results of a single step come beside the message that they are about, without
// the calls in the history.
func TestToolResultsOfOneStep(t *testing.T) {
	body := `{"message":"Oslo?","tools":[` + weather + `],"tool_results":[{"call":{"name":"weather","parameters":{"city":"Oslo"}},"outputs":[{"text":"rain"}]}]}`
	request, err := cohere.New().ParseRequest(plus, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := []bedrock.Message{
		{Role: "user", Content: blocks(text("Oslo?"))},
		{Role: "assistant", Content: blocks(uses("tooluse_1", "Oslo"))},
		{Role: "user", Content: blocks(gave("tooluse_1", bedrock.ToolResultContentBlock{Text: new("rain")}))},
	}
	if diff := cmp.Diff(want, request.Conversation.Messages); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// An answer that calls tools says the same whole and streamed.
func TestToolCalls(t *testing.T) {
	request, err := cohere.New().ParseRequest(plus, []byte(`{"message":"Oslo and Rome?","tools":[`+weather+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	events := func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		w.Text("I will look.")
		for id, city := range []string{"Oslo", "Rome"} {
			w.ToolUse(bedrock.ToolUseBlockStart{ToolUseId: string(rune('a' + id)), Name: "weather"})
			w.ToolInput(`{"city":`)
			w.ToolInput(`"` + city + `"}`)
		}
		w.Stop(bedrock.StopReasonToolUse, []byte(`{"response_id":"r","generation_id":"g"}`))
		w.Metadata(bedrock.TokenUsage{InputTokens: 3, OutputTokens: 9})
	}
	whole, err := conversation.Collect(events)
	if err != nil {
		t.Fatal(err)
	}
	calls := `"tool_calls":[{"name":"weather","parameters":{"city":"Oslo"}},{"name":"weather","parameters":{"city":"Rome"}}]`
	reply := `{"response_id":"r","text":"I will look.","generation_id":"g","chat_history":[{"role":"USER","message":"Oslo and Rome?"},` +
		`{"role":"CHATBOT","message":"I will look.",` + calls + `}],"finish_reason":"COMPLETE",` + calls
	body, err := request.Renderer.Response(whole)
	if diff := cmp.Diff(reply+`}`, string(body)); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	var chunks []string
	for chunk, err := range request.Renderer.Stream(events) {
		if err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, string(chunk.Body))
	}
	want := []string{
		`{"is_finished":false,"event_type":"text-generation","text":"I will look."}`,
		`{"is_finished":false,"event_type":"tool-calls-generation",` + calls + `}`,
	}
	if diff := cmp.Diff(want, chunks[:len(chunks)-1]); diff != "" || !strings.HasPrefix(chunks[2], `{"is_finished":true,"event_type":"stream-end","response":`+reply) {
		t.Errorf("%s (-want +got)\n%s", chunks, diff)
	}

	for name, read := range map[string]func() (*bedrock.ConverseResponse, error){
		"whole": func() (*bedrock.ConverseResponse, error) { return cohere.New().ParseResponse(body) },
		"streamed": func() (*bedrock.ConverseResponse, error) {
			return conversation.Collect(cohere.New().ParseStream(func(yield func([]byte, error) bool) {
				for _, chunk := range chunks {
					if !yield([]byte(chunk), nil) {
						return
					}
				}
			}))
		},
	} {
		parsed, err := read()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		content := parsed.Output.Message.Content
		if len(content) != 3 || parsed.StopReason != bedrock.StopReasonToolUse || *content[0].Text != "I will look." ||
			string(content[1].ToolUse.Input) != `{"city":"Oslo"}` || string(content[2].ToolUse.Input) != `{"city":"Rome"}` || *content[1].ToolUse.ToolUseId == *content[2].ToolUse.ToolUseId {
			t.Errorf("%s: %+v", name, parsed)
		}
	}
}

// What Command R has no word for is refused.
func TestToolsRefused(t *testing.T) {
	chosen, image := looked(), looked()
	chosen.ToolConfig.ToolChoice = &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: new("weather")}}
	image.Messages[2].Content[0].ToolResult.Content[0] = bedrock.ToolResultContentBlock{Image: &bedrock.ImageBlock{}}
	for name, c := range map[string]*bedrock.ConverseRequest{"a choice": chosen, "an image": image} {
		if body, err := cohere.New().RenderRequest(plus, c); err == nil {
			t.Errorf("%s is written as %s", name, body)
		}
	}
}
