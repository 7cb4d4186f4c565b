// Package bench_test holds the benchmarks of the request path, part by part:
//
//	go test -run '^$' -bench . -benchmem ./bench/
//
// The command in bench/latency measures the whole of it.
package bench_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/restjson"
)

// sizes are those of the requests, in bytes.
var sizes = []struct {
	name string
	size int
}{{"1KB", 1 << 10}, {"100KB", 100 << 10}}

// request is a conversation of about the given size.
func request(size int) []byte {
	var body bytes.Buffer
	body.WriteString(`{"inferenceConfig":{"maxTokens":64,"temperature":0.5},"system":[{"text":"Be brief."}],"messages":[`)
	text := strings.Repeat("All work and no play. ", 18)
	for turn := 0; ; turn++ {
		role := []string{"user", "assistant"}[turn%2]
		fmt.Fprintf(&body, `{"role":%q,"content":[{"text":%q}]}`, role, text)
		if body.Len() > size-len(text) && turn%2 == 0 {
			break
		}
		body.WriteByte(',')
	}
	body.WriteString(`]}`)
	return body.Bytes()
}

func decode(tb testing.TB, body []byte) *bedrock.ConverseRequest {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.SetPathValue("modelId", "anthropic.claude-3-haiku-20240307-v1:0")
	req := new(bedrock.ConverseRequest)
	if err := restjson.Decode(r, body, req); err != nil {
		tb.Fatal(err)
	}
	return req
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			body := request(s.size)
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.SetPathValue("modelId", "anthropic.claude-3-haiku-20240307-v1:0")
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := restjson.Decode(r, body, new(bedrock.ConverseRequest)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkValidate(b *testing.B) {
	for _, s := range sizes {
		b.Run(s.name, func(b *testing.B) {
			req := decode(b, request(s.size))
			b.ReportAllocs()
			for b.Loop() {
				if err := req.Validate(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	response := &bedrock.ConverseResponse{
		Output: bedrock.ConverseOutput{Message: &bedrock.Message{
			Role:    bedrock.ConversationRoleAssistant,
			Content: []bedrock.ContentBlock{{Text: new(strings.Repeat("All work and no play. ", 18))}},
		}},
		StopReason: bedrock.StopReasonEndTurn,
		Usage:      bedrock.TokenUsage{InputTokens: 200, OutputTokens: 64, TotalTokens: 264},
	}
	b.ReportAllocs()
	for b.Loop() {
		w := &discard{header: http.Header{}}
		if err := restjson.Encode(w, http.StatusOK, response); err != nil {
			b.Fatal(err)
		}
	}
}

// discard is a response that nobody reads.
type discard struct {
	header       http.Header
	status, size int
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) {
	d.size += len(p)
	return len(p), nil
}

// Flush is for the streams.
func (d *discard) Flush() {}

// BenchmarkFrame is what one token of a stream costs once it is an event.
func BenchmarkFrame(b *testing.B) {
	padding := "abcdefghijklmnopqrstuvwxyzABCDE"
	event := &bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{
		Delta: bedrock.ContentBlockDelta{Text: new(" token")}, P: &padding,
	}}
	var frame eventstream.Frame
	b.ReportAllocs()
	for b.Loop() {
		frame.Reset()
		frame.BeginEvent(event.EventType())
		if err := restjson.EncodeBody(&frame, event.Event()); err != nil {
			b.Fatal(err)
		}
		frame.End()
	}
}

// BenchmarkReadFrame is the way back.
func BenchmarkReadFrame(b *testing.B) {
	var frame eventstream.Frame
	frame.BeginEvent("contentBlockDelta")
	frame.Write([]byte(`{"contentBlockIndex":0,"delta":{"text":" token"},"p":"abcdef"}`))
	frame.End()
	from := bytes.NewReader(nil)
	reader := eventstream.NewReader(from)
	b.ReportAllocs()
	for b.Loop() {
		from.Reset(frame.Bytes())
		if _, err := reader.Next(); err != nil {
			b.Fatal(err)
		}
	}
}
