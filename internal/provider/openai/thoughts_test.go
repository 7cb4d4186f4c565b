package openai_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// said words a text as a stream of pieces of the given length.
func said(content string, size int) string {
	var chunks []string
	for runes := []rune(content); len(runes) > 0; runes = runes[min(size, len(runes)):] {
		piece := string(runes[:min(size, len(runes))])
		chunks = append(chunks, `{"choices":[{"index":0,"delta":{"content":`+quote(piece)+`}}]}`)
	}
	return streamOf(append(chunks, stop)...)
}

// pieces are the lengths in which every text is streamed.
var pieces = []int{1, 2, 3, 5, 8, 1000}

// TestThoughts tells the reasoning of open models from their text, wherever a
// piece of it ends.
func TestThoughts(t *testing.T) {
	for _, test := range []struct{ name, content, reasoning, text string }{
		{"text alone", "Hello <think>x</think>", "", "Hello <think>x</think>"},
		{"thoughts", "<think>\nHm.\n\nYes.\n</think>\n\nHello\n", "Hm.\n\nYes.", "Hello\n"},
		{"without line feeds", "<think>Hm.</think>Hello", "Hm.", "Hello"},
		{"another tag", "<reasoning>Hm.</reasoning>Hello", "Hm.", "Hello"},
		{"white space ahead", "\n <think>Hm.</think> Hello", "Hm.", "Hello"},
		{"too much of it", "\n\n\n\n\n<think>Hm.</think>", "", "\n\n\n\n\n<think>Hm.</think>"},
		{"no thoughts", "<think>\n\n</think>\n\nHello", "", "Hello"},
		{"no text", "<think>Hm.</think>\n", "Hm.", ""},
		{"cut off", "<think>Hm. </th", "Hm. </th", ""},
		{"a beginning of a tag", "<thin", "", "<thin"},
		{"another element", "<table><think>", "", "<table><think>"},
		{"the wrong end", "<think>a</reasoning>b</think>c", "a</reasoning>b", "c"},
		{"only the first", "<think>a</think>b<think>c</think>", "a", "b<think>c</think>"},
		{"letters of many bytes", "<think>Grüße</think>世界", "Grüße", "世界"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range pieces {
				answer, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", said(test.content, size)), ask("hi"))
				if err != nil {
					t.Fatal(err)
				}
				if answer.Reasoning != test.reasoning || answer.Text != test.text {
					t.Errorf("in pieces of %d: reasoning %q, text %q", size, answer.Reasoning, answer.Text)
				}
			}
			whole := `{"choices":[{"index":0,"finish_reason":"stop","message":{"content":` + quote(test.content) + `}}]}`
			answer, err := providertest.Collect(t, t.Context(), replying(200, "application/json", whole), ask("hi"))
			if err != nil || answer.Reasoning != test.reasoning || answer.Text != test.text {
				t.Errorf("whole: reasoning %q, text %q, %v", answer.Reasoning, answer.Text, err)
			}
		})
	}
}

