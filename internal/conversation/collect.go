// Package conversation is what Converse means beyond the shapes: the rules that
// a request must keep, the whole answer that a sequence of events amounts to,
// and the extra fields that a request may ask of the answer.
package conversation

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Collect gathers the events of an answer into the response of Converse. The
// error is the one that ended the events, or says that they were no answer.
func Collect(events provider.Events) (*bedrock.ConverseResponse, error) {
	c := collector{response: &bedrock.ConverseResponse{}, content: []bedrock.ContentBlock{}}
	for event, err := range events {
		if err != nil {
			return nil, err
		}
		c.add(&event)
	}
	if c.response.StopReason == "" {
		return nil, bedrock.WithCause(
			&bedrock.ModelErrorException{Message: "The model returned an incomplete answer. Try your request again."},
			errors.New("the events end before messageStop"))
	}
	c.response.Output.Message = &bedrock.Message{Role: bedrock.ConversationRoleAssistant, Content: c.content}
	return c.response, nil
}

// collector holds the answer so far and the block that is open.
type collector struct {
	response *bedrock.ConverseResponse
	content  []bedrock.ContentBlock

	tool      *bedrock.ToolUseBlockStart
	reasoning bool
	text      strings.Builder
	signature *string
	redacted  []byte
}

func (c *collector) add(event *bedrock.ConverseStreamOutput) {
	switch {
	case event.ContentBlockStart != nil:
		c.tool = event.ContentBlockStart.Start.ToolUse
	case event.ContentBlockDelta != nil:
		c.addDelta(&event.ContentBlockDelta.Delta)
	case event.ContentBlockStop != nil:
		c.content = append(c.content, c.block())
		c.tool, c.reasoning, c.signature, c.redacted = nil, false, nil, nil
		c.text.Reset()
	case event.MessageStop != nil:
		c.response.StopReason = event.MessageStop.StopReason
		c.response.AdditionalModelResponseFields = event.MessageStop.AdditionalModelResponseFields
	case event.Metadata != nil:
		c.response.Usage = event.Metadata.Usage
		c.response.Metrics.LatencyMs = event.Metadata.Metrics.LatencyMs
	}
}

func (c *collector) addDelta(delta *bedrock.ContentBlockDelta) {
	switch {
	case delta.Text != nil:
		c.text.WriteString(*delta.Text)
	case delta.ToolUse != nil:
		c.text.WriteString(delta.ToolUse.Input)
	case delta.ReasoningContent != nil:
		c.reasoning = true
		reasoning := delta.ReasoningContent
		if reasoning.Text != nil {
			c.text.WriteString(*reasoning.Text)
		}
		if reasoning.Signature != nil {
			c.signature = reasoning.Signature
		}
		c.redacted = append(c.redacted, reasoning.RedactedContent...)
	}
}

// block is the open block as a whole.
func (c *collector) block() bedrock.ContentBlock {
	switch {
	case c.tool != nil:
		input := json.RawMessage(c.text.String())
		if len(input) == 0 {
			input = json.RawMessage("{}")
		}
		return bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
			ToolUseId: &c.tool.ToolUseId, Name: &c.tool.Name, Type: c.tool.Type, Input: input,
		}}
	case c.redacted != nil:
		return bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{RedactedContent: c.redacted}}
	case c.reasoning:
		return bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{
			ReasoningText: &bedrock.ReasoningTextBlock{Text: new(c.text.String()), Signature: c.signature},
		}}
	}
	return bedrock.ContentBlock{Text: new(c.text.String())}
}
