package provider

import (
	"encoding/json"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// Writer yields the events of one answer in the order that Provider promises:
// it opens the message, starts and ends blocks as their kind changes, and counts
// their indices. A Writer is for one goroutine.
//
// Its methods say whether the consumer wants more. After it does not, or after
// Fail or Metadata, the answer is over and every method does nothing but say so.
type Writer struct {
	yield   func(bedrock.ConverseStreamOutput, error) bool
	open    blockKind
	index   int32
	started bool
	stopped bool
	over    bool
	tier    *bedrock.ServiceTier
}

type blockKind int

const (
	noBlock blockKind = iota
	textBlock
	reasoningBlock
	toolBlock
)

// NewWriter makes a writer of events that go to yield, the argument of an
// Events function.
func NewWriter(yield func(bedrock.ConverseStreamOutput, error) bool) *Writer {
	return &Writer{yield: yield}
}

// Started says whether messageStart was yielded: from then on an error breaks
// an answer instead of replacing it.
func (w *Writer) Started() bool { return w.started }

// Stopped says whether messageStop was yielded.
func (w *Writer) Stopped() bool { return w.stopped }

// Start yields messageStart, unless that was done. The other methods do it too;
// Start is for an answer that has begun but has no content yet.
func (w *Writer) Start() bool {
	if w.started {
		return !w.over
	}
	w.started = true
	return w.event(bedrock.ConverseStreamOutput{
		MessageStart: &bedrock.MessageStartEvent{Role: bedrock.ConversationRoleAssistant},
	})
}

// Text adds to the text block that is open, or opens one. Empty text is nothing.
func (w *Writer) Text(text string) bool {
	if text == "" {
		return !w.over
	}
	if !w.enter(textBlock) {
		return false
	}
	// One allocation for the event and the text that it points to: this is
	// what every token passes.
	e := &struct {
		event bedrock.ContentBlockDeltaEvent
		text  string
	}{text: text}
	e.event.ContentBlockIndex = w.index
	e.event.Delta.Text = &e.text
	return w.event(bedrock.ConverseStreamOutput{ContentBlockDelta: &e.event})
}

// Reasoning adds to the reasoning block that is open, or opens one. Empty text
// is nothing.
func (w *Writer) Reasoning(text string) bool {
	if text == "" {
		return !w.over
	}
	return w.reasoning(bedrock.ReasoningContentBlockDelta{Text: &text})
}

// Signature signs the reasoning block that is open. The block ends with it.
func (w *Writer) Signature(signature string) bool {
	return w.reasoning(bedrock.ReasoningContentBlockDelta{Signature: &signature}) && w.EndBlock()
}

func (w *Writer) reasoning(delta bedrock.ReasoningContentBlockDelta) bool {
	return w.enter(reasoningBlock) && w.delta(bedrock.ContentBlockDelta{ReasoningContent: &delta})
}

// ToolUse opens a toolUse block, whose input is written by ToolInput.
func (w *Writer) ToolUse(start bedrock.ToolUseBlockStart) bool {
	if !w.EndBlock() || !w.Start() {
		return false
	}
	w.open = toolBlock
	return w.event(bedrock.ConverseStreamOutput{ContentBlockStart: &bedrock.ContentBlockStartEvent{
		ContentBlockIndex: w.index,
		Start:             bedrock.ContentBlockStart{ToolUse: &start},
	}})
}

// ToolInput adds to the JSON text of the toolUse block that is open. Without
// one it does nothing.
func (w *Writer) ToolInput(fragment string) bool {
	if w.open != toolBlock {
		return !w.over
	}
	return w.delta(bedrock.ContentBlockDelta{ToolUse: &bedrock.ToolUseBlockDelta{Input: fragment}})
}

// EndBlock ends the block that is open, if one is.
func (w *Writer) EndBlock() bool {
	if w.open == noBlock {
		return !w.over
	}
	stop := &bedrock.ContentBlockStopEvent{ContentBlockIndex: w.index}
	w.open = noBlock
	w.index++
	return w.event(bedrock.ConverseStreamOutput{ContentBlockStop: stop})
}

// Stop ends the open block and yields messageStop. Fields is the object
// additionalModelResponseFields, or nil.
func (w *Writer) Stop(reason bedrock.StopReason, fields json.RawMessage) bool {
	if !w.Start() || !w.EndBlock() {
		return false
	}
	w.stopped = true
	return w.event(bedrock.ConverseStreamOutput{MessageStop: &bedrock.MessageStopEvent{
		StopReason:                    reason,
		AdditionalModelResponseFields: fields,
	}})
}

// ServedBy says which service tier the upstream served the call by; empty says
// nothing. Metadata tells it.
func (w *Writer) ServedBy(tier bedrock.ServiceTierType) {
	if tier != "" {
		w.tier = &bedrock.ServiceTier{Type: tier}
	}
}

// Metadata yields the last event. The total is the sum of the other counts if
// it is zero.
func (w *Writer) Metadata(usage bedrock.TokenUsage) {
	if usage.TotalTokens == 0 {
		usage.TotalTokens = usage.InputTokens + usage.OutputTokens
		for _, cached := range []*int32{usage.CacheReadInputTokens, usage.CacheWriteInputTokens} {
			if cached != nil {
				usage.TotalTokens += *cached
			}
		}
	}
	w.event(bedrock.ConverseStreamOutput{Metadata: &bedrock.ConverseStreamMetadataEvent{Usage: usage, ServiceTier: w.tier}})
	w.over = true
}

// Fail ends the answer with an error.
func (w *Writer) Fail(err error) {
	if !w.over {
		w.over = true
		w.yield(bedrock.ConverseStreamOutput{}, err)
	}
}

// enter makes sure that a block of the kind is open.
func (w *Writer) enter(kind blockKind) bool {
	if w.open == kind {
		return !w.over
	}
	if !w.EndBlock() || !w.Start() {
		return false
	}
	w.open = kind
	return true
}

func (w *Writer) delta(delta bedrock.ContentBlockDelta) bool {
	return w.event(bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{
		ContentBlockIndex: w.index,
		Delta:             delta,
	}})
}

func (w *Writer) event(event bedrock.ConverseStreamOutput) bool {
	if !w.over {
		w.over = !w.yield(event, nil)
	}
	return !w.over
}

// StopSequenceFields is the object additionalModelResponseFields of an answer
// that the sequence ended.
func StopSequenceFields(sequence string) json.RawMessage {
	fields, _ := jsontext.AppendQuote([]byte(`{"stop_sequence":`), sequence) // invalid UTF-8 is replaced
	return append(fields, '}')
}
