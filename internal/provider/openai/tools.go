package openai

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// tool is a function that the model may call.
type tool struct {
	Type     string   `json:"type"`
	Function function `json:"function"`
}

type function struct {
	Name        string         `json:"name"`
	Description *string        `json:"description,omitzero"`
	Parameters  jsontext.Value `json:"parameters"`
	Strict      *bool          `json:"strict,omitzero"`
}

// setTools words a tool configuration, which may be nil. A cache point has no
// word in a chat and changes no answer; what a system tool does, nobody would.
func (b Body) setTools(config *bedrock.ToolConfiguration) error {
	if config == nil {
		return nil
	}
	var tools []tool
	for _, t := range config.Tools {
		switch spec := t.ToolSpec; {
		case spec != nil && spec.Name != nil && spec.InputSchema != nil:
			tools = append(tools, tool{Type: "function", Function: function{
				Name: *spec.Name, Description: spec.Description, Strict: spec.Strict,
				Parameters: jsontext.Value(spec.InputSchema.Json),
			}})
		case t.CachePoint == nil:
			return &bedrock.ValidationException{Message: "This model doesn't support the systemTool tool. Remove systemTool and try again."}
		}
	}
	b["tools"] = tools
	switch choice := config.ToolChoice; {
	case choice == nil || choice.Auto != nil:
		b["tool_choice"] = "auto"
	case choice.Any != nil:
		b["tool_choice"] = "required"
	case choice.Tool != nil && choice.Tool.Name != nil:
		b["tool_choice"] = map[string]any{"type": "function", "function": map[string]string{"name": *choice.Tool.Name}}
	}
	return nil
}

// callOf words the use of a tool.
func callOf(use *bedrock.ToolUseBlock) ToolCall {
	call := ToolCall{Type: "function", Function: FunctionCall{Arguments: string(use.Input)}}
	if use.ToolUseId != nil {
		call.ID = *use.ToolUseId
	}
	if use.Name != nil {
		call.Function.Name = *use.Name
	}
	return call
}

// resultOf words the result of a tool as a message. Such a message is text alone,
// so media go into the message behind it. A chat has no word for the status: an
// error says so.
func resultOf(result *bedrock.ToolResultBlock) (message Message, media Content, err error) {
	message.Role = "tool"
	if result.ToolUseId != nil {
		message.ToolCallID = *result.ToolUseId
	}
	if result.Status == bedrock.ToolResultStatusError {
		message.Content = TextContent("Error:")
	}
	for _, block := range result.Content {
		switch {
		case block.Text != nil:
			message.Content = append(message.Content, Part{Text: *block.Text})
		case block.Json != nil:
			message.Content = append(message.Content, Part{Text: string(block.Json)})
		case block.Image != nil || block.Video != nil:
			part, err := mediaPart(block.Image, block.Video, nil)
			if err != nil {
				return message, nil, err
			}
			media = append(media, part)
		default:
			return message, nil, refusal(bedrock.ContentBlock{Document: block.Document, SearchResult: block.SearchResult})
		}
	}
	return message, media, nil
}

// jsonSchema is the format of an answer that is JSON.
type jsonSchema struct {
	Type       string `json:"type"`
	JSONSchema struct {
		Name        string         `json:"name"`
		Description *string        `json:"description,omitzero"`
		Schema      jsontext.Value `json:"schema"`
		Strict      bool           `json:"strict"`
	} `json:"json_schema"`
}

// setOutput words the format of the output and the effort of the model.
func (b Body) setOutput(config *bedrock.OutputConfig) {
	if config == nil {
		return
	}
	if config.Effort != nil {
		b["reasoning_effort"] = commonEffort(*config.Effort)
	}
	format := config.TextFormat
	if format == nil || format.Structure == nil || format.Structure.JsonSchema == nil || format.Structure.JsonSchema.Schema == nil {
		return
	}
	wanted := format.Structure.JsonSchema
	response := jsonSchema{Type: "json_schema"}
	response.JSONSchema.Name = "answer"
	if wanted.Name != nil {
		response.JSONSchema.Name = *wanted.Name
	}
	response.JSONSchema.Description = wanted.Description
	response.JSONSchema.Schema = jsontext.Value(*wanted.Schema)
	response.JSONSchema.Strict = true
	b["response_format"] = response
}
