package telemetry

import (
	"context"
	"errors"
	"slices"

	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/saprolite/saprolite/internal/server"
)

// instruments are the metrics of the gen_ai conventions, with the bounds that these
// advise.
type instruments struct {
	tokens                               metric.Int64Histogram
	duration, firstToken, perOutputToken metric.Float64Histogram
}

func (i *instruments) make(m metric.Meter) error {
	var errs [4]error
	i.tokens, errs[0] = m.Int64Histogram("gen_ai.client.token.usage", metric.WithUnit("{token}"),
		metric.WithDescription("Number of input and output tokens used."),
		metric.WithExplicitBucketBoundaries(1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864))
	i.duration, errs[1] = m.Float64Histogram("gen_ai.server.request.duration", metric.WithUnit("s"),
		metric.WithDescription("Time to the last byte of the answer."),
		metric.WithExplicitBucketBoundaries(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92))
	i.firstToken, errs[2] = m.Float64Histogram("gen_ai.server.time_to_first_token", metric.WithUnit("s"),
		metric.WithDescription("Time to the first token of an answer."),
		metric.WithExplicitBucketBoundaries(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10))
	i.perOutputToken, errs[3] = m.Float64Histogram("gen_ai.server.time_per_output_token", metric.WithUnit("s"),
		metric.WithDescription("Time between two tokens behind the first."),
		metric.WithExplicitBucketBoundaries(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5))
	return errors.Join(errs[:]...)
}

func (i *instruments) record(ctx context.Context, c *server.Call, kind string) {
	u, about := &c.Usage, common(c, kind)
	if u.Error != "" {
		about = append(about, semconv.ErrorTypeKey.String(u.Error))
	}
	i.duration.Record(ctx, u.Total.Seconds(), metric.WithAttributes(slices.Clip(about)...))
	if u.Error != "" {
		return
	}
	all := metric.WithAttributes(about...)
	if input := u.InputTokens + u.CacheReadTokens + u.CacheWriteTokens; input > 0 {
		i.tokens.Record(ctx, input, all, metric.WithAttributes(semconv.GenAITokenTypeInput))
	}
	if u.OutputTokens > 0 {
		i.tokens.Record(ctx, u.OutputTokens, all, metric.WithAttributes(semconv.GenAITokenTypeOutput))
	}
	if u.FirstToken > 0 {
		i.firstToken.Record(ctx, u.FirstToken.Seconds(), all)
		if u.OutputTokens > 1 && u.Total > u.FirstToken {
			i.perOutputToken.Record(ctx, (u.Total-u.FirstToken).Seconds()/float64(u.OutputTokens-1), all)
		}
	}
}
