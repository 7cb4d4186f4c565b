package bedrock_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	service "github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/bedrock"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

func TestProvider(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		u := newUpstream(t, rules)
		p := newProvider(t, u.options())
		return providertest.Harness{
			Provider: p, Model: claude,
			Prompt: "hello", Endless: "endless", StopPrompt: "count", StopSequence: "5",
			PrefillPrompt: "What is the capital of France?", Prefill: "The capital", System: "You are terse.",
			Counts: true,
			Idle:   u.Idle,
			Failures: []providertest.Failure{
				{Name: "throttled", Prompt: "throttled", Code: "ThrottlingException"},
				{Name: "not ready", Prompt: "not ready", Code: "ModelNotReadyException"},
				{Name: "model", Prompt: "model", Code: "ModelErrorException"},
				{Name: "denied", Prompt: "denied", Code: "AccessDeniedException"},
				{Name: "no rule", Prompt: "nothing", Code: "ValidationException"},
				{Name: "within", Prompt: "broken", Code: "ModelStreamErrorException", Within: true, PlainCode: "ModelStreamErrorException"},
			},
			Close: func() {
				_ = p.Close() // never fails
				u.Close()
			},
		}
	})
}

func ask(text string, incremental bool) provider.Call {
	return provider.Call{Model: claude, Incremental: incremental, Request: &service.ConverseRequest{
		Messages: []service.Message{{Role: "user", Content: []service.ContentBlock{{Text: &text}}}},
	}}
}

// Both ways give the same blocks.
func TestBlocks(t *testing.T) {
	u := newUpstream(t, rules)
	defer u.Close()
	p := newProvider(t, u.options())
	defer p.Close()
	for _, incremental := range []bool{true, false} {
		a, err := providertest.Collect(t, t.Context(), p, ask("think", incremental))
		if err != nil {
			t.Fatal(err)
		}
		if a.Reasoning != "Hm." || a.StopReason != service.StopReasonToolUse {
			t.Errorf("incremental %v: %q and %s", incremental, a.Reasoning, a.StopReason)
		}
	}
}

// The id that the caller wrote goes on, unless the configuration has a name.
func TestModelIDs(t *testing.T) {
	u := newUpstream(t, rules)
	defer u.Close()
	p := newProvider(t, u.options())
	defer p.Close()
	for _, test := range []struct{ model, requested, path string }{
		{claude, "", "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse"},
		{claude, "us." + claude, "/model/us.anthropic.claude-3-haiku-20240307-v1%3A0/converse"},
		{claude, "arn:aws:bedrock:us-east-1::foundation-model/" + claude,
			"/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Fanthropic.claude-3-haiku-20240307-v1%3A0/converse"},
	} {
		call := ask("hello", false)
		call.Model, call.Requested = test.model, test.requested
		if _, err := providertest.Collect(t, t.Context(), p, call); err != nil || u.path != test.path {
			t.Errorf("%s: the path is %s, error %v", test.requested, u.path, err)
		}
	}
}

// Errors are the upstream's, but for those about this server's own credentials.
func TestErrors(t *testing.T) {
	u := newUpstream(t, rules)
	defer u.Close()
	wrong := u.options()
	wrong.SecretAccessKey = "wrong"
	denied := &service.AccessDeniedException{Message: "You don't have access to the model with the specified model ID."}
	for _, test := range []struct {
		text      string
		options   bedrock.Options
		want      service.Exception
		temporary bool
	}{
		{"model", u.options(), &service.ModelErrorException{Message: "Out of memory.", OriginalStatusCode: new(int32(500)), ResourceName: new("r")}, false},
		{"broken", u.options(), &service.ModelStreamErrorException{Message: "Gone.", OriginalStatusCode: new(int32(502)), OriginalMessage: new("bad")}, false},
		{"throttled", u.options(), &service.ThrottlingException{Message: "Too many requests, please wait before trying again."}, true},
		{"denied", u.options(), denied, false},
		{"hello", wrong, denied, false},
	} {
		p := newProvider(t, test.options)
		_, err := providertest.Collect(t, t.Context(), p, ask(test.text, false))
		exception, _ := errors.AsType[service.Exception](err)
		if d := cmp.Diff(test.want, exception); d != "" {
			t.Errorf("%s: %s", test.text, d)
		}
		if upstream, ok := errors.AsType[*provider.UpstreamError](err); !ok || upstream.Temporary() != test.temporary {
			t.Errorf("%s: the upstream's part is %v", test.text, upstream)
		}
		_ = p.Close() // never fails
	}
}

// A key of Bedrock's own is sent instead of a signature.
func TestAPIKey(t *testing.T) {
	u := newUpstream(t, rules)
	defer u.Close()
	p := newProvider(t, bedrock.Options{Region: "eu-central-1", Endpoint: u.URL + "/", APIKey: "bedrock-api-key-1"})
	defer p.Close()
	_, err := providertest.Collect(t, t.Context(), p, ask("hello", false))
	if got := u.header.Get("Authorization"); err == nil || got != "Bearer bedrock-api-key-1" {
		t.Errorf("sent %q, error %v", got, err)
	}
}

func TestNew(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	for _, o := range []bedrock.Options{{}, {Region: "us-east-1", Profile: "nobody"}, {Region: "us-east-1", Endpoint: "ftp://x"}} {
		if _, err := bedrock.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	t.Setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:8484")
	for region, want := range map[string]string{
		"us-east-1":     "https://bedrock-runtime.us-east-1.amazonaws.com",
		"cn-north-1":    "https://bedrock-runtime.cn-north-1.amazonaws.com.cn",
		"us-gov-west-1": "https://bedrock-runtime.us-gov-west-1.amazonaws.com",
	} {
		p, err := bedrock.New(bedrock.Options{Region: region})
		if err != nil || p.Endpoint() != want {
			t.Errorf("%s is at %v, %v", region, p, err)
		}
	}
}
