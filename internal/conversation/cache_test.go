package conversation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

func point(ttl bedrock.CacheTTL) *bedrock.CachePointBlock { return &bedrock.CachePointBlock{Ttl: ttl} }

// cached is a request with cache points in system prompts and one message.
func cached(inSystem []bedrock.CacheTTL, inMessage ...bedrock.CacheTTL) *bedrock.ConverseRequest {
	request := talk(user(hi))
	request.System = []bedrock.SystemContentBlock{{Text: new("s")}}
	for _, ttl := range inSystem {
		request.System = append(request.System, bedrock.SystemContentBlock{CachePoint: point(ttl)})
	}
	for _, ttl := range inMessage {
		request.Messages[0].Content = append(request.Messages[0].Content, bedrock.ContentBlock{CachePoint: point(ttl)})
	}
	return request
}

func TestCachePoints(t *testing.T) {
	type ttls = []bedrock.CacheTTL
	const order = "The model returned the following errors: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`."
	for _, test := range []struct {
		name    string
		request *bedrock.ConverseRequest
		want    string
	}{
		{"four", cached(ttls{"1h", "5m"}, "5m", ""), ""},
		{"five", cached(ttls{"", ""}, "", "", ""), "The model returned the following errors: A maximum of 4 blocks with cache_control may be provided. Found 5."},
		{"long behind short", cached(ttls{"5m"}, "1h"), order},
		{"long behind the default", cached(ttls{""}, "1h"), order},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := conversation.Rules{Model: able(), Provider: every}.Check(test.request)
			if got := refusal(t, err); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCachedPrefix(t *testing.T) {
	block := func() bedrock.ContentBlock { return bedrock.ContentBlock{CachePoint: point("1h")} }
	request := talk(user(hi, block()), assistant(words("a"), block(), words("b")), user(hi))
	prefix, ttl := conversation.CachedPrefix(request)
	if want := talk(user(hi, block()), assistant(words("a"))); ttl != "1h" || cmp.Diff(want, prefix) != "" {
		t.Errorf("%s, %s", ttl, cmp.Diff(want, prefix))
	}
	if prefix, _ := conversation.CachedPrefix(cached([]bedrock.CacheTTL{""})); len(prefix.Messages) != 0 {
		t.Errorf("%d messages behind the system prompt's cache point", len(prefix.Messages))
	}
	if prefix, _ := conversation.CachedPrefix(talk(user(hi))); prefix != nil || conversation.HasCachePoints(talk(user(hi))) {
		t.Error("a prefix without a cache point")
	}
}

func TestApplyCacheMinimum(t *testing.T) {
	usage := func(input, read, written int32) bedrock.TokenUsage {
		return bedrock.TokenUsage{InputTokens: input, CacheReadInputTokens: &read, CacheWriteInputTokens: &written}
	}
	few, enough := usage(5, 6, 3), usage(5, 6, 4)
	conversation.ApplyCacheMinimum(&few, 10)
	conversation.ApplyCacheMinimum(&enough, 10)
	if d := cmp.Diff(bedrock.TokenUsage{InputTokens: 14}, few); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(usage(5, 6, 4), enough); d != "" {
		t.Error(d)
	}
}
