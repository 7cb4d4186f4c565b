package openai_test

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// streamOf words chunks as a stream that ends by [DONE].
func streamOf(chunks ...string) string {
	return "data: " + strings.Join(append(chunks, "[DONE]"), "\n\ndata: ") + "\n\n"
}

const (
	hello = `{"choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}`
	stop  = `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}`
)

func TestStream(t *testing.T) {
	tests := []struct {
		name, body      string
		text, reasoning string
		reason          bedrock.StopReason
		input, output   int32
	}{
		{name: "nothing but the end", body: streamOf(stop)},
		{name: "no [DONE]", body: "data: " + hello + "\n\ndata: " + stop + "\n\n", text: "Hello"},
		{name: "no end", body: streamOf(hello), text: "Hello"},
		{name: "text beside the end", text: "Hello!", body: streamOf(hello,
			`{"choices":[{"index":0,"delta":{"content":"!"},"finish_reason":"stop","stop_reason":null}]}`)},
		{name: "usage beside the end", text: "Hello", input: 3, output: 4, body: streamOf(hello,
			`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}`)},
		{name: "usage in every chunk", text: "Hello", input: 3, output: 2, body: streamOf(
			`{"choices":[{"index":0,"delta":{"content":"Hel"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}`,
			`{"choices":[{"index":0,"delta":{"content":"lo"}}],"usage":{"prompt_tokens":3,"completion_tokens":2}}`, stop)},
		{name: "usage after the end", text: "Hello", input: 3, output: 4, body: streamOf(hello, stop,
			`{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}`)},
		{name: "no more after the end", text: "Hello", body: streamOf(hello, stop, hello)},
		{name: "other choices", text: "Hello", body: streamOf(hello,
			`{"choices":[{"index":1,"delta":{"content":"Hallo"},"finish_reason":"stop"}]}`, stop)},
		{name: "length", text: "Hello", reason: bedrock.StopReasonMaxTokens,
			body: streamOf(hello, `{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}`)},
		{name: "filtered", text: "Hello", reason: bedrock.StopReasonContentFiltered,
			body: streamOf(hello, `{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}`)},
		{name: "end in another server's word", text: "Hello",
			body: streamOf(hello, `{"choices":[{"index":0,"delta":{},"finish_reason":"eos"}]}`)},
		{name: "refusal", text: "No.", body: streamOf(`{"choices":[{"index":0,"delta":{"content":null,"refusal":"No."}}]}`, stop)},
		{name: "reasoning_content", text: "Hello", reasoning: "Hm. ", body: streamOf(
			`{"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}`,
			`{"choices":[{"index":0,"delta":{"reasoning_content":"Hm."}}]}`,
			`{"choices":[{"index":0,"delta":{"reasoning_content":" "}}]}`, hello, stop)},
		{name: "reasoning", text: "Hello", reasoning: "Hm. Hm.", body: streamOf(
			`{"choices":[{"index":0,"delta":{"reasoning":"Hm."},"finish_reason":null}]}`,
			`{"choices":[{"index":0,"delta":{"reasoning":" Hm."},"finish_reason":null}]}`, hello, stop)},
		{name: "half an emoji", text: "\ufffdHello", body: streamOf(
			`{"choices":[{"index":0,"delta":{"content":"\ud83d"}}]}`, hello, stop)},
		{name: "bytes that are no UTF-8", text: "\ufffdHello", body: streamOf(
			`{"choices":[{"index":0,"delta":{"content":"`+"\xff"+`"}}]}`, hello, stop)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", test.body), ask("hi"))
			if err != nil {
				t.Fatal(err)
			}
			if a.Text != test.text || a.Reasoning != test.reasoning {
				t.Errorf("text %q, reasoning %q; want %q, %q", a.Text, a.Reasoning, test.text, test.reasoning)
			}
			if want := cmp.Or(test.reason, bedrock.StopReasonEndTurn); a.StopReason != want {
				t.Errorf("stop reason %s, want %s", a.StopReason, want)
			}
			if a.Usage.InputTokens != test.input || a.Usage.OutputTokens != test.output {
				t.Errorf("usage %+v, want %d and %d", a.Usage, test.input, test.output)
			}
		})
	}
}

