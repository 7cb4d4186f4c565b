package formattest

import (
	"encoding/json"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// pixel stands for media: formats carry bytes and do not look into them.
var pixel = []byte("\x89PNG\r\n\x1a\n")

// blocks gives a conversation for every kind of content block beside text, by
// the name of its union member.
func blocks() map[string]*bedrock.ConverseRequest {
	user := func(b bedrock.ContentBlock) *bedrock.ConverseRequest {
		return &bedrock.ConverseRequest{
			InferenceConfig: &bedrock.InferenceConfiguration{MaxTokens: new(int32(100))},
			Messages:        []bedrock.Message{say(bedrock.ConversationRoleUser, text("Look."), b)},
		}
	}
	return map[string]*bedrock.ConverseRequest{
		"image": user(bedrock.ContentBlock{Image: &bedrock.ImageBlock{
			Format: bedrock.ImageFormatPng, Source: &bedrock.ImageSource{Bytes: pixel},
		}}),
		"document": user(bedrock.ContentBlock{Document: &bedrock.DocumentBlock{
			Format: bedrock.DocumentFormatPdf, Name: new("paper"), Source: &bedrock.DocumentSource{Bytes: pixel},
		}}),
		"video": user(bedrock.ContentBlock{Video: &bedrock.VideoBlock{
			Format: bedrock.VideoFormatMp4, Source: &bedrock.VideoSource{Bytes: pixel},
		}}),
		"audio": user(bedrock.ContentBlock{Audio: &bedrock.AudioBlock{
			Format: bedrock.AudioFormatWav, Source: &bedrock.AudioSource{Bytes: pixel},
		}}),
		"cachePoint":       user(bedrock.ContentBlock{CachePoint: &bedrock.CachePointBlock{Type: bedrock.CachePointTypeDefault}}),
		"reasoningContent": reasoned(),
		"toolUse":          calledTool(),
		"guardContent": user(bedrock.ContentBlock{GuardContent: &bedrock.GuardrailConverseContentBlock{
			Text: &bedrock.GuardrailConverseTextBlock{Text: new("guarded")},
		}}),
		"searchResult": user(bedrock.ContentBlock{SearchResult: &bedrock.SearchResultBlock{
			Source: new("https://example.com"), Title: new("A page"),
			Content: []bedrock.SearchResultContentBlock{{Text: new("found")}},
		}}),
		"citationsContent": user(bedrock.ContentBlock{CitationsContent: &bedrock.CitationsContentBlock{
			Content: []bedrock.CitationGeneratedContent{{Text: new("cited")}},
		}}),
	}
}

func text(s string) bedrock.ContentBlock { return bedrock.ContentBlock{Text: &s} }

func say(role bedrock.ConversationRole, blocks ...bedrock.ContentBlock) bedrock.Message {
	return bedrock.Message{Role: role, Content: blocks}
}

func reasoned() *bedrock.ConverseRequest {
	thought := bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{
		ReasoningText: &bedrock.ReasoningTextBlock{Text: new("Rock weathers."), Signature: new("c2ln")},
	}}
	return &bedrock.ConverseRequest{
		InferenceConfig: &bedrock.InferenceConfiguration{MaxTokens: new(int32(100))},
		Messages: []bedrock.Message{
			say(bedrock.ConversationRoleUser, text("Why is it soft?")),
			say(bedrock.ConversationRoleAssistant, thought, text("It weathered.")),
			say(bedrock.ConversationRoleUser, text("And then?")),
		},
	}
}

// calledTool is a whole tool loop, two calls in one turn.
func calledTool() *bedrock.ConverseRequest {
	call := func(id, city string) bedrock.ContentBlock {
		return bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
			ToolUseId: &id, Name: new("get_weather"), Input: json.RawMessage(`{"city":"` + city + `"}`),
		}}
	}
	result := func(id string) bedrock.ContentBlock {
		return bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{
			ToolUseId: &id, Content: []bedrock.ToolResultContentBlock{{Text: new("sunny")}},
		}}
	}
	return &bedrock.ConverseRequest{
		InferenceConfig: &bedrock.InferenceConfiguration{MaxTokens: new(int32(100))},
		ToolConfig: &bedrock.ToolConfiguration{
			Tools: []bedrock.Tool{{ToolSpec: &bedrock.ToolSpecification{
				Name: new("get_weather"), Description: new("The weather of a city."),
				InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}}}`)},
			}}},
			ToolChoice: &bedrock.ToolChoice{Any: &bedrock.AnyToolChoice{}},
		},
		Messages: []bedrock.Message{
			say(bedrock.ConversationRoleUser, text("Weather in Oslo and Rome?")),
			say(bedrock.ConversationRoleAssistant, text("Looking."), call("call_1", "Oslo"), call("call_2", "Rome")),
			say(bedrock.ConversationRoleUser, result("call_1"), result("call_2")),
		},
	}
}
