package cohere

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// messageBody is the body of Command R.
type messageBody struct {
	Message           string           `json:"message" schema:"required"`
	ChatHistory       []saying         `json:"chat_history,omitzero"`
	Preamble          *string          `json:"preamble,omitzero"`
	MaxTokens         *int32           `json:"max_tokens,omitzero" schema:"min=1,max=4096"`
	Temperature       *float32         `json:"temperature,omitzero" schema:"min=0,max=1"`
	P                 *float32         `json:"p,omitzero" schema:"min=0.01,max=0.99"`
	K                 *int32           `json:"k,omitzero" schema:"min=0,max=500"`
	StopSequences     []string         `json:"stop_sequences,omitzero"`
	FrequencyPenalty  *float32         `json:"frequency_penalty,omitzero" schema:"min=0,max=1"`
	PresencePenalty   *float32         `json:"presence_penalty,omitzero" schema:"min=0,max=1"`
	Seed              *int64           `json:"seed,omitzero" schema:"min=0"`
	PromptTruncation  *string          `json:"prompt_truncation,omitzero"`
	Documents         []jsontext.Value `json:"documents,omitzero"`
	Tools             []tool           `json:"tools,omitzero"`
	ToolResults       []result         `json:"tool_results,omitzero"`
	SearchQueriesOnly *bool            `json:"search_queries_only,omitzero"`
	ReturnPrompt      *bool            `json:"return_prompt,omitzero"`
	RawPrompting      *bool            `json:"raw_prompting,omitzero"`
}

// messageFields are the samplers of Command R that the conversation lacks.
type messageFields struct {
	TopK             *int32   `json:"top_k,omitzero"`
	FrequencyPenalty *float32 `json:"frequency_penalty,omitzero"`
	PresencePenalty  *float32 `json:"presence_penalty,omitzero"`
	Seed             *int64   `json:"seed,omitzero"`
	PromptTruncation *string  `json:"prompt_truncation,omitzero"`
}

var messageBodies = schema.For[messageBody](schema.Counted)

func parseMessage(data []byte) (*format.Request, error) {
	native, err := messageBodies.Decode(data)
	if err != nil {
		return nil, err
	}
	if err := native.carried(); err != nil {
		return nil, err
	}
	conversation := new(bedrock.ConverseRequest)
	if native.Preamble != nil {
		conversation.System = []bedrock.SystemContentBlock{{Text: native.Preamble}}
	}
	history := native.history()
	var r reading
	for i, s := range history {
		if err := r.turn("#/chat_history/"+strconv.Itoa(i), s); err != nil {
			return nil, err
		}
	}
	conversation.Messages = r.messages
	if conversation.ToolConfig, err = readTools(native.Tools); err != nil {
		return nil, err
	}
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.MaxTokens, StopSequences: native.StopSequences, Temperature: native.Temperature, TopP: native.P,
	})
	conversation.AdditionalModelRequestFields, err = request.Fields(messageFields{
		native.K, native.FrequencyPenalty, native.PresencePenalty, native.Seed, native.PromptTruncation,
	})
	return &format.Request{Conversation: conversation, Renderer: replies{history}}, err
}

// history is all that was said: with the results of tools, the message may be
// empty, or the one that they are about.
func (b *messageBody) history() []saying {
	history := b.ChatHistory[:len(b.ChatHistory):len(b.ChatHistory)]
	if b.Message != "" {
		history = append(history, saying{Role: roleUser, Message: &b.Message})
	}
	if len(b.ToolResults) > 0 {
		history = append(history, saying{Role: roleTool, ToolResults: b.ToolResults})
	}
	return history
}

// carried refuses what has no place in the conversation.
func (b *messageBody) carried() error {
	switch {
	case b.Message == "" && len(b.ToolResults) == 0:
		return schema.Violation("#/message", "expected minLength: 1, actual: 0")
	case len(b.ToolResults) > 0 && len(b.Tools) == 0:
		return schema.Violation("#", "required key [tools] not found")
	case len(b.Documents) > 0:
		return schema.Unsupported("documents")
	case isTrue(b.SearchQueriesOnly):
		return schema.Unsupported("search_queries_only")
	case isTrue(b.ReturnPrompt):
		return schema.Unsupported("return_prompt")
	case isTrue(b.RawPrompting):
		return schema.Unsupported("raw_prompting")
	}
	return nil
}

func isTrue(b *bool) bool { return b != nil && *b }

func renderMessage(conversation *bedrock.ConverseRequest) ([]byte, error) {
	if conversation.OutputConfig != nil {
		return nil, schema.Unsupported("outputConfig")
	}
	c := request.InferenceOf(conversation)
	native := messageBody{MaxTokens: c.MaxTokens, Temperature: c.Temperature, P: c.TopP, StopSequences: c.StopSequences}
	var err error
	if native.Preamble, err = preambleOf(conversation.System); err != nil {
		return nil, err
	}
	if native.Tools, err = writeTools(conversation.ToolConfig); err != nil {
		return nil, err
	}
	last := len(conversation.Messages) - 1
	if last < 0 || conversation.Messages[last].Role != bedrock.ConversationRoleUser {
		return nil, &bedrock.ValidationException{Message: "This model does not support assistant message prefill. " +
			"The conversation must end with a user message."}
	}
	history, err := sayings(conversation.Messages)
	if err != nil {
		return nil, err
	}
	end := history[len(history)-1]
	native.ChatHistory, native.ToolResults = history[:len(history)-1], end.ToolResults
	if end.Message != nil {
		native.Message = *end.Message
	}
	return request.Render(native, conversation.AdditionalModelRequestFields, names)
}

// preambleOf joins the texts of a system prompt, or gives nil if it has none.
func preambleOf(system []bedrock.SystemContentBlock) (*string, error) {
	if len(system) == 0 {
		return nil, nil
	}
	texts := make([]string, len(system))
	for i, block := range system {
		if block.Text == nil {
			return nil, schema.UnsupportedBlock(block)
		}
		texts[i] = *block.Text
	}
	return new(strings.Join(texts, "\n")), nil
}
