package catalog_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/recorded"
)

// accounts is a catalogue that knows what the recording accounts had: every
// model of the service, profiles and an endpoint of their own.
func accounts(t *testing.T) *catalog.Catalog {
	return newCatalog(t, catalog.Options{Mappings: []catalog.Mapping{
		{ID: "*", Provider: "script"},
		{ID: "*embed*", Provider: "script"},
		{ID: "application-inference-profile/mi1dadi0g15f", Provider: "script", BaseModel: "anthropic.claude-3-haiku-20240307-v1:0"},
		{ID: "application-inference-profile/otnfa2ysixqd", Provider: "script", BaseModel: "cohere.embed-english-v3"},
		{ID: "arn:aws:sagemaker:*:endpoint/*", Provider: "script"},
	}})
}

// Each recorded id resolves where the service answered, and is refused where the
// service refused it.
func TestRecordedIDs(t *testing.T) {
	c := accounts(t)
	for _, i := range recorded.Load(t, recorded.Of(recorded.Genuine)) {
		if i.Operation == "ApplyGuardrail" {
			continue
		}
		target, err := c.Resolve(i.ModelID)
		var body struct{ Message string }
		if i.Response.Status != 200 {
			if err := json.Unmarshal(i.Response.Body, &body); err != nil {
				t.Fatal(err)
			}
		}
		refused := body.Message == "The provided model identifier is invalid."
		if refused != (err != nil) || refused && text(err) != invalid {
			t.Errorf("%s: %s: %v; the service answered %d %s", i.ID, i.ModelID, err, i.Response.Status, body.Message)
		}
		if uncounted := body.Message == "The provided model doesn't support counting tokens."; i.Operation == "CountTokens" && err == nil && uncounted == target.CountTokens {
			t.Errorf("%s: %s: CountTokens is %t", i.ID, i.ModelID, target.CountTokens)
		}
		if err == nil && i.Family != "unknown" && i.Family != "embed" && !slices.Contains(families(i.Family), target.Model.Family) {
			t.Errorf("%s: %s has the format %q, the recordings say %s", i.ID, i.ModelID, target.Model.Family, i.Family)
		}
	}
}

// families gives the formats of a family of the recordings.
func families(family string) []string {
	switch family {
	case "openai", "qwen", "moonshot", "zai", "minimax", "google", "nvidia", "writer":
		return []string{"chat"}
	default:
		return []string{family}
	}
}

// What the service answered in a conversation is within what the catalogue says
// that the model can do.
func TestRecordedAbilities(t *testing.T) {
	c := accounts(t)
	for _, i := range conversations(t) {
		var req bedrock.ConverseRequest
		if json.Unmarshal(i.Request.Body, &req) != nil {
			continue
		}
		target, err := c.Resolve(i.ModelID)
		if err != nil {
			t.Fatal(err)
		}
		m := target.Model
		for _, lack := range lacks(m, &req, i.Operation == "ConverseStream") {
			t.Errorf("%s: %s answered, but the catalogue denies it %s", i.ID, i.ModelID, lack)
		}
		if n := len(req.Messages); n > 0 {
			if m.Turns.UserFirst && req.Messages[0].Role != "user" {
				t.Errorf("%s: %s took an assistant message first", i.ID, i.ModelID)
			}
			if m.Turns.UserLast && req.Messages[n-1].Role != "user" {
				t.Errorf("%s: %s took an assistant message last", i.ID, i.ModelID)
			}
		}
		for j := 1; j < len(req.Messages) && m.Turns.Alternate; j++ {
			if req.Messages[j].Role == req.Messages[j-1].Role {
				t.Errorf("%s: %s took two messages of the same role", i.ID, i.ModelID)
			}
		}
	}
}

func conversations(t *testing.T) []*recorded.Interaction {
	return recorded.Load(t, recorded.Of(recorded.Genuine), recorded.Status(200), recorded.Operation("Converse", "ConverseStream"))
}

// lacks names what the request uses and the model lacks.
func lacks(m *catalog.Model, req *bedrock.ConverseRequest, stream bool) []string {
	var uses provider.Abilities
	for _, message := range req.Messages {
		for _, b := range message.Content {
			uses.Images = uses.Images || b.Image != nil
			uses.Documents = uses.Documents || b.Document != nil
			uses.Video = uses.Video || b.Video != nil
			uses.Tools = uses.Tools || b.ToolUse != nil || b.ToolResult != nil
			uses.Reasoning = uses.Reasoning || b.ReasoningContent != nil
			uses.CachePoints = uses.CachePoints || b.CachePoint != nil
		}
	}
	uses.StructuredOutput = req.OutputConfig != nil && req.OutputConfig.TextFormat != nil
	has := m.Abilities
	missing := map[string]bool{
		"images":            uses.Images && !has.Images,
		"documents":         uses.Documents && !has.Documents,
		"video":             uses.Video && !has.Video,
		"tools":             (uses.Tools || req.ToolConfig != nil) && !has.Tools,
		"tools in streams":  stream && req.ToolConfig != nil && !m.ToolStreaming,
		"reasoning":         uses.Reasoning && !has.Reasoning,
		"cache points":      uses.CachePoints && !has.CachePoints,
		"structured output": uses.StructuredOutput && !has.StructuredOutput,
		"system prompts":    len(req.System) > 0 && !m.SystemPrompts,
		"streams":           stream && !m.Streaming,
		"conversations":     !m.Converse,
	}
	maps.DeleteFunc(missing, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(missing))
}

