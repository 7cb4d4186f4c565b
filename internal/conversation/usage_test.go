package conversation_test

import (
	"encoding/json"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/conversation"
)

func TestShowUsage(t *testing.T) {
	const counts = `"inputTokens":3,"outputTokens":4,`
	for _, test := range []struct {
		name          string
		read, written *int32
		style         catalog.UsageStyle
		want          string
	}{
		{"no cache", nil, nil, catalog.UsageStyle{}, `{` + counts + `"totalTokens":7}`},
		{"a cache that the model does not tell of", new(int32(5)), nil, catalog.UsageStyle{}, `{` + counts + `"totalTokens":7}`},
		{"server tools", nil, nil, catalog.UsageStyle{ServerTools: true}, `{` + counts + `"serverToolUsage":{},"totalTokens":7}`},
		{"unused", nil, nil, catalog.UsageStyle{Cache: catalog.CacheWhenUsed}, `{` + counts + `"totalTokens":7}`},
		{"used", new(int32(5)), nil, catalog.UsageStyle{Cache: catalog.CacheWhenUsed},
			`{"cacheReadInputTokenCount":5,"cacheReadInputTokens":5,"cacheWriteInputTokenCount":0,"cacheWriteInputTokens":0,` + counts + `"totalTokens":7}`},
		{"reading always", nil, nil, catalog.UsageStyle{Cache: catalog.CacheReadAlways},
			`{"cacheReadInputTokenCount":0,"cacheReadInputTokens":0,` + counts + `"totalTokens":7}`},
		{"always", nil, new(int32(6)), catalog.UsageStyle{Cache: catalog.CacheAlways},
			`{"cacheReadInputTokenCount":0,"cacheReadInputTokens":0,"cacheWriteInputTokenCount":6,"cacheWriteInputTokens":6,` + counts + `"totalTokens":7}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			usage := bedrock.TokenUsage{InputTokens: 3, OutputTokens: 4, TotalTokens: 7, CacheReadInputTokens: test.read, CacheWriteInputTokens: test.written}
			conversation.ShowUsage(&usage, test.style)
			got, err := json.Marshal(usage)
			if err != nil || string(got) != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
		})
	}
}
