package anthropic

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/provider"
)

// chunk is any chunk of a streamed message; only the members of its type are
// set.
type chunk struct {
	Type         string      `json:"type"`
	Message      *reply      `json:"message"`
	Index        int32       `json:"index"`
	ContentBlock *replyBlock `json:"content_block"`
	Delta        *chunkDelta `json:"delta"`
	Usage        *deltaUsage `json:"usage"`
	Error        *chunkError `json:"error"`
	answer.Trailer
}

type chunkDelta struct {
	Type         string  `json:"type"`
	Text         string  `json:"text"`
	PartialJSON  string  `json:"partial_json"`
	Thinking     string  `json:"thinking"`
	Signature    string  `json:"signature"`
	StopReason   *string `json:"stop_reason"`
	StopSequence *string `json:"stop_sequence"`

	Citation jsontext.Value `json:"citation"`
}

// deltaUsage is the usage of message_delta. All but the output is there only
// where it changed since message_start.
type deltaUsage struct {
	InputTokens              *int32 `json:"input_tokens,omitzero"`
	CacheCreationInputTokens *int32 `json:"cache_creation_input_tokens,omitzero"`
	CacheReadInputTokens     *int32 `json:"cache_read_input_tokens,omitzero"`
	OutputTokens             int32  `json:"output_tokens"`
}

type chunkError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// messageReader reads a streamed message.
type messageReader struct {
	yield   func(bedrock.ConverseStreamOutput, error) bool
	usage   usage
	started bool
	stopped bool
	done    bool
}

var errOrder = errors.New("a chunk is out of order")

func (r *messageReader) read(data []byte) (bool, error) {
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		return false, answer.Broken(err)
	}
	if r.done {
		return true, nil
	}
	anywhere := c.Type == "ping" || c.Type == "error"
	if !anywhere && r.started == (c.Type == "message_start") {
		return false, answer.Broken(errOrder)
	}
	event, err := r.event(&c)
	if err != nil {
		return false, answer.Broken(err)
	}
	if event.EventType() == "" {
		return true, nil
	}
	return r.yield(event, nil), nil
}

// event gives the event of a chunk, or none for a chunk that has none, as those
// of types that came later.
func (r *messageReader) event(c *chunk) (event bedrock.ConverseStreamOutput, err error) {
	switch c.Type {
	case "message_start":
		event = r.start(c)
	case "content_block_start":
		return r.blockStart(c)
	case "content_block_delta":
		return blockDelta(c)
	case "content_block_stop":
		event.ContentBlockStop = &bedrock.ContentBlockStopEvent{ContentBlockIndex: c.Index}
	case "message_delta":
		return r.stop(c)
	case "message_stop":
		if !r.stopped {
			return event, errOrder
		}
		event.Metadata = r.metadata(c)
	case "error":
		err = errors.New("the upstream broke off")
		if c.Error != nil {
			err = fmt.Errorf("the upstream broke off: %s: %s", c.Error.Type, c.Error.Message)
		}
	}
	return event, err
}

func (r *messageReader) start(c *chunk) bedrock.ConverseStreamOutput {
	r.started = true
	if c.Message != nil {
		r.usage = c.Message.Usage
	}
	return bedrock.ConverseStreamOutput{
		MessageStart: &bedrock.MessageStartEvent{Role: bedrock.ConversationRoleAssistant},
		Metadata:     &bedrock.ConverseStreamMetadataEvent{Usage: r.usage.tokens()},
	}
}

