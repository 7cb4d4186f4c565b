package formattest

import (
	"iter"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
)

// each gives chunks one after the other.
func each(chunks [][]byte) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, chunk := range chunks {
			if !yield(chunk, nil) {
				return
			}
		}
	}
}

// collect takes a stream to its end or its error.
func collect(stream iter.Seq2[format.Chunk, error]) (chunks []format.Chunk, err error) {
	for chunk, err := range stream {
		if err != nil {
			return chunks, err
		}
		chunks = append(chunks, chunk)
	}
	return chunks, nil
}

// testStreamEqualsPlain checks that the same answer, streamed and whole, says
// the same when it is read back.
func (s Suite) testStreamEqualsPlain(t *testing.T) {
	for _, modelID := range s.ModelIDs {
		for _, stop := range []bedrock.StopReason{bedrock.StopReasonEndTurn, bedrock.StopReasonMaxTokens} {
			sent := sentence
			sent.stop = stop
			body, err := s.Format.Renderer(modelID).Response(sent.whole())
			if err != nil {
				t.Fatal(err)
			}
			plain, err := s.Format.ParseResponse(body)
			if err != nil {
				t.Fatal(err)
			}
			text := textOf(plain)
			if text != strings.Join(sent.pieces, "") || plain.StopReason != stop {
				t.Errorf("%s: plain answer reads %q, %s", modelID, text, plain.StopReason)
			}
			chunks, err := collect(s.Format.Renderer(modelID).Stream(stream(sent.events())))
			if err != nil {
				t.Fatal(err)
			}
			streamed := s.read(t, chunks)
			if streamed.text != text || streamed.stop != stop {
				t.Errorf("%s: streamed answer reads %q, %s", modelID, streamed.text, streamed.stop)
			}
			// Some families leave the counts of one form to the metrics of the service.
			if d := gocmp.Diff(plain.Usage, streamed.usage); d != "" && min(plain.Usage.TotalTokens, streamed.usage.TotalTokens) > 0 {
				t.Errorf("%s: usage (-plain +streamed)\n%s", modelID, d)
			}
		}
	}
}

// textOf is the text of an answer, without the space ahead that completions of a
// prompt have.
func textOf(answer *bedrock.ConverseResponse) string {
	var text strings.Builder
	for _, block := range answer.Output.Message.Content {
		if block.Text != nil {
			text.WriteString(*block.Text)
		}
	}
	return strings.TrimLeft(text.String(), " ")
}

// heard is what a streamed answer said.
type heard struct {
	text  string
	stop  bedrock.StopReason
	usage bedrock.TokenUsage
}

// read parses chunks back, and checks the order of the events on the way.
func (s Suite) read(t *testing.T, chunks []format.Chunk) (said heard) {
	t.Helper()
	var bodies [][]byte
	for _, chunk := range chunks {
		bodies = append(bodies, chunk.Body)
	}
	var order []string
	for event, err := range s.Format.ParseStream(each(bodies)) {
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, event.EventType())
		switch {
		case event.ContentBlockDelta != nil && event.ContentBlockDelta.Delta.Text != nil:
			said.text += *event.ContentBlockDelta.Delta.Text
		case event.MessageStop != nil:
			said.stop = event.MessageStop.StopReason
		case event.Metadata != nil:
			said.usage = event.Metadata.Usage
		}
	}
	if n := len(order); n < 3 || order[0] != "messageStart" || order[n-2] != "messageStop" || order[n-1] != "metadata" {
		t.Errorf("order of events: %q", order)
	}
	said.text = strings.TrimLeft(said.text, " ")
	return said
}

// testNothingHeldBack checks that every delta leaves as a chunk before the next
// event is asked for, and that Last marks the last chunk alone.
func (s Suite) testNothingHeldBack(t *testing.T) {
	for _, modelID := range s.ModelIDs {
		out := 0
		watched := func(yield func(bedrock.ConverseStreamOutput, error) bool) {
			for i, event := range sentence.events() {
				before := out
				if !yield(event, nil) {
					if event.Metadata == nil {
						t.Errorf("%s: event %d was not wanted", modelID, i)
					}
					return
				}
				if event.ContentBlockDelta != nil && out == before {
					t.Errorf("%s: event %d was held back", modelID, i)
				}
			}
		}
		var lasts []bool
		for chunk, err := range s.Format.Renderer(modelID).Stream(watched) {
			if err != nil {
				t.Fatal(err)
			}
			out++
			lasts = append(lasts, chunk.Last)
		}
		if slices.Index(lasts, true) != len(lasts)-1 {
			t.Errorf("%s: Last of the chunks is %v", modelID, lasts)
		}
	}
}
