package anthropic_test

import (
	"testing"

	"go.uber.org/goleak"

	format "github.com/saprolite/saprolite/internal/format/anthropic"
	"github.com/saprolite/saprolite/internal/provider/anthropic"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newProvider(t testing.TB, f *fake) *anthropic.Provider {
	t.Helper()
	p, err := anthropic.New(anthropic.Options{Bodies: format.New(), BaseURL: f.URL, APIKey: "sk-ant-secret"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProvider(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		f := newFake(t)
		p := newProvider(t, f)
		return providertest.Harness{
			Provider: p, Model: "claude-x",
			Prompt: "hello", Endless: "endless", StopPrompt: "count", StopSequence: "5",
			PrefillPrompt: "What is the capital of France?", Prefill: "The capital", System: "You are terse.",
			Counts: true,
			Idle:   f.Idle,
			Failures: []providertest.Failure{
				{Name: "refused", Prompt: "fail 400", Code: "ValidationException"},
				{Name: "too long", Prompt: "too long", Code: "ValidationException"},
				{Name: "key", Prompt: "fail 401", Code: "AccessDeniedException"},
				{Name: "permission", Prompt: "fail 403", Code: "AccessDeniedException"},
				{Name: "model", Prompt: "fail 404", Code: "ResourceNotFoundException"},
				{Name: "too large", Prompt: "fail 413", Code: "ValidationException"},
				{Name: "throttled", Prompt: "fail 429", Code: "ThrottlingException"},
				{Name: "broken", Prompt: "fail 500", Code: "ModelErrorException"},
				{Name: "overloaded", Prompt: "fail 529", Code: "ServiceUnavailableException"},
				{Name: "cut off", Prompt: "breaks", Code: "ModelStreamErrorException", Within: true, PlainCode: "ModelErrorException"},
				{Name: "error inside", Prompt: "complains", Code: "ModelStreamErrorException", Within: true, PlainCode: "ModelErrorException"},
			},
			Close: func() {
				_ = p.Close() // never fails
				f.Close()
			},
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for _, o := range []anthropic.Options{{}, {Bodies: format.New(), BaseURL: "ftp://x"}} {
		if _, err := anthropic.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
