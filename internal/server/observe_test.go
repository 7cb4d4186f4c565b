package server_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/server"
	"github.com/saprolite/saprolite/internal/traceparent"
)

// onlooker keeps what it hears, as short texts.
type onlooker struct {
	begin, answered error

	mu    sync.Mutex
	heard []string
	calls []server.Call
	names []map[string]string
}

type marked struct{}

func (o *onlooker) Begin(ctx context.Context, c *server.Call) (context.Context, error) {
	o.hear("begin " + c.Operation.Name)
	return context.WithValue(ctx, marked{}, true), o.begin
}

func (o *onlooker) Answered(ctx context.Context, c *server.Call) error {
	o.hear("answered " + c.Usage.Error)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls, o.names = append(o.calls, *c), append(o.names, c.Names())
	if ctx.Value(marked{}) == nil {
		return errors.New("the context is not that of Begin")
	}
	return o.answered
}

func (o *onlooker) Ended(context.Context, *server.Call) { o.hear("ended") }

func (o *onlooker) hear(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.heard = append(o.heard, strings.TrimSpace(text))
}

// refuser is an authenticator that knows nobody.
type refuser struct{}

func (refuser) Identify(context.Context, *http.Request) (identity.Claim, error) {
	return identity.Claim{}, &bedrock.CommonError{Code: "UnrecognizedClientException", Status: 403}
}

// observed makes a server whose requests are heard of.
func observed(t *testing.T, from provider.Provider, change func(*server.Options)) (*server.Server, *onlooker) {
	t.Helper()
	o, who := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), from), new(onlooker)
	o.Observers = []server.Observer{who}
	if change != nil {
		change(&o)
	}
	return server.New(o), who
}

// Whatever comes of a request, its observers hear of it, and of what came of it.
func TestObserved(t *testing.T) {
	from := scripted(t, `
rules:
  - {when: {text: fail}, error: ThrottlingException}
  - {when: {text: break}, reply: One two three four, error: {type: ModelStreamErrorException, after: 3}}
default: {reply: Hello there., usage: {inputTokens: 10, outputTokens: 20}}
`)
	say := func(text string) string { return strings.Replace(conversationBody, "Hi", text, 1) }
	denied := caller{Principal: alice(), policies: allowing(t, `{"Effect":"Allow","Action":"bedrock:CountTokens","Resource":"*"}`)}
	for _, test := range []struct {
		name, path, body string
		change           func(*server.Options)
		want             []string
		check            func(server.Call) bool
	}{
		{"whole", "/model/" + claude + "/converse", say("Hi"), nil, []string{"begin Converse", "answered", "ended"}, func(c server.Call) bool {
			return c.Label == claude && c.Usage.OutputTokens == 20 && c.Usage.Status == 200 && c.StopReason == "end_turn" && c.Principal.ARN == localRoot
		}},
		{"streamed", "/model/" + claude + "/converse-stream", say("Hi"), nil, []string{"begin ConverseStream", "answered", "ended"}, func(c server.Call) bool {
			return c.Usage.InputTokens == 10 && c.StopReason == "end_turn" && c.Usage.FirstToken > 0
		}},
		{"broken", "/model/" + claude + "/converse-stream", say("break"), nil, []string{"begin ConverseStream", "answered ModelStreamErrorException", "ended"}, nil},
		{"failed", "/model/" + claude + "/converse", say("fail"), nil, []string{"begin Converse", "answered ThrottlingException", "ended"}, nil},
		{"invalid", "/model/" + claude + "/converse", `{"messages":[{"role":"x","content":[]}]}`, nil, []string{"begin Converse", "answered ValidationException", "ended"}, nil},
		{"nothing", "/nothing", "", nil, []string{"begin", "answered UnknownOperationException", "ended"}, nil},
		{"nobody", "/model/" + claude + "/converse", say("Hi"), func(o *server.Options) { o.Identity = refuser{} },
			[]string{"begin Converse", "answered UnrecognizedClientException", "ended"}, func(c server.Call) bool { return c.BadCredentials && c.Principal.ARN == "" }},
		{"denied", "/model/amazon.nova-lite-v1%3A0/converse", guarded, func(o *server.Options) { o.Identity, o.Access = denied, denied },
			[]string{"begin Converse", "answered AccessDeniedException", "ended"}, func(c server.Call) bool {
				return len(c.Decisions) == 1 && !c.Decisions[0].Allowed() && c.Resources[0] == novaARN && strings.Contains(c.Refusal, "user/alice is not authorized")
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			house, who := observed(t, from, test.change)
			post(t, newClient(t, http1), serve(t, house).URL+test.path, test.body)
			house.Drain()
			if d := gocmp.Diff(test.want, who.heard); d != "" {
				t.Error(d)
			}
			if c := who.calls[0]; test.check != nil && !test.check(c) {
				t.Errorf("%+v", c)
			}
		})
	}
}

