// Package nova is the native bodies of Amazon Nova's text models, after its page
// in the Nova user guide and the recordings. They are nearly Converse's own.
package nova

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// Format is the bodies of amazon.nova-micro, -lite, -pro, -premier and of
// amazon.nova-2-*.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

// body is a request. The blocks are the conversation's own, of which check knows
// the ones that Nova has.
type body struct {
	SchemaVersion   string                       `json:"schemaVersion,omitzero"`
	System          []bedrock.SystemContentBlock `json:"system,omitzero"`
	Messages        []message                    `json:"messages" schema:"required,minItems=1"`
	InferenceConfig *inferenceConfig             `json:"inferenceConfig,omitzero"`
	ToolConfig      *bedrock.ToolConfiguration   `json:"toolConfig,omitzero"`
	ReasoningConfig map[string]any               `json:"reasoningConfig,omitzero"`
}

type message struct {
	Content []bedrock.ContentBlock `json:"content" schema:"required,minItems=1"`
	Role    string                 `json:"role" schema:"required"`
}

// inferenceConfig has two names for two of its members; clients use both.
type inferenceConfig struct {
	MaxTokens     *int32   `json:"maxTokens,omitzero" schema:"min=1"`
	MaxNewTokens  *int32   `json:"max_new_tokens,omitzero" schema:"min=1"`
	Temperature   *float32 `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP          *float32 `json:"topP,omitzero" schema:"min=0,max=1"`
	TopPOld       *float32 `json:"top_p,omitzero" schema:"min=0,max=1"`
	TopK          *int32   `json:"topK,omitzero" schema:"min=0,max=128"`
	StopSequences []string `json:"stopSequences,omitzero"`
}

var bodies = schema.For[body](schema.Counted)

// fields are the members that the conversation has no word for.
type fields struct {
	TopK            *int32         `json:"top_k,omitzero"`
	ReasoningConfig map[string]any `json:"reasoningConfig,omitzero"`
}

// ParseRequest reads a body.
func (Format) ParseRequest(_ string, data []byte) (*format.Request, error) {
	native, err := bodies.Decode(data)
	if err != nil {
		return nil, err
	}
	conversation := &bedrock.ConverseRequest{
		System: native.System, Messages: make([]bedrock.Message, len(native.Messages)), ToolConfig: native.ToolConfig,
	}
	for i, m := range native.Messages {
		conversation.Messages[i] = bedrock.Message{Content: m.Content, Role: bedrock.ConversationRole(m.Role)}
	}
	if err := check(conversation); err != nil {
		return nil, err
	}
	additional := fields{ReasoningConfig: native.ReasoningConfig}
	if c := native.InferenceConfig; c != nil {
		conversation.InferenceConfig = c.conversation()
		additional.TopK = c.TopK
	}
	conversation.AdditionalModelRequestFields, err = request.Fields(additional)
	return &format.Request{Conversation: conversation, Renderer: renderer{}}, err
}

func (c *inferenceConfig) conversation() *bedrock.InferenceConfiguration {
	inference := bedrock.InferenceConfiguration{
		MaxTokens: c.MaxTokens, StopSequences: c.StopSequences, Temperature: c.Temperature, TopP: c.TopP,
	}
	if inference.MaxTokens == nil {
		inference.MaxTokens = c.MaxNewTokens
	}
	if inference.TopP == nil {
		inference.TopP = c.TopPOld
	}
	return request.Inference(inference)
}

// RenderRequest writes a body.
func (Format) RenderRequest(_ string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	if conversation.OutputConfig != nil {
		return nil, schema.Unsupported("outputConfig")
	}
	if err := check(conversation); err != nil {
		return nil, err
	}
	native := body{
		SchemaVersion: "messages-v1", System: conversation.System,
		Messages: make([]message, len(conversation.Messages)), ToolConfig: conversation.ToolConfig,
	}
	for i, m := range conversation.Messages {
		native.Messages[i] = message{m.Content, string(m.Role)}
	}
	if c := conversation.InferenceConfig; c != nil {
		native.InferenceConfig = &inferenceConfig{
			MaxTokens: c.MaxTokens, StopSequences: c.StopSequences, Temperature: c.Temperature, TopP: c.TopP,
		}
	}
	additional, err := nest(conversation.AdditionalModelRequestFields)
	if err != nil {
		return nil, err
	}
	return request.Render(native, additional, nil)
}

// Renderer writes answers.
func (Format) Renderer(string) format.Renderer { return renderer{} }
