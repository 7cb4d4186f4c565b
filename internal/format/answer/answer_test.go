package answer_test

import (
	"errors"
	"io"
	"iter"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/provider"
)

func sequence[T any](items []T, last error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
		if last != nil {
			var none T
			yield(none, last)
		}
	}
}

// eventsOf reads pieces as events, and gives these as JSON lines.
func eventsOf(t *testing.T, pieces []answer.Piece, last error) ([]string, error) {
	t.Helper()
	i := 0
	chunks := sequence(make([][]byte, len(pieces)), last)
	events := answer.Events(chunks, func([]byte) (answer.Piece, error) {
		i++
		return pieces[i-1], nil
	})
	return lines(t, events)
}

func lines(t *testing.T, events provider.Events) (lines []string, err error) {
	t.Helper()
	for event, err := range events {
		if err != nil {
			return lines, err
		}
		line, _ := json.Marshal(event.Event())
		lines = append(lines, event.EventType()+" "+string(line))
	}
	return lines, nil
}

func TestEvents(t *testing.T) {
	got, err := eventsOf(t, []answer.Piece{
		{InputTokens: new(int32(3))},
		{Reasoning: "Hm", Text: "Yes"},
		{Text: "!", StopReason: bedrock.StopReasonMaxTokens, OutputTokens: new(int32(9)), Fields: []byte(`{"id":1}`)},
		{Text: "late", Metrics: &answer.InvocationMetrics{InputTokenCount: 4, OutputTokenCount: 5, InvocationLatency: 6}},
	}, nil)
	want := []string{
		`messageStart {"role":"assistant"}`,
		`contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}}}`,
		`contentBlockStop {"contentBlockIndex":0}`,
		`contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"Yes"}}`,
		`contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"!"}}`,
		`contentBlockStop {"contentBlockIndex":1}`,
		`messageStop {"additionalModelResponseFields":{"id":1},"stopReason":"max_tokens"}`,
		`metadata {"metrics":{"latencyMs":0},"usage":{"inputTokens":4,"outputTokens":5,"totalTokens":9}}`,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestEventsCutOff(t *testing.T) {
	_, err := eventsOf(t, []answer.Piece{{Text: "Ye"}}, nil)
	var exception *bedrock.ModelStreamErrorException
	if !errors.As(err, &exception) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	upstream := errors.New("gone")
	if _, err = eventsOf(t, nil, upstream); err != upstream {
		t.Errorf("got %v", err)
	}
}

// TestSplitterPieces finds the same split however the text is cut.
func TestSplitterPieces(t *testing.T) {
	tags := answer.Tags{Open: "<think>", Close: "</think>"}
	for joined, want := range map[string][2]string{
		"<think>a</think>b":       {"a", "b"},
		"<think>a</thin</think>b": {"a</thin", "b"},
		"<think>cut off</":        {"cut off</", ""},
		"plain":                   {"", "plain"},
		"<thin air":               {"", "<thin air"},
		"":                        {"", ""},
	} {
		for size := 1; size <= len(joined)+1; size++ {
			var got [2]string
			s := tags.Splitter()
			for piece := range slices.Chunk([]byte(joined), size) {
				reasoning, text := s.Next(string(piece))
				got = [2]string{got[0] + reasoning, got[1] + text}
			}
			reasoning, text := s.Rest()
			if got = [2]string{got[0] + reasoning, got[1] + text}; got != want {
				t.Errorf("%q by %d: got %q", joined, size, got)
			}
		}
		reasoning, text := tags.Split(joined)
		if tags.Join(reasoning, text) != joined {
			t.Errorf("%q is joined as %q", joined, tags.Join(reasoning, text))
		}
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[string]answer.Count{`28`: 28, `28.0`: 28, `0`: 0} {
		var got answer.Count
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %d, %v", text, got, err)
		}
	}
	for _, text := range []string{`2.5`, `"2"`, `1e99`, `{}`} {
		if err := json.Unmarshal([]byte(text), new(answer.Count)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
