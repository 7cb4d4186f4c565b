package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"github.com/saprolite/saprolite/internal/app"
	"github.com/saprolite/saprolite/internal/config"
)

// started is a program that serves, and the address that operators ask.
func started(t *testing.T, c *config.Config) (caller *bedrockruntime.Client, operators string) {
	t.Helper()
	c.Listen, c.Admin.Listen.Address = config.At("127.0.0.1:0"), "127.0.0.1:0"
	program, err := app.New(app.Options{Config: c, DataDir: t.TempDir(), Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, program)
	return client("http", transport(t, "tcp", r.address(0), h2c)), "http://" + r.listeners.Admin.Addr().String()
}

// scrape asks for the metrics.
func scrape(t *testing.T, operators string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, operators+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// What is asked is in the metrics and in the trail, and ids that callers make up are
// not among the labels.
func TestWatched(t *testing.T) {
	c := scripted(t)
	c.Models = append(c.Models, config.Model{ID: "ollama.*", Provider: "script"})
	c.Audit.File = filepath.Join(t.TempDir(), "audit.jsonl")
	runtime, operators := started(t, c)
	if _, err := ask(t.Context(), runtime); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ollama.made-up-1", "ollama.made-up-2", "made-up-3"} {
		// The last one is refused.
		_, err := runtime.Converse(t.Context(), &bedrockruntime.ConverseInput{ModelId: aws.String(id), Messages: question()})
		if (err != nil) != (id == "made-up-3") {
			t.Errorf("%s: %v", id, err)
		}
	}
	metrics := scrape(t, operators)
	for _, want := range []string{
		`aws_bedrock_invocations_total{account_id="000000000000",model_id="amazon.nova-lite-v1:0"} 1`,
		`aws_bedrock_invocations_total{account_id="000000000000",model_id="ollama.*"} 2`,
		`aws_bedrock_invocation_client_errors_total{account_id="000000000000",model_id=""} 1`,
		"saprolite_usage_records_total 4", "saprolite_audit_lines_total 4", "saprolite_audit_lost_total 0", `saprolite_build_info{version="v1"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(metrics, "made-up") {
		t.Error("callers make labels")
	}
	trail, err := os.ReadFile(c.Audit.File)
	if err != nil || strings.Count(string(trail), "\n") != 4 || !strings.Contains(string(trail), `"modelId":"made-up-3"`) {
		t.Errorf("the trail is %s, %v", trail, err)
	}
}

// Whatever is counted is in the documentation.
func TestMetricsAreDocumented(t *testing.T) {
	runtime, operators := started(t, scripted(t))
	if _, err := ask(t.Context(), runtime); err != nil {
		t.Fatal(err)
	}
	var pages []byte
	for _, page := range []string{"observability", "quotas"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page+".md"))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, text...)
	}
	for line := range strings.Lines(scrape(t, operators)) {
		name, ok := strings.CutPrefix(line, "# HELP ")
		name, _, _ = strings.Cut(name, " ")
		if ok && !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") && !strings.Contains(string(pages), "`"+name+"`") {
			t.Errorf("no page knows %s", name)
		}
	}
}

// A trail that cannot be begun is told at the start, with the key.
func TestNoTrail(t *testing.T) {
	c := scripted(t)
	c.Audit.File = filepath.Join(t.TempDir(), "none", "audit.jsonl")
	if _, err := app.New(app.Options{Config: c, DataDir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "audit.file") {
		t.Errorf("got %v", err)
	}
}

// The trace of a caller goes on to a model server, whether spans are sent or not.
func TestTraceReachesUpstream(t *testing.T) {
	const trace = "0af7651916cd43dd8448eb211c80319c"
	var got string
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Traceparent") + " " + r.Header.Get("Tracestate") + " " + r.Header.Get("X-Amzn-Trace-Id") + " " + r.Header.Get("Baggage")
		http.Error(w, "{}", http.StatusBadRequest)
	}))
	t.Cleanup(upstream.Close)
	c := load(t, "providers: {up: {type: openai, url: '"+upstream.URL+"/v1', retry: {attempts: 1}}}\nauth: none\n")
	r := serve(t, c, "127.0.0.1:0")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.address(0)+"/model/"+modelID+"/converse",
		strings.NewReader(`{"messages":[{"role":"user","content":[{"text":"Hi"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	parent, ray := "00-"+trace+"-b7ad6b7169203331-01", "Root=1-"+trace[:8]+"-"+trace[8:]
	request.Header.Set("Traceparent", parent)
	request.Header.Set("Tracestate", "a=1")
	request.Header.Set("X-Amzn-Trace-Id", ray)
	request.Header.Set("Baggage", "b=2")
	response, err := transport(t, "tcp", r.address(0), http1).RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if want := parent + " a=1 " + ray + " b=2"; got != want {
		t.Errorf("the upstream got %q, want %q", got, want)
	}
}
