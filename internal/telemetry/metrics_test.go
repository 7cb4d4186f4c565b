package telemetry_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/sts"
	"github.com/saprolite/saprolite/internal/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account = "123456789012"
	modelID = "amazon.nova-lite-v1:0"
)

func session() identity.Principal {
	return identity.Principal{
		ARN: "arn:aws:sts::" + account + ":assumed-role/batch/job-4711", Account: account,
		Session: &identity.Session{RoleARN: "arn:aws:iam::" + account + ":role/batch", Name: "job-4711"},
	}
}

// answered is a call that a model has answered.
func answered(operation bedrock.Operation) *server.Call {
	return &server.Call{
		RequestID: "id", Start: time.Now(), Operation: operation, Principal: session(),
		Model: &catalog.Model{ID: modelID, Legacy: true, OutputWeight: 5}, Label: modelID, StopReason: "end_turn",
		Usage: meter.Record{
			Status: 200, FirstToken: time.Second, Total: 2 * time.Second,
			Counts: meter.Counts{InputTokens: 10, OutputTokens: 17, CacheReadTokens: 3, CacheWriteTokens: 4, Images: 2},
		},
	}
}

func failed(operation bedrock.Operation, status int, code string) *server.Call {
	c := answered(operation)
	c.Usage = meter.Record{Status: status, Error: code}
	return c
}

func observe(t testing.TB, o server.Observer, calls ...*server.Call) {
	t.Helper()
	for _, c := range calls {
		ctx, err := o.Begin(t.Context(), c)
		if err == nil {
			err = o.Answered(ctx, c)
		}
		if err != nil {
			t.Fatal(err)
		}
		o.Ended(ctx, c)
	}
}

// scrape gives the lines of metrics that begin with a prefix.
func scrape(t *testing.T, m *telemetry.Metrics, prefix string) []string {
	t.Helper()
	w := httptest.NewRecorder()
	telemetry.Handler(m).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	var lines []string
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, prefix) && !strings.Contains(line, "_bucket{") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// Requests count under AWS's names, by model and account.
func TestInvocations(t *testing.T) {
	m := telemetry.NewMetrics(telemetry.MetricsOptions{})
	nobody := failed(bedrock.OperationConverse, 403, "UnrecognizedClientException")
	nobody.Principal, nobody.Model, nobody.Label, nobody.BadCredentials = identity.Principal{}, nil, "", true
	denied := failed(bedrock.OperationConverse, 403, "AccessDeniedException")
	denied.Refusal = "User: is not authorized"
	observe(t, m,
		answered(bedrock.OperationConverse), answered(bedrock.OperationConverseStream),
		failed(bedrock.OperationConverse, 429, "ThrottlingException"), failed(bedrock.OperationInvokeModel, 500, "InternalServerException"),
		nobody, denied, answered(bedrock.OperationCountTokens), answered(bedrock.OperationListFoundationModels),
		&server.Call{Usage: meter.Record{Status: 404, Error: "UnknownOperationException"}},
	)
	const labels = `{account_id="123456789012",model_id="amazon.nova-lite-v1:0"} `
	want := []string{
		`aws_bedrock_cache_read_input_tokens_total` + labels + `6`,
		`aws_bedrock_cache_write_input_tokens_total` + labels + `8`,
		`aws_bedrock_estimated_tpm_quota_usage_total` + labels + `198`, // 2 * (10 + 4 + 5*17)
		`aws_bedrock_input_token_count_total` + labels + `20`,
		`aws_bedrock_invocation_client_errors_total{account_id="",model_id=""} 1`,
		`aws_bedrock_invocation_client_errors_total` + labels + `1`,
		`aws_bedrock_invocation_latency_seconds_sum` + labels + `4`,
		`aws_bedrock_invocation_latency_seconds_count` + labels + `2`,
		`aws_bedrock_invocation_server_errors_total` + labels + `1`,
		`aws_bedrock_invocation_throttles_total` + labels + `1`,
		`aws_bedrock_invocations_total` + labels + `2`,
		`aws_bedrock_legacy_model_invocations_total` + labels + `2`,
		`aws_bedrock_output_image_count_total` + labels + `4`,
		`aws_bedrock_output_token_count_total` + labels + `34`,
		`aws_bedrock_time_to_first_token_seconds_sum` + labels + `1`,
		`aws_bedrock_time_to_first_token_seconds_count` + labels + `1`,
	}
	if d := cmp.Diff(want, scrape(t, m, "aws_bedrock_")); d != "" {
		t.Error(d)
	}
	m.STS(&sts.Call{Action: "AssumeRole", Err: &sts.Error{Code: "AccessDenied"}})
	m.STS(&sts.Call{Action: "AssumeRole"})
	m.STS(&sts.Call{Err: errors.New("x")})
	want = []string{
		`saprolite_authentication_failures_total{code="UnrecognizedClientException"} 1`,
		`saprolite_authorization_denials_total{account_id="123456789012",operation="Converse"} 1`,
		`saprolite_build_info{version=""} 1`,
		`saprolite_requests_in_flight 0`,
		`saprolite_requests_total{code="AccessDeniedException",operation="Converse"} 1`,
		`saprolite_requests_total{code="InternalServerException",operation="InvokeModel"} 1`,
		`saprolite_requests_total{code="OK",operation="Converse"} 1`,
		`saprolite_requests_total{code="OK",operation="ConverseStream"} 1`,
		`saprolite_requests_total{code="OK",operation="CountTokens"} 1`,
		`saprolite_requests_total{code="OK",operation="ListFoundationModels"} 1`,
		`saprolite_requests_total{code="ThrottlingException",operation="Converse"} 1`,
		`saprolite_requests_total{code="UnknownOperationException",operation=""} 1`,
		`saprolite_requests_total{code="UnrecognizedClientException",operation="Converse"} 1`,
		`saprolite_sts_requests_total{code="AccessDenied",operation="AssumeRole"} 1`,
		`saprolite_sts_requests_total{code="InternalFailure",operation=""} 1`,
		`saprolite_sts_requests_total{code="OK",operation="AssumeRole"} 1`,
	}
	if d := cmp.Diff(want, scrape(t, m, "saprolite_")); d != "" {
		t.Error(d)
	}
	if len(scrape(t, m, "go_goroutines")) != 1 {
		t.Error("Go's own metrics are missing")
	}
}

