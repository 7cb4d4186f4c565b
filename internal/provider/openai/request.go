package openai

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
)

// Body is the body of a chat request by its members' names.
type Body map[string]any

// NewBody words a call as a chat request: the model, the messages, the tools, the
// format of the output, the inference configuration, and
// additionalModelRequestFields, which win over the configuration but may not name
// the members that the client answers for. What they say about reasoning in the
// words of Claude, Nova or Qwen is said in those of open servers. It does not say
// stream.
//
// The error is a *bedrock.ValidationException, in the words of the service.
func NewBody(call provider.Call) (Body, error) {
	request := conversation.Plain(call.Request)
	messages, err := Messages(request)
	if err != nil {
		return nil, err
	}
	body := Body{"model": call.Model, "messages": messages}
	if config := request.InferenceConfig; config != nil {
		setIf(body, "max_tokens", config.MaxTokens)
		setIf(body, "temperature", config.Temperature)
		setIf(body, "top_p", config.TopP)
		if len(config.StopSequences) > 0 {
			body["stop"] = config.StopSequences
		}
	}
	if last := messages[len(messages)-1]; last.Role == string(bedrock.ConversationRoleAssistant) {
		body["continue_final_message"], body["add_generation_prompt"] = true, false
	}
	if err := body.setTools(request.ToolConfig); err != nil {
		return nil, err
	}
	body.setOutput(request.OutputConfig)
	return body, merge(body, request.AdditionalModelRequestFields)
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
	reasoning := takeThinking(members)
	for name, value := range members {
		switch name {
		case "model", "messages", "stream", "stream_options":
			return &bedrock.ValidationException{Message: fmt.Sprintf("%sMalformed input request: "+
				"#: extraneous key [%s] is not permitted, please reformat your input and try again.", prefixModelError, name)}
		}
		body[name] = value
	}
	body.setThinking(reasoning)
	return nil
}

// JSON is the body as it is sent.
func (b Body) JSON() ([]byte, error) {
	return json.Marshal(b, json.Deterministic(true), lenient)
}

// Messages words a conversation as the messages of a chat request: the system
// prompts as one message at the front, the blocks of each message as one content,
// the results of tools as messages ahead of the rest of theirs. Reasoning of
// earlier turns goes beside the text.
//
// The error is a *bedrock.ValidationException for a block that has no word in a
// chat, in the words of the service for a model without that ability.
func Messages(request *bedrock.ConverseRequest) ([]Message, error) {
	messages := make([]Message, 0, len(request.Messages)+1)
	var system Content
	for _, block := range request.System {
		if block.CachePoint != nil {
			continue // no word of a chat: servers cache prefixes by themselves
		}
		text, err := systemText(block)
		if err != nil {
			return nil, err
		}
		system = append(system, Part{Text: text})
	}
	if len(system) > 0 {
		messages = append(messages, Message{Role: "system", Content: system})
	}
	for _, m := range request.Messages {
		var err error
		if messages, err = appendMessage(messages, m); err != nil {
			return nil, err
		}
	}
	if len(messages) == 0 {
		return nil, &bedrock.ValidationException{Message: "A conversation must start with a user message. " +
			"Try again with a conversation that starts with a user message."}
	}
	return messages, nil
}

func systemText(block bedrock.SystemContentBlock) (string, error) {
	if block.Text != nil {
		return *block.Text, nil
	}
	return "", unsupported("guardContent")
}

// appendMessage adds one message, behind those of the tools' results in it.
func appendMessage(messages []Message, m bedrock.Message) ([]Message, error) {
	message := Message{Role: string(m.Role)}
	var reasoning []string
	results := 0
	for _, block := range m.Content {
		switch {
		case block.ReasoningContent != nil && block.ReasoningContent.ReasoningText != nil:
			// A signature is for the service that gave it; the text is all of
			// the reasoning. What is redacted is refused: nobody else reads it.
			if text := block.ReasoningContent.ReasoningText.Text; text != nil {
				reasoning = append(reasoning, *text)
			}
		case block.ToolUse != nil:
			message.ToolCalls = append(message.ToolCalls, callOf(block.ToolUse))
		case block.ToolResult != nil:
			result, media, err := resultOf(block.ToolResult)
			if err != nil {
				return nil, err
			}
			messages, message.Content = append(messages, result), append(message.Content, media...)
			results++
		case block.CachePoint != nil:
		default:
			part, err := partOf(block)
			if err != nil {
				return nil, err
			}
			message.Content = append(message.Content, part)
		}
	}
	if results > 0 && len(message.Content) == 0 {
		return messages, nil
	}
	message.Reasoning = strings.Join(reasoning, "\n")
	return append(messages, message), nil
}

// partOf words a block of text or of a medium.
func partOf(block bedrock.ContentBlock) (Part, error) {
	switch {
	case block.Text != nil:
		return Part{Text: *block.Text}, nil
	case block.Image != nil || block.Video != nil || block.Audio != nil:
		return mediaPart(block.Image, block.Video, block.Audio)
	}
	return Part{}, refusal(block)
}

// refusal is the error of a block that is not carried.
func refusal(block bedrock.ContentBlock) error {
	switch {
	case block.ToolAddition != nil:
		return unsupported("toolAddition")
	case block.ToolRemoval != nil:
		return unsupported("toolRemoval")
	case block.Document != nil:
		return unsupported("document")
	case block.SearchResult != nil:
		return unsupported("searchResult")
	case block.CitationsContent != nil:
		return unsupported("citationsContent")
	case block.GuardContent != nil:
		return unsupported("guardContent")
	}
	return unsupported("reasoningContent")
}

func unsupported(block string) error {
	return &bedrock.ValidationException{Message: fmt.Sprintf("This model doesn't support the %s content block "+
		"that you provided. Update the content block and try again.", block)}
}
