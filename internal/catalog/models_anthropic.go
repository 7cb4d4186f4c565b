package catalog

import (
	"slices"

	"github.com/saprolite/saprolite/internal/provider"
)

// outputWeight is that of Claude 3.7 and the models after it.
const outputWeight = 5

// claude3 is what the models of the third generation share.
func claude3() Model {
	return Model{
		Vendor: "Anthropic", Family: familyAnthropic, Converse: true, Legacy: true,
		Streaming: true, SystemPrompts: true, ToolStreaming: true,
		Turns:     Turns{UserFirst: true, Alternate: true, SystemApart: true},
		Abilities: provider.Abilities{Documents: true, Images: true, Tools: true},
	}
}

// claudeCached is what the models share that were the first with a prompt cache.
func claudeCached() Model {
	m := claude3()
	m.CountTokens = true
	m.Abilities.CachePoints = true
	m.Usage = UsageStyle{Cache: CacheAlways, Native: CacheAlways}
	return m
}

func claude() []Model {
	v4 := claudeCached()
	v4.Legacy = false
	v4.Abilities.Reasoning = true
	v4.OutputWeight = outputWeight

	// Claude 4.5 took a leading assistant turn and a text of one line feed, and
	// types its toolUse blocks (recorded).
	v45 := v4
	v45.TypedToolUse = true
	v45.Turns = Turns{WhiteSpace: true, SystemApart: true}
	v45.Usage.ServerTools = true
	v45.Abilities.StructuredOutput = true
	v45large := v45
	v45large.CachePrefix = 4096
	v46 := v45
	v46.Turns.UserLast = true
	v47 := v46
	// 29 images were taken by Claude Sonnet 5; the limit is that of the Messages API.
	v47.MaxImages = 100
	v47.Usage = UsageStyle{ServerTools: true, Cache: CacheReadAlways, Native: CacheReadAlways}

	// Claude Opus 4.8 was the first with instructions in mid-conversation
	// (recorded); Claude Sonnet 5 has none ("Mid-conversation system messages").
	instructed := v47
	instructed.SystemTurns = true

	return slices.Concat(
		instructed.series(
			line{"anthropic.claude-fable-5-1", "Claude Fable 5.1", 1_000_000, 128_000, "us eu global"},
			line{"anthropic.claude-fable-5", "Claude Fable 5", 1_000_000, 128_000, "us eu global"},
			line{"anthropic.claude-opus-5-5", "Claude Opus 5.5", 1_000_000, 128_000, "us eu jp au global"},
			line{"anthropic.claude-opus-5", "Claude Opus 5", 1_000_000, 128_000, "us eu jp au global"},
			line{"anthropic.claude-sonnet-5-5", "Claude Sonnet 5.5", 1_000_000, 128_000, "us eu jp au global"},
		),
		v47.series(line{"anthropic.claude-sonnet-5", "Claude Sonnet 5", 1_000_000, 128_000, "us eu jp au global"}),
		instructed.series(
			line{"anthropic.claude-haiku-5-5", "Claude Haiku 5.5", 1_000_000, 128_000, "us eu jp au global"},
			line{"anthropic.claude-opus-4-8", "Claude Opus 4.8", 1_000_000, 128_000, "us eu jp au global"},
		),
		v47.series(
			line{"anthropic.claude-opus-4-7", "Claude Opus 4.7", 1_000_000, 128_000, "us eu jp global"},
		),
		v46.series(
			line{"anthropic.claude-opus-4-6-v1", "Claude Opus 4.6", 1_000_000, 128_000, "us eu au global"},
			line{"anthropic.claude-sonnet-4-6", "Claude Sonnet 4.6", 1_000_000, 64_000, "us eu jp au global"},
		),
		v45large.series(
			line{"anthropic.claude-opus-4-5-20251101-v1:0", "Claude Opus 4.5", 200_000, 64_000, "us eu global"},
			line{"anthropic.claude-haiku-4-5-20251001-v1:0", "Claude Haiku 4.5", 200_000, 64_000, "us eu jp au global"},
		),
		v45.series(
			line{"anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5", 200_000, 64_000, "us us-gov eu jp au global"},
		),
		v4.series(
			line{"anthropic.claude-opus-4-1-20250805-v1:0", "Claude Opus 4.1", 200_000, 32_000, "us"},
			line{"anthropic.claude-opus-4-20250514-v1:0", "Claude Opus 4", 200_000, 32_000, "us"},
			line{"anthropic.claude-sonnet-4-20250514-v1:0", "Claude Sonnet 4", 200_000, 64_000, "us eu apac global"},
		),
	)
}

// claudeEarly are the models up to Claude 3.7.
func claudeEarly() []Model {
	v3 := claude3()
	v3.LaxImages = true // Claude 3.5 Sonnet took a PNG as jpeg (recorded)
	haiku3 := v3
	haiku3.Usage.ServerTools = true
	v2 := v3
	v2.ToolStreaming = false
	v2.Abilities = provider.Abilities{Documents: true}
	cached := claudeCached()
	haiku35 := cached
	haiku35.Abilities.Images = false
	thinking := cached
	thinking.Abilities.Reasoning = true
	thinking.OutputWeight = outputWeight

	return slices.Concat(
		thinking.series(
			line{"anthropic.claude-3-7-sonnet-20250219-v1:0", "Claude 3.7 Sonnet", 200_000, 64_000, "us us-gov eu apac"},
		),
		cached.series(
			line{"anthropic.claude-3-5-sonnet-20241022-v2:0", "Claude 3.5 Sonnet v2", 200_000, 8_192, "on-demand us apac"},
		),
		haiku35.series(
			line{"anthropic.claude-3-5-haiku-20241022-v1:0", "Claude 3.5 Haiku", 200_000, 8_192, "on-demand us"},
		),
		v3.series(
			line{"anthropic.claude-3-5-sonnet-20240620-v1:0", "Claude 3.5 Sonnet", 200_000, 8_192, "on-demand us us-gov eu apac"},
			line{"anthropic.claude-3-opus-20240229-v1:0", "Claude 3 Opus", 200_000, 4_096, "on-demand us"},
			line{"anthropic.claude-3-sonnet-20240229-v1:0", "Claude 3 Sonnet", 200_000, 4_096, "on-demand us eu apac"},
		),
		haiku3.series(
			line{"anthropic.claude-3-haiku-20240307-v1:0", "Claude 3 Haiku", 200_000, 4_096, "on-demand us us-gov eu apac"},
		),
		v2.series(
			line{"anthropic.claude-v2:1", "Claude", 200_000, 4_096, "on-demand"},
			line{"anthropic.claude-v2", "Claude", 100_000, 4_096, "on-demand"},
			line{"anthropic.claude-instant-v1", "Claude Instant", 100_000, 4_096, "on-demand"},
		),
	)
}
