package eventstream

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
	"github.com/google/go-cmp/cmp"
)

// The AWS SDK for Go is the oracle: it reads what Frame wrote, and Reader reads
// what it wrote.
func TestFrameIsReadBySDK(t *testing.T) {
	var frame Frame
	frame.BeginEvent("messageStart")
	io.WriteString(&frame, `{"p":"abc","role":"assistant"}`)
	frame.End()
	frame.BeginException("throttlingException")
	io.WriteString(&frame, `{"message":"slow down"}`)
	frame.End()

	want := []struct {
		headers [3]string
		payload string
	}{
		{[3]string{"messageStart", "application/json", "event"}, `{"p":"abc","role":"assistant"}`},
		{[3]string{"throttlingException", "application/json", "exception"}, `{"message":"slow down"}`},
	}
	from := bytes.NewReader(frame.Bytes())
	for _, want := range want {
		message, err := sdk.NewDecoder().Decode(from, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, header := range message.Headers {
			if got := header.Value.String(); got != want.headers[i] {
				t.Errorf("header %d is %q, want %q", i, got, want.headers[i])
			}
		}
		if got := string(message.Payload); got != want.payload {
			t.Errorf("payload %s, want %s", got, want.payload)
		}
	}
}

func TestReaderReadsSDK(t *testing.T) {
	when := time.UnixMilli(1760000000123).UTC()
	message := sdk.Message{Payload: []byte("payload")}
	message.Headers.Set("yes", sdk.BoolValue(true))
	message.Headers.Set("no", sdk.BoolValue(false))
	message.Headers.Set("int8", sdk.Int8Value(-3))
	message.Headers.Set("int16", sdk.Int16Value(-300))
	message.Headers.Set("int32", sdk.Int32Value(-70000))
	message.Headers.Set("int64", sdk.Int64Value(-1<<40))
	message.Headers.Set("bytes", sdk.BytesValue{1, 2})
	message.Headers.Set("string", sdk.StringValue("ü"))
	message.Headers.Set(":date", sdk.TimestampValue(when))
	message.Headers.Set("uuid", sdk.UUIDValue{15: 9})
	var wire bytes.Buffer
	if err := sdk.NewEncoder().Encode(&wire, message); err != nil {
		t.Fatal(err)
	}
	reader := NewReader(&wire)
	got, err := reader.Next()
	if err != nil {
		t.Fatal(err)
	}
	want := &Message{Payload: []byte("payload"), Headers: []Header{
		{"yes", true}, {"no", false}, {"int8", int8(-3)}, {"int16", int16(-300)},
		{"int32", int32(-70000)}, {"int64", int64(-1 << 40)}, {"bytes", []byte{1, 2}},
		{"string", "ü"}, {":date", when}, {"uuid", [16]byte{15: 9}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := reader.Next(); err != io.EOF {
		t.Errorf("after the last message: %v, want io.EOF", err)
	}
}

func TestReaderRefuses(t *testing.T) {
	var frame Frame
	frame.BeginEvent("chunk")
	io.WriteString(&frame, "{}")
	frame.End()
	for i := range frame.Bytes() {
		broken := bytes.Clone(frame.Bytes())
		broken[i] ^= 0x40
		if _, err := NewReader(bytes.NewReader(broken)).Next(); !errors.Is(err, ErrFormat) {
			t.Errorf("byte %d changed: %v, want ErrFormat", i, err)
		}
		if _, err := NewReader(bytes.NewReader(frame.Bytes()[:i])).Next(); i > 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: %v, want io.ErrUnexpectedEOF", i, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	var frame Frame
	frame.BeginEvent("chunk")
	io.WriteString(&frame, `{"bytes":"e30="}`)
	frame.End()
	f.Add(frame.Bytes())
	f.Add([]byte{0, 0, 0, 16})
	f.Fuzz(func(t *testing.T, data []byte) {
		ours := NewReader(bytes.NewReader(data))
		theirs := bytes.NewReader(data)
		for {
			got, err := ours.Next()
			want, sdkErr := sdk.NewDecoder().Decode(theirs, nil)
			if err != nil {
				return
			}
			if sdkErr == nil && !bytes.Equal(got.Payload, want.Payload) {
				t.Fatalf("payload %q, the SDK reads %q", got.Payload, want.Payload)
			}
		}
	})
}

func BenchmarkFrame(b *testing.B) {
	var frame Frame
	payload := []byte(`{"contentBlockIndex":0,"delta":{"text":" token"},"p":"abcdefghijklmnopqrstuvwxyz"}`)
	b.ReportAllocs()
	for b.Loop() {
		frame.Reset()
		frame.BeginEvent("contentBlockDelta")
		frame.Write(payload)
		frame.End()
	}
}
