package anthropic

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/request"
)

// reply is a whole answer, in the order of its members. In the first chunk of a
// stream it is empty yet.
type reply struct {
	ID           string         `json:"id"`
	Type         string         `json:"type"`
	Role         string         `json:"role"`
	Model        string         `json:"model"`
	Content      []replyBlock   `json:"content"`
	StopReason   *string        `json:"stop_reason"`
	StopSequence *string        `json:"stop_sequence"`
	StopDetails  jsontext.Value `json:"stop_details,omitzero"`
	Usage        usage          `json:"usage"`
	Rest         jsontext.Value `json:",embed"`
}

// replyBlock is any block of an answer; only the members of its type are set.
type replyBlock struct {
	Type      string         `json:"type"`
	Text      *string        `json:"text,omitzero"`
	Citations jsontext.Value `json:"citations,omitzero"`
	ID        string         `json:"id,omitzero"`
	Name      string         `json:"name,omitzero"`
	Input     jsontext.Value `json:"input,omitzero"`
	Thinking  *string        `json:"thinking,omitzero"`
	Signature *string        `json:"signature,omitzero"`
	Data      string         `json:"data,omitzero"`
}

// fields are additionalModelResponseFields: where the conversation has no word,
// in the shape of the answer.
type fields struct {
	ID           string         `json:"id,omitzero"`
	Model        string         `json:"model,omitzero"`
	StopSequence *string        `json:"stop_sequence,omitzero"`
	StopDetails  jsontext.Value `json:"stop_details,omitzero"`
	Usage        jsontext.Value `json:"usage,omitzero"`
	Rest         jsontext.Value `json:",embed"`
}

// stopReasons are the values of stop_reason.
var stopReasons = answer.StopReasons{
	{Native: "end_turn", Reason: bedrock.StopReasonEndTurn},
	{Native: "max_tokens", Reason: bedrock.StopReasonMaxTokens},
	{Native: "stop_sequence", Reason: bedrock.StopReasonStopSequence},
	{Native: "tool_use", Reason: bedrock.StopReasonToolUse},
	{Native: "refusal", Reason: bedrock.StopReasonContentFiltered},
	{Native: "model_context_window_exceeded", Reason: bedrock.StopReasonModelContextWindowExceeded},
}

func parseMessage(body []byte) (*bedrock.ConverseResponse, error) {
	var native reply
	if err := json.Unmarshal(body, &native); err != nil {
		return nil, err
	}
	if native.Type != "message" {
		return nil, fmt.Errorf("an answer of the type %q is no message", native.Type)
	}
	content := make([]bedrock.ContentBlock, len(native.Content))
	for i, block := range native.Content {
		var err error
		if content[i], err = parseReplyBlock(block); err != nil {
			return nil, err
		}
	}
	additional, err := request.Fields(fields{
		native.ID, native.Model, native.StopSequence, native.StopDetails, native.Usage.Rest, native.Rest,
	})
	return &bedrock.ConverseResponse{
		AdditionalModelResponseFields: additional,
		Output: bedrock.ConverseOutput{Message: &bedrock.Message{
			Role: bedrock.ConversationRoleAssistant, Content: content,
		}},
		StopReason: stopReasons.Given(native.StopReason),
		Usage:      native.Usage.tokens(),
	}, err
}

func parseReplyBlock(native replyBlock) (block bedrock.ContentBlock, err error) {
	switch {
	case native.Type == "text" && native.Text != nil && hasCitations(native.Citations) && string(native.Citations) != "[]":
		block.CitationsContent, err = parseCited(*native.Text, native.Citations)
	case native.Type == "text" && native.Text != nil:
		block.Text = native.Text
	case native.Type == "tool_use":
		block.ToolUse = &bedrock.ToolUseBlock{
			ToolUseId: &native.ID, Name: &native.Name, Input: []byte(native.Input),
		}
	case native.Type == "thinking" && native.Thinking != nil:
		block.ReasoningContent = &bedrock.ReasoningContentBlock{
			ReasoningText: &bedrock.ReasoningTextBlock{Text: native.Thinking, Signature: native.Signature},
		}
	case native.Type == "redacted_thinking":
		block.ReasoningContent = &bedrock.ReasoningContentBlock{RedactedContent: []byte(native.Data)}
	default:
		err = fmt.Errorf("the conversation has no word for a %q block", native.Type)
	}
	return block, err
}

// messageRenderer writes answers as messages.
type messageRenderer struct{ generation }

// Response writes a whole answer. AdditionalModelResponseFields replace the
// members that are made up here, as id.
func (r messageRenderer) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	native := r.reply()
	native.StopReason = new(stopReasons.Native(whole.StopReason))
	native.Usage = r.usageOf(whole.Usage)
	thought := false
	if whole.Output.Message != nil {
		for _, block := range whole.Output.Message.Content {
			thought = thought || block.ReasoningContent != nil
			written, err := renderReplyBlock(block)
			if err != nil {
				return nil, err
			}
			native.Content = append(native.Content, written)
		}
	}
	if r.since(4, 8) {
		native.StopDetails = jsontext.Value("null")
		native.Usage.detail(thought)
	}
	return request.Render(native, whole.AdditionalModelResponseFields, nil)
}

// reply is an answer that is empty yet.
func (r messageRenderer) reply() reply {
	return reply{ID: r.newID(), Type: "message", Role: "assistant", Model: r.model, Content: []replyBlock{}}
}

func renderReplyBlock(block bedrock.ContentBlock) (native replyBlock, err error) {
	switch {
	case block.Text != nil:
		return replyBlock{Type: "text", Text: block.Text}, nil
	case block.CitationsContent != nil:
		text, citations, err := renderCited(block.CitationsContent)
		return replyBlock{Type: "text", Text: &text, Citations: citations}, err
	case block.ToolUse != nil:
		use := renderToolUse(block.ToolUse)
		native = replyBlock{Type: "tool_use", Input: use.Input}
		if use.ID != nil && use.Name != nil {
			native.ID, native.Name = *use.ID, *use.Name
		}
		return native, nil
	case block.ReasoningContent != nil && block.ReasoningContent.ReasoningText != nil:
		text := block.ReasoningContent.ReasoningText
		return replyBlock{Type: "thinking", Thinking: orEmpty(text.Text), Signature: orEmpty(text.Signature)}, nil
	case block.ReasoningContent != nil:
		return replyBlock{Type: "redacted_thinking", Data: string(block.ReasoningContent.RedactedContent)}, nil
	}
	return native, fmt.Errorf("a message has no block for %+v", block)
}

func orEmpty(s *string) *string {
	if s == nil {
		return new("")
	}
	return s
}
