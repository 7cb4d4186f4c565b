package answer

import (
	"errors"
	"fmt"
	"iter"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/provider"
)

// Part is what one chunk of a streamed answer says.
type Part struct {
	// Text is the new text. The last part has none.
	Text string
	// InputTokens is nil until the count is known: see Stream. Told says that
	// a part before this one had it already.
	InputTokens *int32
	Told        bool
	// OutputTokens counts the parts so far, which is as near as a stream comes
	// to tokens; in the last part it is the answer's own count.
	OutputTokens int32
	// StopReason is empty until the last part.
	StopReason bedrock.StopReason
	// Fields, in the last part, is additionalModelResponseFields, or nil.
	Fields []byte
	// Usage and LatencyMs are known in the last part alone.
	Usage     bedrock.TokenUsage
	LatencyMs int64
}

// Last says whether the part ends the answer.
func (p Part) Last() bool { return p.StopReason != "" }

// Stream writes the chunks of a text answer, one for each delta and one for its
// end; where write gives nil there is none. Reasoning has no place in it and is
// left out.
//
// Some families tell the count of input tokens in their first chunk, while
// providers tell it at the end. Whoever knows it earlier says so by a metadata
// event ahead of messageStop, of which only usage.inputTokens is read; without
// one, the last part has it.
func Stream(events provider.Events, write func(Part) ([]byte, error)) iter.Seq2[format.Chunk, error] {
	return func(yield func(format.Chunk, error) bool) {
		var s stream
		for event, err := range events {
			chunk, err := s.chunk(event, err, write)
			if err != nil {
				yield(format.Chunk{}, err)
				return
			}
			if chunk.Body != nil && !yield(chunk, nil) || chunk.Last {
				return
			}
		}
		yield(format.Chunk{}, errUnfinished)
	}
}

var errUnfinished = errors.New("the answer ended without metadata")

// stream is what the parts of an answer are made of.
type stream struct {
	input *int32
	told  bool
	count int32
	stop  *bedrock.MessageStopEvent
}

// chunk writes what an event completes; there is none without a body.
func (s *stream) chunk(event bedrock.ConverseStreamOutput, err error, write func(Part) ([]byte, error)) (format.Chunk, error) {
	if err != nil {
		return format.Chunk{}, err
	}
	part, ok, err := s.part(event)
	if err != nil || !ok {
		return format.Chunk{}, err
	}
	body, err := write(part)
	return format.Chunk{Body: body, Last: part.Last()}, err
}

// part gives the part that an event completes, if it does.
func (s *stream) part(event bedrock.ConverseStreamOutput) (Part, bool, error) {
	switch {
	case event.ContentBlockStart != nil:
		return Part{}, false, fmt.Errorf("block %d of the answer is no text", event.ContentBlockStart.ContentBlockIndex)
	case event.ContentBlockDelta != nil:
		text := event.ContentBlockDelta.Delta.Text
		if text == nil || *text == "" {
			return Part{}, false, nil
		}
		s.count++
		return s.counted(Part{Text: *text, OutputTokens: s.count}), true, nil
	case event.MessageStop != nil:
		s.stop = event.MessageStop
	case event.Metadata != nil && s.stop == nil:
		s.input = &event.Metadata.Usage.InputTokens
	case event.Metadata != nil:
		s.input = &event.Metadata.Usage.InputTokens
		return s.counted(Part{
			OutputTokens: event.Metadata.Usage.OutputTokens,
			StopReason:   s.stop.StopReason,
			Fields:       s.stop.AdditionalModelResponseFields,
			Usage:        event.Metadata.Usage,
			LatencyMs:    event.Metadata.Metrics.LatencyMs,
		}), true, nil
	}
	return Part{}, false, nil
}

// counted adds the count of input tokens, if it is known.
func (s *stream) counted(part Part) Part {
	part.InputTokens, part.Told = s.input, s.told
	s.told = s.input != nil
	return part
}
