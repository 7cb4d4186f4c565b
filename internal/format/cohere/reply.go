package cohere

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/provider"
)

// replyWords are the values of finish_reason in Command R.
var replyWords = answer.StopReasons{
	{"COMPLETE", bedrock.StopReasonEndTurn},
	{"MAX_TOKENS", bedrock.StopReasonMaxTokens},
	{"MAX_TOKENS", bedrock.StopReasonModelContextWindowExceeded},
	{"STOP_SEQUENCE", bedrock.StopReasonStopSequence},
	{"ERROR_TOXIC", bedrock.StopReasonContentFiltered},
	{"ERROR", bedrock.StopReasonMalformedModelOutput},
}

// reply is an answer of Command R.
type reply struct {
	ResponseID   string         `json:"response_id"`
	Text         string         `json:"text"`
	GenerationID string         `json:"generation_id"`
	ChatHistory  jsontext.Value `json:"chat_history"`
	FinishReason string         `json:"finish_reason"`
	ToolCalls    []call         `json:"tool_calls,omitzero"`
	Meta         jsontext.Value `json:"meta,omitzero"`
}

// replyFields are what the conversation has no words for.
type replyFields struct {
	ResponseID   string         `json:"response_id,omitzero"`
	GenerationID string         `json:"generation_id,omitzero"`
	ChatHistory  jsontext.Value `json:"chat_history,omitzero"`
	Meta         jsontext.Value `json:"meta,omitzero"`
}

// meta is what the end of a stream tells beside. Billed units are tokens.
type meta struct {
	APIVersion  version `json:"api_version"`
	BilledUnits tokens  `json:"billed_units"`
	Tokens      tokens  `json:"tokens"`
}

type version struct {
	Version string `json:"version"`
}

type tokens struct {
	InputTokens  answer.Count `json:"input_tokens"`
	OutputTokens answer.Count `json:"output_tokens"`
}

func parseReply(data []byte) (*bedrock.ConverseResponse, error) {
	var native reply
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	if native.FinishReason == "" {
		return nil, answer.ErrEmpty
	}
	piece, err := native.piece()
	if err != nil {
		return nil, err
	}
	text := answer.Text{Text: native.Text, StopReason: piece.StopReason, Fields: piece.Fields}
	if piece.InputTokens != nil {
		text.InputTokens, text.OutputTokens = *piece.InputTokens, *piece.OutputTokens
	}
	response := text.Response()
	for _, one := range native.ToolCalls {
		response.Output.Message.Content = append(response.Output.Message.Content, bedrock.ContentBlock{ToolUse: one.use(provider.NewToolUseID())})
	}
	return response, nil
}

// piece gives the end of a reply, without its text.
func (r reply) piece() (answer.Piece, error) {
	fields, err := answer.Marshal(replyFields{r.ResponseID, r.GenerationID, r.ChatHistory, r.Meta})
	piece := answer.Piece{StopReason: replyWords.Reason(r.FinishReason), Fields: fields}
	if len(r.ToolCalls) > 0 && piece.StopReason == bedrock.StopReasonEndTurn {
		piece.StopReason = bedrock.StopReasonToolUse
	}
	var told meta
	if len(r.Meta) > 0 && json.Unmarshal(r.Meta, &told) == nil {
		piece.InputTokens = told.BilledUnits.InputTokens.Tokens()
		piece.OutputTokens = told.BilledUnits.OutputTokens.Tokens()
	}
	return piece, err
}

// replies writes the answers of Command R.
type replies struct {
	// history is what was said, the last message included.
	history []saying
}

func (r replies) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	said, calls := takeCalls(whole)
	text, err := answer.Of(said)
	if err != nil {
		return nil, err
	}
	native, err := r.write(text, calls, nil)
	if err != nil {
		return nil, err
	}
	return answer.Marshal(native)
}

// takeCalls parts an answer from its uses of tools.
func takeCalls(whole *bedrock.ConverseResponse) (*bedrock.ConverseResponse, []call) {
	if whole.Output.Message == nil {
		return whole, nil
	}
	var calls []call
	message := bedrock.Message{Role: whole.Output.Message.Role}
	for _, block := range whole.Output.Message.Content {
		if block.ToolUse != nil {
			calls = append(calls, callOf(block.ToolUse))
			continue
		}
		message.Content = append(message.Content, block)
	}
	rest := *whole
	rest.Output.Message = &message
	return &rest, calls
}

// write gives the reply of a text and calls. It has meta if the answer itself has it, or
// if usage is known.
func (r replies) write(text answer.Text, calls []call, usage *bedrock.TokenUsage) (native reply, err error) {
	var fields replyFields
	_ = json.Unmarshal(text.Fields, &fields)
	if len(fields.ChatHistory) == 0 {
		said := append(r.history[:len(r.history):len(r.history)], saying{Role: roleChatbot, Message: &text.Text, ToolCalls: calls})
		if fields.ChatHistory, err = answer.Marshal(said); err != nil {
			return native, err
		}
	}
	if len(fields.Meta) == 0 && usage != nil {
		count := tokens{answer.Count(usage.InputTokens), answer.Count(usage.OutputTokens)}
		if fields.Meta, err = answer.Marshal(meta{version{"1"}, count, count}); err != nil {
			return native, err
		}
	}
	if fields.ResponseID == "" {
		fields.ResponseID = answer.NewID()[:8] + "/" + answer.NewID()
	}
	return reply{
		ResponseID: fields.ResponseID, Text: text.Text, GenerationID: orNew(fields.GenerationID),
		ChatHistory: fields.ChatHistory, FinishReason: replyWords.Native(text.StopReason), ToolCalls: calls, Meta: fields.Meta,
	}, nil
}
