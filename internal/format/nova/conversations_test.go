package nova_test

import (
	"encoding/json"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// conversations are what Nova's bodies carry beside text.
var conversations = []*bedrock.ConverseRequest{{
	System: []bedrock.SystemContentBlock{
		{Text: new("Be brief.")}, {CachePoint: &bedrock.CachePointBlock{Type: bedrock.CachePointTypeDefault}},
	},
	ToolConfig: &bedrock.ToolConfiguration{
		Tools: []bedrock.Tool{
			{SystemTool: &bedrock.SystemTool{Name: new("nova_grounding")}},
			{ToolSpec: &bedrock.ToolSpecification{
				Name: new("look"), InputSchema: &bedrock.ToolInputSchema{Json: json.RawMessage(`{"type":"object"}`)},
			}},
		},
		ToolChoice: &bedrock.ToolChoice{Tool: &bedrock.SpecificToolChoice{Name: new("look")}},
	},
	Messages: []bedrock.Message{
		{Role: "user", Content: []bedrock.ContentBlock{{Video: &bedrock.VideoBlock{
			Format: "mp4", Source: &bedrock.VideoSource{S3Location: &bedrock.S3Location{
				Uri: new("s3://films/one.mp4"), BucketOwner: new("123456789012"),
			}},
		}}}},
		{Role: "assistant", Content: []bedrock.ContentBlock{{ToolUse: &bedrock.ToolUseBlock{
			ToolUseId: new("a"), Name: new("look"), Input: json.RawMessage(`{"deep":{"er":[1,2.50]}}`),
		}}}},
		{Role: "user", Content: []bedrock.ContentBlock{{ToolResult: &bedrock.ToolResultBlock{
			ToolUseId: new("a"), Status: bedrock.ToolResultStatusError,
			Content: []bedrock.ToolResultContentBlock{{Json: json.RawMessage(`{"seen":null}`)}, {Text: new("nothing")}},
		}}}},
	},
}}
