// Package telemetry tells operators how the server does: [Metrics] in the form of
// Prometheus, and [Export] as traces and metrics of OpenTelemetry, by the gen_ai
// conventions. Both are told of requests as a server.Observer. Nothing that callers
// wrote is in either: names come from the configuration, the catalogue and the
// identities that were proven.
package telemetry

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/sts"
)

// MetricsOptions say what metrics are told apart by.
type MetricsOptions struct {
	// Principals adds the label principal: a user or a role of its own for each
	// series. Sessions count as their role.
	Principals Switch
	// Version is the program's.
	Version string
}

// Switch turns something on.
type Switch bool

// The positions of a Switch.
const (
	Off Switch = false
	On  Switch = true
)

// Metrics counts requests. Its registry is its own. The names of what Amazon Bedrock
// publishes in the namespace AWS/Bedrock of CloudWatch are AWS's (Amazon Bedrock User
// Guide, "Monitor bedrock-runtime inference using CloudWatch metrics") as Prometheus
// writes names: InvocationThrottles is aws_bedrock_invocation_throttles_total.
type Metrics struct {
	registry  *prometheus.Registry
	principal bool

	invocations, clientErrors, serverErrors, throttles, legacy *prometheus.CounterVec
	input, output, cacheRead, cacheWrite, images, quota        *prometheus.CounterVec
	latency, firstToken                                        *prometheus.HistogramVec

	inFlight       prometheus.Gauge
	requests       *prometheus.CounterVec
	badCredentials *prometheus.CounterVec
	denials        *prometheus.CounterVec
	stsCalls       *prometheus.CounterVec
}

// seconds are bounds of histograms: from an answer out of a cache to one of many pages.
var seconds = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640}

// NewMetrics makes metrics that count from zero.
func NewMetrics(o MetricsOptions) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), principal: bool(o.Principals)}
	labels := []string{"model_id", "account_id"}
	if m.principal {
		labels = append(labels, "principal")
	}
	aws := func(name, help string) *prometheus.CounterVec {
		return m.counter("aws_bedrock_"+name, help, labels...)
	}
	m.invocations = aws("invocations_total", "Invocations: requests for an answer of a model that were answered.")
	m.clientErrors = aws("invocation_client_errors_total", "InvocationClientErrors: those that failed by the client's fault.")
	m.serverErrors = aws("invocation_server_errors_total", "InvocationServerErrors: those that failed by the server's fault.")
	m.throttles = aws("invocation_throttles_total", "InvocationThrottles: those that were throttled, which count as neither invocations nor errors.")
	m.legacy = aws("legacy_model_invocations_total", "LegacyModelInvocations: invocations of models that AWS calls legacy.")
	m.input = aws("input_token_count_total", "InputTokenCount: tokens of input.")
	m.output = aws("output_token_count_total", "OutputTokenCount: tokens of output.")
	m.cacheRead = aws("cache_read_input_tokens_total", "CacheReadInputTokens: tokens of input that came out of a prompt cache.")
	m.cacheWrite = aws("cache_write_input_tokens_total", "CacheWriteInputTokens: tokens of input that were put into a prompt cache.")
	m.quota = aws("estimated_tpm_quota_usage_total", "EstimatedTPMQuotaUsage: tokens as quotas count them, those of output by the model's burndown rate.")
	m.images = aws("output_image_count_total", "OutputImageCount: images of output.")
	m.latency = m.histogram("aws_bedrock_invocation_latency_seconds", "InvocationLatency: from the request to the last token of its answer.", labels...)
	m.firstToken = m.histogram("aws_bedrock_time_to_first_token_seconds", "TimeToFirstToken: from the request to the first token of a streamed answer.", labels...)

	m.inFlight = prometheus.NewGauge(prometheus.GaugeOpts{Name: "saprolite_requests_in_flight", Help: "Requests that are not over."})
	m.registry.MustRegister(m.inFlight)
	m.requests = m.counter("saprolite_requests_total", "Requests by operation and by what came of them.", "operation", "code")
	m.badCredentials = m.counter("saprolite_authentication_failures_total", "Requests that did not show who sent them.", "code")
	m.denials = m.counter("saprolite_authorization_denials_total", "Requests that policies refused.", "operation", "account_id")
	m.stsCalls = m.counter("saprolite_sts_requests_total", "Requests to STS by operation and by what came of them.", "operation", "code")
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "saprolite_build_info", Help: "1, with the version of the program.", ConstLabels: prometheus.Labels{"version": o.Version},
		}, func() float64 { return 1 }),
	)
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) histogram(name, help string, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds}, labels)
	m.registry.MustRegister(h)
	return h
}