// older are answers from before their models gained serverToolUsage; other
// recordings of the same models have it.
var older = []string{"amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0", "amazon.nova-pro-v1:0", "anthropic.claude-3-haiku-20240307-v1:0"}

// newer is the reverse: one stream of a model whose other answers lack it.
const newer = "anthropic.claude-3-sonnet-20240229-v1:0"

// The counters of every recorded answer are those that its model's style gives.
func TestRecordedUsage(t *testing.T) {
	c := accounts(t)
	for _, i := range conversations(t) {
		target, err := c.Resolve(i.ModelID)
		if err != nil {
			t.Fatal(err)
		}
		style, usage := target.Model.Usage, usageOf(t, i)
		rule := style.Cache
		if recorded.Streamed(i) {
			rule = rule.Streamed()
		}
		read, written := rule.Show(count(usage["cacheReadInputTokens"]), count(usage["cacheWriteInputTokens"]))
		want := map[string]bool{
			"cacheReadInputTokens": read, "cacheReadInputTokenCount": read,
			"cacheWriteInputTokens": written, "cacheWriteInputTokenCount": written,
			"serverToolUsage": style.ServerTools,
		}
		for key, want := range want {
			_, is := usage[key]
			exempt := key == "serverToolUsage" && (slices.Contains(older, target.Model.ID) && !is || newer == target.Model.ID && is)
			if is != want && !exempt {
				t.Errorf("%s: %s: %s is there: %t, want %t", i.ID, i.ModelID, key, is, want)
			}
		}
	}
}

func usageOf(t *testing.T, i *recorded.Interaction) (usage map[string]json.RawMessage) {
	t.Helper()
	body := i.Response.Body
	if recorded.Streamed(i) {
		body = i.Response.Events[len(i.Response.Events)-1].Payload
	}
	var answer struct{ Usage map[string]json.RawMessage }
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Usage
}

func count(raw json.RawMessage) (n int32) {
	_ = json.Unmarshal(raw, &n) // absent counts as zero
	return n
}

// bareHeaders are recordings of models whose other answers carry cache headers.
var bareHeaders = []string{
	"amazon.nova-micro-v1:0", "us.anthropic.claude-3-5-haiku-20241022-v1:0", "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
}

// The cache headers of InvokeModel follow the style too.
func TestRecordedNativeCounters(t *testing.T) {
	const prefix = "x-amzn-bedrock-cache-"
	c := accounts(t)
	checked := 0
	for _, i := range recorded.Load(t, recorded.Of(recorded.Genuine), recorded.Status(200), recorded.Operation("InvokeModel")) {
		target, err := c.Resolve(i.ModelID)
		if err != nil {
			t.Fatal(err)
		}
		if i.Response.Headers["x-amzn-bedrock-invocation-latency"] == "" || target.Model.Custom {
			continue // the recorder dropped the headers
		}
		_, read := i.Response.Headers[prefix+"read-input-token-count"]
		_, written := i.Response.Headers[prefix+"write-input-token-count"]
		if !read && slices.Contains(bareHeaders, i.ModelID) {
			continue
		}
		checked++
		wantRead, wantWritten := target.Model.Usage.Native.Show(0, 0)
		if read != wantRead || written != wantWritten {
			t.Errorf("%s: %s: headers for read %t, written %t, want %t, %t", i.ID, i.ModelID, read, written, wantRead, wantWritten)
		}
	}
	if checked < 50 {
		t.Errorf("only %d answers have headers", checked)
	}
}

// Newer Claude models type their toolUse blocks.
func TestRecordedToolUseType(t *testing.T) {
	c := accounts(t)
	for _, i := range recorded.Load(t, recorded.Of(recorded.Genuine), recorded.Status(200), recorded.Operation("Converse"), recorded.Family("anthropic")) {
		var answer bedrock.ConverseResponse
		if err := json.Unmarshal(i.Response.Body, &answer); err != nil {
			t.Fatal(err)
		}
		target, err := c.Resolve(i.ModelID)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Output.Message == nil || !strings.Contains(string(i.Response.Body), "toolUse\"") {
			continue
		}
		for _, b := range answer.Output.Message.Content {
			if b.ToolUse != nil && target.Model.TypedToolUse != (b.ToolUse.Type == "tool_use") {
				t.Errorf("%s: %s: a toolUse block of type %q", i.ID, i.ModelID, b.ToolUse.Type)
			}
		}
	}
}
