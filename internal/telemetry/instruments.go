package telemetry

import (
	"context"
	"errors"
	"slices"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"

	"github.com/saprolite/saprolite/internal/server"
)

// instruments are the metrics of the gen_ai conventions, with the bounds that these
// advise.
type instruments struct {
	tokens                               metric.Int64Histogram
	duration, firstToken, perOutputToken metric.Float64Histogram
	// known are the *series of each alike.
	known sync.Map
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

// series are the attributes of what a call is measured by, made once for all calls
// that are alike: of those there are as many as models, kinds and errors.
type series struct{ all, input, output metric.MeasurementOption }

// alike is what calls of one series have in common.
type alike struct{ kind, label, code string }

func (i *instruments) seriesOf(c *server.Call, kind string) *series {
	key := alike{kind, c.Label, c.Usage.Error}
	if known, ok := i.known.Load(key); ok {
		return known.(*series)
	}
	about := common(c, kind)
	if key.code != "" {
		about = append(about, semconv.ErrorTypeKey.String(key.code))
	}
	about = slices.Clip(about)
	made, _ := i.known.LoadOrStore(key, &series{
		all:    metric.WithAttributeSet(attribute.NewSet(slices.Clone(about)...)),
		input:  metric.WithAttributeSet(attribute.NewSet(append(about, semconv.GenAITokenTypeInput)...)),
		output: metric.WithAttributeSet(attribute.NewSet(append(about, semconv.GenAITokenTypeOutput)...)),
	})
	return made.(*series)
}

func (i *instruments) record(ctx context.Context, c *server.Call, kind string) {
	u, in := &c.Usage, i.seriesOf(c, kind)
	i.duration.Record(ctx, u.Total.Seconds(), in.all)
	if u.Error != "" {
		return
	}
	if input := u.InputTokens + u.CacheReadTokens + u.CacheWriteTokens; input > 0 {
		i.tokens.Record(ctx, input, in.input)
	}
	if u.OutputTokens > 0 {
		i.tokens.Record(ctx, u.OutputTokens, in.output)
	}
	// A whole answer comes at once: its tokens have no times.
	if u.FirstToken > 0 && streams(c.Operation) {
		i.firstToken.Record(ctx, u.FirstToken.Seconds(), in.all)
		if u.OutputTokens > 1 && u.Total > u.FirstToken {
			i.perOutputToken.Record(ctx, (u.Total-u.FirstToken).Seconds()/float64(u.OutputTokens-1), in.all)
		}
	}
}
