package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// What must not get out: each kind of secret and each kind of thing that is said has
// a text of its own.
const (
	aliceKey, bobKey = "AKIALEAKTESTALICE001", "AKIALEAKTESTBOB00001"

	aliceSecret    = "hush-secret-of-alice-0123456789abcdefghi"
	bobSecret      = "hush-secret-of-bob-0123456789abcdefghijk"
	wrongSecret    = "hush-wrong-secret-0123456789abcdefghijkl"
	aliceAPIKey    = "hush-api-key-of-alice"
	wrongAPIKey    = "hush-api-key-of-nobody"
	otherScheme    = "hush-other-scheme"
	wrongToken     = "hush-session-token-of-nobody"
	wrongSignature = "hush-signature"
	webToken       = "hush-web-token"
	upstreamKey    = "hush-key-of-the-upstream"
	upstreamHeader = "hush-header-for-the-upstream"
	collectorKey   = "hush-key-of-the-collector"

	prompt     = "hush-prompt"
	system     = "hush-system"
	toolInput  = "hush-tool-input"
	toolReply  = "hush-tool-result"
	attached   = "hush-document"
	extra      = "hush-additional-field"
	stopWord   = "hush-stop-sequence"
	answerText = "hush-reply"
	failure    = "hush-failure"
	baggage    = "hush-baggage"
)

// secrets are those that let in; those that the run itself makes come beside them.
func secrets() []string {
	return []string{
		aliceSecret, bobSecret, wrongSecret, aliceAPIKey, wrongAPIKey, otherScheme, wrongToken, wrongSignature, webToken, upstreamKey, upstreamHeader, collectorKey,
	}
}

// said is what is said; the log of invocations alone has it.
func said() []string {
	return []string{
		prompt, system, toolInput, toolReply, attached, extra, stopWord, answerText, failure, baggage,
	}
}

// keptSecrets are those that no answer may have either, whoever gets it.
func keptSecrets() []string {
	return []string{aliceSecret, bobSecret, aliceAPIKey, upstreamKey, upstreamHeader, collectorKey}
}

// sink keeps the bodies that it is sent, as a collector or a model server.
type sink struct {
	*httptest.Server
	mu     sync.Mutex
	bodies bytes.Buffer
	parent string
}

func newSink(t *testing.T, status int, answer string) *sink {
	t.Helper()
	s := new(sink)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is cut off is not kept
		s.mu.Lock()
		defer s.mu.Unlock()
		s.bodies.Write(body)
		s.parent = cmp.Or(r.Header.Get("Traceparent"), s.parent)
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bodies.String()
}

// Whatever is asked, and whatever comes of it: nothing that was said, and no secret,
// is in what the program writes.
func TestNothingGetsOut(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the other tests of this package need signals")
	}
	collector := newSink(t, http.StatusOK, "")
	upstream := newSink(t, http.StatusBadRequest, `{"error":{"message":"cannot answer `+failure+` `+prompt+`"}}`)
	down := newSink(t, http.StatusInternalServerError, `{"error":{"message":"Failed to parse `+failure+` `+prompt+`"}}`)
	p := startQuiet(t, collector.URL, upstream.URL, down.URL)
	callers := &callers{t: t, endpoint: p.endpoint}
	made := callers.callAll()
	during := p.files(t)
	during["/metrics"] = p.metrics(t)
	p.stop(t)

	written := map[string]string{"stdout": p.stdout.String(), "stderr": p.stderr.String(), "the collector": collector.text()}
	for name, text := range p.files(t) {
		written[name+" at the end"] = text
	}
	for name, text := range during {
		written[name] = text
	}
	for _, secret := range keptSecrets() {
		if strings.Contains(callers.answers.String(), secret) {
			t.Errorf("%s is in an answer", secret)
		}
	}
	for _, secret := range slices.Concat(secrets(), said(), made) {
		for form, text := range map[string]string{
			"": secret, " in base64": base64.StdEncoding.EncodeToString([]byte(secret)), " in hexadecimal": hex.EncodeToString([]byte(secret)),
			" in a query": url.QueryEscape(secret),
		} {
			for name, all := range written {
				if strings.HasPrefix(name, "data/invocation-logs/spool/") && slices.Contains(said(), secret) {
					continue
				}
				if at := strings.Index(all, text); at >= 0 {
					t.Errorf("%s%s is in %s: ...%q", secret, form, name, all[max(0, at-200):min(len(all), at+len(text)+20)])
				}
			}
		}
	}
	if !strings.Contains(upstream.text(), prompt) {
		t.Error("the upstream was not asked")
	}
	if !strings.HasPrefix(upstream.parent, "00-"+traceID+"-") {
		t.Errorf("the upstream is at %q in the trace", upstream.parent)
	}
	// All that was written is there: what is looked for would be found.
	for name, want := range map[string]string{
		"audit.jsonl": `"eventName":"AssumeRole"`, "stderr": `"operation":"ConverseStream"`, "the collector": "gen_ai.usage.input_tokens", "stdout": "listens on",
		"data/state.db at the end": "user/alice", "/metrics": "aws_bedrock_invocations_total",
	} {
		if !strings.Contains(written[name], want) {
			t.Errorf("%s has no %s", name, want)
		}
	}
	for _, want := range []string{`"errorCode":"InvalidSignatureException"`, `"decision":"ImplicitDeny"`, `"accessKeyId":"` + aliceKey, `"type":"AssumedRole"`, `"errorCode":"ModelErrorException"`, `"callWithBearerToken":true`} {
		if !strings.Contains(written["audit.jsonl"], want) {
			t.Errorf("the trail has no %s", want)
		}
	}
	if lines := strings.Count(written["audit.jsonl at the end"], "\n"); lines != callers.count {
		t.Errorf("the trail has %d lines of %d requests", lines, callers.count)
	}
}