// slow is an authenticator that takes its time.
type slow struct{ identity.Authenticator }

func (s slow) Identify(ctx context.Context, r *http.Request) (identity.Claim, error) {
	time.Sleep(3 * time.Second)
	return s.Authenticator.Identify(ctx, r)
}

// The first token is measured from the request, as the whole answer is.
func TestObservedFirstToken(t *testing.T) {
	stream := http.Header{"Content-Type": {eventstream.ContentType}}
	for name, up := range map[string]provider.Provider{
		"scripted": scripted(t, `default: {reply: Hi, delay: {first: 1s}}`),
		"forwarded": &passing{pieces: []provider.Piece{
			{Header: stream, Body: frame(t, "contentBlockDelta", `{}`)}, {Body: frame(t, "metadata", `{"usage":{"inputTokens":1}}`)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				house, who := observed(t, up, func(o *server.Options) { o.Identity = slow{o.Identity} })
				here := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
				r := httptest.NewRequestWithContext(here, http.MethodPost, claudePath+"/converse-stream", strings.NewReader(conversationBody))
				r.RemoteAddr = "127.0.0.1:1"
				house.ServeHTTP(httptest.NewRecorder(), r)
				if u := who.calls[0].Usage; u.Status != 200 || u.FirstToken < 3*time.Second || u.FirstToken != u.Total {
					t.Errorf("%+v", u)
				}
			})
		})
	}
}

// Why a model ended is told of answers that pass as they are, too.
func TestObservedForward(t *testing.T) {
	stream := http.Header{"Content-Type": {eventstream.ContentType}}
	for operation, pieces := range map[string][]provider.Piece{
		"/converse": {{Body: []byte(`{"stopReason":"tool_use","usage":{"inputTokens":1}}`)}},
		"/converse-stream": {
			{Header: stream, Body: frame(t, "messageStop", `{"stopReason":"tool_use"}`)}, {Body: frame(t, "metadata", `{"usage":{"inputTokens":1}}`)},
		},
	} {
		house, who := observed(t, &passing{pieces: pieces}, nil)
		post(t, newClient(t, http1), serve(t, house).URL+claudePath+operation, conversationBody)
		house.Drain()
		if c := who.calls[0]; c.StopReason != "tool_use" || c.Usage.InputTokens != 1 {
			t.Errorf("%s: %q, %+v", operation, c.StopReason, c.Usage)
		}
	}
}

// Where the log of an account is to go is told.
func TestObservedLogging(t *testing.T) {
	o, who := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, rules)), new(onlooker)
	o.Observers = []server.Observer{who}
	house, _ := archived(t, o)
	request := newRequest(t, t.Context(), serve(t, house).URL+"/logging/modelinvocations", `{"loggingConfig":{"s3Config":{"bucketName":"logs","keyPrefix":"a/b"}}}`)
	request.Method = http.MethodPut
	if got := do(t, newClient(t, http1), request); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	house.Drain()
	if d := gocmp.Diff(map[string]string{"bucketName": "logs", "keyPrefix": "a/b"}, who.names[0]); d != "" {
		t.Error(d)
	}
}

// What a request names is told, and what it says is not.
func TestObservedNames(t *testing.T) {
	house, who := observed(t, scripted(t, `default: {reply: Hi}`), nil)
	post(t, newClient(t, http1), serve(t, house).URL+"/model/amazon.nova-lite-v1%3A0/converse", guarded)
	want := map[string]string{"modelId": "amazon.nova-lite-v1:0", "guardrailIdentifier": "abc123abc123", "guardrailVersion": "2"}
	if d := gocmp.Diff(want, who.names[0]); d != "" {
		t.Error(d)
	}
}

