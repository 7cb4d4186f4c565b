package anthropic

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/schema"
)

// cacheControl asks to cache all up to its block; in the conversation a
// cachePoint behind the block does.
type cacheControl struct {
	Type string `json:"type"`
	TTL  string `json:"ttl,omitzero"`
}

func (c *cacheControl) point() *bedrock.CachePointBlock {
	return &bedrock.CachePointBlock{Type: bedrock.CachePointTypeDefault, Ttl: bedrock.CacheTTL(c.TTL)}
}

// cached is embedded in what can carry a cacheControl.
type cached struct {
	CacheControl *cacheControl `json:"cache_control,omitzero"`
}

func (c *cached) cache() **cacheControl { return &c.CacheControl }

type textBlock struct {
	Type      string         `json:"type"`
	Text      *string        `json:"text"`
	Citations jsontext.Value `json:"citations,omitzero"`
	cached
}

type thinkingBlock struct {
	Type      string  `json:"type"`
	Thinking  *string `json:"thinking"`
	Signature *string `json:"signature,omitzero"`
}

type redactedBlock struct {
	Type string  `json:"type"`
	Data *string `json:"data"`
}

type toolUseBlock struct {
	Type  string         `json:"type"`
	ID    *string        `json:"id"`
	Name  *string        `json:"name"`
	Input jsontext.Value `json:"input"`
	cached
}

type toolResultBlock struct {
	Type      string         `json:"type"`
	ToolUseID *string        `json:"tool_use_id"`
	Content   jsontext.Value `json:"content,omitzero"`
	IsError   *bool          `json:"is_error,omitzero"`
	cached
}

// blockTags are the types of blocks that the conversation has words for.
var blockTags = []string{"document", "image", "redacted_thinking", "search_result", "text", "thinking", "tool_result", "tool_use"}

// parseContent reads content: a string, or blocks.
func parseContent(place string, raw jsontext.Value) ([]bedrock.ContentBlock, error) {
	switch raw.Kind() {
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, refusal(place, err)
		}
		block, err := textOf(place, text)
		if err != nil {
			return nil, err
		}
		return []bedrock.ContentBlock{block}, nil
	case '[':
		return parseBlocks(place, raw)
	}
	return nil, invalid(place, "Input should be a valid list")
}

func parseBlocks(place string, raw jsontext.Value) ([]bedrock.ContentBlock, error) {
	var items []jsontext.Value
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, refusal(place, err)
	}
	blocks := make([]bedrock.ContentBlock, 0, len(items))
	for i, item := range items {
		block, cache, err := parseBlock(place+"."+strconv.Itoa(i), item)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, block)
		if cache != nil {
			blocks = append(blocks, bedrock.ContentBlock{CachePoint: cache.point()})
		}
	}
	return blocks, nil
}

func parseBlock(place string, raw jsontext.Value) (bedrock.ContentBlock, *cacheControl, error) {
	tag, err := tagOf(place, raw)
	if err != nil {
		return bedrock.ContentBlock{}, nil, err
	}
	within := place + "." + tag
	switch tag {
	case "text":
		return parseText(within, raw)
	case "image":
		return parseImage(within, raw)
	case "document":
		return parseDocument(within, raw)
	case "search_result":
		return parseSearchResult(within, raw)
	case "tool_use":
		return parseToolUse(within, raw)
	case "tool_result":
		return parseToolResult(within, raw)
	case "thinking":
		return parseThinking(within, raw)
	case "redacted_thinking":
		return parseRedacted(within, raw)
	}
	return bedrock.ContentBlock{}, nil, unknownTag(place, tag, blockTags...)
}

func parseText(place string, raw jsontext.Value) (block bedrock.ContentBlock, cache *cacheControl, err error) {
	native, err := decode[textBlock](place, raw)
	if err != nil {
		return block, nil, err
	}
	if native.Text == nil {
		return block, nil, invalid(place+".text", required)
	}
	block, err = textOf(place, *native.Text)
	if err != nil || !hasCitations(native.Citations) {
		return block, native.CacheControl, err
	}
	cited, err := parseCited(*native.Text, native.Citations)
	if err != nil {
		return block, nil, bedrock.WithCause(schema.Unsupported("citations"), err)
	}
	return bedrock.ContentBlock{CitationsContent: cited}, native.CacheControl, nil
}

// textOf is a text block. The model takes none that is blank, and names only the
// member of the request that has one.
func textOf(place, text string) (bedrock.ContentBlock, error) {
	if strings.TrimSpace(text) == "" {
		member, _, _ := strings.Cut(place, ".")
		if text == "" {
			return bedrock.ContentBlock{}, invalid(member, "text content blocks must be non-empty")
		}
		return bedrock.ContentBlock{}, invalid(member, "text content blocks must contain non-whitespace text")
	}
	return bedrock.ContentBlock{Text: &text}, nil
}

func parseToolUse(place string, raw jsontext.Value) (block bedrock.ContentBlock, cache *cacheControl, err error) {
	native, err := decode[toolUseBlock](place, raw)
	switch {
	case err != nil:
		return block, nil, err
	case native.ID == nil:
		return block, nil, invalid(place+".id", required)
	case native.Name == nil:
		return block, nil, invalid(place+".name", required)
	case native.Input == nil:
		return block, nil, invalid(place+".input", required)
	case native.Input.Kind() != '{':
		return block, nil, invalid(place+".input", "Input should be a valid dictionary")
	}
	block.ToolUse = &bedrock.ToolUseBlock{ToolUseId: native.ID, Name: native.Name, Input: []byte(native.Input)}
	return block, native.CacheControl, nil
}

func parseThinking(place string, raw jsontext.Value) (block bedrock.ContentBlock, _ *cacheControl, err error) {
	native, err := decode[thinkingBlock](place, raw)
	switch {
	case err != nil:
		return block, nil, err
	case native.Thinking == nil:
		return block, nil, invalid(place+".thinking", required)
	}
	block.ReasoningContent = &bedrock.ReasoningContentBlock{
		ReasoningText: &bedrock.ReasoningTextBlock{Text: native.Thinking, Signature: native.Signature},
	}
	return block, nil, nil
}

func parseRedacted(place string, raw jsontext.Value) (block bedrock.ContentBlock, _ *cacheControl, err error) {
	native, err := decode[redactedBlock](place, raw)
	switch {
	case err != nil:
		return block, nil, err
	case native.Data == nil || *native.Data == "":
		return block, nil, invalid(place+".data", required)
	}
	block.ReasoningContent = &bedrock.ReasoningContentBlock{RedactedContent: []byte(*native.Data)}
	return block, nil, nil
}
