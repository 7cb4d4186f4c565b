package server_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/recorded"
)

// The features of a request beyond text, by what a reader of the table knows
// them as.
const (
	tools       = "tools"
	systemTools = "system tools"
	structured  = "structured output"
	images      = "images"
	documents   = "documents"
	video       = "video"
	citations   = "citations"
	promptCache = "prompt caching"
	guardrails  = "guardrails"
	reasoning   = "reasoning"
	completions = "an endpoint's own body"
)

// features names what a request uses beyond text.
func features(one *recorded.Interaction) []string {
	found := map[string]bool{}
	if one.Request.Headers["x-amzn-bedrock-guardrailidentifier"] != "" {
		found[guardrails] = true
	}
	if strings.HasPrefix(one.ModelID, "arn:aws:sagemaker:") {
		found[completions] = true
	}
	body := one.Request.Body
	var counted struct {
		Input struct {
			InvokeModel struct{ Body []byte }
			Converse    json.RawMessage
		}
	}
	if one.Operation == "CountTokens" && json.Unmarshal(body, &counted) == nil {
		body = counted.Input.Converse
		if body == nil {
			body = counted.Input.InvokeModel.Body
		}
	}
	findFeatures(body, found)
	return slices.Sorted(maps.Keys(found))
}

// byMember tells the feature that a member of a body makes use of, in Converse
// and in the native bodies.
var byMember = map[string]string{
	"toolConfig": tools, "tools": tools, "toolUse": tools, "toolResult": tools, "tool_use_id": tools,
	"systemTool":   systemTools,
	"outputConfig": structured, "output_format": structured, "response_format": structured,
	"image": images, "image_url": images, "document": documents, "video": video,
	"cachePoint": promptCache, "cache_control": promptCache,
	"guardrailConfig": guardrails, "guardContent": guardrails,
	"thinking": reasoning, "reasoning_config": reasoning, "reasoningContent": reasoning,
	"reasoning_effort": reasoning, "reasoningConfig": reasoning,
}

// byType does so for the type of a content block of Anthropic's.
var byType = map[string]string{"image": images, "document": documents, "tool_use": tools, "thinking": reasoning}

// opaque are the members that hold the caller's own JSON.
var opaque = []string{"inputSchema", "input_schema", "input", "json", "parameters", "schema"}

func findFeatures(value json.RawMessage, found map[string]bool) {
	switch {
	case bytes.HasPrefix(value, []byte("[")):
		var items []json.RawMessage
		_ = json.Unmarshal(value, &items)
		for _, item := range items {
			findFeatures(item, found)
		}
	case bytes.HasPrefix(value, []byte("{")):
		var members map[string]json.RawMessage
		_ = json.Unmarshal(value, &members)
		for name, member := range members {
			if feature := byMember[name]; feature != "" {
				found[feature] = true
			}
			if name == "citations" && bytes.Contains(member, []byte("true")) || name == "citationsContent" {
				found[citations] = true
			}
			if name == "type" && len(member) > 2 && byType[string(member[1:len(member)-1])] != "" {
				found[byType[string(member[1:len(member)-1])]] = true
			}
			if !slices.Contains(opaque, name) {
				findFeatures(member, found)
			}
		}
	}
}
