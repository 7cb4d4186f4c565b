package anthropic_test

import (
	"encoding/json"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// conversations are what Messages carry beside text.
var conversations = []*bedrock.ConverseRequest{
	{
		InferenceConfig: limit,
		System: []bedrock.SystemContentBlock{
			{Text: new("Be brief.")},
			{CachePoint: &bedrock.CachePointBlock{Type: bedrock.CachePointTypeDefault, Ttl: bedrock.CacheTTL1h}},
		},
		Messages: []bedrock.Message{
			say("user", document(bedrock.DocumentBlock{
				Format: "txt", Context: new("a letter"), Source: &bedrock.DocumentSource{Text: new("Dear all")},
				Citations: &bedrock.CitationsConfig{Enabled: new(true)},
			}), bedrock.ContentBlock{CachePoint: &bedrock.CachePointBlock{Type: bedrock.CachePointTypeDefault}}),
			say("assistant", bedrock.ContentBlock{ReasoningContent: &bedrock.ReasoningContentBlock{RedactedContent: []byte("x+/=")}}),
			say("user", document(bedrock.DocumentBlock{
				Source: &bedrock.DocumentSource{Content: []bedrock.DocumentContentBlock{{Text: new("one")}, {Text: new("two")}}},
			})),
			say("system", bedrock.ContentBlock{Text: new("Now in French.")}),
		},
		OutputConfig: &bedrock.OutputConfig{
			Effort: new("high"),
			TextFormat: &bedrock.OutputFormat{Type: "json_schema", Structure: &bedrock.OutputFormatStructure{
				JsonSchema: &bedrock.JsonSchemaDefinition{Schema: new(`{"type":"object"}`)},
			}},
		},
	},
	{
		InferenceConfig: limit,
		ToolConfig: &bedrock.ToolConfiguration{
			Tools: []bedrock.Tool{
				tool("look"), tool("listen"),
				{CachePoint: &bedrock.CachePointBlock{Type: bedrock.CachePointTypeDefault, Ttl: bedrock.CacheTTL5m}},
			},
			ToolChoice: &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: new("look")}},
		},
		AdditionalModelRequestFields: json.RawMessage(`{"tool_choice":{"type":"tool","name":"look","disable_parallel_tool_use":true}}`),
		Messages: []bedrock.Message{
			say("assistant", bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
				ToolUseId: new("a"), Name: new("look"), Input: json.RawMessage(`{}`),
			}}),
			say("user",
				result("error", bedrock.ToolResultContentBlock{Text: new("no")}),
				result("success", bedrock.ToolResultContentBlock{Image: &bedrock.ImageBlock{
					Format: "gif", Source: &bedrock.ImageSource{Bytes: []byte("GIF")}}}),
				result("", bedrock.ToolResultContentBlock{Document: &bedrock.DocumentBlock{
					Format: "pdf", Source: &bedrock.DocumentSource{Bytes: []byte("%PDF")}}}),
				result(""),
			),
		},
	},
	{
		InferenceConfig: limit,
		ToolConfig:      &bedrock.ToolConfiguration{Tools: []bedrock.Tool{tool("look")}},
		Messages: []bedrock.Message{
			say("user", bedrock.ContentBlock{SearchResult: found(true)}, bedrock.ContentBlock{CachePoint: &bedrock.CachePointBlock{Type: bedrock.CachePointTypeDefault}}),
			say("assistant", bedrock.ContentBlock{ToolUse: &bedrock.ToolUseBlock{
				ToolUseId: new("a"), Name: new("look"), Input: json.RawMessage(`{}`),
			}}),
			say("user", result("", bedrock.ToolResultContentBlock{SearchResult: found(false)})),
		},
	},
	{
		InferenceConfig:              limit,
		ToolConfig:                   &bedrock.ToolConfiguration{Tools: []bedrock.Tool{tool("look")}},
		AdditionalModelRequestFields: json.RawMessage(`{"tool_choice":{"type":"none"}}`),
		Messages:                     []bedrock.Message{say("user", bedrock.ContentBlock{Text: new("Hi")})},
	},
}

var limit = &bedrock.InferenceConfiguration{MaxTokens: new(int32(10))}

func say(role bedrock.ConversationRole, blocks ...bedrock.ContentBlock) bedrock.Message {
	return bedrock.Message{Role: role, Content: blocks}
}

func document(d bedrock.DocumentBlock) bedrock.ContentBlock {
	return bedrock.ContentBlock{Document: &d}
}

func tool(name string) bedrock.Tool {
	return bedrock.Tool{ToolSpec: &bedrock.ToolSpecification{
		Name: &name, Strict: new(true), InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(`{"type":"object"}`)},
	}}
}

// found is a search result of two parts.
func found(cited bool) *bedrock.SearchResultBlock {
	return &bedrock.SearchResultBlock{
		Source: new("https://example.com/rocks"), Title: new("Rocks"), Citations: &bedrock.CitationsConfig{Enabled: &cited},
		Content: []bedrock.SearchResultContentBlock{{Text: new("Granite is hard.")}, {Text: new("Chalk is soft.")}},
	}
}

func result(status bedrock.ToolResultStatus, content ...bedrock.ToolResultContentBlock) bedrock.ContentBlock {
	return bedrock.ContentBlock{ToolResult: &bedrock.ToolResultBlock{ToolUseId: new("a"), Status: status, Content: content}}
}
