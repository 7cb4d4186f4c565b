package llamacpp

import (
	"context"
	"slices"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/engine"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// responseTimeout bounds a plain answer, its place in the queue included. Models
// that barely fit a machine are slow, and a child that ends is noticed at once.
const responseTimeout = time.Hour

// exchange is one call on its way to the engine.
type exchange struct {
	*traits
	lease *engine.Lease
	call  provider.Call
	// system says that a conversation without a system prompt gets an empty one.
	system bool
	// offered are the tools of which the answer must call one; none if it may be
	// words.
	offered []*bedrock.ToolSpecification
	// prefix says that the request is the beginning of one, behind which no
	// answer begins.
	prefix bool
}

func (p *Provider) exchange(ctx context.Context, lease *engine.Lease, call provider.Call) (*exchange, error) {
	t, err := p.traits(ctx, lease)
	if err != nil {
		return nil, err
	}
	call.Request = conversation.Plain(call.Request)
	return &exchange{
		traits: t, lease: lease, call: call,
		system:  p.model.Weights == engine.DefaultWeights,
		offered: offered(call.Request, t.tools),
	}, nil
}

// converse answers the call.
func (x *exchange) converse(ctx context.Context) provider.Events {
	events := x.client().Converse(ctx, x.call)
	if len(x.offered) > 0 {
		events = readCall(events)
	}
	if conversation.HasCachePoints(x.call.Request) {
		events = x.withWrites(ctx, events)
	}
	return events
}

// client makes the client of the exchange. It has no connections of its own.
func (x *exchange) client() *openai.Client {
	return &openai.Client{
		HTTP:            x.lease.Client,
		BaseURL:         x.lease.BaseURL + "/v1",
		ResponseTimeout: responseTimeout,
		Prepare:         x.prepare,
		Software:        openai.LlamaServer,
	}
}

// prepare makes a request fit for llama.cpp.
func (x *exchange) prepare(_ provider.Call, body openai.Body) {
	messages, ok := body["messages"].([]openai.Message)
	if !ok {
		return
	}
	if !x.tools || len(x.offered) > 0 {
		delete(body, "tools")
		delete(body, "tool_choice")
	}
	if !x.tools {
		messages = callsInWords(messages)
	}
	messages = x.fit(messages)
	if len(x.offered) > 0 {
		messages = withSystem(messages, describe(x.offered))
		body["response_format"] = callFormat(x.offered)
	}
	body["messages"] = messages
	if x.prefix {
		body["add_generation_prompt"] = false
		delete(body, "continue_final_message")
	}
}

// fit gives the messages joined by role and without control tokens, behind a
// system prompt.
func (x *exchange) fit(messages []openai.Message) []openai.Message {
	fitted := make([]openai.Message, 0, len(messages)+1)
	if x.system && messages[0].Role != "system" {
		fitted = append(fitted, openai.Message{Role: "system"})
	}
	for _, m := range messages {
		m = x.breaker.message(m)
		if n := len(fitted); n > 0 && fitted[n-1].Role == m.Role && m.Role != "tool" {
			last := &fitted[n-1]
			last.Content = slices.Concat(last.Content, m.Content)
			last.ToolCalls = slices.Concat(last.ToolCalls, m.ToolCalls)
			last.Reasoning = joined(last.Reasoning, m.Reasoning)
			continue
		}
		fitted = append(fitted, m)
	}
	return fitted
}

// joined puts one text after another, as the blocks of one message are.
func joined(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + "\n" + second
}

// withSystem adds to the system prompt.
func withSystem(messages []openai.Message, text string) []openai.Message {
	if messages[0].Role != "system" {
		messages = slices.Insert(messages, 0, openai.Message{Role: "system"})
	}
	messages[0].Content = append(messages[0].Content, openai.Part{Text: text})
	return messages
}
