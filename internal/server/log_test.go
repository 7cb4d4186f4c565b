package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
)

// lines takes the log of a server.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// logged serves a provider, runs the requests, and gives the lines that the
// server wrote about them.
func logged(t testing.TB, from provider.Provider, who identity.Authenticator, requests func(url string)) []map[string]any {
	t.Helper()
	log := new(lines)
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), from)
	o.Log, o.Identity = slog.New(slog.NewJSONHandler(log, nil)), who
	house := server.New(o)
	web := serve(t, house)
	requests(web.URL)
	house.Drain() // the lines are written when the requests have ended
	log.mu.Lock()
	defer log.mu.Unlock()
	if strings.Contains(log.text.String(), "hush") {
		t.Errorf("the log tells a secret:\n%s", log.text.String())
	}
	var all []map[string]any
	for line := range strings.Lines(log.text.String()) {
		var attributes map[string]any
		if err := json.Unmarshal([]byte(line), &attributes); err != nil {
			t.Fatal(err)
		}
		all = append(all, attributes)
	}
	return all
}

// A line tells operation, model, status, request id and error of a request, and
// nothing of what was said: not in answers, not in refusals that quote it.
func TestLogTellsNothingSaid(t *testing.T) {
	from := scripted(t, `
rules:
  - {when: {text: break hush}, reply: hush hush hush, error: {type: ThrottlingException, message: hush, after: 1}}
  - {when: {text: fail hush}, error: {type: ModelErrorException, message: hush}}
default: {reply: hush}
`)
	say := func(text string) string { return strings.Replace(conversationBody, "Hi", text, 1) }
	client := newClient(t, http1)
	got := logged(t, from, identity.None{}, func(url string) {
		for _, request := range []struct{ path, body string }{
			{"/converse", say("hush")}, {"/converse-stream", say("hush")}, {"/converse-stream", say("break hush")}, {"/converse", say("fail hush")},
			{"/converse", `{"messages":[{"role":"hush","content":[{"text":"hush"}]}]}`},
			{"/converse", `{"messages":"hush"}`}, {"/converse", `{"messages":[{"role":"user","content":[{"text":"hush`},
			{"/converse", `{"inferenceConfig":{"maxTokens":"hush"}}`},
			{"/converse", strings.TrimSuffix(say("hush"), "}") + `,"additionalModelRequestFields":{"hush":"hush"}}`},
			{"/invoke", strings.Replace(claudeBody, "Hi", "hush", 1)}, {"/invoke", strings.Replace(claudeBody, "100", `"hush"`, 1)},
			{"/invoke", strings.Replace(claudeBody, `"Hi"`, `[{"type":"hush","hush":"hush"}]`, 1)},
			{"/invoke", strings.Replace(claudeBody, `"Hi"`, `[{"type":"text","text":{"hush":"hush"}}]`, 1)},
			{"/count-tokens", `{"input":{"invokeModel":{"body":"hush!"}}}`},
			{"/hush", "hush"},
		} {
			post(t, client, url+claudePath+request.path, request.body)
		}
	})
	if len(got) != 15 {
		t.Fatalf("%d lines for 15 requests", len(got))
	}
	first := got[0]
	if first["operation"] != "Converse" || first["modelId"] != claude || first["status"] != 200.0 || !uuids.MatchString(first["requestId"].(string)) {
		t.Errorf("line %v", first)
	}
	if broken := got[2]; broken["status"] != 200.0 || broken["error"] != "ThrottlingException" || broken["level"] != "WARN" {
		t.Errorf("the line of a broken stream: %v", broken)
	}
	if failed := got[3]; failed["status"] != 424.0 || failed["error"] != "ModelErrorException" {
		t.Errorf("the line of a failed answer: %v", failed)
	}
}

// The private half of an error is for the log alone, and is there.
func TestLogTellsCauses(t *testing.T) {
	client := newClient(t, http1)
	cause := errors.New("dial tcp: refused")
	for _, err := range []error{cause, bedrock.WithCause(&bedrock.ServiceUnavailableException{Message: "No."}, cause)} {
		got := logged(t, failsWith(err), identity.None{}, func(url string) { post(t, client, url+claudePath+"/converse", conversationBody) })
		if text, _ := got[0]["cause"].(string); !strings.Contains(text, "dial tcp: refused") {
			t.Errorf("the line %v lacks the cause", got[0])
		}
	}
}

// Credentials stay out, whatever is wrong with them.
func TestLogTellsNoCredentials(t *testing.T) {
	client := newClient(t, http1)
	got := logged(t, scripted(t, scriptedAnswer), identity.NewSigV4(identity.DevelopmentKeys{}), func(url string) {
		for _, authorization := range []string{
			"Bearer hush", "hush",
			"AWS4-HMAC-SHA256 Credential=hush/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=hush",
			"AWS4-HMAC-SHA256 Credential=SAPROLITELOCALDEVKEY/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=hush",
		} {
			request := newRequest(t, t.Context(), url+claudePath+"/converse", conversationBody)
			request.Header.Set("Authorization", authorization)
			request.Header.Set("X-Amz-Date", "20260101T000000Z")
			request.Header.Set("X-Amz-Security-Token", "hush")
			if got := do(t, client, request); got.status != 403 {
				t.Errorf("%s: status %d", authorization, got.status)
			}
		}
	})
	if len(got) != 4 {
		t.Errorf("%d lines for 4 requests", len(got))
	}
}

// A client that leaves is no error of anybody's.
func TestLogTellsOfLeaving(t *testing.T) {
	client := newClient(t, http1)
	got := logged(t, scripted(t, "default: {reply: never, delay: 1h}"), identity.None{}, func(url string) {
		ctx, leave := context.WithCancel(t.Context())
		request := newRequest(t, ctx, url+claudePath+"/converse-stream", conversationBody)
		answer, err := client.Do(request) // the head comes with messageStart
		if err != nil {
			t.Fatal(err)
		}
		leave()
		answer.Body.Close()
	})
	if len(got) != 1 || got[0]["level"] != "INFO" || got[0]["canceled"] != true || got[0]["error"] != nil {
		t.Errorf("the lines %v", got)
	}
}

// A line is not as long as a caller likes.
func TestLogHasABound(t *testing.T) {
	lines := logged(t, scripted(t, `default: {reply: Hi}`), identity.None{}, func(url string) {
		post(t, newClient(t, http1), url+"/model/"+strings.Repeat("a", 20_000)+"/converse", conversationBody)
	})
	if id := lines[0]["modelId"].(string); len(id) != 2048 {
		t.Errorf("%d bytes of the id", len(id))
	}
}
