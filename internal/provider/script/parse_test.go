package script_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/providertest"
	"github.com/saprolite/saprolite/internal/provider/script"
)

func TestMistakes(t *testing.T) {
	for _, test := range []struct{ rules, want string }{
		{"", "r.yaml:1: "},
		{"rules: [", "r.yaml:2: "},
		{"- a", "r.yaml:1: the file must be a mapping with some of default, rules"},
		{"rulez: []", `r.yaml:1: the file has no "rulez"; it has default, rules`},
		{"rules: {}", "r.yaml:1: rules must be a list"},
		{"rules:\n  - reply: a\n    reply: b", `r.yaml:3: "reply" is there twice`},
		{"rules:\n  - when: {text: a}", "r.yaml:2: a rule must have a reply or an error"},
		{"rules:\n  - repy: a", `r.yaml:2: a rule has no "repy"; it has `},
		{"rules:\n  - when:\n      modell: a", `r.yaml:3: when has no "modell"; it has model, system, text, toolResult, tools, turn`},
		{"rules:\n  - when:\n      text: {regexp: '('}\n    reply: a", "r.yaml:3: error parsing regexp: missing closing )"},
		{"rules:\n  - when: {text: {like: a}}\n    reply: a", `r.yaml:2: a condition on a text has no "like"; it has contains, exact, regexp`},
		{"rules:\n  - when: {text: [a]}\n    reply: a", "r.yaml:2: a condition on a text must be a mapping with some of contains, exact, regexp"},
		{"rules:\n  - when: {turn: 0}\n    reply: a", "r.yaml:2: this must be a number, 1 or more"},
		{"rules:\n  - when: {tools: [a]}\n    reply: a", "r.yaml:2: tools must be true, false or the name of a tool"},
		{"rules:\n  - when: {model: {}}\n    reply: a", "r.yaml:2: a model must be a name, which may have * in it"},
		{"rules:\n  - reply: a\n    times: 0", "r.yaml:3: this must be a number, 1 or more"},
		{"rules:\n  - reply: a\n    delay: 20", "r.yaml:3: this must be a duration as 20ms or 1.5s"},
		{"rules:\n  - reply: a\n    delay: {each: 1s}", `r.yaml:3: delay has no "each"; it has first, token`},
		{"rules:\n  - reply: a\n    stopReason: done", "r.yaml:3: this must be one of end_turn, tool_use, "},
		{"rules:\n  - reply: a\n    stopReason: stop_sequence", "r.yaml:2: the stopReason stop_sequence goes with a stopSequence"},
		{"rules:\n  - reply: a\n    stopReason: end_turn\n    stopSequence: x", "r.yaml:2: a stopSequence goes with the stopReason stop_sequence alone"},
		{"rules:\n  - reply: a\n    usage: {tokens: 1}", `r.yaml:3: usage has no "tokens"; it has `},
		{"rules:\n  - reply: a\n    additionalModelResponseFields: [1]", "r.yaml:3: this must be a mapping"},
		{"rules:\n  - reply: a\n    error: ValidationException", "r.yaml:2: the reply is never sent: say after how many tokens the error comes (error.after)"},
		{"rules:\n  - error: Nope", `r.yaml:2: there is no exception "Nope"; there are AccessDeniedException, `},
		{"rules:\n  - error: {type: ThrottlingException, originalStatusCode: 5}", "r.yaml:2: ThrottlingException does not fit: "},
		{"rules:\n  - reply: {text: a, reasoning: b}", "r.yaml:2: a block has one of text, chunks, reasoning and toolUse"},
		{"rules:\n  - reply: {text: a, signature: b}", "r.yaml:2: only reasoning has a signature"},
		{"rules:\n  - reply: {toolUse: {input: {}}}", "r.yaml:2: toolUse must have a name"},
		{"rules:\n  - reply: {toolUse: {name: a, input: [1]}}", "r.yaml:2: this must be a mapping"},
		{"rules:\n  - reply: {toolUse: {name: a, input: {b: .inf}}}", `r.yaml:2: ".inf" has no JSON`},
		{"rules:\n  - reply: {chunks: a}", "r.yaml:2: chunks must be a list of texts"},
		{"rules:\n  - reply:\n      - a\n      -", "r.yaml:4: this must be a text"},
		{"default:\n  when: {text: a}\n  reply: a", "r.yaml:2: the default answers all that is left: it has no when and no times"},
		{"a: &a [*a]", `r.yaml:1: the file has no "a"`},
		{"rules:\n  - reply: {toolUse: {name: a, input: &a {b: *a}}}", "r.yaml:2: this is too deep or too large"},
	} {
		_, err := script.Parse("r.yaml", []byte(test.rules))
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%q\ngot  %v\nwant %s", test.rules, err, test.want)
		}
		if _, ok := errors.AsType[*script.Error](err); !ok {
			t.Errorf("%q: the error is a %T", test.rules, err)
		}
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	if _, err := script.Load(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(file, []byte("default: {reply: Hi}"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := script.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := providertest.Collect(t, t.Context(), p, call("hello")); err != nil || a.Text != "Hi" {
		t.Errorf("%q, %v", a.Text, err)
	}
}

func TestConditions(t *testing.T) {
	user := func(blocks ...bedrock.ContentBlock) bedrock.Message {
		return bedrock.Message{Role: bedrock.ConversationRoleUser, Content: blocks}
	}
	said := func(role bedrock.ConversationRole, text string) bedrock.Message {
		return bedrock.Message{Role: role, Content: []bedrock.ContentBlock{{Text: &text}}}
	}
	hello := said(bedrock.ConversationRoleUser, "Hello you")
	result := user(bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{Content: []bedrock.ToolResultContentBlock{
		{Text: new("sunny")}, {Json: []byte(`{"celsius":21}`)},
	}}})
	tool := &bedrock.ToolConfiguration{Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{Name: new("get_weather")}}}}
	tests := []struct {
		when    string
		request bedrock.ConverseRequest
		want    bool
	}{
		{"{}", bedrock.ConverseRequest{}, true},
		{"{text: Hello you}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello}}, true},
		{"{text: Hello}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello}}, false},
		{"{text: {contains: you}}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello}}, true},
		{"{text: {contains: You}}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello}}, false},
		{"{text: {regexp: '(?i)YOU$'}}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello}}, true},
		{"{text: {contains: you, regexp: '^x'}}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello}}, false},
		{"{text: 42}", bedrock.ConverseRequest{Messages: []bedrock.Message{said(bedrock.ConversationRoleUser, "42")}}, true},
		{"{text: Hello you}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello, said(bedrock.ConversationRoleAssistant, "I")}}, true},
		{"{text: Hello you}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello, said(bedrock.ConversationRoleUser, "Bye")}}, false},
		{"{turn: 2}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello, said(bedrock.ConversationRoleAssistant, "I"), hello}}, true},
		{"{turn: 1}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello, said(bedrock.ConversationRoleAssistant, "I"), hello}}, false},
		{"{toolResult: {contains: sunny}}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello, result}}, true},
		{"{toolResult: {contains: '\"celsius\":21'}}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello, result}}, true},
		{"{toolResult: {regexp: .}}", bedrock.ConverseRequest{Messages: []bedrock.Message{hello}}, false},
		{"{system: {contains: pirate}}", bedrock.ConverseRequest{System: []bedrock.SystemContentBlock{{Text: new("a pirate")}}}, true},
		{"{system: {contains: pirate}}", bedrock.ConverseRequest{}, false},
		{"{tools: true}", bedrock.ConverseRequest{ToolConfig: tool}, true},
		{"{tools: false}", bedrock.ConverseRequest{ToolConfig: tool}, false},
		{"{tools: false}", bedrock.ConverseRequest{}, true},
		{"{tools: get_weather}", bedrock.ConverseRequest{ToolConfig: tool}, true},
		{"{tools: get}", bedrock.ConverseRequest{ToolConfig: tool}, false},
		{"{model: upstream}", bedrock.ConverseRequest{}, true},
		{"{model: 'amazon.nova-*:0'}", bedrock.ConverseRequest{ModelId: "amazon.nova-lite-v1:0"}, true},
		{"{model: amazon.nova}", bedrock.ConverseRequest{ModelId: "amazon.nova-lite-v1:0"}, false},
		{"{model: 'amazon?nova*'}", bedrock.ConverseRequest{ModelId: "amazon.nova-lite-v1:0"}, false},
		{"{model: [a*, '*lite*']}", bedrock.ConverseRequest{ModelId: "amazon.nova-lite-v1:0"}, true},
		{"{model: [meta*, cohere*]}", bedrock.ConverseRequest{ModelId: "amazon.nova-lite-v1:0"}, false},
	}
	for _, test := range tests {
		p := parse(t, "rules: [{when: "+test.when+", reply: yes}]\ndefault: {reply: no}")
		a, err := providertest.Collect(t, t.Context(), p, provider.Call{Model: "upstream", Request: &test.request})
		if err != nil || (a.Text == "yes") != test.want {
			t.Errorf("%s: %q, %v; want it to match: %t", test.when, a.Text, err, test.want)
		}
	}
}

// FuzzParse parses any file, and asks what it made.
func FuzzParse(f *testing.F) {
	f.Add("rules: [{when: {text: {regexp: '(h)'}, model: '*'}, reply: [a, {chunks: [b]}, {toolUse: {name: '${1}', input: {a: 1}}}]}]", "hi")
	f.Add("default: {error: {type: ValidationException, after: 1}, reply: {reasoning: a, signature: b}, usage: {inputTokens: 1}}", "")
	f.Fuzz(func(t *testing.T, rules, text string) {
		if strings.Contains(rules, "delay") {
			return // it would take the time
		}
		p, err := script.Parse("f", []byte(rules))
		if err != nil {
			return
		}
		c := call(text)
		c.Request.InferenceConfig = &bedrock.InferenceConfiguration{MaxTokens: new(int32(5)), StopSequences: []string{"a"}}
		_, _ = providertest.Collect(t, t.Context(), p, c) // checks the order
	})
}
