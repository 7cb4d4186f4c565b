package llamacpp

import (
	"slices"
	"time"

	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// responseTimeout bounds a plain answer, its place in the queue included. Models
// that barely fit a machine are slow, and a child that ends is noticed at once.
const responseTimeout = time.Hour

// client makes the client of one exchange. It has no connections of its own.
func (p *Provider) client(lease *engine.Lease) *openai.Client {
	b := p.breaker.Load()
	if b == nil || !slices.Equal(b.tokens, lease.ControlTokens) {
		b = newBreaker(lease.ControlTokens)
		p.breaker.Store(b)
	}
	e := exchange{breaker: b, system: p.model.Weights == engine.DefaultWeights}
	return &openai.Client{
		HTTP:            lease.Client,
		BaseURL:         lease.BaseURL + "/v1",
		ResponseTimeout: responseTimeout,
		Prepare:         e.prepare,
		Software:        openai.LlamaServer,
	}
}

// exchange is what makes a request fit for llama.cpp.
type exchange struct {
	breaker *breaker
	// system says that a conversation without a system prompt gets an empty one.
	system bool
}

func (e exchange) prepare(_ provider.Call, body openai.Body) {
	if messages, ok := body["messages"].([]openai.Message); ok {
		body["messages"] = e.messages(messages)
	}
}

// messages gives the messages joined by role and without control tokens, behind
// a system prompt.
func (e exchange) messages(messages []openai.Message) []openai.Message {
	joined := make([]openai.Message, 0, len(messages)+1)
	if e.system && messages[0].Role != "system" {
		joined = append(joined, openai.Message{Role: "system"})
	}
	for _, m := range messages {
		m.Content, m.Reasoning = e.breaker.breakUp(m.Content), e.breaker.breakUp(m.Reasoning)
		if n := len(joined); n > 0 && joined[n-1].Role == m.Role {
			last := &joined[n-1]
			last.Content, last.Reasoning = join(last.Content, m.Content), join(last.Reasoning, m.Reasoning)
			continue
		}
		joined = append(joined, m)
	}
	return joined
}

// join puts one text after another, as the blocks of one message are.
func join(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "\n" + second
}
