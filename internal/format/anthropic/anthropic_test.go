package anthropic_test

import (
	"bytes"
	"testing"

	"github.com/saprolite/saprolite/internal/format/anthropic"
	"github.com/saprolite/saprolite/internal/format/formattest"
	"github.com/saprolite/saprolite/internal/recorded"
)

var messages = formattest.Suite{
	Format: anthropic.New(),
	ModelIDs: []string{
		"anthropic.claude-3-haiku-20240307-v1:0",
		"anthropic.claude-sonnet-4-20250514-v1:0",
		"anthropic.claude-haiku-4-5-20251001-v1:0",
		"anthropic.claude-opus-4-8",
	},
	Recorded: []recorded.Filter{
		recorded.Family("anthropic"),
		func(i *recorded.Interaction) bool { return !hasPrompt(i) && i.ModelID != "anthropic.claude-v2" },
	},
	Carries: formattest.Carries{
		System: true, Turns: true, Prefill: true, StopSequences: true, MaxTokens: true,
		Extras: []string{`{"top_k":5}`, `{"thinking":{"type":"enabled","budget_tokens":1024}}`, `{"anthropic_beta":["x"]}`},
		Blocks: []string{"image", "document", "cachePoint", "reasoningContent", "toolUse", "citationsContent", "searchResult"},
	},
	// An answer of March 2024, when content stood ahead of model.
	ByValue:       []string{"traceloop/openllmetry#packages/opentelemetry-instrumentation-langchain/tests/cassettes/test_llms/test_bedrock.yaml#0"},
	MadeUp:        []string{"/message/id"},
	Conversations: conversations,
	Malformed:     malformedMessages.table(),
}

// completions are the models that knew text completions, and by them Messages
// in the recordings.
var completions = formattest.Suite{
	Format:   anthropic.New(),
	ModelIDs: []string{"anthropic.claude-v2", "anthropic.claude-v2:1", "anthropic.claude-instant-v1"},
	Recorded: []recorded.Filter{recorded.Model("anthropic.claude-v2", "anthropic.claude-v2:1")},
	Carries: formattest.Carries{
		System: true, Turns: true, Prefill: true, StopSequences: true, MaxTokens: true, Prompt: true,
		Extras: []string{`{"top_k":250}`},
	},
	MadeUp:    []string{"/message/id"},
	Malformed: malformedCompletions.table(),
}

func hasPrompt(i *recorded.Interaction) bool {
	return bytes.HasPrefix(i.Request.Body, []byte(`{"prompt"`))
}

func TestMessages(t *testing.T) { formattest.Run(t, messages) }

func TestCompletions(t *testing.T) { formattest.Run(t, completions) }

func FuzzParseRequest(f *testing.F) { formattest.FuzzParseRequest(f, messages) }

func FuzzParseStream(f *testing.F) { formattest.FuzzParseStream(f, messages) }

func FuzzParseCompletion(f *testing.F) { formattest.FuzzParseRequest(f, completions) }

func BenchmarkAnthropic(b *testing.B) { formattest.Benchmark(b, messages) }
