package telemetry

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.41.0"
	"go.opentelemetry.io/otel/trace"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/sts"
	"github.com/saprolite/saprolite/internal/traceparent"
)

// Begin starts the span of a request, as a child of what the client says. Whoever is
// asked for the answer gets it as the parent.
func (e *Export) Begin(ctx context.Context, c *server.Call) (context.Context, error) {
	from := traceparent.Of(ctx)
	ctx, span := e.start(ctx, from, c.Operation.Name, c.Start)
	if !span.SpanContext().IsValid() {
		return ctx, nil // no traces are sent: the client's context goes on
	}
	to := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, to)
	return traceparent.With(ctx, from.ForSpan(to["traceparent"])), nil
}

// start starts the span of an operation, as a child of what the client says.
func (e *Export) start(ctx context.Context, from traceparent.Context, operation string, at time.Time) (context.Context, trace.Span) {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": from.W3C(), "tracestate": from.State})
	return e.tracer.Start(ctx, cmp.Or(operation, "UnknownOperation"), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(at))
}

// STS makes the span of a call to STS, whose answer is about to leave.
func (e *Export) STS(ctx context.Context, c *sts.Call) {
	_, span := e.start(ctx, traceparent.Read(c.Request.Header), c.Action, c.Start)
	code, status := outcomeOf(c)
	outcome(span, c.RequestID, code, status)
	span.End()
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
	outcome(span, c.RequestID, u.Error, u.Status)
	if kind == "" {
		return
	}
	span.SetName(strings.TrimSpace(kind + " " + c.Label))
	attributes := append(common(c, kind),
		semconv.GenAIUsageInputTokens(int(u.InputTokens+u.CacheReadTokens+u.CacheWriteTokens)), semconv.GenAIUsageOutputTokens(int(u.OutputTokens)))
	if u.CacheReadTokens+u.CacheWriteTokens > 0 {
		attributes = append(attributes,
			semconv.GenAIUsageCacheReadInputTokens(int(u.CacheReadTokens)), semconv.GenAIUsageCacheCreationInputTokens(int(u.CacheWriteTokens)))
	}
	if c.StopReason != "" {
		attributes = append(attributes, semconv.GenAIResponseFinishReasons(string(c.StopReason)))
	}
	if streams(c.Operation) {
		attributes = append(attributes, semconv.GenAIRequestStream(true))
	}
	span.SetAttributes(append(attributes, settings(c.Inference)...)...)
}

// outcome says what came of a request. The code is empty for one that went well.
func outcome(span trace.Span, requestID, code string, status int) {
	span.SetAttributes(semconv.AWSRequestID(requestID), semconv.HTTPResponseStatusCode(status))
	if code == "" {
		return
	}
	span.SetAttributes(semconv.ErrorTypeKey.String(code))
	if status >= http.StatusInternalServerError || status == http.StatusFailedDependency {
		span.SetStatus(codes.Error, code)
	}
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
