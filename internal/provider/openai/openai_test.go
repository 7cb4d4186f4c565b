package openai_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/providertest"
)

func newClient(t testing.TB, f *fake) *openai.Client {
	t.Helper()
	client, err := openai.New(openai.Options{BaseURL: f.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// harness plays a server for the suite.
func harness(f *fake) func(t *testing.T) providertest.Harness {
	return func(t *testing.T) providertest.Harness {
		newFake(t, f)
		client := newClient(t, f)
		return providertest.Harness{
			Provider:      client,
			Model:         "m",
			Prompt:        "hello",
			Endless:       "endless",
			StopPrompt:    "count",
			StopSequence:  "5",
			PrefillPrompt: "What is the capital of France?",
			Prefill:       "The capital",
			System:        "You are terse.",
			Counts:        true,
			Idle:          f.Idle,
			Failures: []providertest.Failure{
				{Name: "refused", Prompt: "fail 400", Code: "ValidationException"},
				{Name: "too long", Prompt: "too long", Code: "ValidationException"},
				{Name: "throttled", Prompt: "fail 429", Code: "ThrottlingException"},
				{Name: "broken", Prompt: "fail 500", Code: "ModelErrorException"},
				{Name: "cut off", Prompt: "breaks", Code: "ModelStreamErrorException", Within: true, PlainCode: "ModelErrorException"},
				{Name: "error inside", Prompt: "complains", Code: "ModelStreamErrorException", Within: true, PlainCode: "ModelErrorException"},
			},
			Close: func() {
				_ = client.Close() // never fails
				f.Close()
			},
		}
	}
}

func TestProvider(t *testing.T) {
	pieces := func(size int) func(http.ResponseWriter, string) {
		return func(w http.ResponseWriter, text string) {
			for len(text) > 0 {
				n := min(size, len(text))
				_, _ = w.Write([]byte(text[:n])) // a client that left is seen by its context
				w.(http.Flusher).Flush()
				text = text[n:]
			}
		}
	}
	t.Run("vllm", func(t *testing.T) { providertest.Run(t, harness(&fake{})) })
	t.Run("llamacpp", func(t *testing.T) { providertest.Run(t, harness(&fake{llamacpp: true})) })
	t.Run("pieces", func(t *testing.T) { providertest.Run(t, harness(&fake{write: pieces(7)})) })
	t.Run("carriage returns and comments", func(t *testing.T) {
		write := pieces(1 << 20)
		providertest.Run(t, harness(&fake{write: func(w http.ResponseWriter, text string) {
			write(w, ": keep-alive\r\n\r\n"+strings.ReplaceAll(text, "\n", "\r\n"))
		}}))
	})
}
