package chat

import (
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// Write gives a conversation as the messages of a chat. Blocks that a chat has
// no word for are a *bedrock.ValidationException. The status of a tool's result
// has none either; its content says it.
func Write(conversation *bedrock.ConverseRequest) ([]Message, error) {
	var messages []Message
	if len(conversation.System) > 0 {
		system, err := systemMessage(conversation.System)
		if err != nil {
			return nil, err
		}
		messages = append(messages, system)
	}
	for _, m := range conversation.Messages {
		written, err := writeMessage(m)
		if err != nil {
			return nil, err
		}
		messages = append(messages, written...)
	}
	return messages, nil
}

func systemMessage(system []bedrock.SystemContentBlock) (Message, error) {
	var parts []Part
	for _, block := range system {
		if block.Text == nil {
			return Message{}, schema.UnsupportedBlock(block)
		}
		parts = append(parts, Part{Type: "text", Text: block.Text})
	}
	return Message{Role: "system", Content: contentOf(parts)}, nil
}

// writeMessage gives one message, behind those of the tools' results in it.
func writeMessage(m bedrock.Message) ([]Message, error) {
	var results []Message
	message := Message{Role: string(m.Role)}
	var parts []Part
	for _, block := range m.Content {
		switch {
		case block.ToolResult != nil:
			result, err := resultMessage(block.ToolResult)
			if err != nil {
				return nil, err
			}
			results = append(results, result)
			continue
		case block.ToolUse != nil && m.Role == bedrock.ConversationRoleAssistant:
			message.ToolCalls = append(message.ToolCalls, CallOf(block.ToolUse))
			continue
		case block.ReasoningContent != nil:
			if err := message.reason(block); err != nil {
				return nil, err
			}
			continue
		}
		part, err := partOf(block)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	if len(results) > 0 && len(parts) == 0 {
		return results, nil
	}
	message.Content = contentOf(parts)
	return append(results, message), nil
}

// reason adds reasoning. A chat cannot sign it.
func (m *Message) reason(block bedrock.ContentBlock) error {
	text := block.ReasoningContent.ReasoningText
	if text == nil || text.Text == nil || text.Signature != nil || m.ReasoningContent != nil {
		return schema.UnsupportedBlock(block)
	}
	m.ReasoningContent = text.Text
	return nil
}

func resultMessage(result *bedrock.ToolResultBlock) (Message, error) {
	var parts []Part
	for _, block := range result.Content {
		switch {
		case block.Json != nil:
			parts = append(parts, Part{Type: "text", Text: new(string(block.Json))})
		case block.Text != nil || block.Image != nil:
			part, err := partOf(bedrock.ContentBlock{Text: block.Text, Image: block.Image})
			if err != nil {
				return Message{}, err
			}
			parts = append(parts, part)
		default:
			return Message{}, schema.UnsupportedBlock(block)
		}
	}
	content := contentOf(parts)
	if content.Text == nil && content.Parts == nil {
		content.Text = new("")
	}
	return Message{Role: "tool", Content: content, ToolCallID: result.ToolUseId}, nil
}

func partOf(block bedrock.ContentBlock) (Part, error) {
	switch {
	case block.Text != nil:
		return Part{Type: "text", Text: block.Text}, nil
	case block.Image != nil && block.Image.Error == nil:
		return imagePart(block.Image)
	}
	return Part{}, schema.UnsupportedBlock(block)
}

// contentOf is the plainest content that holds the parts.
func contentOf(parts []Part) Content {
	if len(parts) == 1 && parts[0].Text != nil && *parts[0].Text != "" {
		return Content{Text: parts[0].Text}
	}
	return Content{Parts: parts}
}

// CallOf writes the use of a tool. An input that is a string is what a model wrote
// instead of JSON.
func CallOf(use *bedrock.ToolUseBlock) ToolCall {
	call := ToolCall{Type: "function", Function: FunctionCall{Arguments: string(use.Input)}}
	if input := jsontext.Value(use.Input); input.Kind() == '"' {
		text, _ := jsontext.AppendUnquote(nil, input) // invalid UTF-8 is replaced
		call.Function.Arguments = string(text)
	}
	if use.ToolUseId != nil {
		call.ID = *use.ToolUseId
	}
	if use.Name != nil {
		call.Function.Name = *use.Name
	}
	return call
}
