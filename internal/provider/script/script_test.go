package script_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/providertest"
	"github.com/saprolite/saprolite/internal/provider/script"
)

func parse(t *testing.T, rules string) *script.Provider {
	t.Helper()
	p, err := script.Parse("rules.yaml", []byte(rules))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProvider(t *testing.T) {
	rules := fmt.Sprintf(`
rules:
  - when: {text: hello, system: {contains: pirate}}
    reply: Ahoy there, matey!
  - when: {text: hello}
    reply: Hello there, friend.
  - when: {text: endless}
    reply: %q
  - when: {text: count}
    reply: 1 2 3 4 5 6
  - when: {text: "What is the capital of France?"}
    reply: " of France is Paris."
  - when: {text: throttled}
    error: ThrottlingException
  - when: {text: broken}
    reply: It was a dark night.
    error: {type: ModelStreamErrorException, after: 2}
`, strings.Repeat("la ", 500))
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		return providertest.Harness{
			Provider:      parse(t, rules),
			Model:         "m",
			Prompt:        "hello",
			Endless:       "endless",
			StopPrompt:    "count",
			StopSequence:  "5",
			PrefillPrompt: "What is the capital of France?",
			Prefill:       "The capital",
			System:        "You are a pirate.",
			CheckSystem: func(t *testing.T, text string) {
				if !strings.Contains(text, "Ahoy") {
					t.Errorf("the answer is %q", text)
				}
			},
			Counts: true,
			Failures: []providertest.Failure{
				{Name: "before", Prompt: "throttled", Code: "ThrottlingException"},
				{Name: "no rule", Prompt: "something else", Code: "ValidationException"},
				{Name: "within", Prompt: "broken", Code: "ModelStreamErrorException", Within: true, PlainCode: "ModelStreamErrorException"},
			},
			Close: func() {},
		}
	})
}

// call asks with one user's text.
func call(text string) provider.Call {
	return provider.Call{Model: "m", Incremental: true, Request: &bedrock.ConverseRequest{
		ModelId:  "m",
		Messages: []bedrock.Message{{Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: &text}}}},
	}}
}

// lines words an answer, an event a line.
func lines(t *testing.T, p provider.Provider, call provider.Call) string {
	t.Helper()
	a, err := providertest.Collect(t, t.Context(), p, call)
	var b strings.Builder
	for _, event := range a.Events {
		switch {
		case event.ContentBlockStart != nil:
			use := event.ContentBlockStart.Start.ToolUse
			fmt.Fprintf(&b, "tool %s %s\n", use.Name, use.ToolUseId)
		case event.ContentBlockDelta != nil:
			b.WriteString(delta(event.ContentBlockDelta.Delta) + "\n")
		case event.ContentBlockStop != nil:
			b.WriteString("end\n")
		case event.MessageStop != nil:
			fmt.Fprintf(&b, "%s %s\n", event.MessageStop.StopReason, event.MessageStop.AdditionalModelResponseFields)
		case event.Metadata != nil:
			u := event.Metadata.Usage
			fmt.Fprintf(&b, "%d+%d=%d\n", u.InputTokens, u.OutputTokens, u.TotalTokens)
		}
	}
	if err != nil {
		fmt.Fprintln(&b, err)
	}
	return b.String()
}

func delta(d bedrock.ContentBlockDelta) string {
	switch {
	case d.Text != nil:
		return fmt.Sprintf("%q", *d.Text)
	case d.ToolUse != nil:
		return fmt.Sprintf("input %q", d.ToolUse.Input)
	case d.ReasoningContent.Text != nil:
		return fmt.Sprintf("reasoning %q", *d.ReasoningContent.Text)
	}
	return "signature " + *d.ReasoningContent.Signature
}

