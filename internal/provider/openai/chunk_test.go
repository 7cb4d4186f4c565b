package openai

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

func vllmChunk(token string) string {
	return `{"id":"chatcmpl-7f8c","object":"chat.completion.chunk","created":1795541868,"model":"Qwen/Qwen3-8B",` +
		`"choices":[{"index":0,"delta":{"content":` + token + `},"logprobs":null,"finish_reason":null}]}`
}

// TestDecoderLearns parses the first chunk of a form, and no other of that form.
func TestDecoderLearns(t *testing.T) {
	var d decoder
	read := func(data string) string {
		if text, _, ok := d.token([]byte(data)); ok {
			return text
		}
		c, err := d.decode([]byte(data))
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		return c.Choices[0].Delta.Text.value
	}
	for i, test := range []struct {
		data, text string
		slow       int
	}{
		{vllmChunk(`""`), "", 1},
		{vllmChunk(`"a"`), "a", 2},
		{vllmChunk(`" b"`), " b", 2},
		{vllmChunk(`""`), "", 2},
		{vllmChunk(`"\"\u00e9\\\n"`), "\"é\\\n", 2},
		{vllmChunk(`"世界"`), "世界", 2},
		{vllmChunk("\"\xff\""), "\ufffd", 3},
		{vllmChunk(`"\ud83d"`), "\ufffd", 4},
		{vllmChunk(`"c"`), "c", 4},
		{strings.Replace(vllmChunk(`"d"`), "868", "869", 1), "d", 5},
		{strings.Replace(vllmChunk(`"e"`), "868", "869", 1), "e", 5},
		{vllmChunk(`"f","content":"g"`), "g", 6},
	} {
		if text := read(test.data); text != test.text || d.slow != test.slow {
			t.Errorf("chunk %d: %q after %d parsed, want %q after %d", i, text, d.slow, test.text, test.slow)
		}
	}
}

// FuzzDecoder holds what the decoder knows without parsing against the parser.
func FuzzDecoder(f *testing.F) {
	f.Add(vllmChunk(`"a"`), vllmChunk(`"b"`))
	f.Add(vllmChunk(`"a"`), vllmChunk(`"b","content":"c"`))
	f.Add(vllmChunk(`"a"`), vllmChunk(`"\ud83d"`))
	f.Add(`{"choices":[{"delta":{"reasoning":"a"}}]}`, `{"choices":[{"delta":{"reasoning":"b"}}]}`)
	f.Fuzz(func(t *testing.T, first, second string) {
		var d, fresh decoder
		if _, err := d.decode([]byte(first)); err != nil {
			return
		}
		text, reasoning, ok := d.token([]byte(second))
		if !ok {
			return
		}
		c, err := fresh.decode([]byte(second))
		if err != nil {
			t.Fatalf("%s is no chunk after %s: %v", second, first, err)
		}
		delta := &c.Choices[0].Delta
		want := delta.Text.value
		if reasoning {
			want = delta.reasoning().value
		}
		if text != want || len(c.Choices) != 1 || c.Choices[0].FinishReason != "" || c.Usage != nil {
			t.Fatalf("%s after %s: %q, parsed %q", second, first, text, want)
		}
	})
}

// FuzzStream reads any stream: it ends, in order, in metadata or an error.
func FuzzStream(f *testing.F) {
	f.Add("data: " + vllmChunk(`"a"`) + "\n\ndata: " + vllmChunk(`"b"`) + "\n\ndata: [DONE]\n\n")
	f.Add("data: {\"error\":{\"code\":\"429\"}}\n\n")
	f.Fuzz(func(t *testing.T, body string) {
		ended := false
		for event, err := range streamed(body) {
			if ended {
				t.Fatal("an event after the end")
			}
			ended = err != nil || event.Metadata != nil
		}
		if !ended {
			t.Fatal("no end")
		}
	})
}

func benchmarkStream(tokens int) string {
	var b strings.Builder
	for i := range tokens {
		fmt.Fprintf(&b, "data: %s\n\n", vllmChunk(fmt.Sprintf("%q", fmt.Sprint(" token", i))))
	}
	b.WriteString(`data: {"id":"chatcmpl-7f8c","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop","stop_reason":null}]}` + "\n\n")
	b.WriteString(`data: {"choices":[],"usage":{"prompt_tokens":9,"total_tokens":73,"completion_tokens":64}}` + "\n\ndata: [DONE]\n\n")
	return b.String()
}

// BenchmarkStream decodes an answer of 64 tokens, from bytes to events.
func BenchmarkStream(b *testing.B) {
	body := benchmarkStream(64)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		events := 0
		for _, err := range streamed(body) {
			if err != nil {
				b.Fatal(err)
			}
			events++
		}
		if events != 64+4 {
			b.Fatalf("%d events", events)
		}
	}
}

// BenchmarkParse is what each token would cost if its chunk was parsed.
func BenchmarkParse(b *testing.B) {
	data := []byte(vllmChunk(`" token"`))
	b.ReportAllocs()
	for b.Loop() {
		var d decoder
		if _, err := d.decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

// streamed reads a body as the stream of an answer.
func streamed(body string) provider.Events {
	client := &Client{HTTP: stubbed(body), BaseURL: "http://upstream/v1"}
	request := &bedrock.ConverseRequest{Messages: []bedrock.Message{{
		Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: new("hi")}},
	}}}
	return client.Converse(context.Background(), provider.Call{Model: "m", Incremental: true, Request: request})
}

func stubbed(body string) *http.Client {
	return &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200,
			Header:     http.Header{"Content-Type": {"text/event-stream"}},
			Body:       io.NopCloser(strings.NewReader(body)),
		}, nil
	})}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }
