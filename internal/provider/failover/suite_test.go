package failover_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/provider/failover"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/provider/providertest"
	"github.com/saprolite/saprolite/internal/provider/script"
)

// TestProvider runs the suite with a server that is gone ahead of one that answers.
func TestProvider(t *testing.T) {
	for name, order := range map[string]failover.Order{"in turn": failover.InTurn, "by weight": failover.ByWeight} {
		t.Run(name, func(t *testing.T) {
			providertest.Run(t, func(t *testing.T) providertest.Harness { return harness(t, order) })
		})
	}
}

func harness(t *testing.T, order failover.Order) providertest.Harness {
	gone := newClient(t, closedAddress())
	answers, err := script.Parse("rules.yaml", fmt.Appendf(nil, `
rules:
  - when: {text: hello}
    reply: Hello there, friend.
  - when: {text: endless}
    reply: %q
  - when: {text: count}
    reply: 1 2 3 4 5 6
  - when: {text: "What is the capital of France?"}
    reply: " of France is Paris."
  - when: {text: throttled}
    error: ThrottlingException
  - when: {text: broken}
    reply: It was a dark night.
    error: {type: ModelStreamErrorException, after: 2}
`, strings.Repeat("la ", 500)))
	if err != nil {
		t.Fatal(err)
	}
	return providertest.Harness{
		Provider: failover.New([]failover.Member{{Name: "gone", Provider: gone, Weight: 5}, {Name: "script", Provider: answers}},
			failover.Options{Order: order}),
		Model: "m", Prompt: "hello", Endless: "endless", StopPrompt: "count", StopSequence: "5",
		PrefillPrompt: "What is the capital of France?", Prefill: "The capital", System: "You are terse.",
		Counts: true,
		Failures: []providertest.Failure{
			{Name: "before", Prompt: "throttled", Code: "ThrottlingException"},
			{Name: "within", Prompt: "broken", Code: "ModelStreamErrorException", Within: true, PlainCode: "ModelStreamErrorException"},
		},
		Close: func() { _ = gone.Close() }, // never fails
	}
}

// closedAddress is where nobody listens.
func closedAddress() string {
	server := httptest.NewServer(nil)
	server.Close()
	return server.URL
}

func newClient(t *testing.T, address string) *openai.Client {
	t.Helper()
	client, err := openai.New(openai.Options{BaseURL: address})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
