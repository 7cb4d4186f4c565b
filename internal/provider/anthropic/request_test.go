package anthropic_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

// everything is a request with all that Messages carry.
func everything() *bedrock.ConverseRequest {
	say := func(role bedrock.ConversationRole, content ...bedrock.ContentBlock) bedrock.Message {
		return bedrock.Message{Role: role, Content: content}
	}
	point := &bedrock.CachePointBlock{Type: bedrock.CachePointTypeDefault}
	return &bedrock.ConverseRequest{
		System:          []bedrock.SystemContentBlock{{Text: new("Be brief.")}, {CachePoint: point}},
		InferenceConfig: &bedrock.InferenceConfiguration{MaxTokens: new(int32(50)), StopSequences: []string{"###"}},
		OutputConfig:    &bedrock.OutputConfig{Effort: new("low")},
		ToolConfig: &bedrock.ToolConfiguration{
			Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{
				Name: new("look"), InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(`{"type":"object"}`)},
			}}},
			ToolChoice: &bedrock.ToolChoice{Any: &bedrock.AnyToolChoice{}},
		},
		AdditionalModelRequestFields: json.RawMessage(`{"top_k":5,"anthropic_beta":["b1","b2"],"reasoning_config":{"type":"enabled","budget_tokens":1024}}`),
		Messages: []bedrock.Message{
			say("user",
				bedrock.ContentBlock{Image: &bedrock.ImageBlock{Format: "png", Source: &bedrock.ImageSource{Bytes: []byte("P")}}},
				bedrock.ContentBlock{Document: &bedrock.DocumentBlock{
					Format: "pdf", Name: new("Rocks"), Source: &bedrock.DocumentSource{Bytes: []byte("%")},
					Citations: &bedrock.CitationsConfig{Enabled: new(true)},
				}},
				bedrock.ContentBlock{SearchResult: &bedrock.SearchResultBlock{
					Source: new("https://example.com"), Title: new("Rocks"), Citations: &bedrock.CitationsConfig{Enabled: new(true)},
					Content: []bedrock.SearchResultContentBlock{{Text: new("Hard.")}},
				}},
				bedrock.ContentBlock{GuardContent: &bedrock.GuardrailConverseContentBlock{
					Text: &bedrock.GuardrailConverseTextBlock{Text: new("Look.")},
				}}),
			say("assistant",
				bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{
					ReasoningText: &bedrock.ReasoningTextBlock{Text: new("Hm"), Signature: new("sig")},
				}},
				bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{ToolUseId: new("t1"), Name: new("look"), Input: json.RawMessage(`{}`)}}),
			say("user", bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{
				ToolUseId: new("t1"), Content: []bedrock.ToolResultContentBlock{{Text: new("a rock")}},
			}}),
		},
	}
}

