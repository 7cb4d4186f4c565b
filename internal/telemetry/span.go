package telemetry

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/traceparent"
)

// Begin starts the span of a request, as a child of what the client says. Whoever is
// asked for the answer gets it as the parent.
func (e *Export) Begin(ctx context.Context, c *server.Call) (context.Context, error) {
	from := traceparent.Of(ctx)
	var w3c propagation.TraceContext
	ctx = w3c.Extract(ctx, propagation.MapCarrier{"traceparent": from.W3C(), "tracestate": from.State})
	name := c.Operation.Name
	if name == "" {
		name = "UnknownOperation"
	}
	ctx, span := e.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(c.Start))
	if !span.SpanContext().IsValid() {
		return ctx, nil // no traces are sent: the client's context goes on
	}
	to := propagation.MapCarrier{}
	w3c.Inject(ctx, to)
	return traceparent.With(ctx, from.ForSpan(to["traceparent"])), nil
}

// Answered tells the span and the metrics what came of a request.
func (e *Export) Answered(ctx context.Context, c *server.Call) error {
	kind := kindOf(c)
	if span := trace.SpanFromContext(ctx); span.IsRecording() {
		describe(span, c, kind)
	}
	if kind != "" {
		e.instruments.record(ctx, c, kind)
	}
	return nil
}

// Ended ends the span.
func (e *Export) Ended(ctx context.Context, _ *server.Call) { trace.SpanFromContext(ctx).End() }

// kindOf is gen_ai.operation.name of a request; empty for one that no model answers.
func kindOf(c *server.Call) string {
	switch {
	case !invokes(c.Operation):
		return ""
	case c.Model != nil && c.Model.Embeds():
		return semconv.GenAIOperationNameEmbeddings.Value.AsString()
	case c.Model != nil && c.Model.Reranks():
		return "rerank" // the conventions have no word for it
	case c.Model != nil && c.Model.MakesImages():
		return semconv.GenAIOperationNameGenerateContent.Value.AsString()
	}
	return semconv.GenAIOperationNameChat.Value.AsString()
}

// describe sets the attributes of a span.
func describe(span trace.Span, c *server.Call, kind string) {
	u := &c.Usage
	attributes := []attribute.KeyValue{
		semconv.AWSRequestID(c.RequestID), semconv.HTTPResponseStatusCode(u.Status),
	}
	if u.Error != "" {
		attributes = append(attributes, semconv.ErrorTypeKey.String(u.Error))
		if u.Status >= http.StatusInternalServerError || u.Status == http.StatusFailedDependency {
			span.SetStatus(codes.Error, u.Error)
		}
	}
	if kind != "" {
		span.SetName(strings.TrimSpace(kind + " " + c.Label))
		attributes = append(attributes, common(c, kind)...)
		attributes = append(attributes,
			semconv.GenAIUsageInputTokens(int(u.InputTokens+u.CacheReadTokens+u.CacheWriteTokens)), semconv.GenAIUsageOutputTokens(int(u.OutputTokens)))
		if u.CacheReadTokens+u.CacheWriteTokens > 0 {
			attributes = append(attributes,
				semconv.GenAIUsageCacheReadInputTokens(int(u.CacheReadTokens)), semconv.GenAIUsageCacheCreationInputTokens(int(u.CacheWriteTokens)))
		}
		if c.StopReason != "" {
			attributes = append(attributes, semconv.GenAIResponseFinishReasons(string(c.StopReason)))
		}
		if strings.HasSuffix(c.Operation.Name, "Stream") {
			attributes = append(attributes, semconv.GenAIRequestStream(true))
		}
		attributes = append(attributes, settings(c.Inference)...)
	}
	span.SetAttributes(attributes...)
}

// common are the attributes of spans and metrics alike.
func common(c *server.Call, kind string) []attribute.KeyValue {
	attributes := []attribute.KeyValue{semconv.GenAIOperationNameKey.String(kind), semconv.GenAIProviderNameAWSBedrock}
	if c.Label != "" {
		attributes = append(attributes, semconv.GenAIRequestModel(c.Label))
	}
	return attributes
}

// settings are those of a conversation. Stop sequences are the caller's words, and
// not among them.
func settings(of *bedrock.InferenceConfiguration) []attribute.KeyValue {
	var attributes []attribute.KeyValue
	if of == nil {
		return nil
	}
	if of.MaxTokens != nil {
		attributes = append(attributes, semconv.GenAIRequestMaxTokens(int(*of.MaxTokens)))
	}
	if of.Temperature != nil {
		attributes = append(attributes, semconv.GenAIRequestTemperature(float64(*of.Temperature)))
	}
	if of.TopP != nil {
		attributes = append(attributes, semconv.GenAIRequestTopP(float64(*of.TopP)))
	}
	return attributes
}
