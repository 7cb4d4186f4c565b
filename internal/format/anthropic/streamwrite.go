package anthropic

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/provider"
)

// Stream writes a streamed message. Its first chunk tells the usage so far,
// which few providers know: one that does puts a Metadata beside messageStart,
// as ParseStream does, or ahead of it. Else that chunk counts no input and one token of output,
// and message_delta has all counts, which readers put in place of the first.
func (r messageRenderer) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	return func(yield func(format.Chunk, error) bool) {
		w := messageWriter{messageRenderer: r, open: none, yield: yield}
		for event, err := range events {
			more := false
			if err == nil {
				more, err = w.write(event)
			}
			if err != nil {
				yield(format.Chunk{}, err)
				return
			}
			if !more {
				return
			}
		}
		if !w.done {
			yield(format.Chunk{}, errUnfinished)
		}
	}
}

var errUnfinished = errors.New("the answer ended without metadata")

// none is the index of no block.
const none = -1

type messageWriter struct {
	messageRenderer
	yield func(format.Chunk, error) bool
	// open is the index of the block that is open, or none.
	open int32
	// started is the usage that message_start told.
	started usage
	// early is the usage that was told ahead of messageStart, or nil.
	early *bedrock.ConverseStreamMetadataEvent
	stop  *bedrock.MessageStopEvent
	done  bool
}

// write writes the chunks of one event. It is false when the consumer left.
func (w *messageWriter) write(event bedrock.ConverseStreamOutput) (bool, error) {
	switch {
	case w.done:
	case event.MessageStart != nil:
		return w.start(cmp.Or(event.Metadata, w.early))
	case event.ContentBlockStart != nil:
		return w.startTool(event.ContentBlockStart)
	case event.ContentBlockDelta != nil:
		return w.delta(event.ContentBlockDelta)
	case event.ContentBlockStop != nil:
		return w.stopBlock(event.ContentBlockStop.ContentBlockIndex)
	case event.MessageStop != nil:
		w.stop = event.MessageStop
	case event.Metadata != nil && w.stop != nil:
		return w.end(event.Metadata)
	case event.Metadata != nil:
		w.early = event.Metadata
	}
	return true, nil
}

func (w *messageWriter) emit(body []byte) bool {
	return w.yield(format.Chunk{Body: body}, nil)
}

func (w *messageWriter) start(known *bedrock.ConverseStreamMetadataEvent) (bool, error) {
	native := w.reply()
	tokens := bedrock.TokenUsage{OutputTokens: 1}
	if known != nil {
		tokens = known.Usage
	}
	w.started = w.usageOf(tokens)
	native.Usage = w.started
	message, err := jsonv2.Marshal(native)
	if err != nil {
		return false, err
	}
	body := append([]byte(`{"type":"message_start","message":`), message...)
	return w.emit(append(body, '}')), nil
}

func (w *messageWriter) startTool(event *bedrock.ContentBlockStartEvent) (bool, error) {
	use := event.Start.ToolUse
	if use == nil {
		return false, fmt.Errorf("a message has no block for %+v", event.Start)
	}
	block := append([]byte(`{"type":"tool_use","id":`), appendQuote(nil, use.ToolUseId)...)
	block = appendQuote(append(block, `,"name":`...), use.Name)
	return w.startBlock(event.ContentBlockIndex, append(block, `,"input":{}}`...)), nil
}

func (w *messageWriter) startBlock(index int32, block []byte) bool {
	w.open = index
	body := append(at("content_block_start", index), `,"content_block":`...)
	return w.emit(append(append(body, block...), '}'))
}

// at begins a chunk of a block.
func at(chunkType string, index int32) []byte {
	body := make([]byte, 0, 128)
	body = append(append(body, `{"type":"`...), chunkType...)
	return strconv.AppendInt(append(body, `","index":`...), int64(index), 10)
}

// The blocks that start with a delta.
const (
	emptyText     = `{"type":"text","text":""}`
	emptyThinking = `{"type":"thinking","thinking":"","signature":""}`
)

