package llamacpp

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// spec is a tool with a schema, by default one of a text.
func spec(name, description, schema string) bedrock.Tool {
	return bedrock.Tool{ToolSpec: &bedrock.ToolSpecification{
		Name: &name, Description: &description, InputSchema: &bedrock.ToolInputSchema{Json: []byte(schema)},
	}}
}

var tools = []bedrock.Tool{
	spec("get_weather", "Get the current weather of a city", `{"type":"object","properties":{"city":{"type":"string"},"unit":{"enum":["c","f"]}},"required":["city"]}`),
	spec("add", "Add two numbers", `{"type":"object","properties":{"a":{"type":"number"},"b":{"type":"number"}},"required":["a","b"]}`),
	spec("bookFlight", "Book a flight", `{"type":"object","properties":{"legs":{"type":"array","minItems":1,"maxItems":2,"items":{"$ref":"#/$defs/leg"}}},"required":["legs"],`+
		`"$defs":{"leg":{"type":"object","properties":{"from":{"type":"string","maxLength":9},"to":{"type":"string","maxLength":9}},"required":["from","to"]}}}`),
}

// auto, must and one are the choices of tools.
var (
	auto = &bedrock.ToolChoice{Auto: &bedrock.AutoToolChoice{}}
	must = &bedrock.ToolChoice{Any: &bedrock.AnyToolChoice{}}
)

func one(name string) *bedrock.ToolChoice {
	return &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: &name}}
}

// asking is a call with tools.
func asking(text string, choice *bedrock.ToolChoice) provider.Call {
	call := ask(text)
	call.Request.InferenceConfig.MaxTokens = new(int32(120))
	call.Request.ToolConfig = &bedrock.ToolConfiguration{Tools: tools, ToolChoice: choice}
	return call
}

func TestOffered(t *testing.T) {
	all := []string{"get_weather", "add", "bookFlight"}
	told := asking("What is the weather in Paris?", auto)
	told.Request.Messages = append(told.Request.Messages, bedrock.Message{
		Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{ToolResult: &bedrock.ToolResultBlock{}}, {Text: new("weather")}},
	})
	for _, test := range []struct {
		name    string
		call    provider.Call
		trained bool
		want    []string
	}{
		{"no tools", ask("What is the weather?"), false, nil},
		{"any", asking("Hi", must), false, all},
		{"any of a trained model", asking("Hi", must), true, all},
		{"one", asking("Hi", one("add")), false, []string{"add"}},
		{"auto of a trained model", asking("What is the weather?", auto), true, nil},
		{"auto, named", asking("What is the weather in Paris?", auto), false, []string{"get_weather"}},
		{"auto by default", asking("Adding 3 and 4 gives?", nil), false, []string{"add"}},
		{"auto, named by a part of a name", asking("Are there flights to Rome?", auto), false, []string{"bookFlight"}},
		{"auto, a greeting", asking("Hello! How are you?", auto), false, nil},
		{"auto, other knowledge", asking("What is the capital of France?", auto), false, nil},
		{"auto, with a result", told, false, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var names []string
			for _, spec := range offered(test.call.Request, test.trained) {
				names = append(names, *spec.Name)
			}
			if d := cmp.Diff(test.want, names); d != "" {
				t.Error(d)
			}
		})
	}
}

func call(id, name, arguments string) openai.ToolCall {
	return openai.ToolCall{ID: id, Type: "function", Function: openai.FunctionCall{Name: name, Arguments: arguments}}
}