func TestReply(t *testing.T) {
	stops := func(max *int32, sequences ...string) func(*bedrock.ConverseRequest) {
		return func(r *bedrock.ConverseRequest) {
			r.InferenceConfig = &bedrock.InferenceConfiguration{MaxTokens: max, StopSequences: sequences}
		}
	}
	tests := []struct {
		name, rules string
		change      func(*bedrock.ConverseRequest)
		want        string
	}{
		{
			name: "text", rules: "default: {reply: 'Hi, you!'}",
			want: "\"Hi\"\n\",\"\n\" you\"\n\"!\"\nend\nend_turn \n1+4=5\n",
		},
		{
			name: "chunks", rules: "default: {reply: {chunks: [Gr, 'üße, ', 世界]}}",
			want: "\"Gr\"\n\"üße, \"\n\"世界\"\nend\nend_turn \n1+3=4\n",
		},
		{
			name: "blocks", rules: "default: {reply: [{reasoning: Hm., signature: c2ln}, One, {text: Two}]}",
			want: "reasoning \"Hm\"\nreasoning \".\"\nsignature c2ln\nend\n\"One\"\nend\n\"Two\"\nend\nend_turn \n1+4=5\n",
		},
		{
			name: "tool use", rules: "default: {reply: {toolUse: {name: get, input: {b: 1, a: '<x>', d: 2024-01-02, n: null}}}}",
			want: "tool get tooluse_scriptTurn00001Block00\n" + inputs(`{ " b " : 1 , " a " : " < x > " , " d " : " 2024 - 01 - 02 " , " n " : null }`) +
				"end\ntool_use \n1+35=36\n",
		},
		{
			name: "input as it stands", rules: "default: {reply: {toolUse: {name: get, id: i, input: '{oops'}}}",
			want: "tool get i\ninput \"{\"\ninput \"oops\"\nend\ntool_use \n1+2=3\n",
		},
		{
			name: "no input", rules: "default: {reply: {toolUse: {name: get, id: i, input: ''}}}",
			want: "tool get i\nend\ntool_use \n1+0=1\n",
		},
		{
			name: "stop reason and fields", rules: "default: {reply: No., stopReason: content_filtered, additionalModelResponseFields: {z: 1, a: [x]}}",
			want: "\"No\"\n\".\"\nend\ncontent_filtered {\"z\":1,\"a\":[\"x\"]}\n1+2=3\n",
		},
		{
			name: "stop sequence of the rule", rules: "default: {reply: No, stopSequence: '</s>', additionalModelResponseFields: {z: 1}}",
			want: "\"No\"\nend\nstop_sequence {\"stop_sequence\":\"</s>\",\"z\":1}\n1+1=2\n",
		},
		{
			name: "usage", rules: "default: {reply: No, usage: {inputTokens: 10, outputTokens: 20, cacheReadInputTokens: 3, cacheWriteInputTokens: 4}}",
			want: "\"No\"\nend\nend_turn \n10+20=37\n",
		},
		{
			name: "maxTokens", rules: "default: {reply: [One two, {reasoning: Three., signature: s}]}", change: stops(new(int32(3))),
			want: "\"One\"\n\" two\"\nend\nreasoning \"Three\"\nend\nmax_tokens \n1+3=4\n",
		},
		{
			name: "maxTokens is enough", rules: "default: {reply: One two}", change: stops(new(int32(2))),
			want: "\"One\"\n\" two\"\nend\nend_turn \n1+2=3\n",
		},
		{
			name: "maxTokens leaves a tool out", rules: "default: {reply: [One, {toolUse: {name: get}}]}", change: stops(new(int32(2))),
			want: "\"One\"\nend\nmax_tokens \n1+1=2\n",
		},
		{
			name: "stop sequence within a token", rules: "default: {reply: [One two, three]}", change: stops(nil, "hr", "wo", "two"),
			want: "\"One\"\n\" \"\nend\nstop_sequence {\"stop_sequence\":\"two\"}\n1+2=3\n",
		},
		{
			name: "stop sequence after maxTokens", rules: "default: {reply: One two three}", change: stops(new(int32(1)), "three"),
			want: "\"One\"\nend\nmax_tokens \n1+1=2\n",
		},
		{
			name: "names", rules: "rules: [{when: {text: {regexp: '(?P<who>h\\w+)'}}, reply: ['${who} ${1} ${turn} ${model} ${nobody} $x', {toolUse: {name: f, id: i, input: {q: '${text}'}}}]}]",
			change: func(r *bedrock.ConverseRequest) { r.Messages[0].Content[0].Text = new("hi\"") },
			want: "\"hi\"\n\" hi\"\n\" 1\"\n\" m\"\n\" $\"\n\"{\"\n\"nobody\"\n\"}\"\n\" $\"\n\"x\"\nend\ntool f i\n" +
				inputs(`{ " q " : " hi \ " " }`) + "end\ntool_use \n2+21=23\n",
		},
		{
			name: "error instead", rules: "default: {error: {type: ModelErrorException, message: No, originalStatusCode: 500}}",
			want: "ModelErrorException: No\n",
		},
		{
			name: "error at once", rules: "default: {reply: No, error: {type: ValidationException, message: No, after: 0}}",
			want: "ValidationException: No\n",
		},
		{
			name: "error at the end", rules: "default: {reply: No, error: {type: ValidationException, message: No, after: 9}}",
			want: "\"No\"\nend\nValidationException: No\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := call("hi")
			if test.change != nil {
				test.change(c.Request)
			}
			if d := cmp.Diff(test.want, lines(t, parse(t, test.rules), c)); d != "" {
				t.Error(d)
			}
		})
	}
}