// A session counts as its role.
func TestPrincipals(t *testing.T) {
	m := telemetry.NewMetrics(telemetry.MetricsOptions{Principals: telemetry.On, Version: "v1"})
	observe(t, m, answered(bedrock.OperationConverse))
	want := []string{`aws_bedrock_invocations_total{account_id="123456789012",model_id="amazon.nova-lite-v1:0",principal="arn:aws:iam::123456789012:role/batch"} 1`}
	if d := cmp.Diff(want, scrape(t, m, "aws_bedrock_invocations_total")); d != "" {
		t.Error(d)
	}
}

// What others count is read when it is asked for.
func TestReadings(t *testing.T) {
	m := telemetry.NewMetrics(telemetry.MetricsOptions{})
	waiting := 1.0
	for _, r := range []telemetry.Reading{
		{Name: "queue", Help: "Q.", Kind: telemetry.Gauge, Read: telemetry.One(func() float64 { return waiting })},
		{Name: "refusals_total", Help: "R.", Kind: telemetry.Counter, Labels: []string{"limit"}, Read: func() []telemetry.Value {
			return []telemetry.Value{{Labels: []string{"tokens"}, Number: 2}, {Labels: []string{"too", "many"}}}
		}},
	} {
		if err := m.Add(r); err != nil {
			t.Fatal(err)
		}
		if m.Add(r) == nil {
			t.Errorf("%s is there twice", r.Name)
		}
	}
	waiting = 7
	if d := cmp.Diff([]string{"queue 7"}, scrape(t, m, "queue")); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{`refusals_total{limit="tokens"} 2`}, scrape(t, m, "refusals_total")); d != "" {
		t.Error(d)
	}
}

// Operators get metrics and profiles; a server that counts nothing has the latter.
func TestHandler(t *testing.T) {
	for path, want := range map[string][2]int{
		"/metrics": {200, 404}, "/debug/pprof/": {200, 200}, "/debug/pprof/heap": {200, 200}, "/debug/pprof/cmdline": {200, 200}, "/": {404, 404},
	} {
		for i, m := range []*telemetry.Metrics{telemetry.NewMetrics(telemetry.MetricsOptions{}), nil} {
			w := httptest.NewRecorder()
			telemetry.Handler(m).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			if _, err := io.Copy(io.Discard, w.Body); err != nil || w.Code != want[i] {
				t.Errorf("%s with metrics %v: %d, want %d", path, m != nil, w.Code, want[i])
			}
		}
	}
}

func BenchmarkMetrics(b *testing.B) {
	m, c := telemetry.NewMetrics(telemetry.MetricsOptions{}), answered(bedrock.OperationConverse)
	b.ReportAllocs()
	for b.Loop() {
		observe(b, m, c)
	}
}