// TestThoughtsInside tells reasoning apart where the chat template opened it: in a
// stream the client was told, in a whole answer it can be seen.
func TestThoughtsInside(t *testing.T) {
	plain := ask("hi")
	off := ask("hi")
	off.Request.AdditionalModelRequestFields = []byte(`{"thinking":{"type":"disabled"}}`)
	own := ask("hi")
	own.Request.AdditionalModelRequestFields = []byte(`{"chat_template_kwargs":{"enable_thinking":false}}`)
	form := ask("hi")
	form.Request.OutputConfig = schemaFor(`{"type":"object"}`)
	for _, test := range []struct {
		name            string
		call            provider.Call
		content         string
		reasoning, text string
	}{
		{"thoughts", plain, "Hm.\n\nYes.\n</think>\n\nHello", "Hm.\n\nYes.", "Hello"},
		{"none", plain, "\n</think>\n\nHello", "", "Hello"},
		{"many line feeds", plain, "\n\n\n\n\n\nHm.</think>Hello", "Hm.", "Hello"},
		{"the tag once more", plain, "<think>\nHm.</think>Hello", "Hm.", "Hello"},
		{"another one", plain, "Hm.</think>a</think>b", "Hm.", "a</think>b"},
		{"switched off", off, "Hello", "", "Hello"},
		{"switched off in the server's words", own, "Hello", "", "Hello"},
		{"held to a format", form, `{"a":1}`, "", `{"a":1}`},
	} {
		for _, size := range pieces {
			client := replying(200, "text/event-stream", said(test.content, size))
			client.OpensThoughts = true
			answer, err := providertest.Collect(t, t.Context(), client, test.call)
			if err != nil || answer.Reasoning != test.reasoning || answer.Text != test.text {
				t.Errorf("%s, in pieces of %d: reasoning %q, text %q, %v", test.name, size, answer.Reasoning, answer.Text, err)
			}
		}
		whole := `{"choices":[{"index":0,"finish_reason":"stop","message":{"content":` + quote(test.content) + `}}]}`
		answer, err := providertest.Collect(t, t.Context(), replying(200, "application/json", whole), test.call)
		if err != nil || answer.Reasoning != test.reasoning || answer.Text != test.text {
			t.Errorf("%s, whole: reasoning %q, text %q, %v", test.name, answer.Reasoning, answer.Text, err)
		}
	}
	for content, want := range map[string]string{"Hm. </th": "Hm. </th", "<thi": "<thi"} {
		client := replying(200, "text/event-stream", said(content, 2))
		client.OpensThoughts = true
		answer, err := providertest.Collect(t, t.Context(), client, plain)
		if err != nil || answer.Reasoning != want || answer.Text != "" {
			t.Errorf("cut off: reasoning %q, text %q, %v", answer.Reasoning, answer.Text, err)
		}
	}
}

// TestThoughtsAtOnce holds no piece back that is not the beginning of a tag.
func TestThoughtsAtOnce(t *testing.T) {
	var seen []string
	for event, err := range replying(200, "text/event-stream", said("<think>one </twothink></think>three", 1)).Converse(t.Context(), streaming("hi")) {
		if err != nil {
			t.Fatal(err)
		}
		if event.ContentBlockDelta == nil {
			continue
		}
		switch delta := event.ContentBlockDelta.Delta; {
		case delta.ReasoningContent != nil:
			seen = append(seen, "r:"+*delta.ReasoningContent.Text)
		case delta.Text != nil:
			seen = append(seen, *delta.Text)
		}
	}
	want := strings.Split("r:o r:n r:e r:_ r:</tw r:o r:t r:h r:i r:n r:k r:> t h r e e", " ")
	for i, piece := range want {
		want[i] = strings.ReplaceAll(piece, "_", " ")
	}
	if d := cmp.Diff(want, seen); d != "" {
		t.Error(d)
	}
}

func streaming(text string) provider.Call {
	call := ask(text)
	call.Incremental = true
	return call
}

// TestThoughtsOfTheServer leaves tags alone where the server tells reasoning
// apart, and in an answer that goes on.
func TestThoughtsOfTheServer(t *testing.T) {
	body := streamOf(`{"choices":[{"index":0,"delta":{"reasoning_content":"Hm."}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"<think>x</think>"}}]}`, stop)
	answer, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", body), ask("hi"))
	if err != nil || answer.Reasoning != "Hm." || answer.Text != "<think>x</think>" {
		t.Errorf("reasoning %q, text %q, %v", answer.Reasoning, answer.Text, err)
	}
	body = streamOf(`{"choices":[{"index":0,"delta":{"reasoning_content":"\n"}}]}`, `{"choices":[{"index":0,"delta":{"reasoning_content":"\nHm.\n\n"}}]}`,
		`{"choices":[{"index":0,"delta":{"reasoning_content":"\nYes."}}]}`, `{"choices":[{"index":0,"delta":{"content":"\n"}}]}`,
		`{"choices":[{"index":0,"delta":{"content":"\nHello"}}]}`, `{"choices":[{"index":0,"delta":{"content":"\n\nyou"}}]}`, stop)
	answer, err = providertest.Collect(t, t.Context(), replying(200, "text/event-stream", body), ask("hi"))
	if err != nil || answer.Reasoning != "Hm.\n\n\nYes." || answer.Text != "Hello\n\nyou" {
		t.Errorf("reasoning %q, text %q, %v", answer.Reasoning, answer.Text, err)
	}
	call := ask("hi")
	call.Request.Messages = append(call.Request.Messages, assistant(text("The tag is ")))
	answer, err = providertest.Collect(t, t.Context(), replying(200, "text/event-stream", said("<think>.", 3)), call)
	if err != nil || answer.Text != "<think>." {
		t.Errorf("text %q, %v", answer.Text, err)
	}
}