// TestRequest sees what a server gets.
func TestRequest(t *testing.T) {
	f := newFake(t)
	defer f.Close()
	p := newProvider(t, f)
	defer p.Close()
	f.reply = func(w http.ResponseWriter, _ *http.Request) { fail(w, 400, "enough") }
	want := map[string]string{
		"max_tokens":     `50`,
		"messages":       `[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"UA=="}},{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JQ=="},"title":"Rocks","citations":{"enabled":true}},{"type":"search_result","source":"https://example.com","title":"Rocks","content":[{"type":"text","text":"Hard."}],"citations":{"enabled":true}},{"type":"text","text":"Look."}]},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"sig"},{"type":"tool_use","id":"t1","name":"look","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"a rock"}]}]}]`,
		"model":          `"claude-x"`,
		"output_config":  `{"effort":"low"}`,
		"stop_sequences": `["###"]`,
		"stream":         `true`,
		"system":         `[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}]`,
		"thinking":       `{"type":"enabled","budget_tokens":1024}`,
		"tool_choice":    `{"type":"any"}`,
		"tools":          `[{"name":"look","input_schema":{"type":"object"}}]`,
		"top_k":          `5`,
	}
	check := func(want map[string]string) {
		t.Helper()
		got := map[string]string{}
		for name, value := range f.body {
			got[name] = string(value)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		for name, want := range map[string]string{
			"X-Api-Key": "sk-ant-secret", "Anthropic-Version": "2023-06-01", "Anthropic-Beta": "b1,b2", "Content-Type": "application/json",
		} {
			if got := f.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	}
	call := provider.Call{Model: "claude-x", Incremental: true, Request: everything()}
	if _, err := providertest.Collect(t, t.Context(), p, call); err == nil {
		t.Error("the error is lost")
	}
	check(want)
	if _, err := p.CountTokens(t.Context(), call); err == nil {
		t.Error("the error is lost")
	}
	for _, name := range []string{"max_tokens", "stop_sequences", "stream", "top_k"} {
		delete(want, name)
	}
	check(want)
}

// chunks streams events of which the data is given.
func chunks(data ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, d := range data {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", d) // a client that leaves is no error
		}
	}
}

const start = `{"type":"message_start","message":{"content":[],"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}}`

// TestStream reads all that an answer can hold.
func TestStream(t *testing.T) {
	block := func(index int, start string, deltas ...string) (events []string) {
		events = append(events, fmt.Sprintf(`{"type":"content_block_start","index":%d,"content_block":%s}`, index, start))
		for _, delta := range deltas {
			events = append(events, fmt.Sprintf(`{"type":"content_block_delta","index":%d,"delta":%s}`, index, delta))
		}
		return append(events, fmt.Sprintf(`{"type":"content_block_stop","index":%d}`, index))
	}
	events := []string{start}
	events = append(events, block(0, `{"type":"thinking","thinking":"","signature":""}`,
		`{"type":"thinking_delta","thinking":"Hm"}`, `{"type":"signature_delta","signature":"sig"}`)...)
	events = append(events, block(1, `{"type":"redacted_thinking","data":"secret"}`)...)
	events = append(events, block(2, `{"type":"text","text":""}`)...)
	events = append(events, block(3, `{"type":"tool_use","id":"t1","name":"look","input":{}}`,
		`{"type":"input_json_delta","partial_json":""}`, `{"type":"input_json_delta","partial_json":"{\"a\":1}"}`)...)
	events = append(events, `{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}`,
		`{"type":"message_stop"}`, `{"type":"never seen"}`)
	f := newFake(t)
	defer f.Close()
	p := newProvider(t, f)
	defer p.Close()
	f.reply = chunks(events...)
	a, err := providertest.Collect(t, t.Context(), p, provider.Call{Model: "m", Incremental: true, Request: everything()})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, event := range a.Events {
		text, err := json.Marshal(event.Event())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, event.EventType()+" "+string(text))
	}
	want := []string{
		`messageStart {"role":"assistant"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"sig"}}}`,
		`contentBlockStop {"contentBlockIndex":0}`,
		`contentBlockDelta {"contentBlockIndex":1,"delta":{"reasoningContent":{"redactedContent":"c2VjcmV0"}}}`,
		`contentBlockStop {"contentBlockIndex":1}`,
		`contentBlockDelta {"contentBlockIndex":2,"delta":{"text":""}}`,
		`contentBlockStop {"contentBlockIndex":2}`,
		`contentBlockStart {"contentBlockIndex":3,"start":{"toolUse":{"name":"look","toolUseId":"t1"}}}`,
		`contentBlockDelta {"contentBlockIndex":3,"delta":{"toolUse":{"input":""}}}`,
		`contentBlockDelta {"contentBlockIndex":3,"delta":{"toolUse":{"input":"{\"a\":1}"}}}`,
		`contentBlockStop {"contentBlockIndex":3}`,
		`messageStop {"stopReason":"tool_use"}`,
		`metadata {"metrics":{"latencyMs":0},"usage":{"cacheReadInputTokens":4,"inputTokens":3,"outputTokens":9,"totalTokens":16}}`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestBrokenStreams tells errors before the answer has begun from those within,
// and those that may be tried again from the others.
func TestBrokenStreams(t *testing.T) {
	overloaded := failure("overloaded_error", "Overloaded")
	for _, test := range []struct {
		name      string
		reply     http.HandlerFunc
		code      string
		temporary bool
	}{
		{"overloaded", chunks(overloaded), "ServiceUnavailableException", true},
		{"throttled", chunks(failure("rate_limit_error", "x")), "ThrottlingException", true},
		{"refused", chunks(failure("invalid_request_error", "x")), "ValidationException", false},
		{"unknown error", chunks(failure("new_error", "x")), "ModelErrorException", true},
		{"overloaded within", chunks(start, overloaded), "ModelStreamErrorException", false},
		{"no stream", chunks("{"), "ModelErrorException", false},
		{"no stream within", chunks(start, "{"), "ModelStreamErrorException", false},
		{"out of order", chunks(`{"type":"message_stop"}`), "ModelErrorException", false},
		{"nothing", chunks(), "ModelErrorException", true},
		{"no end", chunks(start), "ModelStreamErrorException", false},
		{"too long an event", chunks(start, strings.Repeat("x", 9<<20)), "ModelStreamErrorException", false},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{") }, "ModelErrorException", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			defer f.Close()
			p := newProvider(t, f)
			defer p.Close()
			f.reply = test.reply
			_, err := providertest.Collect(t, t.Context(), p, provider.Call{Model: "m", Incremental: true, Request: everything()})
			exception, _ := errors.AsType[bedrock.Exception](err)
			if exception == nil || exception.ErrorCode() != test.code {
				t.Fatalf("error %v, want %s", err, test.code)
			}
			if upstream, ok := errors.AsType[*provider.UpstreamError](err); !ok || upstream.Temporary() != test.temporary {
				t.Errorf("%v: the upstream's part is %+v", err, upstream)
			}
		})
	}
}

// TestCountTokensElsewhere tells a server that does not count from one that does
// not know the model.
func TestCountTokensElsewhere(t *testing.T) {
	for _, test := range []struct{ body, code string }{
		{"404 page not found", "ValidationException"},
		{failure("not_found_error", "model: claude-y"), "ResourceNotFoundException"},
	} {
		f := newFake(t)
		p := newProvider(t, f)
		f.reply = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, test.body, 404) }
		_, err := p.CountTokens(t.Context(), provider.Call{Model: "m", Request: everything()})
		if exception, _ := errors.AsType[bedrock.Exception](err); exception == nil || exception.ErrorCode() != test.code {
			t.Errorf("error %v, want %s", err, test.code)
		}
		_ = p.Close() // never fails
		f.Close()
	}
}
