package openai_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

func text(s string) bedrock.ContentBlock { return bedrock.ContentBlock{Text: &s} }

func user(blocks ...bedrock.ContentBlock) bedrock.Message {
	return bedrock.Message{Role: bedrock.ConversationRoleUser, Content: blocks}
}

func assistant(blocks ...bedrock.ContentBlock) bedrock.Message {
	return bedrock.Message{Role: bedrock.ConversationRoleAssistant, Content: blocks}
}

func TestNewBody(t *testing.T) {
	thought := bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{
		ReasoningText: &bedrock.ReasoningTextBlock{Text: new("Hm."), Signature: new("s")},
	}}
	guarded := bedrock.ContentBlock{GuardContent: &bedrock.GuardrailConverseContentBlock{
		Text: &bedrock.GuardrailConverseTextBlock{Text: new("c")},
	}}
	tests := []struct {
		name    string
		request bedrock.ConverseRequest
		want    string
	}{
		{
			"text",
			bedrock.ConverseRequest{Messages: []bedrock.Message{user(text("a"), text("b"), guarded)}},
			`{"messages":[{"role":"user","content":"a\nb\nc"}],"model":"m"}`,
		},
		{
			"system and inference configuration",
			bedrock.ConverseRequest{
				System:   []bedrock.SystemContentBlock{{Text: new("a")}, {Text: new("b")}},
				Messages: []bedrock.Message{user(text("c"))},
				InferenceConfig: &bedrock.InferenceConfiguration{
					MaxTokens: new(int32(9)), Temperature: new(float32(0.7)), TopP: new(float32(0)), StopSequences: []string{"x"},
				},
			},
			`{"max_tokens":9,"messages":[{"role":"system","content":"a\nb"},{"role":"user","content":"c"}],"model":"m",` +
				`"stop":["x"],"temperature":0.7,"top_p":0}`,
		},
		{
			"reasoning and prefill",
			bedrock.ConverseRequest{Messages: []bedrock.Message{user(text("a")), assistant(thought, text("b"))}},
			`{"add_generation_prompt":false,"continue_final_message":true,"messages":[{"role":"user","content":"a"},` +
				`{"role":"assistant","content":"b","reasoning_content":"Hm."}],"model":"m"}`,
		},
		{
			"additional fields win over the configuration",
			bedrock.ConverseRequest{
				Messages:                     []bedrock.Message{user(text("a"))},
				InferenceConfig:              &bedrock.InferenceConfiguration{Temperature: new(float32(1))},
				AdditionalModelRequestFields: []byte(`{"top_k": 5, "temperature": 0.1, "chat_template_kwargs": {"a": [1]}}`),
			},
			`{"chat_template_kwargs":{"a":[1]},"messages":[{"role":"user","content":"a"}],"model":"m","temperature":0.1,"top_k":5}`,
		},
		{
			"no additional fields",
			bedrock.ConverseRequest{Messages: []bedrock.Message{user(text("a"))}, AdditionalModelRequestFields: []byte(`null`)},
			`{"messages":[{"role":"user","content":"a"}],"model":"m"}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
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

// TestThinking words what the families of the service say about reasoning for
// open servers.
func TestThinking(t *testing.T) {
	on, off := `"chat_template_kwargs":{"enable_thinking":true,"thinking":true}`, `"chat_template_kwargs":{"enable_thinking":false,"thinking":false}`
	for _, test := range []struct{ fields, want string }{
		{`{"thinking":{"type":"enabled","budget_tokens":1024}}`, on + `,"reasoning_effort":"low"`},
		{`{"thinking":{"type":"enabled","budget_tokens":10000}}`, on + `,"reasoning_effort":"medium"`},
		{`{"reasoning_config":{"type":"enabled","budget_tokens":16000}}`, on + `,"reasoning_effort":"high"`},
		{`{"thinking":{"type":"adaptive"},"anthropic_beta":["x"]}`, on},
		{`{"thinking":{"type":"disabled"}}`, off},
		{`{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}}`, on + `,"reasoning_effort":"low"`},
		{`{"reasoningConfig":{"type":"disabled"}}`, off},
		{`{"reasoning_config":"high"}`, on + `,"reasoning_effort":"high"`},
		{`{"reasoning_config":"none"}`, off},
		{`{"reasoning_effort":"minimal"}`, `"reasoning_effort":"minimal"`},
		{`{"reasoning_effort":"low","reasoning_config":"high"}`, on + `,"reasoning_effort":"low"`},
		{`{"thinking":{"type":"disabled"},"chat_template_kwargs":{"enable_thinking":true,"a":1}}`, `"chat_template_kwargs":{"a":1,"enable_thinking":true,"thinking":false}`},
		{`{"thinking":{"type":"enabled"}}`, `"thinking":{"type":"enabled"}`},
		{`{"thinking":true}`, `"thinking":true`},
	} {
		request := bedrock.ConverseRequest{Messages: []bedrock.Message{user(text("a"))}, AdditionalModelRequestFields: []byte(test.fields)}
		body, err := openai.NewBody(provider.Call{Model: "m", Request: &request})
		if err != nil {
			t.Fatal(err)
		}
		delete(body, "messages")
		delete(body, "model")
		got, err := body.JSON()
		if d := cmp.Diff("{"+test.want+"}", string(got)); d != "" || err != nil {
			t.Errorf("%s: %v %s", test.fields, err, d)
		}
	}
}

func TestNewBodyRefuses(t *testing.T) {
	ask := []bedrock.Message{user(text("a"))}
	tests := []struct {
		name    string
		request bedrock.ConverseRequest
		want    string
	}{
		{
			"system tool", bedrock.ConverseRequest{Messages: ask, ToolConfig: &bedrock.ToolConfiguration{
				Tools: []bedrock.Tool{{SystemTool: &bedrock.SystemTool{Name: new("nova_grounding")}}},
			}},
			"This model doesn't support the systemTool tool. Remove systemTool and try again.",
		},
		{
			"image", bedrock.ConverseRequest{Messages: []bedrock.Message{user(bedrock.ContentBlock{Image: &bedrock.ImageBlock{}})}},
			"This model doesn't support the image content block that you provided. Update the content block and try again.",
		},
		{
			"no messages", bedrock.ConverseRequest{},
			"A conversation must start with a user message. Try again with a conversation that starts with a user message.",
		},
		{
			"a member that is the client's", bedrock.ConverseRequest{Messages: ask, AdditionalModelRequestFields: []byte(`{"stream":true}`)},
			"The model returned the following errors: Malformed input request: #: extraneous key [stream] is not permitted, please reformat your input and try again.",
		},
		{
			"fields that are no object", bedrock.ConverseRequest{Messages: ask, AdditionalModelRequestFields: []byte(`[1]`)},
			"The value at additionalModelRequestFields must be an object.",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := openai.NewBody(provider.Call{Model: "m", Request: &test.request})
			refused, ok := errors.AsType[*bedrock.ValidationException](err)
			if !ok || refused.Message != test.want {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
		})
	}
}