// TestStopReasons tells a stop sequence from the end of a turn, by the words of
// vLLM and of SGLang.
func TestStopReasons(t *testing.T) {
	for tail, want := range map[string]string{
		`"stop_reason":"\n#"`:                  `{"stop_sequence":"\n#"}`,
		`"stop_reason":null`:                   ``,
		`"stop_reason":128009`:                 ``,
		`"matched_stop":"\n#"`:                 `{"stop_sequence":"\n#"}`,
		`"matched_stop":2`:                     ``,
		`"stop_reason":null,"matched_stop":""`: ``,
	} {
		for _, kind := range []string{"delta", "message"} {
			body := `{"choices":[{"index":0,"` + kind + `":{"content":"Hello"},"finish_reason":"stop",` + tail + `}]}`
			call := ask("hi")
			call.Request.InferenceConfig = &bedrock.InferenceConfiguration{StopSequences: []string{"\n#"}}
			client := replying(200, "application/json", body)
			if kind == "delta" {
				client = replying(200, "text/event-stream", streamOf(body))
			}
			a, err := providertest.Collect(t, t.Context(), client, call)
			if err != nil || string(a.Fields) != want || (a.StopReason == bedrock.StopReasonStopSequence) != (want != "") {
				t.Errorf("%s: %s %s, %v; want %s", tail, a.StopReason, a.Fields, err, want)
			}
		}
	}
}

// TestEndings reads what a llama-server says of the end of an answer.
func TestEndings(t *testing.T) {
	full := `{"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"__verbose":{"stop_type":"limit","truncated":true}}`
	ending := func(kind, word string) string {
		return `{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"__verbose":{"stop_type":"` + kind + `","stopping_word":"` + word + `"}}`
	}
	for _, test := range []struct {
		name, fields string
		stops        []string
		last         string
		want         bedrock.StopReason
		wantFields   string
	}{
		{"a sequence", ``, []string{"six", "five"}, ending("word", "five"), bedrock.StopReasonStopSequence, `{"stop_sequence":"five"}`},
		{"the template's own stop word", ``, []string{"six"}, ending("word", "five"), bedrock.StopReasonEndTurn, ``},
		{"the end of the turn", ``, []string{"five"}, ending("eos", ""), bedrock.StopReasonEndTurn, ``},
		{"a full context", ``, nil, full, bedrock.StopReasonModelContextWindowExceeded, ``},
		{"a list among the additional fields", `{"stop":["","five"]}`, nil, ending("word", "five"), bedrock.StopReasonStopSequence, `{"stop_sequence":"five"}`},
		{"a text among the additional fields", `{"stop":"five"}`, nil, ending("word", "five"), bedrock.StopReasonStopSequence, `{"stop_sequence":"five"}`},
		{"no sequence at all", `{"stop":7}`, nil, ending("word", "five"), bedrock.StopReasonEndTurn, ``},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := replying(200, "text/event-stream", streamOf(hello, test.last))
			client.Software = openai.LlamaServer
			call := ask("hi")
			call.Request.InferenceConfig = &bedrock.InferenceConfiguration{StopSequences: test.stops}
			if test.fields != "" {
				call.Request.AdditionalModelRequestFields = []byte(test.fields)
			}
			a, err := providertest.Collect(t, t.Context(), client, call)
			if err != nil || a.StopReason != test.want || string(a.Fields) != test.wantFields {
				t.Errorf("%s %s, %v; want %s %s", a.StopReason, a.Fields, err, test.want, test.wantFields)
			}
		})
	}
}

