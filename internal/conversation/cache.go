package conversation

import (
	"cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// maxCachePoints is how many cache points a request may have (AWS, "Prompt
// caching").
const maxCachePoints = 4

// checkCachePoints holds the cache points of a request to the rules, in the order
// in which the model sees them: tools, system prompts, messages.
func (r Rules) checkCachePoints(req *bedrock.ConverseRequest) error {
	points := cachePoints(req)
	if len(points) > maxCachePoints {
		return invalid("The model returned the following errors: A maximum of %d blocks with cache_control may be provided. Found %d.", maxCachePoints, len(points))
	}
	short := false
	for _, point := range points {
		if short && lifetime(point) == bedrock.CacheTTL1h {
			return invalid("The model returned the following errors: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.")
		}
		short = short || lifetime(point) == bedrock.CacheTTL5m
	}
	return nil
}

func cachePoints(req *bedrock.ConverseRequest) []*bedrock.CachePointBlock {
	var points []*bedrock.CachePointBlock
	add := func(point *bedrock.CachePointBlock) {
		if point != nil {
			points = append(points, point)
		}
	}
	if req.ToolConfig != nil {
		for _, tool := range req.ToolConfig.Tools {
			add(tool.CachePoint)
		}
	}
	for _, block := range req.System {
		add(block.CachePoint)
	}
	for _, message := range req.Messages {
		for _, block := range message.Content {
			add(block.CachePoint)
		}
	}
	return points
}

func lifetime(point *bedrock.CachePointBlock) bedrock.CacheTTL {
	return cmp.Or(point.Ttl, bedrock.CacheTTL5m)
}

// HasCachePoints says whether a request asks for its prompt to be cached.
func HasCachePoints(req *bedrock.ConverseRequest) bool { return len(cachePoints(req)) > 0 }

// CachedPrefix gives what a request asks to be cached: a copy that ends at its
// last cache point, and how long that lives. Without a cache point it is nil. Tools
// and system prompts belong together: models see both ahead of the messages.
func CachedPrefix(req *bedrock.ConverseRequest) (*bedrock.ConverseRequest, bedrock.CacheTTL) {
	points := cachePoints(req)
	if len(points) == 0 {
		return nil, ""
	}
	last := points[len(points)-1]
	prefix := *req
	prefix.Messages = nil
	for i, message := range req.Messages {
		for j, block := range message.Content {
			if block.CachePoint == last {
				message.Content = message.Content[:j]
				prefix.Messages = append(prefix.Messages, req.Messages[:i]...)
				if j > 0 {
					prefix.Messages = append(prefix.Messages, message)
				}
			}
		}
	}
	return &prefix, lifetime(last)
}

// ApplyCacheMinimum moves tokens that a prompt cache counted to inputTokens if
// there are fewer than the service caches at all.
func ApplyCacheMinimum(usage *bedrock.TokenUsage, minimum int32) {
	cached := Count(usage.CacheReadInputTokens) + Count(usage.CacheWriteInputTokens)
	if cached == 0 || cached >= minimum {
		return
	}
	usage.InputTokens += cached
	usage.CacheReadInputTokens, usage.CacheWriteInputTokens, usage.CacheDetails = nil, nil, nil
}
