package catalog

// UsageStyle says which counters a model's answers carry beside inputTokens,
// outputTokens and totalTokens, as the recordings show them. The counters of the
// prompt cache come in pairs, the documented cacheReadInputTokens and its
// undocumented twin cacheReadInputTokenCount; so do those for writing.
type UsageStyle struct {
	// ServerTools adds an empty serverToolUsage, in streams too.
	ServerTools bool
	// Cache is the rule for the cache counters of Converse. Streams follow
	// Cache.Streamed.
	Cache CacheCounters
	// Native is the rule for the cache headers of InvokeModel and for the cache
	// members of amazon-bedrock-invocationMetrics in a stream of native chunks.
	Native CacheCounters
}

// CacheCounters is a rule that says when cache counters are shown.
type CacheCounters int

const (
	// CacheNever shows none: the model has no prompt cache.
	CacheNever CacheCounters = iota
	// CacheWhenUsed shows all when one of them is not zero.
	CacheWhenUsed
	// CacheReadAlways shows those for reading always, and those for writing when
	// something was written.
	CacheReadAlways
	// CacheAlways shows all.
	CacheAlways
)

// Streamed is the rule in a ConverseStream of a model whose Converse follows c:
// what was not used is not shown.
func (c CacheCounters) Streamed() CacheCounters { return min(c, CacheWhenUsed) }

// Show says which counters an answer carries that read and wrote so many tokens.
func (c CacheCounters) Show(read, written int32) (showRead, showWritten bool) {
	used := read != 0 || written != 0
	switch c {
	case CacheWhenUsed:
		return used, used
	case CacheReadAlways:
		return true, written != 0
	case CacheAlways:
		return true, true
	default:
		return false, false
	}
}
