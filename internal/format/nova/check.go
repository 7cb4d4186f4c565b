package nova

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// nest moves top_k, as the conversation's fields call it, to where a body has
// it: inferenceConfig.topK.
func nest(additional []byte) ([]byte, error) {
	if jsontext.Value(additional).Kind() != '{' {
		return additional, nil
	}
	var flat struct {
		TopK            jsontext.Value            `json:"top_k,omitzero"`
		InferenceConfig map[string]jsontext.Value `json:"inferenceConfig,omitzero"`
		Rest            jsontext.Value            `json:",embed"`
	}
	if err := json.Unmarshal(additional, &flat); err != nil {
		return nil, bedrock.WithCause(schema.Malformed(), err)
	}
	if flat.TopK == nil {
		return additional, nil
	}
	if flat.InferenceConfig == nil {
		flat.InferenceConfig = make(map[string]jsontext.Value)
	}
	flat.InferenceConfig["topK"], flat.TopK = flat.TopK, nil
	return json.Marshal(flat)
}

// check refuses what Nova's schema has no place for though the conversation has.
func check(conversation *bedrock.ConverseRequest) error {
	for i, block := range conversation.System {
		if err := checkSystem(fmt.Sprintf("#/system/%d", i), block); err != nil {
			return err
		}
	}
	for i, m := range conversation.Messages {
		if m.Role != bedrock.ConversationRoleUser && m.Role != bedrock.ConversationRoleAssistant {
			return schema.Violation(fmt.Sprintf("#/messages/%d/role", i), string(m.Role)+" is not a valid enum value")
		}
		for j := range m.Content {
			if text, within := violation(&m.Content[j]); text != "" {
				return schema.Violation(fmt.Sprintf("#/messages/%d/content/%d%s", i, j, within), text)
			}
		}
	}
	return checkTools(conversation.ToolConfig)
}

func checkSystem(place string, block bedrock.SystemContentBlock) error {
	switch {
	case block.GuardContent != nil:
		return schema.Violation(place, extraneous("guardContent"))
	case block.Text == nil && block.CachePoint == nil:
		return schema.Violation(place, missing("text"))
	case block.Text != nil && block.CachePoint != nil:
		return schema.Violation(place, extraneous("cachePoint"))
	}
	return nil
}

func extraneous(member string) string { return "extraneous key [" + member + "] is not permitted" }

func missing(member string) string { return "required key [" + member + "] not found" }

// violation says what is wrong with a block, and where within it; an empty text
// is nothing.
func violation(block *bedrock.ContentBlock) (text, within string) {
	set := 0
	for _, member := range [...]struct {
		name           string
		has, supported bool
	}{
		{"text", block.Text != nil, true},
		{"image", block.Image != nil, true},
		{"video", block.Video != nil, true},
		{"audio", block.Audio != nil, true},
		{"document", block.Document != nil, true},
		{"toolUse", block.ToolUse != nil, true},
		{"toolResult", block.ToolResult != nil, true},
		{"reasoningContent", block.ReasoningContent != nil, true},
		{"cachePoint", block.CachePoint != nil, true},
		{"citationsContent", block.CitationsContent != nil, false},
		{"guardContent", block.GuardContent != nil, false},
		{"searchResult", block.SearchResult != nil, false},
		{"toolAddition", block.ToolAddition != nil, false},
		{"toolRemoval", block.ToolRemoval != nil, false},
	} {
		if !member.has {
			continue
		}
		if set++; set > 1 || !member.supported {
			return extraneous(member.name), ""
		}
	}
	switch {
	case set == 0:
		return missing("toolUse"), ""
	case block.ToolUse != nil:
		return toolUseViolation(block.ToolUse), "/toolUse"
	case block.ToolResult != nil:
		return toolResultViolation(block.ToolResult)
	}
	return mediaViolation(block)
}

func toolUseViolation(use *bedrock.ToolUseBlock) string {
	switch {
	case use.Name == nil:
		return missing("name")
	case use.ToolUseId == nil:
		return missing("toolUseId")
	case len(use.Input) == 0:
		return missing("input")
	}
	return ""
}

// toolResultViolation refuses documents and videos inside a result as the
// service does, which then knows the whole block no more.
func toolResultViolation(result *bedrock.ToolResultBlock) (text, within string) {
	switch {
	case result.ToolUseId == nil:
		return missing("toolUseId"), "/toolResult"
	case result.Content == nil:
		return missing("content"), "/toolResult"
	}
	for k, part := range result.Content {
		if part.Text == nil && part.Json == nil && part.Image == nil {
			return extraneous("toolResult"), ""
		}
		if text, within := locationViolation(&bedrock.ContentBlock{Image: part.Image}); text != "" {
			return text, fmt.Sprintf("/toolResult/content/%d/image%s", k, within)
		}
	}
	return "", ""
}

func mediaViolation(block *bedrock.ContentBlock) (text, within string) {
	var name string
	var format, source bool
	switch {
	case block.Image != nil:
		name, format, source = "/image", block.Image.Format != "", block.Image.Source != nil
	case block.Video != nil:
		name, format, source = "/video", block.Video.Format != "", block.Video.Source != nil
	case block.Audio != nil:
		name, format, source = "/audio", block.Audio.Format != "", block.Audio.Source != nil
	case block.Document != nil:
		name, format, source = "/document", true, block.Document.Source != nil
	default:
		return "", ""
	}
	switch {
	case !format:
		return missing("format"), name
	case !source:
		return missing("source"), name
	}
	text, within = locationViolation(block)
	return text, name + within
}

func checkTools(config *bedrock.ToolConfiguration) error {
	if config == nil {
		return nil
	}
	for i, tool := range config.Tools {
		place := fmt.Sprintf("#/toolConfig/tools/%d", i)
		switch {
		case tool.SystemTool != nil && tool.ToolSpec == nil, tool.CachePoint != nil && tool.ToolSpec == nil:
		case tool.ToolSpec == nil:
			return schema.Violation(place, missing("toolSpec"))
		case tool.ToolSpec.Name == nil:
			return schema.Violation(place+"/toolSpec", missing("name"))
		case tool.ToolSpec.InputSchema == nil || tool.ToolSpec.InputSchema.Json == nil:
			return schema.Violation(place+"/toolSpec", missing("inputSchema"))
		}
	}
	return nil
}
