package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	spanpb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/sts"
	"github.com/saprolite/saprolite/internal/telemetry"
	"github.com/saprolite/saprolite/internal/traceparent"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// collector takes OTLP over HTTP.
type collector struct {
	*httptest.Server
	mu      sync.Mutex
	spans   []*spanpb.Span
	metrics map[string][]string
	about   map[string]string
	header  http.Header
	status  int
}

func newCollector(t testing.TB) *collector {
	t.Helper()
	c := &collector{metrics: map[string][]string{}, status: http.StatusOK}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return c
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.header = r.Header
	w.Header().Set("Content-Type", "application/x-protobuf")
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = c.take(r.URL.Path, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(c.status)
}

func (c *collector) take(path string, body []byte) error {
	switch path {
	case "/v1/traces":
		var request tracepb.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			return err
		}
		for _, of := range request.ResourceSpans {
			c.about = texts(of.Resource.Attributes)
			for _, scope := range of.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
	case "/v1/metrics":
		var request metricspb.ExportMetricsServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			return err
		}
		for _, of := range request.ResourceMetrics {
			for _, scope := range of.ScopeMetrics {
				for _, metric := range scope.Metrics {
					for _, point := range metric.GetHistogram().GetDataPoints() {
						c.metrics[metric.Name] = append(c.metrics[metric.Name], fmt.Sprint(point.GetCount(), " ", point.GetSum(), " ", texts(point.Attributes)))
					}
				}
			}
		}
	default:
		return fmt.Errorf("nothing is taken at %s", path)
	}
	return nil
}

// texts are attributes as texts.
func texts(attributes []*commonpb.KeyValue) map[string]string {
	all := map[string]string{}
	for _, a := range attributes {
		switch v := a.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			all[a.Key] = v.StringValue
		case *commonpb.AnyValue_ArrayValue:
			for _, element := range v.ArrayValue.Values {
				all[a.Key] += element.GetStringValue() + ","
			}
		case *commonpb.AnyValue_IntValue:
			all[a.Key] = fmt.Sprint(v.IntValue)
		case *commonpb.AnyValue_DoubleValue:
			all[a.Key] = fmt.Sprint(v.DoubleValue)
		case *commonpb.AnyValue_BoolValue:
			all[a.Key] = fmt.Sprint(v.BoolValue)
		}
	}
	return all
}

