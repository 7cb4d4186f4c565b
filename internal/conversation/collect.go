// Package conversation is what Converse means beyond the shapes: the rules that
// a request must keep, the whole answer that a sequence of events amounts to,
// and the extra fields that a request may ask of the answer.
package conversation

import (
	"errors"

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

// CollectPart gathers the events of an answer as far as it came; it may have been cut
// off anywhere.
func CollectPart(events []bedrock.ConverseStreamOutput) *bedrock.ConverseResponse {
	c := collector{response: &bedrock.ConverseResponse{}, content: []bedrock.ContentBlock{}}
	for i := range events {
		c.add(&events[i])
	}
	if c.begun {
		c.content = append(c.content, c.open.whole())
	}
	c.response.Output.Message = &bedrock.Message{Role: bedrock.ConversationRoleAssistant, Content: c.content}
	return c.response
}

// collector holds the answer so far and the block that is open.
type collector struct {
	response *bedrock.ConverseResponse
	content  []bedrock.ContentBlock
	open     openBlock
	// begun says that something of the open block has come.
	begun bool
}

func (c *collector) add(event *bedrock.ConverseStreamOutput) {
	c.begun = c.begun || event.ContentBlockStart != nil || event.ContentBlockDelta != nil
	switch {
	case event.ContentBlockStart != nil:
		c.open.tool = event.ContentBlockStart.Start.ToolUse
		c.open.result = event.ContentBlockStart.Start.ToolResult
	case event.ContentBlockDelta != nil:
		c.open.add(&event.ContentBlockDelta.Delta)
	case event.ContentBlockStop != nil:
		c.content = append(c.content, c.open.whole())
		c.open, c.begun = openBlock{}, false
	case event.MessageStop != nil:
		c.response.StopReason = event.MessageStop.StopReason
		c.response.AdditionalModelResponseFields = event.MessageStop.AdditionalModelResponseFields
	case event.Metadata != nil:
		c.response.Usage = event.Metadata.Usage
		c.response.Metrics.LatencyMs = event.Metadata.Metrics.LatencyMs
		c.response.PerformanceConfig, c.response.ServiceTier = event.Metadata.PerformanceConfig, event.Metadata.ServiceTier
	}
}
