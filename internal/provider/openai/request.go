package openai

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Body is the body of a chat request by its members' names.
type Body map[string]any

// Message is a message of a chat request.
type Message struct {
	Role      string `json:"role"`
	Content   string `json:"content"`
	Reasoning string `json:"reasoning_content,omitzero"`
}

// NewBody words a call as a chat request: the model, the messages, the inference
// configuration, and additionalModelRequestFields, which win over the
// configuration but may not name the members that the client answers for. It
// does not say stream.
//
// The error is a *bedrock.ValidationException, in the words of the service.
func NewBody(call provider.Call) (Body, error) {
	messages, err := Messages(call.Request)
	if err != nil {
		return nil, err
	}
	body := Body{"model": call.Model, "messages": messages}
	if config := call.Request.InferenceConfig; config != nil {
		setIf(body, "max_tokens", config.MaxTokens)
		setIf(body, "temperature", config.Temperature)
		setIf(body, "top_p", config.TopP)
		if len(config.StopSequences) > 0 {
			body["stop"] = config.StopSequences
		}
	}
	if messages[len(messages)-1].Role == string(bedrock.ConversationRoleAssistant) {
		body["continue_final_message"], body["add_generation_prompt"] = true, false
	}
	return body, merge(body, call.Request.AdditionalModelRequestFields)
}

func setIf[T any](body Body, name string, value *T) {
	if value != nil {
		body[name] = *value
	}
}

// merge sets the members of an object in the body.
func merge(body Body, fields []byte) error {
	if len(fields) == 0 {
		return nil
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(fields, &members, lenient); err != nil {
		return &bedrock.ValidationException{Message: "The value at additionalModelRequestFields must be an object."}
	}
	for name, value := range members {
		switch name {
		case "model", "messages", "stream", "stream_options":
			return &bedrock.ValidationException{Message: fmt.Sprintf("%sMalformed input request: "+
				"#: extraneous key [%s] is not permitted, please reformat your input and try again.", prefixModelError, name)}
		}
		body[name] = value
	}
	return nil
}

// JSON is the body as it is sent.
func (b Body) JSON() ([]byte, error) {
	return json.Marshal(b, json.Deterministic(true), lenient)
}

// Messages words a conversation as the messages of a chat request: the system
// prompts as one message at the front, the blocks of each message as one text,
// joined by newlines. Reasoning of earlier turns goes beside the text.
//
// The error is a *bedrock.ValidationException for a block that is neither text
// nor reasoning, in the words of the service for a model without that ability.
func Messages(request *bedrock.ConverseRequest) ([]Message, error) {
	messages := make([]Message, 0, len(request.Messages)+1)
	var system []string
	for _, block := range request.System {
		text, err := systemText(block)
		if err != nil {
			return nil, err
		}
		system = append(system, text)
	}
	if len(system) > 0 {
		messages = append(messages, Message{Role: "system", Content: strings.Join(system, "\n")})
	}
	for _, m := range request.Messages {
		message, err := newMessage(m)
		if err != nil {
			return nil, err
		}
		messages = append(messages, message)
	}
	if request.ToolConfig != nil {
		return nil, &bedrock.ValidationException{Message: "This model doesn't support tool use."}
	}
	if len(request.Messages) == 0 {
		return nil, &bedrock.ValidationException{Message: "A conversation must start with a user message. " +
			"Try again with a conversation that starts with a user message."}
	}
	return messages, nil
}

func systemText(block bedrock.SystemContentBlock) (string, error) {
	switch {
	case block.Text != nil:
		return *block.Text, nil
	case block.GuardContent != nil && block.GuardContent.Text != nil && block.GuardContent.Text.Text != nil:
		return *block.GuardContent.Text.Text, nil
	case block.CachePoint != nil:
		return "", errCachePoint()
	}
	return "", unsupported("guardContent")
}

func newMessage(m bedrock.Message) (Message, error) {
	var texts, reasoning []string
	for _, block := range m.Content {
		switch {
		case block.Text != nil:
			texts = append(texts, *block.Text)
		case block.GuardContent != nil && block.GuardContent.Text != nil && block.GuardContent.Text.Text != nil:
			texts = append(texts, *block.GuardContent.Text.Text)
		case block.ReasoningContent != nil && block.ReasoningContent.ReasoningText != nil:
			if text := block.ReasoningContent.ReasoningText.Text; text != nil {
				reasoning = append(reasoning, *text)
			}
		default:
			return Message{}, refusal(block)
		}
	}
	return Message{
		Role:      string(m.Role),
		Content:   strings.Join(texts, "\n"),
		Reasoning: strings.Join(reasoning, "\n"),
	}, nil
}

// refusal is the error of a block that is not carried.
func refusal(block bedrock.ContentBlock) error {
	switch {
	case block.ToolUse != nil, block.ToolResult != nil, block.ToolAddition != nil, block.ToolRemoval != nil:
		return &bedrock.ValidationException{Message: "This model doesn't support tool use."}
	case block.CachePoint != nil:
		return errCachePoint()
	case block.Image != nil:
		return unsupported("image")
	case block.Document != nil:
		return unsupported("document")
	case block.Video != nil:
		return unsupported("video")
	case block.Audio != nil:
		return unsupported("audio")
	case block.SearchResult != nil:
		return unsupported("searchResult")
	case block.CitationsContent != nil:
		return unsupported("citationsContent")
	case block.GuardContent != nil:
		return unsupported("guardContent")
	}
	return unsupported("reasoningContent")
}

func errCachePoint() error {
	return &bedrock.ValidationException{Message: "You invoked an unsupported model or your request did not allow " +
		"prompt caching. See the documentation for more information."}
}

func unsupported(block string) error {
	return &bedrock.ValidationException{Message: fmt.Sprintf("This model doesn't support the %s content block "+
		"that you provided. Update the content block and try again.", block)}
}
