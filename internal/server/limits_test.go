package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/prompts"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/quota"
	"github.com/saprolite/saprolite/internal/quota/memory"
	"github.com/saprolite/saprolite/internal/server"
)

// sessionOf is a session of a role.
func sessionOf(role, name string) identity.Principal {
	return identity.Principal{
		ARN: "arn:aws:sts::123456789012:assumed-role/" + role + "/" + name, Account: "123456789012",
		Session: &identity.Session{RoleARN: "arn:aws:iam::123456789012:role/" + role, Name: name},
	}
}

// The sessions of a role spend its budget, and are on record by their own names.
func TestBudgetOfRole(t *testing.T) {
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t,
		`default: {reply: Hi, usage: {inputTokens: 10, outputTokens: 20}}`))
	var sessions turns
	for _, name := range []string{"one", "two", "three"} {
		sessions.principals = append(sessions.principals, sessionOf("batch", name))
	}
	o.Identity = &sessions
	house, l := metered(t, o, meter.Budget{Name: "each", Per: meter.FieldPrincipal, Only: "*", Period: meter.Daily, Amount: 100_000})
	web, client := serve(t, house), newClient(t, http1)
	for i, status := range []int{200, 200, 400} {
		got := post(t, client, web.URL+claudePath+"/converse", hi)
		if got.status != status {
			t.Errorf("call %d: %s", i, got.body)
		}
		if r := l.of(t, got.header); r.Principal != sessions.principals[i].ARN {
			t.Errorf("call %d is on record for %s", i, r.Principal)
		}
	}
}

// A request that alone exceeds a quota gets an error that its operation has, before a
// stream begins.
func TestRequestExceedsQuota(t *testing.T) {
	rules, err := quota.NewRules([]quota.Rule{{Name: "all", TokensPerMinute: 100}})
	if err != nil {
		t.Fatal(err)
	}
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), scripted(t, `default: {reply: Hi}`))
	o.Pipeline.Quota = memory.New(rules, nil)
	web, client := serve(t, server.New(o)), newClient(t, http1)
	const (
		talk     = `{"messages":[{"role":"user","content":[{"text":"hi"}]}],"inferenceConfig":{"maxTokens":101}}`
		native   = `{"anthropic_version":"bedrock-2023-05-31","max_tokens":101,"messages":[{"role":"user","content":"hi"}]}`
		throttle = `{"message":"Too many tokens, please wait before trying again."}`
		never    = `{"message":"Your request exceeds the service quota for your account."}`
	)
	for _, test := range []struct {
		path, body string
		status     int
		code, want string
	}{
		{"/converse", talk, 429, "ThrottlingException", throttle},
		{"/converse-stream", talk, 429, "ThrottlingException", throttle},
		{"/invoke", native, 400, "ServiceQuotaExceededException", never},
		{"/invoke-with-response-stream", native, 400, "ServiceQuotaExceededException", never},
	} {
		wantError(t, post(t, client, web.URL+claudePath+test.path, test.body), test.status, test.code+ofBedrock, test.want)
	}
}

// turns takes each request for one of the next principal.
type turns struct {
	principals []identity.Principal
	next       int
}

func (a *turns) Identify(context.Context, *http.Request) (identity.Claim, error) {
	a.next++
	return identity.Proven(a.principals[a.next-1]), nil
}

// leaving is a provider whose caller leaves when a part of the answer is there.
type leaving struct{ leave context.CancelFunc }

func (l *leaving) Converse(ctx context.Context, _ provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		text := bedrock.ContentBlockDelta{Text: new("sixteen letters.")}
		if yield(bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{Delta: text}}, nil) {
			l.leave()
			<-ctx.Done()
			yield(bedrock.ConverseStreamOutput{}, ctx.Err())
		}
	}
}

// A whole answer whose caller leaves counts what came of it, as its quota does.
func TestMeteredWholeInPart(t *testing.T) {
	rules, err := quota.NewRules([]quota.Rule{{Name: "all", TokensPerDay: 1_000_000}})
	if err != nil {
		t.Fatal(err)
	}
	from, limiter := new(leaving), memory.New(rules, nil)
	o := options(newCatalog(t, catalog.Mapping{ID: "*", Provider: "test"}), from)
	o.Pipeline.Quota, o.Identity = limiter, caller{}
	house, l := metered(t, o)
	ctx, leave := context.WithCancel(t.Context())
	from.leave = leave
	r, answer := newRequest(t, ctx, "http://localhost"+claudePath+"/converse", hi), httptest.NewRecorder()
	house.ServeHTTP(answer, r)
	header := http.Header{}
	for name, values := range answer.Header() {
		header.Set(name, values[0]) // as a wire would have made it canonical
	}
	got := l.of(t, header)
	buckets, err := limiter.Buckets(t.Context(), 1)
	if err != nil || len(buckets) != 1 {
		t.Fatalf("%+v, %v", buckets, err)
	}
	if used := buckets[0].Levels[0].Used; got.Status != 499 || got.OutputTokens != 4 || got.InputTokens+got.OutputTokens != used {
		t.Errorf("%d tokens of the quota are used, and on record is %+v", used, got)
	}
}

// A call that policies refuse is on record for the model that it named.
func TestMeteredDenied(t *testing.T) {
	library, err := prompts.Parse("prompts.yaml", []byte("prompts: [{id: GREETING12, model: amazon.nova-lite-v1:0, text: Hi}]"))
	if err != nil {
		t.Fatal(err)
	}
	o := options(newCatalog(t, catalog.Mapping{ID: "amazon.*", Provider: "test"}), scripted(t, scriptedAnswer))
	nobody := caller{Principal: alice(), policies: allowing(t, `{"Effect":"Deny","Action":"*","Resource":"*"}`)}
	o.Prompts, o.Identity, o.Access = library, nobody, nobody
	house, l := metered(t, o)
	web, client := serve(t, house), newClient(t, http1)
	for path, want := range map[string]string{
		novaPath:                          "amazon.nova-lite-v1:0",
		novaProfile:                       "amazon.nova-lite-v1:0",
		prompted:                          "amazon.nova-lite-v1:0",
		"/model/nobody.knows-v1%3A0":      "nobody.knows-v1:0",
		"/model/no%20id%20at%20all%0a%0a": "",
	} {
		got := post(t, client, web.URL+path+"/converse", hi)
		if r := l.of(t, got.header); r.Error != "AccessDeniedException" || r.Model != want || r.Provider != "" {
			t.Errorf("%s: %s and the record %+v", path, got.body, r)
		}
	}
}
