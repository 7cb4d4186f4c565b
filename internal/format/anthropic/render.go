package anthropic

import (
	"cmp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// version is what clients send as anthropic_version; any other is taken too.
const bedrockVersion = "bedrock-2023-05-31"

func renderMessages(conversation *bedrock.ConverseRequest) ([]byte, error) {
	inference := request.InferenceOf(conversation)
	body := messagesBody{
		AnthropicVersion: bedrockVersion,
		MaxTokens:        *cmp.Or(inference.MaxTokens, new(int32(defaultMaxTokens))),
		StopSequences:    inference.StopSequences,
		Temperature:      inference.Temperature,
		TopP:             inference.TopP,
		Messages:         make([]message, len(conversation.Messages)),
	}
	var err error
	if body.System, err = renderSystem(conversation.System); err != nil {
		return nil, err
	}
	for i, m := range conversation.Messages {
		body.Messages[i].Role = string(m.Role)
		if body.Messages[i].Content, err = renderContent(m.Content); err != nil {
			return nil, err
		}
	}
	if body.Tools, body.ToolChoice, err = renderTools(conversation.ToolConfig); err != nil {
		return nil, err
	}
	if body.OutputConfig, err = renderOutputConfig(conversation.OutputConfig); err != nil {
		return nil, err
	}
	return request.Render(body, conversation.AdditionalModelRequestFields, nil)
}

func renderSystem(system []bedrock.SystemContentBlock) (jsontext.Value, error) {
	if len(system) == 0 {
		return nil, nil
	}
	content := make([]bedrock.ContentBlock, len(system))
	for i, block := range system {
		if block.Text == nil && block.CachePoint == nil {
			return nil, schema.UnsupportedBlock(block)
		}
		content[i] = bedrock.ContentBlock{Text: block.Text, CachePoint: block.CachePoint}
	}
	return renderContent(content)
}

// cacheable is a native block that can carry a cacheControl.
type cacheable interface{ cache() **cacheControl }

func renderContent(content []bedrock.ContentBlock) (jsontext.Value, error) {
	natives := make([]any, 0, len(content))
	for _, block := range content {
		if block.CachePoint != nil {
			if !setCache(natives, block.CachePoint) {
				return nil, schema.UnsupportedBlock(block)
			}
			continue
		}
		native, err := renderBlock(block)
		if err != nil {
			return nil, err
		}
		natives = append(natives, native)
	}
	return json.Marshal(natives)
}

// setCache puts a cachePoint on the block ahead of it, if that can have one.
func setCache(natives []any, point *bedrock.CachePointBlock) bool {
	if len(natives) == 0 {
		return false
	}
	last, ok := natives[len(natives)-1].(cacheable)
	if !ok || *last.cache() != nil {
		return false
	}
	*last.cache() = cacheControlOf(point)
	return true
}

func cacheControlOf(point *bedrock.CachePointBlock) *cacheControl {
	return &cacheControl{Type: "ephemeral", TTL: string(point.Ttl)}
}

func renderBlock(block bedrock.ContentBlock) (any, error) {
	switch {
	case block.Text != nil:
		return &textBlock{Type: "text", Text: block.Text}, nil
	case block.Image != nil:
		return renderImage(block.Image)
	case block.Document != nil:
		return renderDocument(block.Document)
	case block.SearchResult != nil:
		return renderSearchResult(block.SearchResult), nil
	case block.ToolUse != nil:
		return renderToolUse(block.ToolUse), nil
	case block.ToolResult != nil:
		return renderToolResult(block.ToolResult)
	case block.ReasoningContent != nil:
		return renderReasoning(block.ReasoningContent), nil
	case block.CitationsContent != nil:
		text, citations, err := renderCited(block.CitationsContent)
		return &textBlock{Type: "text", Text: &text, Citations: citations}, err
	}
	return nil, schema.UnsupportedBlock(block)
}

func renderToolUse(use *bedrock.ToolUseBlock) *toolUseBlock {
	native := &toolUseBlock{Type: "tool_use", ID: use.ToolUseId, Name: use.Name, Input: jsontext.Value(use.Input)}
	if native.Input == nil {
		native.Input = jsontext.Value("{}")
	}
	return native
}

func renderReasoning(reasoning *bedrock.ReasoningContentBlock) any {
	if reasoning.ReasoningText == nil {
		return &redactedBlock{Type: "redacted_thinking", Data: new(string(reasoning.RedactedContent))}
	}
	text := reasoning.ReasoningText
	return &thinkingBlock{Type: "thinking", Thinking: cmp.Or(text.Text, new("")), Signature: text.Signature}
}

func renderOutputConfig(config *bedrock.OutputConfig) (jsontext.Value, error) {
	if config == nil {
		return nil, nil
	}
	native := outputConfig{Effort: config.Effort}
	if f := config.TextFormat; f != nil {
		if f.Structure == nil || f.Structure.JsonSchema == nil || f.Structure.JsonSchema.Schema == nil {
			return nil, schema.Unsupported("outputConfig.textFormat")
		}
		document := jsontext.Value(*f.Structure.JsonSchema.Schema)
		if !document.IsValid() {
			return nil, invalid("output_config.format.schema", "Input should be a valid dictionary")
		}
		native.Format = &outputFormat{Type: string(bedrock.OutputFormatTypeJsonSchema), Schema: document}
	}
	return json.Marshal(native)
}
