package mistral

import (
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/provider"
)

type chatBody struct {
	Messages    []chat.Message `json:"messages" schema:"required,minItems=1"`
	Tools       []chat.Tool    `json:"tools,omitzero"`
	ToolChoice  jsontext.Value `json:"tool_choice,omitzero"`
	MaxTokens   *int32         `json:"max_tokens,omitzero" schema:"min=1"`
	Stop        []string       `json:"stop,omitzero"`
	Temperature *float32       `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP        *float32       `json:"top_p,omitzero" schema:"min=0,max=1"`
	TopK        *int32         `json:"top_k,omitzero" schema:"min=0"`
}

var chatBodies = schema.For[chatBody](schema.Counted)

func parseChat(data []byte) (*format.Request, error) {
	native, err := chatBodies.Decode(data)
	if err != nil {
		return nil, err
	}
	conversation, err := chat.Read(native.Messages)
	if err != nil {
		return nil, err
	}
	var none bool
	if conversation.ToolConfig, none, err = chat.ReadTools(native.Tools, native.ToolChoice); err != nil {
		return nil, err
	}
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.MaxTokens, StopSequences: native.Stop, Temperature: native.Temperature, TopP: native.TopP,
	})
	fields := chatFields{TopK: native.TopK}
	if none {
		fields.ToolChoice = "none"
	}
	conversation.AdditionalModelRequestFields, err = request.Fields(fields)
	return &format.Request{Conversation: conversation, Renderer: replies{}}, err
}

// chatFields are what the conversation lacks.
type chatFields struct {
	TopK       *int32 `json:"top_k,omitzero"`
	ToolChoice string `json:"tool_choice,omitzero"`
}

func renderChat(conversation *bedrock.ConverseRequest) ([]byte, error) {
	if conversation.OutputConfig != nil {
		return nil, schema.Unsupported("outputConfig")
	}
	messages, err := chat.Write(conversation)
	if err != nil {
		return nil, err
	}
	tools, choice, err := chat.WriteTools(conversation.ToolConfig, "any")
	if err != nil {
		return nil, err
	}
	c := request.InferenceOf(conversation)
	native := chatBody{
		Messages: messages, Tools: tools, ToolChoice: choice,
		MaxTokens: c.MaxTokens, Stop: c.StopSequences, Temperature: c.Temperature, TopP: c.TopP,
	}
	return request.Render(native, conversation.AdditionalModelRequestFields, nil)
}

// reply is a whole answer and a chunk of a streamed one, whose message holds
// what is new and whose stop_reason is null until the last.
type reply struct {
	Choices []choice `json:"choices"`
	answer.Trailer
}

type choice struct {
	Index      int32   `json:"index"`
	Message    message `json:"message"`
	StopReason *string `json:"stop_reason"`
}

type message struct {
	Role      string          `json:"role"`
	Content   string          `json:"content"`
	ToolCalls []chat.ToolCall `json:"tool_calls,omitzero"`
}

// parseReply reads an answer. The body tells no counts.
func parseReply(data []byte) (*bedrock.ConverseResponse, error) {
	var native reply
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	if len(native.Choices) == 0 || native.Choices[0].StopReason == nil {
		return nil, answer.ErrEmpty
	}
	said := native.Choices[0].Message
	parsed, err := chat.ReadAnswer(chat.Message{Content: chat.Content{Text: &said.Content}, ToolCalls: said.ToolCalls})
	if err != nil {
		return nil, err
	}
	return &bedrock.ConverseResponse{
		Output:     bedrock.ConverseOutput{Message: parsed},
		StopReason: chat.Words.Reason(*native.Choices[0].StopReason),
	}, nil
}

// replies writes the answers of a chat. Reasoning has no place in them.
type replies struct{}

func (replies) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	said, err := chat.WriteAnswer(whole)
	if err != nil {
		return nil, err
	}
	one := message{Role: "assistant", ToolCalls: said.ToolCalls}
	if said.Content.Text != nil {
		one.Content = *said.Content.Text
	}
	return writeReply(one, whole.StopReason)
}

// Stream writes one chunk for each delta of text, and one for each use of a
// tool, when it is whole.
func (replies) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	var calls []chat.ToolCall
	return answer.StreamAll(events, func(part answer.Part) ([][]byte, error) {
		one := message{Role: "assistant", Content: part.Text}
		switch {
		case part.Tool != nil && part.Tool.ID != "":
			calls = append(calls, chat.ToolCall{ID: part.Tool.ID, Type: "function", Function: chat.FunctionCall{Name: part.Tool.Name}})
			return nil, nil
		case part.Tool != nil:
			calls[part.Tool.Index].Function.Arguments += part.Tool.Input
			return nil, nil
		case part.Last():
			one.ToolCalls = calls
		case part.Text == "":
			return nil, nil
		}
		body, err := writeReply(one, part.StopReason)
		return [][]byte{body}, err
	})
}

func writeReply(said message, reason bedrock.StopReason) ([]byte, error) {
	one := choice{Message: said}
	if reason != "" {
		one.StopReason = new(chat.Words.Native(reason))
	}
	return answer.Marshal(reply{Choices: []choice{one}})
}
