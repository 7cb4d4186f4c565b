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
	// Start tells the start of the message, which says nothing else.
	Start bool
	// Text or Reasoning is what is new, or Tool. The last part has none.
	Text, Reasoning string
	Tool            *ToolPart
	// InputTokens is nil until the count is known: see Stream. Told says that
	// a part before this one had it already.
	InputTokens *int32
	Told        bool
	// OutputTokens counts the deltas so far, which is as near as a stream comes
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

// ToolPart is a piece of the use of a tool: its start, with ID and Name, or a
// fragment of its input.
type ToolPart struct {
	// Index counts the uses of tools in the answer.
	Index int
	// ID and Name are empty in all but the start.
	ID, Name string
	// Input is a fragment of JSON.
	Input string
}

// Last says whether the part ends the answer.
func (p Part) Last() bool { return p.StopReason != "" }

// Stream writes the chunks of a text answer, one for each delta and one for its
// end; where write gives nil there is none. Reasoning has no place in it and is
// left out.
//
// Some families tell the count of input tokens in their first chunk, while
// providers tell it at the end. Whoever knows it earlier says so by a metadata
// event ahead of messageStart, of which only usage.inputTokens is read; without
// one, the last part has it.
func Stream(events provider.Events, write func(Part) ([]byte, error)) iter.Seq2[format.Chunk, error] {
	return run(events, stream{}, func(part Part) ([][]byte, error) {
		body, err := write(part)
		if body == nil || err != nil {
			return nil, err
		}
		return [][]byte{body}, nil
	})
}

// StreamAll is Stream for families that also have words for reasoning, tools
// and the start of a message, and may write several chunks for one part.
func StreamAll(events provider.Events, write func(Part) ([][]byte, error)) iter.Seq2[format.Chunk, error] {
	return run(events, stream{all: true}, write)
}

func run(events provider.Events, s stream, write func(Part) ([][]byte, error)) iter.Seq2[format.Chunk, error] {
	return func(yield func(format.Chunk, error) bool) {
		s := s
		for event, err := range events {
			last, bodies, err := s.chunks(event, err, write)
			if err != nil {
				yield(format.Chunk{}, err)
				return
			}
			for i, body := range bodies {
				if !yield(format.Chunk{Body: body, Last: last && i == len(bodies)-1}, nil) {
					return
				}
			}
			if last {
				return
			}
		}
		yield(format.Chunk{}, errUnfinished)
	}
}

var errUnfinished = errors.New("the answer ended without metadata")

// stream is what the parts of an answer are made of.
type stream struct {
	all   bool // not text alone
	input *int32
	told  bool
	count int32
	tools int
	stop  *bedrock.MessageStopEvent
}

// chunks writes what an event completes.
func (s *stream) chunks(event bedrock.ConverseStreamOutput, err error, write func(Part) ([][]byte, error)) (bool, [][]byte, error) {
	if err != nil {
		return false, nil, err
	}
	part, ok, err := s.part(event)
	if err != nil || !ok {
		return false, nil, err
	}
	bodies, err := write(part)
	return part.Last(), bodies, err
}

// part gives the part that an event completes, if it does.
func (s *stream) part(event bedrock.ConverseStreamOutput) (Part, bool, error) {
	switch {
	case event.MessageStart != nil:
		return s.counted(Part{Start: true}), s.all, nil
	case event.ContentBlockStart != nil:
		use := event.ContentBlockStart.Start.ToolUse
		if use == nil || !s.all {
			return Part{}, false, fmt.Errorf("block %d of the answer has no native word", event.ContentBlockStart.ContentBlockIndex)
		}
		s.tools++
		return s.counted(Part{Tool: &ToolPart{Index: s.tools - 1, ID: use.ToolUseId, Name: use.Name}}), true, nil
	case event.ContentBlockDelta != nil:
		part, ok := s.delta(event.ContentBlockDelta.Delta)
		return part, ok, nil
	case event.MessageStop != nil:
		s.stop = event.MessageStop
	case event.Metadata != nil:
		s.input = &event.Metadata.Usage.InputTokens
		if s.stop != nil {
			return s.last(event.Metadata), true, nil
		}
	}
	return Part{}, false, nil
}

// delta gives the part of a delta, unless it says nothing here.
func (s *stream) delta(delta bedrock.ContentBlockDelta) (Part, bool) {
	var part Part
	switch {
	case delta.Text != nil:
		part.Text = *delta.Text
	case s.all && delta.ReasoningContent != nil && delta.ReasoningContent.Text != nil:
		part.Reasoning = *delta.ReasoningContent.Text
	case s.all && delta.ToolUse != nil && delta.ToolUse.Input != "":
		part.Tool = &ToolPart{Index: s.tools - 1, Input: delta.ToolUse.Input}
	}
	if part.Text == "" && part.Reasoning == "" && part.Tool == nil {
		return part, false
	}
	s.count++
	part.OutputTokens = s.count
	return s.counted(part), true
}

func (s *stream) last(metadata *bedrock.ConverseStreamMetadataEvent) Part {
	return s.counted(Part{
		OutputTokens: metadata.Usage.OutputTokens,
		StopReason:   s.stop.StopReason,
		Fields:       s.stop.AdditionalModelResponseFields,
		Usage:        metadata.Usage,
		LatencyMs:    metadata.Metrics.LatencyMs,
	})
}

// counted adds the count of input tokens, if it is known and the part is
// written.
func (s *stream) counted(part Part) Part {
	part.InputTokens, part.Told = s.input, s.told
	s.told = s.input != nil && (s.all || !part.Start)
	return part
}
