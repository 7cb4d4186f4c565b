package nova

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/request"
)

// response is a whole answer, in the order of its members.
type response struct {
	Output     output         `json:"output"`
	StopReason string         `json:"stopReason"`
	Usage      usage          `json:"usage"`
	Rest       jsontext.Value `json:",embed"`
}

type output struct {
	Message reply `json:"message"`
}

type reply struct {
	Content []replyBlock `json:"content"`
	Role    string       `json:"role"`
}

// replyBlock is a block of an answer; one of its members is set.
type replyBlock struct {
	Text             *string                        `json:"text,omitzero"`
	ToolUse          *toolUse                       `json:"toolUse,omitzero"`
	ReasoningContent *bedrock.ReasoningContentBlock `json:"reasoningContent,omitzero"`
}

type toolUse struct {
	Name      *string        `json:"name"`
	ToolUseID *string        `json:"toolUseId"`
	Input     jsontext.Value `json:"input"`
}

// usage is the counts of an answer. A stream has no total.
type usage struct {
	InputTokens     answer.Count  `json:"inputTokens"`
	OutputTokens    answer.Count  `json:"outputTokens"`
	TotalTokens     *answer.Count `json:"totalTokens,omitzero"`
	CacheReadInput  *answer.Count `json:"cacheReadInputTokenCount,omitzero"`
	CacheWriteInput *answer.Count `json:"cacheWriteInputTokenCount,omitzero"`
}

func (u *usage) tokens() bedrock.TokenUsage {
	tokens := bedrock.TokenUsage{
		InputTokens: int32(u.InputTokens), OutputTokens: int32(u.OutputTokens),
		CacheReadInputTokens: u.CacheReadInput.Tokens(), CacheWriteInputTokens: u.CacheWriteInput.Tokens(),
	}
	tokens.TotalTokens = tokens.InputTokens + tokens.OutputTokens
	for _, cached := range []*int32{tokens.CacheReadInputTokens, tokens.CacheWriteInputTokens} {
		if cached != nil {
			tokens.TotalTokens += *cached
		}
	}
	return tokens
}

// usageOf is the usage without its total. The counts of the cache are always
// there.
func usageOf(tokens bedrock.TokenUsage) usage {
	u := usage{
		InputTokens: answer.Count(tokens.InputTokens), OutputTokens: answer.Count(tokens.OutputTokens),
		CacheReadInput: new(answer.Count), CacheWriteInput: new(answer.Count),
	}
	if tokens.CacheReadInputTokens != nil {
		*u.CacheReadInput = answer.Count(*tokens.CacheReadInputTokens)
	}
	if tokens.CacheWriteInputTokens != nil {
		*u.CacheWriteInput = answer.Count(*tokens.CacheWriteInputTokens)
	}
	return u
}

// ParseResponse reads an answer. Members that the conversation has no word for
// go to AdditionalModelResponseFields.
func (Format) ParseResponse(data []byte) (*bedrock.ConverseResponse, error) {
	var native response
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	if native.StopReason == "" {
		return nil, answer.ErrEmpty
	}
	content := make([]bedrock.ContentBlock, len(native.Output.Message.Content))
	for i, block := range native.Output.Message.Content {
		switch {
		case block.Text != nil:
			content[i].Text = block.Text
		case block.ToolUse != nil:
			content[i].ToolUse = &bedrock.ToolUseBlock{
				Input: []byte(block.ToolUse.Input), Name: block.ToolUse.Name, ToolUseId: block.ToolUse.ToolUseID,
			}
		case block.ReasoningContent != nil:
			content[i].ReasoningContent = block.ReasoningContent
		default:
			return nil, fmt.Errorf("the conversation has no word for block %d of the answer", i)
		}
	}
	additional, err := request.Fields(stopFields{Rest: native.Rest})
	return &bedrock.ConverseResponse{
		AdditionalModelResponseFields: additional,
		Output: bedrock.ConverseOutput{Message: &bedrock.Message{
			Role: bedrock.ConversationRoleAssistant, Content: content,
		}},
		StopReason: bedrock.StopReason(native.StopReason),
		Usage:      native.Usage.tokens(),
	}, err
}

// stopFields are additionalModelResponseFields. The stop sequence that was met
// has no place in a Nova body.
type stopFields struct {
	StopSequence jsontext.Value `json:"stop_sequence,omitzero"`
	Rest         jsontext.Value `json:",embed"`
}

type renderer struct{}

// Response writes a whole answer.
func (renderer) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	native := response{StopReason: string(whole.StopReason), Usage: usageOf(whole.Usage)}
	native.Usage.TotalTokens = new(answer.Count(whole.Usage.TotalTokens))
	native.Output.Message = reply{Content: []replyBlock{}, Role: "assistant"}
	if whole.Output.Message != nil {
		for i, block := range whole.Output.Message.Content {
			written, err := renderReplyBlock(block)
			if err != nil {
				return nil, fmt.Errorf("block %d: %w", i, err)
			}
			native.Output.Message.Content = append(native.Output.Message.Content, written)
		}
	}
	if additional := whole.AdditionalModelResponseFields; len(additional) > 0 {
		var f stopFields
		if err := json.Unmarshal(additional, &f); err != nil {
			return nil, err
		}
		native.Rest = f.Rest
	}
	return answer.Marshal(native)
}

func renderReplyBlock(block bedrock.ContentBlock) (native replyBlock, err error) {
	switch {
	case block.Text != nil:
		native.Text = block.Text
	case block.ToolUse != nil:
		native.ToolUse = &toolUse{block.ToolUse.Name, block.ToolUse.ToolUseId, jsontext.Value(block.ToolUse.Input)}
		if native.ToolUse.Input == nil {
			native.ToolUse.Input = jsontext.Value("{}")
		}
	case block.ReasoningContent != nil:
		native.ReasoningContent = block.ReasoningContent
	default:
		err = fmt.Errorf("an answer of Nova has no %+v", block)
	}
	return native, err
}