func (w *messageWriter) delta(event *bedrock.ContentBlockDeltaEvent) (bool, error) {
	index, delta := event.ContentBlockIndex, event.Delta
	switch {
	case delta.Text != nil:
		return w.piece(index, emptyText, `{"type":"text_delta","text":`, *delta.Text), nil
	case delta.ToolUse != nil:
		return w.piece(index, "", `{"type":"input_json_delta","partial_json":`, delta.ToolUse.Input), nil
	case delta.ReasoningContent != nil:
		return w.reasoning(index, delta.ReasoningContent), nil
	case delta.Citation != nil:
		return w.citation(index, delta.Citation)
	}
	return false, fmt.Errorf("a message has no delta for %+v", delta)
}

func (w *messageWriter) reasoning(index int32, delta *bedrock.ReasoningContentBlockDelta) bool {
	switch {
	case delta.Text != nil:
		return w.piece(index, emptyThinking, `{"type":"thinking_delta","thinking":`, *delta.Text)
	case delta.Signature != nil:
		return w.piece(index, emptyThinking, `{"type":"signature_delta","signature":`, *delta.Signature)
	}
	block := appendQuote([]byte(`{"type":"redacted_thinking","data":`), string(delta.RedactedContent))
	return w.startBlock(index, append(block, '}'))
}

// piece writes a delta, and before it the start of its block if that is not
// open.
func (w *messageWriter) piece(index int32, block, delta, text string) bool {
	if w.open != index && block != "" && !w.startBlock(index, []byte(block)) {
		return false
	}
	body := append(at("content_block_delta", index), `,"delta":`...)
	body = appendQuote(append(body, delta...), text)
	return w.emit(append(body, `}}`...))
}

// stopBlock closes a block. One that had no delta was a text.
func (w *messageWriter) stopBlock(index int32) (bool, error) {
	if w.open != index && !w.startBlock(index, []byte(emptyText)) {
		return false, nil
	}
	w.open = none
	return w.emit(append(at("content_block_stop", index), '}')), nil
}

// end writes why the answer ended and what it took, which is known only now.
func (w *messageWriter) end(metadata *bedrock.ConverseStreamMetadataEvent) (bool, error) {
	w.done = true
	sequence, err := stopSequenceOf(w.stop.AdditionalModelResponseFields)
	if err != nil {
		return false, err
	}
	body, err := jsonv2.Marshal(messageDelta{
		Type:  "message_delta",
		Delta: stopDelta{stopReasons.Native(w.stop.StopReason), sequence},
		Usage: w.deltaUsage(metadata.Usage),
	})
	if err != nil {
		return false, err
	}
	return w.emit(body) && w.yield(format.Chunk{Body: []byte(`{"type":"message_stop"}`), Last: true}, nil), nil
}

type messageDelta struct {
	Type  string     `json:"type"`
	Delta stopDelta  `json:"delta"`
	Usage deltaUsage `json:"usage"`
}

type stopDelta struct {
	StopReason   string  `json:"stop_reason"`
	StopSequence *string `json:"stop_sequence"`
}

// deltaUsage is the output, and of the rest what message_start did not know.
func (w *messageWriter) deltaUsage(tokens bedrock.TokenUsage) deltaUsage {
	final := w.usageOf(tokens)
	delta := deltaUsage{OutputTokens: final.OutputTokens}
	if final.InputTokens != w.started.InputTokens ||
		*orZero(final.CacheReadInputTokens) != *orZero(w.started.CacheReadInputTokens) ||
		*orZero(final.CacheCreationInputTokens) != *orZero(w.started.CacheCreationInputTokens) {
		delta.InputTokens = &final.InputTokens
		delta.CacheCreationInputTokens = final.CacheCreationInputTokens
		delta.CacheReadInputTokens = final.CacheReadInputTokens
	}
	return delta
}

// stopSequenceOf reads the member stop_sequence of additionalModelResponseFields.
func stopSequenceOf(additional json.RawMessage) (*string, error) {
	if len(additional) == 0 {
		return nil, nil
	}
	var f struct {
		StopSequence *string `json:"stop_sequence"`
	}
	err := jsonv2.Unmarshal(additional, &f)
	return f.StopSequence, err
}
