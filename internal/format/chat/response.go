package chat

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/answer"
)

// Words are the values of finish_reason, and of stop_reason where a family
// calls it so. A stop sequence stops.
var Words = answer.StopReasons{
	{"stop", bedrock.StopReasonEndTurn},
	{"length", bedrock.StopReasonMaxTokens},
	{"length", bedrock.StopReasonModelContextWindowExceeded},
	{"tool_calls", bedrock.StopReasonToolUse},
	{"content_filter", bedrock.StopReasonContentFiltered},
}

// Usage is the counts of an answer.
type Usage struct {
	PromptTokens     answer.Count `json:"prompt_tokens"`
	CompletionTokens answer.Count `json:"completion_tokens"`
	TotalTokens      answer.Count `json:"total_tokens"`
}

// UsageOf gives the counts of the conversation.
func UsageOf(u bedrock.TokenUsage) *Usage {
	return &Usage{answer.Count(u.InputTokens), answer.Count(u.OutputTokens), answer.Count(u.InputTokens + u.OutputTokens)}
}

// Tokens gives the counts to the conversation: none if u is nil.
func (u *Usage) Tokens() bedrock.TokenUsage {
	if u == nil {
		return bedrock.TokenUsage{}
	}
	return answer.Usage(int32(u.PromptTokens), int32(u.CompletionTokens))
}

type response struct {
	ID                string   `json:"id"`
	Object            string   `json:"object"`
	Created           int64    `json:"created"`
	Model             string   `json:"model"`
	Choices           []choice `json:"choices"`
	Usage             *Usage   `json:"usage,omitzero"`
	ServiceTier       *string  `json:"service_tier,omitzero"`
	SystemFingerprint *string  `json:"system_fingerprint,omitzero"`
}

type choice struct {
	Index        int32   `json:"index"`
	Message      Message `json:"message"`
	FinishReason string  `json:"finish_reason"`
}

// fields are what the conversation has no words for.
type fields struct {
	ID                string  `json:"id,omitzero"`
	Created           int64   `json:"created,omitzero"`
	Model             string  `json:"model,omitzero"`
	ServiceTier       *string `json:"service_tier,omitzero"`
	SystemFingerprint *string `json:"system_fingerprint,omitzero"`
}

// known gives the fields of an answer, and makes up the ones it must have.
func (r renderer) known(given []byte) fields {
	var f fields
	_ = json.Unmarshal(given, &f)
	if f.ID == "" {
		f.ID = "chatcmpl-" + answer.NewID()
	}
	if f.Created == 0 {
		f.Created = time.Now().Unix()
	}
	if f.Model == "" {
		f.Model = r.model
	}
	return f
}

// thoughts is how gpt-oss writes reasoning through InvokeModel.
var thoughts = answer.Tags{Open: "<reasoning>", Close: "</reasoning>"}

// inline says whether a model writes reasoning into its text.
func inline(modelID string) bool { return strings.HasPrefix(modelID, "openai.") }

// ParseResponse reads an answer.
func (Format) ParseResponse(data []byte) (*bedrock.ConverseResponse, error) {
	native, err := decode[response](data)
	if err != nil {
		return nil, err
	}
	if len(native.Choices) == 0 {
		return nil, answer.ErrEmpty
	}
	known, err := answer.Marshal(fields{
		native.ID, native.Created, native.Model, native.ServiceTier, native.SystemFingerprint,
	})
	if err != nil {
		return nil, err
	}
	choice := native.Choices[0]
	message, err := ReadAnswer(choice.Message)
	if err != nil {
		return nil, err
	}
	return &bedrock.ConverseResponse{
		AdditionalModelResponseFields: known,
		Output:                        bedrock.ConverseOutput{Message: message},
		StopReason:                    Words.Reason(choice.FinishReason),
		Usage:                         native.Usage.Tokens(),
	}, nil
}

// ReadAnswer reads the message of an answer. Reasoning inside its text is told
// apart. Images, which no chat answers, are an error.
func ReadAnswer(m Message) (*bedrock.Message, error) {
	m.Role, m.Rest, m.ToolCallID = "assistant", nil, nil
	if m.Content.Text != nil {
		reasoning, text := thoughts.Split(*m.Content.Text)
		if reasoning != "" {
			m.ReasoningContent, m.Content.Text = &reasoning, &text
		}
	}
	conversation, err := Read([]Message{m})
	if err != nil {
		return nil, err
	}
	message := &conversation.Messages[0]
	for i, block := range message.Content {
		if block.Image != nil {
			return nil, fmt.Errorf("block %d of the answer is an image", i)
		}
	}
	return message, nil
}

// WriteAnswer writes the message of an answer: one text, whatever its blocks.
func WriteAnswer(whole *bedrock.ConverseResponse) (Message, error) {
	m := Message{Role: "assistant"}
	if whole.Output.Message == nil {
		return m, nil
	}
	var text, reasoning string
	for i, block := range whole.Output.Message.Content {
		switch {
		case block.Text != nil:
			text += *block.Text
		case block.ToolUse != nil:
			m.ToolCalls = append(m.ToolCalls, CallOf(block.ToolUse))
		case block.ReasoningContent != nil:
			if r := block.ReasoningContent.ReasoningText; r != nil && r.Text != nil {
				reasoning += *r.Text
			}
		default:
			return m, fmt.Errorf("block %d of the answer has no native word", i)
		}
	}
	if text != "" || len(m.ToolCalls) == 0 {
		m.Content.Text = &text
	}
	if reasoning != "" {
		m.ReasoningContent = &reasoning
	}
	return m, nil
}

// renderer writes answers.
type renderer struct {
	model string
	// usage asks for the counts behind a stream.
	usage bool
}

func (r renderer) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	message, err := WriteAnswer(whole)
	if err != nil {
		return nil, err
	}
	if inline(r.model) && message.ReasoningContent != nil {
		text := ""
		if message.Content.Text != nil {
			text = *message.Content.Text
		}
		message.Content.Text = new(thoughts.Join(*message.ReasoningContent, text))
		message.ReasoningContent = nil
	}
	f := r.known(whole.AdditionalModelResponseFields)
	return answer.Marshal(response{
		ID: f.ID, Object: "chat.completion", Created: f.Created, Model: f.Model,
		Choices: []choice{{Message: message, FinishReason: Words.Native(whole.StopReason)}},
		Usage:   UsageOf(whole.Usage), ServiceTier: f.ServiceTier, SystemFingerprint: f.SystemFingerprint,
	})
}
