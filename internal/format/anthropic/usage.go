package anthropic

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// usage is the counts of an answer. Claude 3.7 brought those of the cache,
// Claude 4.5 their parts by lifetime, and Claude 4.8 the last two.
type usage struct {
	InputTokens              int32          `json:"input_tokens"`
	CacheCreationInputTokens *int32         `json:"cache_creation_input_tokens,omitzero"`
	CacheReadInputTokens     *int32         `json:"cache_read_input_tokens,omitzero"`
	CacheCreation            *cacheCreation `json:"cache_creation,omitzero"`
	OutputTokens             int32          `json:"output_tokens"`
	Rest                     jsontext.Value `json:",embed"`
}

// cacheCreation is tokens written to the cache, by how long they stay there.
type cacheCreation struct {
	Ephemeral5m int32 `json:"ephemeral_5m_input_tokens"`
	Ephemeral1h int32 `json:"ephemeral_1h_input_tokens"`
}

// tokens is the usage as the conversation has it.
func (u *usage) tokens() bedrock.TokenUsage {
	tokens := bedrock.TokenUsage{
		InputTokens: u.InputTokens, OutputTokens: u.OutputTokens,
		CacheReadInputTokens: u.CacheReadInputTokens, CacheWriteInputTokens: u.CacheCreationInputTokens,
		TotalTokens: u.InputTokens + u.OutputTokens + *orZero(u.CacheReadInputTokens) + *orZero(u.CacheCreationInputTokens),
	}
	if c := u.CacheCreation; c != nil {
		for _, detail := range []bedrock.CacheDetail{
			{InputTokens: c.Ephemeral5m, Ttl: bedrock.CacheTTL5m},
			{InputTokens: c.Ephemeral1h, Ttl: bedrock.CacheTTL1h},
		} {
			if detail.InputTokens > 0 {
				tokens.CacheDetails = append(tokens.CacheDetails, detail)
			}
		}
	}
	return tokens
}

// usageOf is the usage as the generation writes it. Counts of the cache that
// are known are written by every generation.
func (g generation) usageOf(tokens bedrock.TokenUsage) usage {
	u := usage{
		InputTokens: tokens.InputTokens, OutputTokens: tokens.OutputTokens,
		CacheCreationInputTokens: tokens.CacheWriteInputTokens, CacheReadInputTokens: tokens.CacheReadInputTokens,
	}
	if g.since(3, 7) {
		u.CacheCreationInputTokens = orZero(tokens.CacheWriteInputTokens)
		u.CacheReadInputTokens = orZero(tokens.CacheReadInputTokens)
	}
	if g.since(4, 5) {
		u.CacheCreation = new(cacheCreation)
		for _, detail := range tokens.CacheDetails {
			switch detail.Ttl {
			case bedrock.CacheTTL5m:
				u.CacheCreation.Ephemeral5m = detail.InputTokens
			case bedrock.CacheTTL1h:
				u.CacheCreation.Ephemeral1h = detail.InputTokens
			}
		}
	}
	return u
}

// detail adds what the newest generation tells besides. How many of the tokens
// were thinking is only known where none were.
func (u *usage) detail(thought bool) {
	u.Rest = jsontext.Value(`{"service_tier":"standard"}`)
	if !thought {
		u.Rest = jsontext.Value(`{"output_tokens_details":{"thinking_tokens":0},"service_tier":"standard"}`)
	}
}

func orZero(count *int32) *int32 {
	if count == nil {
		return new(int32)
	}
	return count
}