// withTools asks with two tools.
func withTools() provider.Call {
	call := ask("hi")
	call.Request.ToolConfig = &bedrock.ToolConfiguration{Tools: []bedrock.Tool{weather, {ToolSpec: &bedrock.ToolSpecification{
		Name: new("time"), InputSchema: &bedrock.ToolInputSchema{Json: []byte(`{"type":"object"}`)},
	}}}}
	return call
}

// TestSpokenCalls finds calls that the server left in the text, and nothing else.
func TestSpokenCalls(t *testing.T) {
	const oslo = `{"name": "weather", "arguments": {"city": "Oslo {}"}}`
	call := []string{`weather {"city": "Oslo {}"}`}
	long := `{"name": "weather", "arguments": {"city": "` + strings.Repeat("x", 5000) + `"}}`
	for _, test := range []struct {
		name, content, text string
		calls               []string
	}{
		{"bare", oslo, "", call},
		{"with white space", "\n" + oslo + " \n", "", call},
		{"fenced", "```json\n" + oslo + "\n```\n", "", call},
		{"fenced on a line", "```json" + oslo + "```", "", call},
		{"fenced without a language", "```\n" + oslo + "\n```", "", call},
		{"behind thoughts", "<think>Hm.</think>\n" + oslo, "", call},
		{"arguments first", `{"arguments":{},"name":"time"}`, "", []string{"time {}"}},
		{"long", long, "", []string{"weather " + long[len(`{"name": "weather", "arguments": `):len(long)-1]}},
		{"another tool", `{"name":"sing","arguments":{}}`, `{"name":"sing","arguments":{}}`, nil},
		{"arguments that are no object", `{"name":"time","arguments":"now"}`, `{"name":"time","arguments":"now"}`, nil},
		{"no arguments", `{"name":"time"}`, `{"name":"time"}`, nil},
		{"more members", `{"name":"time","arguments":{},"x":1}`, `{"name":"time","arguments":{},"x":1}`, nil},
		{"words behind it", oslo + " Shall I?", oslo + " Shall I?", nil},
		{"words ahead of it", "I call " + oslo, "I call " + oslo, nil},
		{"two of them", oslo + oslo, oslo + oslo, nil},
		{"an open fence", "```json\n" + oslo, "```json\n" + oslo, nil},
		{"code", "```go\nfunc main() {}\n```", "```go\nfunc main() {}\n```", nil},
		{"cut off", oslo[:30], oslo[:30], nil},
		{"no JSON", "{name: weather}", "{name: weather}", nil},
		{"white space alone", "\n", "\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range pieces {
				answer, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", said(test.content, size)), withTools())
				if err != nil {
					t.Fatal(err)
				}
				reason := bedrock.StopReasonEndTurn
				if test.calls != nil {
					reason = bedrock.StopReasonToolUse
				}
				if d := cmp.Diff(test.calls, callsOf(t, answer)); d != "" || answer.Text != test.text || answer.StopReason != reason {
					t.Errorf("in pieces of %d: text %q, %s, %s", size, answer.Text, answer.StopReason, d)
				}
			}
		})
	}
}