// quiet is a program whose every output is kept.
type quiet struct {
	cmd            *exec.Cmd
	folder         string
	stdout, stderr output
	endpoint       string
	exited         chan struct{}
}

func startQuiet(t *testing.T, collector, upstream, failing string) *quiet {
	t.Helper()
	inputs := t.TempDir()
	p := &quiet{folder: t.TempDir()}
	for name, text := range map[string]string{
		"saprolite.yaml": `
auth: iam
principals: principals.yaml
providers:
  local: {type: script, file: rules.yaml}
  up: {type: openai, url: "` + upstream + `/v1", apiKey: ` + upstreamKey + `, headers: {X-Secret: ` + upstreamHeader + `}, retry: {attempts: 1}}
  claude: {type: anthropic, url: "` + upstream + `/v1", apiKey: ` + upstreamKey + `, retry: {attempts: 1}}
  both: {type: failover, members: [{provider: down}, {provider: up}], retry: {attempts: 1}}
  down: {type: openai, url: "` + failing + `/v1", model: m, apiKey: ` + upstreamKey + `}
models:
  - {id: "*", provider: local}
  - {id: "amazon.nova-pro-v1:0", provider: up}
  - {id: "anthropic.claude-3-sonnet-20240229-v1:0", provider: claude}
  - {id: "amazon.nova-micro-v1:0", provider: both}
log: {level: debug, format: json}
admin: {listen: "unix:` + filepath.Join(p.folder, "s") + `"}
audit: {file: ` + filepath.Join(p.folder, "audit.jsonl") + `}
invocationLogging: {default: {bucket: logs}, folder: ` + filepath.Join(inputs, "objects") + `}
telemetry: {principals: true, otlp: {endpoint: "` + collector + `", headers: {X-Key: ` + collectorKey + `}}}
`,
		"rules.yaml": `
rules:
  - {when: {text: {contains: fail}}, error: {type: ModelErrorException, message: ` + failure + `}}
  - {when: {text: {contains: throttle}}, error: {type: ThrottlingException, message: ` + failure + `}}
  - {when: {text: {contains: break}}, reply: ` + answerText + ` and more of it, error: {type: ModelStreamErrorException, message: ` + failure + `, after: 2}}
  - {when: {text: {contains: tool}}, reply: {toolUse: {name: search, input: {query: ` + toolInput + `}}}}
default: {reply: ` + answerText + `}
`,
		"principals.yaml": `
accounts:
  - id: "123456789012"
    users:
      - name: alice
        policies: [AmazonBedrockFullAccess]
        inline: {keys: {Version: 2012-10-17, Statement: {Effect: Allow, Action: ["bedrock:CallWithBearerToken", "sts:AssumeRole"], Resource: "*"}}}
        accessKeys: [{id: ` + aliceKey + `, secret: ` + aliceSecret + `}]
        apiKeys: [{id: laptop, key: ` + aliceAPIKey + `}]
      - name: bob
        accessKeys: [{id: ` + bobKey + `, secret: ` + bobSecret + `}]
    roles:
      - name: batch
        policies: [AmazonBedrockFullAccess]
        trust: {Version: 2012-10-17, Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::123456789012:user/alice"}, Action: "sts:AssumeRole"}}
`,
	} {
		if err := os.WriteFile(filepath.Join(inputs, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.cmd = exec.Command("saprolite", "serve", "--config", filepath.Join(inputs, "saprolite.yaml"), "--data", filepath.Join(p.folder, "data"), "--listen", "127.0.0.1:0")
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.exited = make(chan struct{})
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill() // where it still runs
		<-p.exited
	})
	for {
		text, more := p.stdout.now()
		if _, rest, ok := strings.Cut(text, "listens on "); ok && strings.Contains(rest, "\n") {
			p.endpoint, _, _ = strings.Cut(rest, "\n")
			return p
		}
		select {
		case <-more:
		case <-p.exited:
			t.Fatalf("the program does not start:\n%s", p.stderr.String())
		}
	}
}

func (o *output) String() string {
	text, _ := o.now()
	return text
}

// stop ends the program as Ctrl-C does.
func (p *quiet) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the program ended with %d:\n%s", code, p.stderr.String())
	}
}

// metrics are what the admin listener tells.
func (p *quiet) metrics(t *testing.T) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(p.folder, "s"))
	}}}
	answer, err := client.Get("http://admin/metrics")
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

// files are those that the program has written.
func (p *quiet) files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(p.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(p.folder, path)
		all[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
