package nova

import (
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/provider"
)

// chunk is any chunk of a streamed answer; one of its members is set.
type chunk struct {
	MessageStart      *struct{}                       `json:"messageStart"`
	ContentBlockStart *bedrock.ContentBlockStartEvent `json:"contentBlockStart"`
	ContentBlockDelta *bedrock.ContentBlockDeltaEvent `json:"contentBlockDelta"`
	ContentBlockStop  *struct{}                       `json:"contentBlockStop"`
	MessageStop       *struct {
		StopReason bedrock.StopReason `json:"stopReason"`
	} `json:"messageStop"`
	Metadata *struct {
		Usage usage `json:"usage"`
	} `json:"metadata"`
	answer.Trailer
}

// ParseStream reads the chunks of an answer. Its blocks of text, one for each
// delta, become one.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w := provider.NewWriter(yield)
		done := false
		for data, err := range chunks {
			if err != nil {
				w.Fail(err)
				return
			}
			var c chunk
			if err := json.Unmarshal(data, &c); err != nil {
				w.Fail(answer.Broken(err))
				return
			}
			if c.Metadata != nil && w.Stopped() {
				w.Metadata(c.Metadata.Usage.tokens())
				done = true
				continue
			}
			more, err := c.write(w)
			if err != nil {
				w.Fail(answer.Broken(err))
				return
			}
			if !more && !done {
				return
			}
		}
		if !done {
			w.Fail(answer.Broken(answer.ErrCut))
		}
	}
}

// write writes the event of a chunk. Behind messageStop there is none.
func (c *chunk) write(w *provider.Writer) (bool, error) {
	switch {
	case w.Stopped():
		return true, nil
	case c.MessageStart != nil:
		return w.Start(), nil
	case c.ContentBlockStart != nil:
		if use := c.ContentBlockStart.Start.ToolUse; use != nil {
			return w.ToolUse(*use), nil
		}
		return false, errors.New("the conversation has no word for the start of a block")
	case c.ContentBlockDelta != nil:
		return writeDelta(w, c.ContentBlockDelta.Delta)
	case c.MessageStop != nil:
		return w.Stop(c.MessageStop.StopReason, nil), nil
	}
	return true, nil
}

func writeDelta(w *provider.Writer, delta bedrock.ContentBlockDelta) (bool, error) {
	switch {
	case delta.Text != nil:
		return w.Text(*delta.Text), nil
	case delta.ToolUse != nil:
		return w.ToolInput(delta.ToolUse.Input), nil
	case delta.ReasoningContent != nil && delta.ReasoningContent.Text != nil:
		return w.Reasoning(*delta.ReasoningContent.Text), nil
	case delta.ReasoningContent != nil && delta.ReasoningContent.Signature != nil:
		return w.Signature(*delta.ReasoningContent.Signature), nil
	}
	return false, fmt.Errorf("the conversation has no word for the delta %+v", delta)
}

// Stream writes a streamed answer. Each delta of text is a block of its own.
// Between the uses of two tools an index is left out, as if an empty text stood
// there.
func (renderer) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	return func(yield func(format.Chunk, error) bool) {
		w := writer{yield: yield}
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

type writer struct {
	yield func(format.Chunk, error) bool
	// index is the next block's, or that of the block that is open.
	index int64
	open  bool
	// tool tells that the last block was the use of a tool.
	tool bool
	stop bool
	done bool
}

// write writes the chunks of one event. It is false when the consumer left.
func (w *writer) write(event bedrock.ConverseStreamOutput) (bool, error) {
	switch {
	case w.done:
	case event.MessageStart != nil:
		return w.emit([]byte(`{"messageStart":{"role":"assistant"}}`)), nil
	case event.ContentBlockStart != nil:
		return w.startTool(event.ContentBlockStart)
	case event.ContentBlockDelta != nil:
		return w.delta(event.ContentBlockDelta.Delta)
	case event.ContentBlockStop != nil && w.open:
		return w.stopBlock(), nil
	case event.MessageStop != nil:
		w.stop = true
		body := appendQuote([]byte(`{"messageStop":{"stopReason":`), string(event.MessageStop.StopReason))
		return w.emit(append(body, `}}`...)), nil
	case event.Metadata != nil && w.stop:
		return w.end(event.Metadata)
	}
	return true, nil
}

func (w *writer) emit(body []byte) bool { return w.yield(format.Chunk{Body: body}, nil) }

func appendQuote(to []byte, s string) []byte {
	to, _ = jsontext.AppendQuote(to, s) // bytes that are no UTF-8 become U+FFFD
	return to
}

// at ends a chunk of a block.
func (w *writer) at(body []byte) []byte {
	body = append(body, `"contentBlockIndex":`...)
	return append(strconv.AppendInt(body, w.index, 10), `}}`...)
}

func (w *writer) startTool(event *bedrock.ContentBlockStartEvent) (bool, error) {
	use := event.Start.ToolUse
	if use == nil {
		return false, fmt.Errorf("an answer of Nova has no %+v", event.Start)
	}
	if w.tool {
		w.index++
	}
	w.open, w.tool = true, true
	body := appendQuote([]byte(`{"contentBlockStart":{"start":{"toolUse":{"toolUseId":`), use.ToolUseId)
	body = appendQuote(append(body, `,"name":`...), use.Name)
	return w.emit(w.at(append(body, `}},`...))), nil
}

func (w *writer) delta(delta bedrock.ContentBlockDelta) (bool, error) {
	switch {
	case delta.Text != nil:
		w.tool = false
		return w.piece(`{"text":`, *delta.Text, `}`) && w.stopBlock(), nil
	case delta.ToolUse != nil:
		return w.piece(`{"toolUse":{"input":`, delta.ToolUse.Input, `}}`), nil
	case delta.ReasoningContent != nil && delta.ReasoningContent.Text != nil:
		w.open, w.tool = true, false
		return w.piece(`{"reasoningContent":{"text":`, *delta.ReasoningContent.Text, `}}`), nil
	case delta.ReasoningContent != nil && delta.ReasoningContent.Signature != nil:
		w.open, w.tool = true, false
		return w.piece(`{"reasoningContent":{"signature":`, *delta.ReasoningContent.Signature, `}}`), nil
	}
	return false, fmt.Errorf("an answer of Nova has no %+v", delta)
}

func (w *writer) piece(begin, text, end string) bool {
	body := make([]byte, 0, 96+len(text))
	body = append(append(body, `{"contentBlockDelta":{"delta":`...), begin...)
	return w.emit(w.at(append(append(appendQuote(body, text), end...), ',')))
}

func (w *writer) stopBlock() bool {
	body := w.at([]byte(`{"contentBlockStop":{`))
	w.open = false
	w.index++
	return w.emit(body)
}

func (w *writer) end(metadata *bedrock.ConverseStreamMetadataEvent) (bool, error) {
	w.done = true
	counts, err := json.Marshal(usageOf(metadata.Usage))
	if err != nil {
		return false, err
	}
	body := append([]byte(`{"metadata":{"usage":`), counts...)
	return w.yield(format.Chunk{Body: append(body, `,"metrics":{},"trace":{}}}`...), Last: true}, nil), nil
}
