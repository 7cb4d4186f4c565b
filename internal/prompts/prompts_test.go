package prompts_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/prompts"
)

const file = `
prompts:
  - id: SUMMARY123
    model: anthropic.claude-3-haiku-20240307-v1:0
    text: Summarize {{topic}} in {{ count }} sentences, {{topic}}!
  - id: SUMMARY123
    version: 1
    model: amazon.nova-lite-v1:0
    system: [{text: "You write for {{readers}}."}, {cachePoint: {type: default}}]
    messages:
      - {role: user, content: [{text: "{{greeting}}"}]}
      - {role: assistant, content: [{text: "Hello {not a variable}."}]}
    inferenceConfig: {maxTokens: 300, temperature: 0.5, stopSequences: [END]}
    toolConfig:
      tools: [{toolSpec: {name: f, inputSchema: {json: {type: object}}}}]
    additionalModelRequestFields: {inferenceConfig: {topK: 5}}
    additionalModelResponseFieldPaths: [/stopReason]
`

const arn = "arn:aws:bedrock:us-east-1:123456789012:prompt/SUMMARY123"

func load(t *testing.T) *prompts.Library {
	t.Helper()
	path := filepath.Join(t.TempDir(), "prompts.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	library, err := prompts.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return library
}

func variables(pairs ...string) map[string]bedrock.PromptVariableValues {
	values := map[string]bedrock.PromptVariableValues{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = bedrock.PromptVariableValues{Text: &pairs[i+1]}
	}
	return values
}

func said(role bedrock.ConversationRole, text string) bedrock.Message {
	return bedrock.Message{Role: role, Content: []bedrock.ContentBlock{{Text: &text}}}
}

func TestApply(t *testing.T) {
	library := load(t)
	got, err := library.Apply(&bedrock.ConverseRequest{
		ModelId: arn, PromptVariables: variables("topic", "rocks {{count}}", "count", "2", "more", "x"),
		RequestMetadata: map[string]string{"team": "blue"},
	})
	want := &bedrock.ConverseRequest{
		ModelId:         "anthropic.claude-3-haiku-20240307-v1:0",
		Messages:        []bedrock.Message{said("user", "Summarize rocks {{count}} in 2 sentences, rocks {{count}}!")},
		RequestMetadata: map[string]string{"team": "blue"},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("the draft: %v %s", err, d)
	}
	got, err = library.Apply(&bedrock.ConverseRequest{
		ModelId: arn + ":1", PromptVariables: variables("readers", "children", "greeting", ""),
		Messages: []bedrock.Message{said("user", "Go on {{readers}}.")},
	})
	want = &bedrock.ConverseRequest{
		ModelId:  "amazon.nova-lite-v1:0",
		System:   []bedrock.SystemContentBlock{{Text: new("You write for children.")}, {CachePoint: &bedrock.CachePointBlock{Type: "default"}}},
		Messages: []bedrock.Message{said("user", ""), said("assistant", "Hello {not a variable}."), said("user", "Go on {{readers}}.")},
		InferenceConfig: &bedrock.InferenceConfiguration{
			MaxTokens: new(int32(300)), Temperature: new(float32(0.5)), StopSequences: []string{"END"},
		},
		ToolConfig: &bedrock.ToolConfiguration{Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{
			Name: new("f"), InputSchema: &bedrock.ToolInputSchema{Json: []byte(`{"type":"object"}`)},
		}}}},
		AdditionalModelRequestFields:      []byte(`{"inferenceConfig":{"topK":5}}`),
		AdditionalModelResponseFieldPaths: []string{"/stopReason"},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("the version: %v %s", err, d)
	}
	if d := cmp.Diff([]string{"amazon.nova-lite-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"}, library.Models()); d != "" {
		t.Error(d)
	}
}

// TestOthers leaves alone what names no prompt of the library.
func TestOthers(t *testing.T) {
	for _, library := range []*prompts.Library{nil, load(t)} {
		for _, id := range []string{"amazon.nova-lite-v1:0", arn + ":2", "arn:aws:bedrock:us-east-1:123456789012:prompt/OTHER12345", "", "?"} {
			req := &bedrock.ConverseRequest{ModelId: id, PromptVariables: variables("a", "b")}
			if got, err := library.Apply(req); got != req || err != nil {
				t.Errorf("%q: %+v, %v", id, got, err)
			}
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	library := load(t)
	for name, test := range map[string]struct {
		req  bedrock.ConverseRequest
		want string
	}{
		"missing variables": {
			bedrock.ConverseRequest{ModelId: arn, PromptVariables: map[string]bedrock.PromptVariableValues{"count": {}}},
			"The promptVariables field is missing values for the following variables of the prompt: topic, count. Add them and try again.",
		},
		"overrides": {
			bedrock.ConverseRequest{ModelId: arn, System: []bedrock.SystemContentBlock{}, InferenceConfig: &bedrock.InferenceConfiguration{}},
			"You can't override inferenceConfig, system when you use a prompt. Remove it from the request and try again.",
		},
	} {
		_, err := library.Apply(&test.req)
		invalid, ok := errors.AsType[*bedrock.ValidationException](err)
		if !ok || invalid.Message != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for content, want := range map[string]string{
		"":                                "no documents in stream",
		"prompts: []":                     "there are no prompts",
		"promts: [{id: A}]":               "promts",
		"prompts: {":                      "p.yaml",
		"prompts:\n- {id: A-1, model: m}": `p.yaml:2: "A-1" is no id of a prompt`,
		"prompts:\n- {id: A}":             "p.yaml:2: the model is missing",
		"prompts:\n- {id: A, model: m, version: 0}":                      `p.yaml:2: "0" is no version`,
		"prompts:\n- {id: A, model: m, text: a, messages: []}":           "p.yaml:2: there is a text, and there are messages",
		"prompts:\n- {id: A, model: m}\n- {id: A, model: m}":             "p.yaml:3: there is another prompt A",
		"prompts:\n- {id: A, model: m, sytem: x}":                        `unknown field "sytem"`,
		"prompts:\n- {id: A, model: m, system: x}":                       "p.yaml:2: this is no prompt",
		"prompts:\n- {id: A, model: m, inferenceConfig: {maxTokens: 0}}": "Member must have value greater than or equal to 1",
		"prompts:\n- {id: A, model: m, ? [x] : y}":                       "p.yaml:2",
	} {
		if _, err := prompts.Parse("p.yaml", []byte(content)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
	if _, err := prompts.Load(filepath.Join(t.TempDir(), "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
