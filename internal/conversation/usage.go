package conversation

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
)

// ShowUsage gives a usage the counters that the model's answers carry, and
// takes away those that they do not. The totals stay.
func ShowUsage(usage *bedrock.TokenUsage, style catalog.UsageStyle) {
	read, written := Count(usage.CacheReadInputTokens), Count(usage.CacheWriteInputTokens)
	showRead, showWritten := style.Cache.Show(read, written)
	usage.CacheReadInputTokens, usage.CacheReadInputTokenCount = twins(showRead, read)
	usage.CacheWriteInputTokens, usage.CacheWriteInputTokenCount = twins(showWritten, written)
	if style.ServerTools {
		usage.ServerToolUsage = &bedrock.ServerToolUsage{}
	}
}

// Count is a counter of usage that may be absent, which is 0.
func Count(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}

// twins gives the documented and the undocumented counter of one number.
func twins(show bool, n int32) (documented, recorded *int32) {
	if !show {
		return nil, nil
	}
	return &n, &n
}