// An observer who is not content lets nothing go: no request, no answer, and no end of
// a streamed one.
func TestObserverRefuses(t *testing.T) {
	no := &bedrock.ServiceUnavailableException{Message: "No."}
	stream := http.Header{"Content-Type": {eventstream.ContentType}}
	for _, up := range []provider.Provider{
		scripted(t, `default: {reply: Hello.}`),
		&passing{pieces: []provider.Piece{{Header: stream, Body: frame(t, "metadata", `{"usage":{"inputTokens":1}}`)}}},
	} {
		house, who := observed(t, up, nil)
		web, client := serve(t, house), newClient(t, h2c)
		who.begin = no
		if got := post(t, client, web.URL+claudePath+"/converse", conversationBody); got.status != 503 || messageOf(t, got) != "No." {
			t.Errorf("at the beginning: %d %s", got.status, got.body)
		}
		who.begin, who.answered = nil, no
		if _, whole := up.(*passing); !whole {
			if got := post(t, client, web.URL+claudePath+"/converse", conversationBody); got.status != 503 || messageOf(t, got) != "No." {
				t.Errorf("a whole answer: %d %s", got.status, got.body)
			}
			got := post(t, client, web.URL+claudePath+"/invoke-with-response-stream", claudeBody)
			if !strings.Contains(string(got.body), "serviceUnavailableException") || strings.Contains(string(got.body), "invocationMetrics") {
				t.Errorf("a native stream: %d %q", got.status, got.body)
			}
		}
		got := post(t, client, web.URL+claudePath+"/converse-stream", conversationBody)
		if !strings.Contains(string(got.body), "serviceUnavailableException") || strings.Contains(string(got.body), "usage") {
			t.Errorf("a stream: %d %q", got.status, got.body)
		}
		if got := post(t, client, web.URL+"/nothing", ""); got.status != 503 {
			t.Errorf("what is no operation: %d %s", got.status, got.body)
		}
	}
}

// Observers hear of an answer before the last of it leaves.
func TestObservedBeforeTheEnd(t *testing.T) {
	for operation, body := range map[string]string{
		"/converse": conversationBody, "/converse-stream": conversationBody, "/invoke": claudeBody, "/invoke-with-response-stream": claudeBody, "/nothing": "",
	} {
		house, who := observed(t, scripted(t, `default: {reply: One two three.}`), nil)
		w := &watched{ResponseRecorder: httptest.NewRecorder(), records: func() int64 {
			who.mu.Lock()
			defer who.mu.Unlock()
			return int64(len(who.calls))
		}}
		here := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
		r := httptest.NewRequestWithContext(here, http.MethodPost, claudePath+operation, strings.NewReader(body))
		r.RemoteAddr = "127.0.0.1:1"
		house.ServeHTTP(w, r)
		if n := len(w.seen); n == 0 || w.seen[n-1] != 1 {
			t.Errorf("%s: what observers knew at each write: %v", operation, w.seen)
		}
	}
}

// traced keeps the place in a trace in which it was asked.
type traced struct {
	provider.Provider
	asked traceparent.Context
}

func (p *traced) Converse(ctx context.Context, call provider.Call) provider.Events {
	p.asked = traceparent.Of(ctx)
	return p.Provider.Converse(ctx, call)
}

// The trace goes on to the provider, whether anybody observes it or not.
func TestTraceGoesOn(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	up := &traced{Provider: scripted(t, `default: {reply: Hi}`)}
	request := newRequest(t, t.Context(), serve(t, newServer(t, up)).URL+claudePath+"/converse", conversationBody)
	request.Header.Set("Traceparent", parent)
	request.Header.Set("Tracestate", "a=1")
	do(t, newClient(t, http1), request)
	if d := gocmp.Diff(traceparent.Context{Parent: parent, State: "a=1"}, up.asked); d != "" {
		t.Error(d)
	}
}
