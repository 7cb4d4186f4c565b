package chat

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// Read gives the messages of a chat as a conversation: leading system messages
// are its system prompt, and the results of tools become one message of the
// user with what the user says next. The error is a
// *bedrock.ValidationException.
func Read(messages []Message) (*bedrock.ConverseRequest, error) {
	r := reader{conversation: new(bedrock.ConverseRequest)}
	for i, m := range messages {
		place := "#/messages/" + strconv.Itoa(i)
		if err := r.add(place, m); err != nil {
			return nil, err
		}
	}
	return r.conversation, nil
}

type reader struct {
	conversation *bedrock.ConverseRequest
	// results says that the last message holds results of tools, and takes more.
	results bool
}

func (r *reader) add(place string, m Message) error {
	if err := understood(place, m); err != nil {
		return err
	}
	blocks, err := m.Content.blocks(place + "/content")
	if err != nil {
		return err
	}
	switch m.Role {
	case "system", "developer":
		if len(blocks) == 0 {
			return schema.Violation(place, "required key [content] not found")
		}
		return r.system(blocks)
	case "user":
		r.append(bedrock.ConversationRoleUser, blocks)
		r.results = false
	case "assistant":
		blocks, err := withCalls(place, m, blocks)
		if err != nil {
			return err
		}
		r.results = false
		r.append(bedrock.ConversationRoleAssistant, blocks)
	case "tool":
		return r.result(place, m, blocks)
	default:
		return schema.Violation(place+"/role", m.Role+" is not a valid enum value")
	}
	return nil
}

// understood refuses members that have no place in the conversation and say
// something.
func understood(place string, m Message) error {
	for _, rest := range schema.Members(m.Rest) {
		switch string(rest.Value) {
		case "null", "[]", "{}", `""`:
		default:
			return schema.Unsupported(strings.ReplaceAll(strings.TrimPrefix(place, "#/"), "/", ".") + "." + rest.Name)
		}
	}
	switch {
	case m.Role != "assistant" && len(m.ToolCalls) > 0:
		return schema.Violation(place, "extraneous key [tool_calls] is not permitted")
	case m.Role != "assistant" && m.ReasoningContent != nil:
		return schema.Violation(place, "extraneous key [reasoning_content] is not permitted")
	case m.Role != "tool" && m.ToolCallID != nil:
		return schema.Violation(place, "extraneous key [tool_call_id] is not permitted")
	}
	return nil
}

func (r *reader) append(role bedrock.ConversationRole, blocks []bedrock.ContentBlock) {
	c := r.conversation
	if r.results {
		last := &c.Messages[len(c.Messages)-1]
		last.Content = append(last.Content, blocks...)
		return
	}
	c.Messages = append(c.Messages, bedrock.Message{Role: role, Content: blocks})
}

func (r *reader) system(blocks []bedrock.ContentBlock) error {
	r.results = false
	if len(r.conversation.Messages) > 0 {
		r.append(bedrock.ConversationRoleSystem, blocks)
		return nil
	}
	for _, block := range blocks {
		if block.Text == nil {
			return schema.UnsupportedBlock(block)
		}
		r.conversation.System = append(r.conversation.System, bedrock.SystemContentBlock{Text: block.Text})
	}
	return nil
}

func (r *reader) result(place string, m Message, blocks []bedrock.ContentBlock) error {
	if m.ToolCallID == nil {
		return schema.Violation(place, "required key [tool_call_id] not found")
	}
	result := &bedrock.ToolResultBlock{ToolUseId: m.ToolCallID, Content: []bedrock.ToolResultContentBlock{}}
	for _, block := range blocks {
		result.Content = append(result.Content, bedrock.ToolResultContentBlock{Text: block.Text, Image: block.Image})
	}
	r.append(bedrock.ConversationRoleUser, []bedrock.ContentBlock{{ToolResult: result}})
	r.results = true
	return nil
}

// withCalls puts reasoning ahead of an assistant's blocks, and uses of tools
// behind them.
func withCalls(place string, m Message, blocks []bedrock.ContentBlock) ([]bedrock.ContentBlock, error) {
	if m.ReasoningContent != nil && *m.ReasoningContent != "" {
		blocks = append([]bedrock.ContentBlock{{ReasoningContent: &bedrock.ReasoningContentBlock{
			ReasoningText: &bedrock.ReasoningTextBlock{Text: m.ReasoningContent},
		}}}, blocks...)
	}
	for i, call := range m.ToolCalls {
		if call.Type != "" && call.Type != "function" {
			return nil, schema.Unsupported("tool_calls.type " + call.Type)
		}
		input := jsontext.Value(call.Function.Arguments)
		if strings.TrimSpace(call.Function.Arguments) == "" {
			input = jsontext.Value("{}")
		}
		if input.Kind() != '{' || !input.IsValid() {
			return nil, schema.Violation(place+"/tool_calls/"+strconv.Itoa(i)+"/function/arguments",
				"expected type: JSONObject, found: String")
		}
		blocks = append(blocks, bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
			Input: []byte(input), Name: &call.Function.Name, ToolUseId: &call.ID,
		}})
	}
	return blocks, nil
}

// blocks gives the blocks of a content. An empty text beside nothing else is
// none.
func (c Content) blocks(place string) ([]bedrock.ContentBlock, error) {
	blocks := []bedrock.ContentBlock{}
	if c.Text != nil && *c.Text != "" {
		blocks = append(blocks, bedrock.ContentBlock{Text: c.Text})
	}
	for i, part := range c.Parts {
		at := place + "/" + strconv.Itoa(i)
		switch {
		case part.Type == "text" && part.Text != nil:
			blocks = append(blocks, bedrock.ContentBlock{Text: part.Text})
		case part.Type == "image_url" && part.ImageURL != nil:
			image, err := part.ImageURL.block()
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, bedrock.ContentBlock{Image: image})
		case part.Type == "text" || part.Type == "image_url":
			return nil, schema.Violation(at, "required key ["+part.Type+"] not found")
		default:
			return nil, schema.Violation(at+"/type", part.Type+" is not a valid enum value")
		}
	}
	return blocks, nil
}