func TestCallsInWords(t *testing.T) {
	got := callsInWords([]openai.Message{
		{Role: "user", Content: says("Weather?")},
		{Role: "assistant", ToolCalls: []openai.ToolCall{call("1", "get_weather", `{"city":"Oslo"}`), call("2", "get_time", `{}`)}},
		{Role: "tool", ToolCallID: "2", Content: says("noon")},
		{Role: "tool", ToolCallID: "1", Content: says("cold", "windy")},
		{Role: "assistant", Content: says("Let me see."), ToolCalls: []openai.ToolCall{call("3", "get_weather", `{"city":"Rome"}`)}},
	})
	want := []openai.Message{
		{Role: "user", Content: says("Weather?")},
		{Role: "user", Content: says(`get_time {} says: noon`)},
		{Role: "user", Content: says("get_weather {\"city\":\"Oslo\"} says: cold\nwindy\nAnswer the question with what get_weather says.")},
		{Role: "assistant", Content: says("Let me see.")},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestReadCall reads a call that comes in parts, cut at every place.
func TestReadCall(t *testing.T) {
	const input = `{"a": "}\"{", "b": {"c": [1, {}]}}`
	text := "\n{ \"name\": \"f\",\n\"arguments\" : " + input + " }\n"
	for cut := range len(text) {
		answer, err := providertest.Collect(t, t.Context(), saying{text[:cut], text[cut:]}, ask("hi"))
		if err != nil {
			t.Fatal(err)
		}
		name, got := callOf(answer)
		if name != "f" || got != input || answer.StopReason != bedrock.StopReasonToolUse || answer.Text != "" {
			t.Fatalf("cut at %d: %s %s %q, %s", cut, name, got, answer.Text, answer.StopReason)
		}
	}
	answer, err := providertest.Collect(t, t.Context(), saying{text[:len(text)/2]}, ask("hi"))
	if name, got := callOf(answer); err != nil || name != "f" || !strings.HasPrefix(input, got) || answer.StopReason != bedrock.StopReasonMaxTokens {
		t.Errorf("cut off: %s %s %s, %v", name, got, answer.StopReason, err)
	}
	if _, err := providertest.Collect(t, t.Context(), saying{strings.Repeat(" ", maxHead+1)}, ask("hi")); err == nil {
		t.Error("an endless head is read")
	}
}

// saying is an engine that answers with parts of a text and is cut off there.
type saying []string

func (s saying) Converse(context.Context, provider.Call) provider.Events {
	return readCall(func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		for _, part := range s {
			w.Text(part)
		}
		w.Stop(bedrock.StopReasonMaxTokens, nil)
		w.Metadata(bedrock.TokenUsage{})
	})
}

// callOf gives the last call of an answer.
func callOf(answer providertest.Answer) (name, input string) {
	for _, event := range answer.Events {
		switch {
		case event.ContentBlockStart != nil:
			name, input = event.ContentBlockStart.Start.ToolUse.Name, ""
		case event.ContentBlockDelta != nil && event.ContentBlockDelta.Delta.ToolUse != nil:
			input += event.ContentBlockDelta.Delta.ToolUse.Input
		}
	}
	return name, input
}

// callsTools asks the engine for calls of every kind, whose arguments have to
// satisfy the schema of their tool.
func callsTools(t *testing.T, p *Provider) {
	for _, test := range []struct {
		text   string
		choice *bedrock.ToolChoice
		want   string
	}{
		{"What is the weather in Paris?", must, ""},
		{"What is 3 plus 4?", must, "add"},
		{"Hello!", must, ""},
		{"Hello!", one("add"), "add"},
		{"From Oslo to Rome, please.", one("bookFlight"), "bookFlight"},
		{"What is the weather in Oslo?", auto, "get_weather"},
	} {
		t.Run(test.text, func(t *testing.T) {
			call := asking(test.text, test.choice)
			for _, call.Incremental = range []bool{true, false} {
				answer := converse(t, p, call)
				name, input := callOf(answer)
				if answer.StopReason != bedrock.StopReasonToolUse || test.want != "" && name != test.want {
					t.Fatalf("%s calls %q with %s, %q", answer.StopReason, name, input, answer.Text)
				}
				satisfies(t, name, input)
				if n, err := p.CountTokens(t.Context(), call); err != nil || n != answer.Usage.InputTokens {
					t.Errorf("counted %d, %v; the answer says %d", n, err, answer.Usage.InputTokens)
				}
			}
		})
	}
	t.Run("words", func(t *testing.T) {
		if answer := converse(t, p, asking(question, auto)); !strings.Contains(answer.Text, "Paris") {
			t.Errorf("%s %q", answer.StopReason, answer.Text)
		}
	})
	t.Run("result", func(t *testing.T) { tellsResult(t, p) })
}

// satisfies validates the arguments of a call.
func satisfies(t *testing.T, name, input string) {
	t.Helper()
	for _, tool := range tools {
		if *tool.ToolSpec.Name != name {
			continue
		}
		if err := validate(string(tool.ToolSpec.InputSchema.Json), input); err != nil {
			t.Errorf("%s %s: %v", name, input, err)
		}
		return
	}
	t.Errorf("%q is no tool", name)
}

func validate(schema, document string) error {
	read, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("schema.json", read); err != nil {
		return err
	}
	compiled, err := compiler.Compile("schema.json")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

// tellsResult ends a tool loop: the result becomes the answer.
func tellsResult(t *testing.T, p *Provider) {
	call := asking("What is the weather in Oslo?", auto)
	use := &bedrock.ToolUseBlock{ToolUseId: new("1"), Name: new("get_weather"), Input: json.RawMessage(`{"city":"Oslo"}`)}
	result := &bedrock.ToolResultBlock{ToolUseId: new("1"), Content: []bedrock.ToolResultContentBlock{{Text: new("The weather in Oslo is sunny.")}}}
	call.Request.Messages = append(call.Request.Messages,
		bedrock.Message{Role: bedrock.ConversationRoleAssistant, Content: []bedrock.ContentBlock{{ToolUse: use}}},
		bedrock.Message{Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{ToolResult: result}}})
	if answer := converse(t, p, call); answer.StopReason == bedrock.StopReasonToolUse || !strings.Contains(answer.Text, "sunny") {
		t.Errorf("%s %q", answer.StopReason, answer.Text)
	}
}

// answersInJSON holds an answer to a schema of the caller.
func answersInJSON(t *testing.T, p *Provider) {
	const schema = `{"type":"object","properties":{"name":{"type":"string","maxLength":20},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}`
	call := ask("Bob is 42 years old. Give his name and age.")
	call.Request.InferenceConfig.MaxTokens = new(int32(80))
	call.Request.OutputConfig = &bedrock.OutputConfig{TextFormat: &bedrock.OutputFormat{
		Type:      bedrock.OutputFormatTypeJsonSchema,
		Structure: &bedrock.OutputFormatStructure{JsonSchema: &bedrock.JsonSchemaDefinition{Schema: new(schema)}},
	}}
	answer := converse(t, p, call)
	if err := validate(schema, answer.Text); err != nil {
		t.Errorf("%q: %v", answer.Text, err)
	}
}