// blockStart reads the start of a block. Only a tool's has an event of its own,
// but any may begin with content.
func (r *messageReader) blockStart(c *chunk) (event bedrock.ConverseStreamOutput, err error) {
	b := c.ContentBlock
	switch {
	case b == nil:
		return event, errOrder
	case b.Type == "tool_use":
		event.ContentBlockStart = &bedrock.ContentBlockStartEvent{
			ContentBlockIndex: c.Index,
			Start:             bedrock.ContentBlockStart{ToolUse: &bedrock.ToolUseBlockStart{Name: b.Name, ToolUseId: b.ID}},
		}
	case b.Type == "text" && b.Text != nil && *b.Text != "":
		event.ContentBlockDelta = deltaOf(c.Index, bedrock.ContentBlockDelta{Text: b.Text})
	case b.Type == "thinking" && b.Thinking != nil && *b.Thinking != "":
		event.ContentBlockDelta = deltaOf(c.Index, bedrock.ContentBlockDelta{
			ReasoningContent: &bedrock.ReasoningContentBlockDelta{Text: b.Thinking},
		})
	case b.Type == "redacted_thinking":
		event.ContentBlockDelta = deltaOf(c.Index, bedrock.ContentBlockDelta{
			ReasoningContent: &bedrock.ReasoningContentBlockDelta{RedactedContent: []byte(b.Data)},
		})
	case b.Type != "text" && b.Type != "thinking":
		err = fmt.Errorf("the conversation has no word for a %q block", b.Type)
	}
	return event, err
}

func blockDelta(c *chunk) (event bedrock.ConverseStreamOutput, err error) {
	if c.Delta == nil {
		return event, errOrder
	}
	var delta bedrock.ContentBlockDelta
	switch c.Delta.Type {
	case "text_delta":
		delta.Text = &c.Delta.Text
	case "input_json_delta":
		delta.ToolUse = &bedrock.ToolUseBlockDelta{Input: c.Delta.PartialJSON}
	case "thinking_delta":
		delta.ReasoningContent = &bedrock.ReasoningContentBlockDelta{Text: &c.Delta.Thinking}
	case "signature_delta":
		delta.ReasoningContent = &bedrock.ReasoningContentBlockDelta{Signature: &c.Delta.Signature}
	case "citations_delta":
		if delta.Citation, err = citationDelta(c.Delta.Citation); err != nil {
			return event, err
		}
	default:
		return event, fmt.Errorf("the conversation has no word for a %q", c.Delta.Type)
	}
	event.ContentBlockDelta = deltaOf(c.Index, delta)
	return event, nil
}

func deltaOf(index int32, delta bedrock.ContentBlockDelta) *bedrock.ContentBlockDeltaEvent {
	return &bedrock.ContentBlockDeltaEvent{ContentBlockIndex: index, Delta: delta}
}

func (r *messageReader) stop(c *chunk) (event bedrock.ConverseStreamOutput, err error) {
	if c.Delta == nil || c.Delta.StopReason == nil || r.stopped {
		return event, errOrder
	}
	r.stopped = true
	if u := c.Usage; u != nil {
		r.usage.OutputTokens = u.OutputTokens
		replace(&r.usage.InputTokens, u.InputTokens)
		if u.CacheCreationInputTokens != nil {
			r.usage.CacheCreationInputTokens = u.CacheCreationInputTokens
		}
		if u.CacheReadInputTokens != nil {
			r.usage.CacheReadInputTokens = u.CacheReadInputTokens
		}
	}
	event.MessageStop = &bedrock.MessageStopEvent{StopReason: stopReasons.Reason(*c.Delta.StopReason)}
	if c.Delta.StopSequence != nil {
		event.MessageStop.AdditionalModelResponseFields = provider.StopSequenceFields(*c.Delta.StopSequence)
	}
	return event, err
}

func replace(old *int32, with *int32) {
	if with != nil {
		*old = *with
	}
}

func (r *messageReader) metadata(c *chunk) *bedrock.ConverseStreamMetadataEvent {
	r.done = true
	event := &bedrock.ConverseStreamMetadataEvent{Usage: r.usage.tokens()}
	if c.Metrics != nil {
		event.Metrics.LatencyMs = c.Metrics.InvocationLatency
	}
	return event
}

func (r *messageReader) end() {
	if !r.done {
		r.yield(bedrock.ConverseStreamOutput{}, answer.Broken(answer.ErrCut))
	}
}

// appendQuote writes a JSON string. Bytes that are no UTF-8 become U+FFFD.
func appendQuote(to []byte, s string) []byte {
	to, _ = jsontext.AppendQuote(to, s)
	return to
}