// inputs words the deltas of an input, whose tokens the argument separates.
func inputs(tokens string) string {
	var b strings.Builder
	for _, token := range strings.Fields(tokens) {
		fmt.Fprintf(&b, "input %q\n", token)
	}
	return b.String()
}

func TestTimes(t *testing.T) {
	p := parse(t, "rules: [{error: ThrottlingException, times: 2}, {reply: One, times: 1}]\ndefault: {reply: Done}")
	for i, want := range []string{"Throttling", "Throttling", "One", "Done", "Done"} {
		if _, err := p.CountTokens(t.Context(), call("hi")); err != nil { // does not count
			t.Error(err)
		}
		if got := lines(t, p, call("hi")); !strings.Contains(got, want) {
			t.Errorf("answer %d is %q, want %s", i, got, want)
		}
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := parse(t, "default: {reply: One two three, delay: {first: 1s, token: 20ms}}")
		start := time.Now()
		var at []time.Duration
		for event, err := range p.Converse(t.Context(), call("hi")) {
			if err != nil {
				t.Fatal(err)
			}
			if event.MessageStart != nil || event.ContentBlockDelta != nil {
				at = append(at, time.Since(start))
			}
		}
		const ms = time.Millisecond
		if d := cmp.Diff([]time.Duration{1000 * ms, 1020 * ms, 1040 * ms, 1060 * ms}, at); d != "" {
			t.Error(d)
		}
		start = time.Now()
		c := call("hi")
		c.Incremental = false
		if a, err := providertest.Collect(t, t.Context(), p, c); err != nil || a.Text != "One two three" || time.Since(start) != 1060*ms {
			t.Errorf("plain: %q after %v, %v", a.Text, time.Since(start), err)
		}
	})
}

func TestNoRule(t *testing.T) {
	_, err := providertest.Collect(t, t.Context(), parse(t, "rules: []"), call("Who are you?"))
	refused, ok := errors.AsType[*bedrock.ValidationException](err)
	want := `No rule of the script rules.yaml matches this request (model m, turn 1, last user text "Who are you?"). Add a rule or a default.`
	if !ok || refused.Message != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// TestDocumentation parses the examples of the manual.
func TestDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../../docs/script.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(page), "```yaml\n")[1:]
	if len(examples) < 3 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, example := range examples {
		example, _, _ = strings.Cut(example, "```")
		parse(t, example)
	}
}
