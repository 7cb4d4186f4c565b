package telemetry

import (
	"context"
	"log/slog"
	"sync/atomic"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// complaint tells the log that a collector takes nothing, and that it does again. The
// SDK would tell a log of the whole process each time.
type complaint struct {
	log    *slog.Logger
	what   string
	failed atomic.Bool
}

func (c *complaint) about(err error) {
	switch was := c.failed.Swap(err != nil); {
	case err != nil && !was:
		c.log.Warn("the collector takes no "+c.what+", which are lost", "cause", brief(err))
	case err == nil && was:
		c.log.Info("the collector takes " + c.what + " again")
	}
}

// brief keeps the pages that some servers answer with out of the log.
func brief(err error) string {
	const most = 300
	text := err.Error()
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}

// spans are sent by an exporter whose errors go to the log of the program.
type spans struct {
	sdktrace.SpanExporter
	complaint
}

// ExportSpans implements sdktrace.SpanExporter.
func (s *spans) ExportSpans(ctx context.Context, batch []sdktrace.ReadOnlySpan) error {
	s.about(s.SpanExporter.ExportSpans(ctx, batch))
	return nil
}

// measures are sent by an exporter whose errors go to the log of the program.
type measures struct {
	sdkmetric.Exporter
	complaint
}

// Export implements sdkmetric.Exporter.
func (m *measures) Export(ctx context.Context, batch *metricdata.ResourceMetrics) error {
	m.about(m.Exporter.Export(ctx, batch))
	return nil
}
