package anthropic

import (
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// messagesBody is a request. The service checks this level by a schema; what
// lies below, the model checks, in its own words.
type messagesBody struct {
	AnthropicVersion string           `json:"anthropic_version" schema:"required"`
	MaxTokens        int32            `json:"max_tokens" schema:"required,min=1"`
	System           jsontext.Value   `json:"system,omitzero"`
	Messages         []message        `json:"messages" schema:"required"`
	StopSequences    []string         `json:"stop_sequences,omitzero"`
	Temperature      *float32         `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP             *float32         `json:"top_p,omitzero" schema:"min=0,max=1"`
	Tools            []jsontext.Value `json:"tools,omitzero"`
	ToolChoice       jsontext.Value   `json:"tool_choice,omitzero"`
	OutputConfig     jsontext.Value   `json:"output_config,omitzero"`
	TopK             *int32           `json:"top_k,omitzero" schema:"min=0,max=500"`
	Thinking         jsontext.Value   `json:"thinking,omitzero"`
	ReasoningConfig  jsontext.Value   `json:"reasoning_config,omitzero"`
	AnthropicBeta    []string         `json:"anthropic_beta,omitzero"`
	Metadata         jsontext.Value   `json:"metadata,omitzero"`
}

type message struct {
	Role    string         `json:"role" schema:"required"`
	Content jsontext.Value `json:"content" schema:"required"`
}

// messagesFields are the members that the conversation has no word for.
type messagesFields struct {
	TopK            *int32         `json:"top_k,omitzero"`
	Thinking        jsontext.Value `json:"thinking,omitzero"`
	ReasoningConfig jsontext.Value `json:"reasoning_config,omitzero"`
	AnthropicBeta   []string       `json:"anthropic_beta,omitzero"`
	Metadata        jsontext.Value `json:"metadata,omitzero"`
	ToolChoice      jsontext.Value `json:"tool_choice,omitzero"`
}

var messagesBodies = schema.For[messagesBody](schema.Listed)

func parseMessages(data []byte) (*bedrock.ConverseRequest, error) {
	body, err := messagesBodies.Decode(data)
	if err != nil {
		return nil, err
	}
	conversation := &bedrock.ConverseRequest{InferenceConfig: &bedrock.InferenceConfiguration{
		MaxTokens: &body.MaxTokens, StopSequences: body.StopSequences, Temperature: body.Temperature, TopP: body.TopP,
	}}
	if conversation.System, err = parseSystem(body.System); err != nil {
		return nil, err
	}
	if conversation.Messages, err = parseTurns(body.Messages); err != nil {
		return nil, err
	}
	if conversation.OutputConfig, err = parseOutputConfig(body.OutputConfig); err != nil {
		return nil, err
	}
	if err := body.checkObjects(); err != nil {
		return nil, err
	}
	fields := messagesFields{
		TopK: body.TopK, Thinking: body.Thinking, ReasoningConfig: body.ReasoningConfig,
		AnthropicBeta: body.AnthropicBeta, Metadata: body.Metadata,
	}
	if conversation.ToolConfig, fields.ToolChoice, err = parseTools(body.Tools, body.ToolChoice); err != nil {
		return nil, err
	}
	conversation.AdditionalModelRequestFields, err = request.Fields(fields)
	return conversation, err
}

// checkObjects checks the members that are carried as they are.
func (b *messagesBody) checkObjects() error {
	for _, member := range [...]struct {
		name  string
		value jsontext.Value
	}{{"thinking", b.Thinking}, {"reasoning_config", b.ReasoningConfig}, {"metadata", b.Metadata}} {
		if member.value != nil && member.value.Kind() != '{' {
			return invalid(member.name, "Input should be an object")
		}
	}
	return nil
}

// parseSystem reads the system prompt: a string, or text blocks.
func parseSystem(raw jsontext.Value) ([]bedrock.SystemContentBlock, error) {
	if raw == nil {
		return nil, nil
	}
	content, err := parseContent("system", raw)
	if err != nil {
		return nil, err
	}
	var system []bedrock.SystemContentBlock
	for i, block := range content {
		switch {
		case block.Text != nil:
			system = append(system, bedrock.SystemContentBlock{Text: block.Text})
		case block.CachePoint != nil:
			system = append(system, bedrock.SystemContentBlock{CachePoint: block.CachePoint})
		default:
			return nil, invalid("system."+strconv.Itoa(i)+".type", "Input should be 'text'")
		}
	}
	return system, nil
}

// parseTurns reads the messages. A last one of the assistant without content
// says nothing, and is left out.
func parseTurns(messages []message) ([]bedrock.Message, error) {
	turns := make([]bedrock.Message, 0, len(messages))
	for i, m := range messages {
		place := "messages." + strconv.Itoa(i)
		role := bedrock.ConversationRole(m.Role)
		switch role {
		case bedrock.ConversationRoleUser, bedrock.ConversationRoleAssistant, bedrock.ConversationRoleSystem:
		default:
			return nil, invalid(place+".role", "Input should be 'user', 'assistant' or 'system'")
		}
		content, err := parseContent(place+".content", m.Content)
		if err != nil {
			return nil, err
		}
		if len(content) > 0 {
			turns = append(turns, bedrock.Message{Role: role, Content: content})
			continue
		}
		if i < len(messages)-1 || role != bedrock.ConversationRoleAssistant {
			return nil, invalid(place, "all messages must have non-empty content except for the optional final assistant message")
		}
	}
	if len(turns) == 0 {
		return nil, invalid("messages", "at least one message is required")
	}
	return turns, nil
}

// outputConfig holds the effort and the schema of an answer.
type outputConfig struct {
	Effort *string       `json:"effort,omitzero"`
	Format *outputFormat `json:"format,omitzero"`
}

type outputFormat struct {
	Type   string         `json:"type"`
	Schema jsontext.Value `json:"schema,omitzero"`
}

func parseOutputConfig(raw jsontext.Value) (*bedrock.OutputConfig, error) {
	if raw == nil {
		return nil, nil
	}
	native, err := decode[outputConfig]("output_config", raw)
	if err != nil {
		return nil, err
	}
	config := &bedrock.OutputConfig{Effort: native.Effort}
	if f := native.Format; f != nil {
		if f.Type != string(bedrock.OutputFormatTypeJsonSchema) {
			return nil, invalid("output_config.format.type", "Input should be 'json_schema'")
		}
		if f.Schema.Kind() != '{' {
			return nil, invalid("output_config.format.schema", "Input should be a valid dictionary")
		}
		config.TextFormat = &bedrock.OutputFormat{
			Type: bedrock.OutputFormatTypeJsonSchema,
			Structure: &bedrock.OutputFormatStructure{
				JsonSchema: &bedrock.JsonSchemaDefinition{Schema: new(string(f.Schema))},
			},
		}
	}
	return config, nil
}