// Begin counts a request in.
func (m *Metrics) Begin(ctx context.Context, _ *server.Call) (context.Context, error) {
	m.inFlight.Inc()
	return ctx, nil
}

// Ended counts a request out.
func (m *Metrics) Ended(context.Context, *server.Call) { m.inFlight.Dec() }

// Answered counts what came of a request.
func (m *Metrics) Answered(_ context.Context, c *server.Call) error {
	code := c.Usage.Error
	if code == "" {
		code = "OK"
	}
	m.requests.WithLabelValues(c.Operation.Name, code).Inc()
	if c.BadCredentials {
		m.badCredentials.WithLabelValues(code).Inc()
	}
	if c.Refusal != "" {
		m.denials.WithLabelValues(c.Operation.Name, c.Principal.Account).Inc()
	}
	if invokes(c.Operation) {
		m.invoked(c)
	}
	return nil
}

// invokes is true for the operations that CloudWatch counts.
func invokes(o bedrock.Operation) bool {
	return o.Service == "bedrock-runtime" && (strings.HasPrefix(o.Name, "Converse") || strings.HasPrefix(o.Name, "InvokeModel"))
}

// streams is true for those of them that answer token by token.
func streams(o bedrock.Operation) bool { return strings.HasSuffix(o.Name, "Stream") }

func (m *Metrics) invoked(c *server.Call) {
	labels := []string{c.Label, c.Principal.Account}
	if m.principal {
		// The names of sessions have no bound.
		labels = append(labels, c.Principal.PrincipalARN())
	}
	u := &c.Usage
	add(m.input, u.InputTokens, labels)
	add(m.output, u.OutputTokens, labels)
	add(m.cacheRead, u.CacheReadTokens, labels)
	add(m.cacheWrite, u.CacheWriteTokens, labels)
	add(m.images, u.Images, labels)
	if c.Model != nil {
		add(m.quota, u.InputTokens+u.CacheWriteTokens+u.OutputTokens*c.Model.TokenWeight(), labels)
	}
	switch {
	case u.Status == http.StatusTooManyRequests:
		m.throttles.WithLabelValues(labels...).Inc()
		return
	case u.Status >= 500:
		m.serverErrors.WithLabelValues(labels...).Inc()
		return
	case u.Status >= 400:
		m.clientErrors.WithLabelValues(labels...).Inc()
		return
	}
	m.invocations.WithLabelValues(labels...).Inc()
	if c.Model != nil && c.Model.Legacy {
		m.legacy.WithLabelValues(labels...).Inc()
	}
	m.latency.WithLabelValues(labels...).Observe(u.Total.Seconds())
	if u.FirstToken > 0 && streams(c.Operation) {
		m.firstToken.WithLabelValues(labels...).Observe(u.FirstToken.Seconds())
	}
}

func add(to *prometheus.CounterVec, n int64, labels []string) {
	if n > 0 {
		to.WithLabelValues(labels...).Add(float64(n))
	}
}

// STS counts a call to STS.
func (m *Metrics) STS(c *sts.Call) {
	code, _ := outcomeOf(c)
	m.stsCalls.WithLabelValues(c.Action, cmp.Or(code, "OK")).Inc()
}

// outcomeOf is what came of a call to STS: the code of its error and the status.
func outcomeOf(c *sts.Call) (code string, status int) {
	if c.Err == nil {
		return "", http.StatusOK
	}
	if refusal, ok := errors.AsType[*sts.Error](c.Err); ok {
		return refusal.Code, refusal.Status
	}
	return "InternalFailure", http.StatusInternalServerError
}