func TestBrokenAnswers(t *testing.T) {
	nameless, backwards := fragment(0, "a", "", "{}"), fragment(1, "a", "f", "{}")
	tests := []struct {
		name, body, code string
		temporary        bool
	}{
		{"no chunk", "", "ModelErrorException", false},
		{"only [DONE]", streamOf(), "ModelErrorException", false},
		{"no JSON", streamOf("{"), "ModelErrorException", false},
		{"error first", streamOf(`{"error":{"message":"too fast","code":429}}`), "ThrottlingException", true},
		{"error without a status", streamOf(`{"error":"broken"}`), "ModelErrorException", true},
		{"error of older vLLM", streamOf(`{"object":"error","message":"bad","type":"BadRequestError","code":400}`), "ValidationException", false},
		{"error inside", streamOf(hello, `{"error":{"message":"broken","code":500}}`), "ModelStreamErrorException", false},
		{"no JSON inside", streamOf(hello, "{"), "ModelStreamErrorException", false},
		{"cut off", "data: " + hello + "\n\n", "ModelStreamErrorException", false},
		{"cut off in a chunk", "data: " + hello + "\n\ndata: " + hello[:20], "ModelStreamErrorException", false},
		{"event without end", "data: " + strings.Repeat("a", 9<<20), "ModelErrorException", false},
		{"given up", streamOf(hello, `{"choices":[{"index":0,"delta":{},"finish_reason":"abort"}]}`), "ModelStreamErrorException", false},
		{"a call without a name", streamOf(hello, nameless), "ModelStreamErrorException", false},
		{"calls that go backwards", streamOf(backwards, fragment(0, "b", "g", "{}")), "ModelStreamErrorException", false},
		{"content of another kind", streamOf(`{"choices":[{"index":0,"delta":{"content":[]}}]}`), "ModelErrorException", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := providertest.Collect(t, t.Context(), replying(200, "text/event-stream", test.body), ask("hi"))
			exception, _ := errors.AsType[bedrock.Exception](err)
			upstream, _ := errors.AsType[*provider.UpstreamError](err)
			if exception == nil || exception.ErrorCode() != test.code || upstream == nil || upstream.Temporary() != test.temporary {
				t.Errorf("got %v, want %s, temporary %t", err, test.code, test.temporary)
			}
		})
	}
}

// TestStreamError says what the model's server said.
func TestStreamError(t *testing.T) {
	client := replying(200, "text/event-stream", streamOf(hello, `{"error":{"message":"out of memory","code":503}}`))
	_, err := providertest.Collect(t, t.Context(), client, ask("hi"))
	broken, _ := errors.AsType[*bedrock.ModelStreamErrorException](err)
	if broken == nil || *broken.OriginalMessage != "out of memory" || *broken.OriginalStatusCode != 503 {
		t.Errorf("got %+v, want the original message and status", broken)
	}
}

// TestPlainForStream takes a whole answer of a server that cannot stream.
func TestPlainForStream(t *testing.T) {
	client := replying(200, "application/json; charset=utf-8", `{"choices":[{"index":0,"message":{"reasoning_content":"Hm.","content":"Hello"},`+
		`"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}`)
	a, err := providertest.Collect(t, t.Context(), client, ask("hi"))
	if err != nil || a.Text != "Hello" || a.Reasoning != "Hm." || a.Deltas != 2 || a.Usage.TotalTokens != 3 {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestCountTokensUnsupported(t *testing.T) {
	for name, client := range map[string]*openai.Client{
		"no such path":  replying(404, "application/json", `{"detail":"Not Found"}`),
		"another reply": replying(200, "application/json", `{"tokens":[]}`),
	} {
		_, err := client.CountTokens(t.Context(), ask("hi"))
		refused, ok := errors.AsType[*bedrock.ValidationException](err)
		if !ok || refused.Message != "The provided model doesn't support counting tokens." {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := replying(500, "", "").CountTokens(t.Context(), ask("hi"))
	if _, ok := errors.AsType[*bedrock.ModelErrorException](err); !ok {
		t.Errorf("a broken server: %v", err)
	}
}

// TestRequest looks at what goes over the wire.
func TestRequest(t *testing.T) {
	var got *http.Request
	var body string
	client := clientOf(func(request *http.Request) (*http.Response, error) {
		text, _ := io.ReadAll(request.Body) // it is in memory
		got, body = request, string(text)
		return nil, io.ErrUnexpectedEOF
	})
	client.Header = http.Header{"Authorization": {"Bearer key"}, "X-Team": {"a"}}
	client.Prepare = func(call provider.Call, body openai.Body) { body["cache_prompt"] = true }
	for range client.Converse(t.Context(), ask("hi")) {
	}
	want := `{"cache_prompt":true,"messages":[{"role":"user","content":"hi"}],"model":"m","stream":true,"stream_options":{"include_usage":true}}`
	if body != want {
		t.Errorf("got  %s\nwant %s", body, want)
	}
	if got.URL.String() != "http://upstream/v1/chat/completions" || got.Header.Get("Authorization") != "Bearer key" ||
		got.Header.Get("X-Team") != "a" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("request to %s with %v", got.URL, got.Header)
	}
}
