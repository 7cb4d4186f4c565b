// Package chat is the native bodies of the models that take chat completions:
// OpenAI gpt-oss, Qwen, DeepSeek V3, Kimi, GLM, MiniMax, Gemma, Nemotron and
// other open weights, after the Bedrock user guide and OpenAI's reference of
// chat completions. Other formats share its messages and tools.
package chat

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// Format is the bodies of chat completions.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

type body struct {
	Messages            []Message       `json:"messages" schema:"required,minItems=1"`
	Model               *string         `json:"model,omitzero" schema:"nullable"`
	MaxTokens           *int32          `json:"max_tokens,omitzero" schema:"nullable,min=1"`
	MaxCompletionTokens *int32          `json:"max_completion_tokens,omitzero" schema:"nullable,min=1"`
	Temperature         *float32        `json:"temperature,omitzero" schema:"nullable,min=0,max=2"`
	TopP                *float32        `json:"top_p,omitzero" schema:"nullable,min=0,max=1"`
	Stop                Stop            `json:"stop,omitzero" schema:"nullable"`
	Tools               []Tool          `json:"tools,omitzero" schema:"nullable"`
	ToolChoice          jsontext.Value  `json:"tool_choice,omitzero"`
	ResponseFormat      *ResponseFormat `json:"response_format,omitzero" schema:"nullable"`
	ReasoningEffort     *string         `json:"reasoning_effort,omitzero" schema:"nullable"`
	N                   *int32          `json:"n,omitzero" schema:"nullable,min=1"`
	LogProbs            *bool           `json:"logprobs,omitzero" schema:"nullable"`
	Stream              *bool           `json:"stream,omitzero" schema:"nullable"`
	StreamOptions       *streamOptions  `json:"stream_options,omitzero" schema:"nullable"`
	// Rest holds samplers and whatever else an open server may understand.
	Rest jsontext.Value `json:",embed"`
}

type streamOptions struct {
	IncludeUsage *bool          `json:"include_usage,omitzero" schema:"nullable"`
	Rest         jsontext.Value `json:",embed"`
}

var bodies = schema.For[body](schema.Counted)

// ParseRequest reads a body. Members that are unknown here, which the service
// passes to the model's server, go to additionalModelRequestFields as they are.
func (Format) ParseRequest(modelID string, data []byte) (*format.Request, error) {
	native, err := bodies.Decode(data)
	if err != nil {
		return nil, err
	}
	if err := native.carried(modelID); err != nil {
		return nil, err
	}
	conversation, err := Read(native.Messages)
	if err != nil {
		return nil, err
	}
	tools, none, err := ReadTools(native.Tools, native.ToolChoice)
	if err != nil {
		return nil, err
	}
	conversation.ToolConfig = tools
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.limit(), StopSequences: native.Stop, Temperature: native.Temperature, TopP: native.TopP,
	})
	structure, object := native.ResponseFormat.read()
	conversation.OutputConfig = structure
	conversation.AdditionalModelRequestFields, err = native.fields(none, object)
	renderer := renderer{model: modelID, usage: native.StreamOptions.includeUsage()}
	return &format.Request{Conversation: conversation, Renderer: renderer}, err
}

// carried refuses what has no place in the conversation, and a model that is
// not the one of the path.
func (b *body) carried(modelID string) error {
	switch {
	case b.N != nil && *b.N != 1:
		return schema.Unsupported("n")
	case b.LogProbs != nil && *b.LogProbs:
		return schema.Unsupported("logprobs")
	case b.Model != nil && *b.Model != modelID && !strings.HasSuffix(*b.Model, "."+modelID):
		return schema.Violation("#/model", *b.Model+" is not a valid enum value")
	}
	return b.ResponseFormat.check()
}

// limit is the most tokens of an answer: the newer of its two names counts.
func (b *body) limit() *int32 {
	if b.MaxCompletionTokens != nil {
		return b.MaxCompletionTokens
	}
	return b.MaxTokens
}

func (o *streamOptions) includeUsage() bool {
	return o != nil && o.IncludeUsage != nil && *o.IncludeUsage
}

// fields gives the members that the conversation has no word for. Those that
// are null say nothing.
func (b *body) fields(none, object bool) ([]byte, error) {
	known := struct {
		ReasoningEffort *string        `json:"reasoning_effort,omitzero"`
		ToolChoice      *string        `json:"tool_choice,omitzero"`
		ResponseFormat  *objectFormat  `json:"response_format,omitzero"`
		Rest            jsontext.Value `json:",embed"`
	}{ReasoningEffort: b.ReasoningEffort}
	if none {
		known.ToolChoice = new("none")
	}
	if object {
		known.ResponseFormat = &objectFormat{"json_object"}
	}
	rest := schema.Members(b.Rest)
	rest = slices.DeleteFunc(rest, func(m schema.Member) bool { return m.Value.Kind() == 'n' })
	if len(rest) > 0 {
		known.Rest = schema.Object(rest)
	}
	return request.Fields(known)
}

// RenderRequest writes a body.
func (Format) RenderRequest(modelID string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	messages, err := Write(conversation)
	if err != nil {
		return nil, err
	}
	tools, choice, err := WriteTools(conversation.ToolConfig, "required")
	if err != nil {
		return nil, err
	}
	c := request.InferenceOf(conversation)
	native := body{
		Messages: messages, Temperature: c.Temperature, TopP: c.TopP, Stop: c.StopSequences,
		Tools: tools, ToolChoice: choice,
	}
	if strings.HasPrefix(modelID, "openai.") {
		native.MaxCompletionTokens = c.MaxTokens
	} else {
		native.MaxTokens = c.MaxTokens
	}
	if native.ResponseFormat, native.ReasoningEffort, err = writeOutput(conversation.OutputConfig); err != nil {
		return nil, err
	}
	return request.Render(native, conversation.AdditionalModelRequestFields, nil)
}

// Renderer writes answers.
func (Format) Renderer(modelID string) format.Renderer { return renderer{model: modelID} }

// decode reads a native answer or chunk. Its members are not checked: what the
// service adds is left alone.
func decode[T any](data []byte) (T, error) {
	var native T
	err := json.Unmarshal(data, &native)
	return native, err
}
