package pipeline

import (
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/provider"
)

// Timing is what was measured of one answer; it is complete when the events
// have ended.
type Timing struct {
	// Began is when the provider was asked, FirstByte the time from then to the first
	// content, and Total that to the end.
	Began            time.Time
	FirstByte, Total time.Duration
	// Usage is what the metadata event said.
	Usage bedrock.TokenUsage
	// Seen are the tokens of what has come of the answer, about: a piece of one that
	// comes as the model makes it is a token, and blocks are guessed as for quotas.
	Seen int64
	// StopReason is why the model ended.
	StopReason bedrock.StopReason
}

// counted takes each piece for a token.
func counted(events provider.Events, timing *Timing) provider.Events {
	return noted(events, func(*bedrock.ContentBlockDelta) { timing.Seen++ })
}

// guessed takes the pieces, which are whole blocks, for as many tokens as quotas do.
func guessed(events provider.Events, timing *Timing) provider.Events {
	size := 0
	return noted(events, func(delta *bedrock.ContentBlockDelta) {
		size += contentSize(delta)
		timing.Seen = conversation.EstimateTextTokens(size)
	})
}

// noted notes each piece of content that passes.
func noted(events provider.Events, note func(*bedrock.ContentBlockDelta)) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		for event, err := range events {
			if event.ContentBlockDelta != nil {
				note(&event.ContentBlockDelta.Delta)
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

func (r *Route) timed(events provider.Events, timing *Timing) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		start := time.Now()
		timing.Began = start
		for event, err := range events {
			switch {
			case event.ContentBlockDelta != nil && timing.FirstByte == 0:
				timing.FirstByte = time.Since(start)
			case event.MessageStop != nil:
				timing.StopReason = event.MessageStop.StopReason
			case event.Metadata != nil:
				timing.Total = time.Since(start)
				conversation.ApplyCacheMinimum(&event.Metadata.Usage, r.Model.MinCachePrefix())
				timing.Usage = event.Metadata.Usage
				event.Metadata.Metrics.LatencyMs = timing.Total.Milliseconds()
				r.serve(event.Metadata)
			}
			if !yield(event, err) {
				return
			}
		}
	}
}