// TestNoSpokenCalls takes text as text where there can be no call: without tools,
// without calls, and where the answer has a format.
func TestNoSpokenCalls(t *testing.T) {
	const content = `{"name":"time","arguments":{}}`
	none, formatted := withTools(), withTools()
	none.Request.AdditionalModelRequestFields = []byte(`{"tool_choice":"none"}`)
	formatted.Request.OutputConfig = schemaFor(`{"type":"object"}`)
	for name, call := range map[string]provider.Call{"no tools": ask("hi"), "no calls": none, "a format": formatted} {
		answer, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", said(content, 4)), call)
		if err != nil || answer.Text != content || len(callsOf(t, answer)) > 0 {
			t.Errorf("%s: text %q, %v", name, answer.Text, err)
		}
	}
}

// TestSpokenTextAtOnce holds text back only while it can be a call.
func TestSpokenTextAtOnce(t *testing.T) {
	for content, longest := range map[string]int{
		"Hello":                        1,
		`{"a":1} and more`:             len(`{"a":1`),
		"```python\nprint()":           len("```python\n"),
		`{"name":"sing and dance", `:   len(`{"name":"sing and dance"`),
		`{"name":"time","arguments":1`: len(`{"name":"time","arguments":1`),
	} {
		call := withTools()
		call.Incremental = true
		for event, err := range replying(200, "text/event-stream", said(content, 1)).Converse(t.Context(), call) {
			if err != nil {
				t.Fatal(err)
			}
			if delta := event.ContentBlockDelta; delta != nil && len(*delta.Delta.Text) > longest {
				t.Errorf("%q: %q was held back", content, *delta.Delta.Text)
			}
		}
	}
}

func schemaFor(schema string) *bedrock.OutputConfig {
	return &bedrock.OutputConfig{TextFormat: &bedrock.OutputFormat{
		Type:      bedrock.OutputFormatTypeJsonSchema,
		Structure: &bedrock.OutputFormatStructure{JsonSchema: &bedrock.JsonSchemaDefinition{Schema: &schema}},
	}}
}

// TestMalformedOutput says so where an answer is not the JSON that was asked for.
func TestMalformedOutput(t *testing.T) {
	refusal := streamOf(`{"choices":[{"index":0,"delta":{"refusal":"No."}}]}`, stop)
	for _, test := range []struct {
		name, body string
		want       bedrock.StopReason
	}{
		{"JSON", said(`{"a":1}`, 3), bedrock.StopReasonEndTurn},
		{"words", said("Here it is: {}", 3), bedrock.StopReasonMalformedModelOutput},
		{"nothing", streamOf(stop), bedrock.StopReasonMalformedModelOutput},
		{"a refusal", refusal, bedrock.StopReasonEndTurn},
		{"cut off", strings.Replace(said(`{"a"`, 3), `"stop"`, `"length"`, 1), bedrock.StopReasonMaxTokens},
	} {
		call := ask("hi")
		call.Request.OutputConfig = schemaFor(`{"type":"object"}`)
		answer, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", test.body), call)
		if err != nil || answer.StopReason != test.want {
			t.Errorf("%s: %s, %v", test.name, answer.StopReason, err)
		}
	}
}

// FuzzTakenApart gives every letter of an answer once, and fails on none.
func FuzzTakenApart(f *testing.F) {
	f.Add("<think>a</think>b", 3)
	f.Add("```json\n{\"name\":\"time\",\"arguments\":{}}\n```", 5)
	f.Fuzz(func(t *testing.T, content string, size int) {
		size = min(max(size, 1), 100)
		streamed, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", said(content, size)), withTools())
		if err != nil {
			t.Skip(err)
		}
		whole, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", said(content, 1<<20)), withTools())
		if err != nil {
			t.Fatal(err)
		}
		got, want := fmt.Sprint(streamed.Reasoning, "|", streamed.Text, callsOf(t, streamed)), fmt.Sprint(whole.Reasoning, "|", whole.Text, callsOf(t, whole))
		if got != want {
			t.Errorf("in pieces of %d %q, at once %q", size, got, want)
		}
	})
}
