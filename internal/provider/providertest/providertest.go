// Package providertest is the suite that every provider passes, the decorators
// and the embedded engine too. It holds a provider to what the documentation of
// provider.Provider promises.
package providertest

import (
	"context"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"go.uber.org/goleak"
)

// Harness is a provider under test, and what the suite may ask of it. The suite
// asks at temperature 0 and sends no more than the fields say.
type Harness struct {
	// Provider is under test, and Model a name that it answers for.
	Provider provider.Provider
	Model    string
	// Prompt is a user's text that gets at least four tokens of text, which the
	// model ends by itself.
	Prompt string
	// Endless is a user's text whose answer goes on until it is stopped, or
	// at least for some hundred tokens.
	Endless string
	// StopPrompt gets an answer that holds StopSequence after other text.
	StopPrompt, StopSequence string
	// Prefill begins the answer to PrefillPrompt, which goes on after it.
	PrefillPrompt, Prefill string
	// System is a system prompt that makes itself felt at Prompt: it costs
	// input tokens, and System's own check, if set, sees the answer's text.
	System      string
	CheckSystem func(t *testing.T, text string)
	// Failures are calls that fail. There is one of each kind, unless the
	// provider cannot be made to fail.
	Failures []Failure
	// Counts says that the provider is a TokenCounter.
	Counts bool
	// Idle waits until no upstream works on a call, or ctx ends. It is nil for
	// a provider without an upstream.
	Idle func(ctx context.Context) error
	// Close ends all that the harness has started; nothing of it, goroutines
	// and connections, may be left then.
	Close func()
}

// Failure is a call that fails.
type Failure struct {
	// Name names the case.
	Name string
	// Prompt is the user's text that fails.
	Prompt string
	// Code is the exception's, as ThrottlingException.
	Code string
	// Within says that a stream breaks after it has begun. A plain call then
	// fails with PlainCode.
	Within    bool
	PlainCode string
}

// Run opens a harness and puts its provider through the suite.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	before := goleak.IgnoreCurrent()
	h := open(t)
	s := &suite{h}
	t.Run("stream", s.stream)
	t.Run("plain", s.plain)
	t.Run("max tokens", s.maxTokens)
	t.Run("stop sequence", s.stopSequence)
	t.Run("system", s.system)
	t.Run("prefill", s.prefill)
	t.Run("turns", s.turns)
	t.Run("count tokens", s.countTokens)
	t.Run("consumer leaves", s.consumerLeaves)
	t.Run("context ends", s.contextEnds)
	t.Run("context has ended", s.contextHasEnded)
	t.Run("failures", s.failures)
	t.Run("concurrent", s.concurrent)
	h.Close()
	goleak.VerifyNone(t, before)
}

type suite struct{ Harness }

// call asks the model with one user's text.
func (s *suite) call(text string, incremental stream) provider.Call {
	return provider.Call{
		Model:       s.Model,
		Incremental: bool(incremental),
		Request: &bedrock.ConverseRequest{
			ModelId:         s.Model,
			InferenceConfig: &bedrock.InferenceConfiguration{Temperature: new(float32(0))},
			Messages:        []bedrock.Message{message(bedrock.ConversationRoleUser, text)},
		},
	}
}

// stream says how an answer comes.
type stream bool

const (
	streamed stream = true
	plain    stream = false
)

func (s stream) String() string {
	if s {
		return "streamed"
	}
	return "plain"
}

// both runs a test for either way to answer.
func both(t *testing.T, test func(*testing.T, stream)) {
	for _, s := range []stream{streamed, plain} {
		t.Run(s.String(), func(t *testing.T) { test(t, s) })
	}
}

func message(role bedrock.ConversationRole, text string) bedrock.Message {
	return bedrock.Message{Role: role, Content: []bedrock.ContentBlock{{Text: &text}}}
}
