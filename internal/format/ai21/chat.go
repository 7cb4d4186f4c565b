package ai21

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// chatBody is the body of Jamba.
type chatBody struct {
	Messages         []chat.Message   `json:"messages" schema:"required,minItems=1"`
	MaxTokens        *int32           `json:"max_tokens,omitzero" schema:"min=1"`
	Temperature      *float32         `json:"temperature,omitzero" schema:"min=0,max=2"`
	TopP             *float32         `json:"top_p,omitzero" schema:"min=0,max=1"`
	Stop             chat.Stop        `json:"stop,omitzero"`
	N                *int32           `json:"n,omitzero" schema:"min=1,max=16"`
	FrequencyPenalty *float32         `json:"frequency_penalty,omitzero"`
	PresencePenalty  *float32         `json:"presence_penalty,omitzero"`
	Tools            []chat.Tool      `json:"tools,omitzero"`
	Documents        []jsontext.Value `json:"documents,omitzero"`
}

var chatBodies = schema.For[chatBody](schema.Listed)

// chatFields are the samplers that the inferenceConfig lacks.
type chatFields struct {
	FrequencyPenalty *float32 `json:"frequency_penalty,omitzero"`
	PresencePenalty  *float32 `json:"presence_penalty,omitzero"`
}

func parseChat(modelID string, data []byte) (*format.Request, error) {
	native, err := chatBodies.Decode(data)
	switch {
	case err != nil:
		return nil, err
	case native.N != nil && *native.N != 1:
		return nil, schema.Unsupported("n")
	case len(native.Documents) > 0:
		return nil, schema.Unsupported("documents")
	}
	conversation, err := chat.Read(native.Messages)
	if err != nil {
		return nil, err
	}
	if conversation.ToolConfig, _, err = chat.ReadTools(native.Tools, nil); err != nil {
		return nil, err
	}
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.MaxTokens, StopSequences: native.Stop, Temperature: native.Temperature, TopP: native.TopP,
	})
	conversation.AdditionalModelRequestFields, err = request.Fields(chatFields{native.FrequencyPenalty, native.PresencePenalty})
	return &format.Request{Conversation: conversation, Renderer: replies{modelName(modelID)}}, err
}

func renderChat(conversation *bedrock.ConverseRequest) ([]byte, error) {
	if conversation.OutputConfig != nil {
		return nil, schema.Unsupported("outputConfig")
	}
	messages, err := chat.Write(conversation)
	if err != nil {
		return nil, err
	}
	tools, err := writeTools(conversation.ToolConfig)
	if err != nil {
		return nil, err
	}
	c := request.InferenceOf(conversation)
	native := chatBody{
		Messages: messages, MaxTokens: c.MaxTokens, Temperature: c.Temperature, TopP: c.TopP,
		Stop: c.StopSequences, Tools: tools,
	}
	return request.Render(native, conversation.AdditionalModelRequestFields, nil)
}

// writeTools writes tools that the model may use as it likes: it has no choice.
func writeTools(config *bedrock.ToolConfiguration) ([]chat.Tool, error) {
	if config != nil && config.ToolChoice != nil {
		switch {
		case config.ToolChoice.Any != nil:
			return nil, schema.Unsupported("toolConfig.toolChoice.any")
		case config.ToolChoice.Tool != nil:
			return nil, schema.Unsupported("toolConfig.toolChoice.tool")
		}
	}
	tools, _, err := chat.WriteTools(config, "")
	return tools, err
}

// modelName is the model's name in answers: jamba-1.5-mini for
// ai21.jamba-1-5-mini-v1:0.
func modelName(modelID string) string {
	name := strings.TrimPrefix(modelID, "ai21.")
	name, _, _ = strings.Cut(name, "-v1")
	return strings.Replace(name, "1-5", "1.5", 1)
}
