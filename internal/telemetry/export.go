package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
)

// scope names this server as what makes the spans.
const scope = "github.com/saprolite/saprolite"

// ExportOptions say where traces and metrics go. What is left out is as the OTEL_*
// variables say.
type ExportOptions struct {
	// Endpoint is the address of a collector that takes OTLP over HTTP, as
	// http://localhost:4318.
	Endpoint string
	// Headers are sent with all that goes there.
	Headers map[string]string
	// Version is the program's.
	Version string
	// Log hears of a collector that does not take what it is sent; nil discards it.
	Log *slog.Logger
}

// Export sends traces and metrics of requests to a collector. It is a
// server.Observer.
type Export struct {
	tracer      trace.Tracer
	instruments instruments
	closers     []func(context.Context) error
}

// wants says which of the signals are to be sent.
func (o *ExportOptions) wants(signal string) bool {
	exporters := os.Getenv("OTEL_" + signal + "_EXPORTER")
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || exporters != "" && !strings.Contains(exporters, "otlp") {
		return false
	}
	return o.Endpoint != "" || os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_"+signal+"_ENDPOINT") != ""
}

// NewExport makes what sends to a collector, or gives nil where nothing says that
// there is one. It does not connect.
func NewExport(ctx context.Context, o ExportOptions) (*Export, error) {
	traces, metrics := o.wants("TRACES"), o.wants("METRICS")
	if !traces && !metrics {
		return nil, nil
	}
	if protocol := os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"); protocol != "" && protocol != "http/protobuf" {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %s: telemetry is sent as http/protobuf alone, which collectors take on port 4318", protocol)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	about, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName("saprolite"), semconv.ServiceVersion(o.Version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv(), // the later ones win
	)
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	e := &Export{tracer: tracenoop.NewTracerProvider().Tracer(scope)}
	var meters metric.MeterProvider = noop.NewMeterProvider()
	if traces {
		err = e.sendTraces(ctx, &o, about)
	}
	if metrics && err == nil {
		meters, err = e.sendMetrics(ctx, &o, about)
	}
	if err == nil {
		err = e.instruments.make(meters.Meter(scope, metric.WithInstrumentationVersion(o.Version)))
	}
	if err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

func (e *Export) sendTraces(ctx context.Context, o *ExportOptions, about *resource.Resource) error {
	var options []otlptracehttp.Option
	if o.Endpoint != "" {
		options = append(options, otlptracehttp.WithEndpointURL(strings.TrimRight(o.Endpoint, "/")+"/v1/traces"))
	}
	if len(o.Headers) > 0 {
		options = append(options, otlptracehttp.WithHeaders(o.Headers))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return err
	}
	// Spans wait in a queue that has a bound, and are dropped when it is full.
	provider := sdktrace.NewTracerProvider(sdktrace.WithResource(about),
		sdktrace.WithBatcher(&spans{exporter, complaint{log: o.Log, what: "traces"}}))
	e.tracer = provider.Tracer(scope, trace.WithInstrumentationVersion(o.Version))
	e.closers = append(e.closers, provider.Shutdown)
	return nil
}

func (e *Export) sendMetrics(ctx context.Context, o *ExportOptions, about *resource.Resource) (metric.MeterProvider, error) {
	var options []otlpmetrichttp.Option
	if o.Endpoint != "" {
		options = append(options, otlpmetrichttp.WithEndpointURL(strings.TrimRight(o.Endpoint, "/")+"/v1/metrics"))
	}
	if len(o.Headers) > 0 {
		options = append(options, otlpmetrichttp.WithHeaders(o.Headers))
	}
	exporter, err := otlpmetrichttp.New(ctx, options...)
	if err != nil {
		return nil, err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(about),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(&measures{exporter, complaint{log: o.Log, what: "metrics"}})))
	e.closers = append(e.closers, provider.Shutdown)
	return provider, nil
}

// Close sends what waits, as long as ctx lets it.
func (e *Export) Close(ctx context.Context) error {
	var err error
	for _, close := range e.closers {
		err = errors.Join(err, close(ctx))
	}
	return err
}
