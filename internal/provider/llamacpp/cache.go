package llamacpp

import (
	"context"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
)

// withWrites tells the tokens that are new in the cache from the rest of the
// prompt. The engine caches all that it reads; what a request's cache points ask
// for is the part up to the last of them.
func (x *exchange) withWrites(ctx context.Context, events provider.Events) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		for event, err := range events {
			if event.Metadata != nil {
				x.settleCache(ctx, &event.Metadata.Usage)
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

// settleCache splits the tokens of the prompt. Without a count of the prefix the
// usage stays as the engine gave it.
func (x *exchange) settleCache(ctx context.Context, usage *bedrock.TokenUsage) {
	request, lifetime := conversation.CachedPrefix(x.call.Request)
	// The tools that are offered are those of the whole request.
	part := *x
	part.call.Request = request
	part.prefix = true
	size, err := part.client().CountTokens(ctx, part.call)
	if err != nil {
		return
	}
	var found int32
	if usage.CacheReadInputTokens != nil {
		found = *usage.CacheReadInputTokens
	}
	prompt := usage.InputTokens + found
	size = min(size, prompt)
	read := min(found, size)
	usage.InputTokens = prompt - size
	usage.CacheReadInputTokens, usage.CacheWriteInputTokens = &read, new(size-read)
	if size > read {
		usage.CacheDetails = []bedrock.CacheDetail{{InputTokens: size - read, Ttl: lifetime}}
	}
}
