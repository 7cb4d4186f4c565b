package provider_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// record writes an answer for a consumer that takes n events.
func record(t *testing.T, n int, write func(*provider.Writer)) []string {
	t.Helper()
	var got []string
	write(provider.NewWriter(func(event bedrock.ConverseStreamOutput, err error) bool {
		if n--; n < 0 {
			t.Error("an event after the consumer had left")
		}
		if err != nil {
			got = append(got, err.Error())
			return true
		}
		text, err := json.Marshal(event.Event())
		if err != nil {
			t.Error(err)
		}
		got = append(got, event.EventType()+" "+string(text))
		return n > 0
	}))
	return got
}

// everything writes one block of each kind, and more than the order allows.
func everything(w *provider.Writer) {
	w.ToolInput("nothing is open")
	w.EndBlock()
	w.Reasoning("")
	w.Reasoning("Hm")
	w.Signature("s")
	w.Text("a")
	w.Text("")
	w.Text("b")
	w.ToolUse(bedrock.ToolUseBlockStart{Name: "f", ToolUseId: "1"})
	w.ToolInput("{}")
	w.ToolUse(bedrock.ToolUseBlockStart{Name: "g", ToolUseId: "2"})
	w.Stop(bedrock.StopReasonStopSequence, provider.StopSequenceFields("</s>\n"))
	w.Metadata(bedrock.TokenUsage{InputTokens: 1, OutputTokens: 2, CacheReadInputTokens: new(int32(3))})
	w.Fail(errors.New("too late"))
	w.Text("too late")
	w.Metadata(bedrock.TokenUsage{})
}

func TestWriter(t *testing.T) {
	want := []string{
		`messageStart {"role":"assistant"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"s"}}}`,
		`contentBlockStop {"contentBlockIndex":0}`,
		`contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"a"}}`,
		`contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"b"}}`,
		`contentBlockStop {"contentBlockIndex":1}`,
		`contentBlockStart {"contentBlockIndex":2,"start":{"toolUse":{"name":"f","toolUseId":"1"}}}`,
		`contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"{}"}}}`,
		`contentBlockStop {"contentBlockIndex":2}`,
		`contentBlockStart {"contentBlockIndex":3,"start":{"toolUse":{"name":"g","toolUseId":"2"}}}`,
		`contentBlockStop {"contentBlockIndex":3}`,
		`messageStop {"additionalModelResponseFields":{"stop_sequence":"\u003c/s\u003e\n"},"stopReason":"stop_sequence"}`,
		`metadata {"metrics":{"latencyMs":0},"usage":{"cacheReadInputTokens":3,"inputTokens":1,"outputTokens":2,"totalTokens":6}}`,
	}
	if d := cmp.Diff(want, record(t, 100, everything)); d != "" {
		t.Error(d)
	}
	for n := 1; n <= len(want); n++ {
		if d := cmp.Diff(want[:n], record(t, n, everything)); d != "" {
			t.Errorf("a consumer of %d events: %s", n, d)
		}
	}
}

func TestWriterFails(t *testing.T) {
	got := record(t, 100, func(w *provider.Writer) {
		w.Text("a")
		w.Fail(errors.New("broken"))
		if w.Text("b") || w.Start() || w.EndBlock() || w.Text("") {
			t.Error("the writer wants more after an error")
		}
		w.Fail(errors.New("again"))
	})
	if len(got) != 3 || got[2] != "broken" {
		t.Errorf("got %q", got)
	}
}

func TestStopSequenceFields(t *testing.T) {
	if got := string(provider.StopSequenceFields("</s>\n\"")); got != `{"stop_sequence":"</s>\n\""}` {
		t.Error(got)
	}
}

func TestEndedError(t *testing.T) {
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		err := provider.EndedError(cause)
		exception, _ := errors.AsType[bedrock.Exception](err)
		timedOut := exception != nil && exception.ErrorCode() == "ModelTimeoutException"
		if exception == nil || !errors.Is(err, cause) || timedOut != (cause == context.DeadlineExceeded) || strings.Contains(exception.ErrorMessage(), "context") {
			t.Errorf("%v: %v", cause, err)
		}
	}
}