func newExport(t testing.TB, o telemetry.ExportOptions) *telemetry.Export {
	t.Helper()
	e, err := telemetry.NewExport(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// finish sends what waits.
func finish(t testing.TB, e *telemetry.Export) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Second)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// A request is a span below that of its client, by the gen_ai conventions, and counts
// in their metrics.
func TestSpan(t *testing.T) {
	to := newCollector(t)
	e := newExport(t, telemetry.ExportOptions{Endpoint: to.URL + "/", Headers: map[string]string{"X-Key": "k"}, Version: "v1"})
	c := answered(bedrock.OperationConverseStream)
	c.Inference = &bedrock.InferenceConfiguration{MaxTokens: new(int32(100)), Temperature: new(float32(0.5)), TopP: new(float32(0.25)), StopSequences: []string{"said"}}
	ctx, err := e.Begin(traceparent.With(t.Context(), traceparent.Context{Parent: parent, State: "a=1"}), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Answered(ctx, c); err != nil {
		t.Fatal(err)
	}
	e.Ended(ctx, c)
	finish(t, e)

	on := traceparent.Of(ctx)
	if on.Parent == parent || !strings.HasPrefix(on.Parent, parent[:36]) || on.State != "a=1" {
		t.Errorf("what goes on is %+v", on)
	}
	if len(to.spans) != 1 {
		t.Fatalf("%d spans", len(to.spans))
	}
	span := to.spans[0]
	if span.Name != "chat "+modelID || span.Kind != spanpb.Span_SPAN_KIND_SERVER || fmt.Sprintf("%x", span.ParentSpanId) != parent[36:52] || fmt.Sprintf("%x", span.SpanId) != on.Parent[36:52] {
		t.Errorf("%v", span)
	}
	want := map[string]string{
		"aws.request_id": "id", "http.response.status_code": "200",
		"gen_ai.operation.name": "chat", "gen_ai.provider.name": "aws.bedrock", "gen_ai.request.model": modelID,
		"gen_ai.usage.input_tokens": "17", "gen_ai.usage.output_tokens": "17", "gen_ai.usage.cache_read.input_tokens": "3", "gen_ai.usage.cache_creation.input_tokens": "4",
		"gen_ai.response.finish_reasons": "end_turn,", "gen_ai.request.stream": "true",
		"gen_ai.request.max_tokens": "100", "gen_ai.request.temperature": "0.5", "gen_ai.request.top_p": "0.25",
	}
	if d := cmp.Diff(want, texts(span.Attributes)); d != "" {
		t.Error(d)
	}
	if to.about["service.name"] != "saprolite" || to.about["service.version"] != "v1" || to.header.Get("X-Key") != "k" {
		t.Errorf("sent about %v with %v", to.about, to.header)
	}
	about := "map[gen_ai.operation.name:chat gen_ai.provider.name:aws.bedrock gen_ai.request.model:" + modelID
	metrics := map[string][]string{
		"gen_ai.client.token.usage":           {"1 17 " + about + " gen_ai.token.type:input]", "1 17 " + about + " gen_ai.token.type:output]"},
		"gen_ai.server.request.duration":      {"1 2 " + about + "]"},
		"gen_ai.server.time_to_first_token":   {"1 1 " + about + "]"},
		"gen_ai.server.time_per_output_token": {"1 0.0625 " + about + "]"},
	}
	if d := cmp.Diff(metrics, to.metrics, cmp.Transformer("sorted", sorted)); d != "" {
		t.Error(d)
	}
}

// sorted orders the points of a metric, which come in any order.
func sorted(points []string) map[string]bool {
	set := map[string]bool{}
	for _, p := range points {
		set[p] = true
	}
	return set
}

// Errors are those of the span when they are this side's; operations without a model
// have a span alone.
func TestSpanOfError(t *testing.T) {
	to := newCollector(t)
	e := newExport(t, telemetry.ExportOptions{Endpoint: to.URL})
	nothing := failed(bedrock.Operation{}, 404, "UnknownOperationException")
	observe(t, e, failed(bedrock.OperationConverse, 500, "InternalServerException"), failed(bedrock.OperationConverse, 400, "ValidationException"),
		answered(bedrock.OperationListFoundationModels), nothing)
	finish(t, e)
	var got []string
	for _, span := range to.spans {
		got = append(got, fmt.Sprint(span.Name, " ", span.GetStatus().GetCode(), " ", texts(span.Attributes)["error.type"]))
	}
	want := []string{
		"chat " + modelID + " STATUS_CODE_ERROR InternalServerException", "chat " + modelID + " STATUS_CODE_UNSET ValidationException",
		"ListFoundationModels STATUS_CODE_UNSET ", "UnknownOperation STATUS_CODE_UNSET UnknownOperationException",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n := len(to.metrics["gen_ai.server.request.duration"]); n != 2 {
		t.Errorf("%v", to.metrics)
	}
}

// A whole answer says nothing about the times of its tokens.
func TestMetricsOfWholeAnswer(t *testing.T) {
	to := newCollector(t)
	e := newExport(t, telemetry.ExportOptions{Endpoint: to.URL})
	observe(t, e, answered(bedrock.OperationConverse))
	finish(t, e)
	for name, want := range map[string]int{
		"gen_ai.server.request.duration": 1, "gen_ai.server.time_to_first_token": 0, "gen_ai.server.time_per_output_token": 0,
	} {
		if got := len(to.metrics[name]); got != want {
			t.Errorf("%s has %d points, want %d", name, got, want)
		}
	}
}

// A call to STS is a span below that of its client.
func TestSpanOfSTS(t *testing.T) {
	to := newCollector(t)
	e := newExport(t, telemetry.ExportOptions{Endpoint: to.URL})
	for _, c := range []sts.Call{
		{Action: "AssumeRole"}, {Action: "AssumeRole", Err: &sts.Error{Code: "AccessDenied", Status: 403}}, {Err: errors.New("secret")},
	} {
		c.RequestID, c.Start = "id", time.Now()
		c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
		c.Request.Header.Set("Traceparent", parent)
		e.STS(t.Context(), &c)
	}
	finish(t, e)
	var got []string
	for _, span := range to.spans {
		got = append(got, fmt.Sprintf("%s %x %v %v", span.Name, span.ParentSpanId, span.GetStatus().GetCode(), texts(span.Attributes)))
	}
	want := []string{
		"AssumeRole b7ad6b7169203331 STATUS_CODE_UNSET map[aws.request_id:id http.response.status_code:200]",
		"AssumeRole b7ad6b7169203331 STATUS_CODE_UNSET map[aws.request_id:id error.type:AccessDenied http.response.status_code:403]",
		"UnknownOperation b7ad6b7169203331 STATUS_CODE_ERROR map[aws.request_id:id error.type:InternalFailure http.response.status_code:500]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Nothing is sent until something says where to; the standard variables say it too.
func TestVariables(t *testing.T) {
	to := newCollector(t)
	for _, test := range []struct {
		name     string
		env      map[string]string
		spans    int
		measured bool
	}{
		{"nothing", nil, 0, false},
		{"an endpoint", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": to.URL, "OTEL_SERVICE_NAME": "mine"}, 1, true},
		{"for traces", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": to.URL + "/v1/traces"}, 1, false},
		{"for metrics", map[string]string{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": to.URL + "/v1/metrics"}, 0, true},
		{"no traces", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": to.URL, "OTEL_TRACES_EXPORTER": "none"}, 0, true},
		{"disabled", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": to.URL, "OTEL_SDK_DISABLED": "true"}, 0, false},
		{"sampled out", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": to.URL, "OTEL_TRACES_SAMPLER": "always_off"}, 0, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			to.spans, to.metrics = nil, map[string][]string{}
			e := newExport(t, telemetry.ExportOptions{})
			if (e != nil) != (test.spans > 0 || test.measured) {
				t.Fatalf("%v", e)
			}
			if e == nil {
				return
			}
			c := answered(bedrock.OperationConverse)
			ctx, err := e.Begin(traceparent.With(t.Context(), traceparent.Context{Parent: parent[:53] + "00"}), c)
			if err != nil {
				t.Fatal(err)
			}
			if on := traceparent.Of(ctx).Parent; on == "" {
				t.Error("the trace of the client does not go on")
			}
			e.Ended(ctx, c)
			observe(t, e, c)
			finish(t, e)
			if len(to.spans) != test.spans || (len(to.metrics) > 0) != test.measured {
				t.Errorf("%d spans, %d metrics", len(to.spans), len(to.metrics))
			}
			if test.env["OTEL_SERVICE_NAME"] != "" && to.about["service.name"] != "mine" {
				t.Errorf("sent by %v", to.about)
			}
		})
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", to.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	if _, err := telemetry.NewExport(t.Context(), telemetry.ExportOptions{}); err == nil {
		t.Error("gRPC is taken")
	}
}

// A collector that takes nothing is told to the log once, and holds up nobody.
func TestCollectorFails(t *testing.T) {
	to := newCollector(t)
	to.status = http.StatusBadRequest // of the statuses that are not tried again
	var log bytes.Buffer
	e := newExport(t, telemetry.ExportOptions{Endpoint: to.URL, Log: slog.New(slog.NewTextHandler(&log, nil))})
	observe(t, e, answered(bedrock.OperationConverse))
	finish(t, e)
	if n := strings.Count(log.String(), "the collector takes no traces"); n != 1 {
		t.Errorf("%d times in the log:\n%s", n, log.String())
	}
}

func BenchmarkExport(b *testing.B) {
	to := newCollector(b)
	e := newExport(b, telemetry.ExportOptions{Endpoint: to.URL})
	c := answered(bedrock.OperationConverse)
	b.ReportAllocs()
	for b.Loop() {
		observe(b, e, c)
	}
	b.StopTimer()
	finish(b, e)
}

var _ []server.Observer = []server.Observer{(*telemetry.Metrics)(nil), (*telemetry.Export)(nil)}
