package openai

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/sse"
)

// Converse answers a call by one request to /chat/completions.
func (c *Client) Converse(ctx context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		a := &answer{client: c, call: call, out: provider.NewWriter(yield)}
		if err := a.run(ctx); err != nil {
			a.out.Fail(err)
		}
	}
}

// answer reads one answer.
type answer struct {
	client *Client
	call   provider.Call
	out    *provider.Writer
	// prefill is the assistant's last message, which the answer continues.
	prefill string
	// stops are the stop sequences of the request.
	stops []string
	usage *usage
	// tier is the service tier, where the server was asked for one and says it.
	tier  bedrock.ServiceTierType
	calls calls
	// thoughts and spoken take the text apart, one behind the other.
	thoughts thoughts
	spoken   spoken
	// turned says that the server told reasoning apart, and that no text followed.
	turned bool
	format answerFormat
}

// errLeft ends an answer whose consumer has left.
var errLeft = errors.New("the consumer has left")

func (a *answer) run(ctx context.Context) error {
	body, err := a.request(ctx)
	if err != nil {
		return err
	}
	response, err := a.client.Post(ctx, "/chat/completions", body)
	if err != nil {
		return err
	}
	defer response.Close()
	if response.Streams() {
		err = a.stream(response)
	} else {
		err = a.plain(response)
	}
	if errors.Is(err, errLeft) {
		return nil
	}
	return err
}

// request words the call, and keeps what the answer is read by.
func (a *answer) request(ctx context.Context) ([]byte, error) {
	body, err := NewBody(a.call)
	if err != nil {
		return nil, err
	}
	if a.call.Incremental {
		body["stream"] = true
		body["stream_options"] = map[string]bool{"include_usage": true}
	}
	if a.client.Prepare != nil {
		a.client.Prepare(a.call, body)
	}
	a.client.setTier(a.call, body)
	a.client.askForEnding(ctx, body)
	a.stops = body.stopSequences()
	if messages, ok := body["messages"].([]Message); ok {
		if last := messages[len(messages)-1]; last.Role == string(bedrock.ConversationRoleAssistant) {
			a.prefill = last.Content.Text()
			a.thoughts.state = talking // what goes on began before
		}
	}
	a.thoughts.inside = a.client.OpensThoughts && body.opensThoughts()
	a.spoken = newSpoken(body)
	a.format = formatOf(a.call.Request)
	text, err := body.JSON()
	if err != nil {
		return nil, a.client.invalid(err)
	}
	return text, nil
}

// stream reads an answer as it comes.
func (a *answer) stream(response *Response) error {
	events := response.Events()
	var d decoder
	for {
		data, err := events.Next()
		switch {
		case err == io.EOF && a.out.Stopped(), err == nil && string(data) == "[DONE]":
			return a.end(response)
		case err == io.EOF:
			return a.broken(io.ErrUnexpectedEOF)
		case errors.Is(err, sse.ErrTooLong):
			return a.broken(err)
		case err != nil && a.out.Started():
			return a.cut(response, err)
		case err != nil:
			return response.Err(err)
		}
		if err := a.event(&d, data); err != nil {
			return err
		}
	}
}

// event takes one chunk of a stream.
func (a *answer) event(d *decoder, data []byte) error {
	if text, reasoning, ok := d.token(data); ok {
		return a.write(text, reasoning)
	}
	c, err := d.decode(data)
	if err != nil {
		return a.broken(fmt.Errorf("a chunk of the stream: %w", err))
	}
	return a.take(c)
}

// plain reads an answer that comes whole.
func (a *answer) plain(response *Response) error {
	body, err := response.ReadAll()
	if err != nil {
		return err
	}
	var d decoder
	c, err := d.decode(body)
	if err != nil {
		return a.broken(fmt.Errorf("the answer: %w", err))
	}
	for i := range c.Choices {
		choice := &c.Choices[i]
		choice.Delta = choice.Message
		if c.Timings != nil {
			// This is llama.cpp, which repeats what it continues.
			choice.Delta.Text.value = strings.TrimPrefix(choice.Delta.Text.value, a.prefill)
		}
		if choice.Index == 0 && startsInside(choice.Delta.Text.value) {
			a.thoughts.inside = true
		}
	}
	if err := a.take(c); err != nil {
		return err
	}
	return a.end(nil)
}

// take writes what a chunk says.
func (a *answer) take(c *chunk) error {
	switch {
	case c.Error != nil && c.Error.Kind() != 'n':
		return a.failed(failureOf(c.Error))
	case c.Object == "error":
		return a.failed(c.failure())
	}
	if c.Usage != nil {
		a.usage = c.Usage
	}
	if tier := bedrock.ServiceTierType(c.ServiceTier); slices.Contains(tier.Values(), tier) {
		a.tier = tier
	}
	for i := range c.Choices {
		choice := &c.Choices[i]
		if choice.Index != 0 || a.out.Stopped() {
			continue
		}
		if err := a.choice(c, choice); err != nil {
			return err
		}
	}
	return nil
}

// choice looks at the end that a choice may have, before anything is written,
// and writes content and end.
func (a *answer) choice(c *chunk, choice *choice) error {
	if choice.gaveUp() {
		return a.broken(fmt.Errorf("the server gave the answer up: finish_reason %q", choice.FinishReason))
	}
	if err := a.content(&choice.Delta); err != nil {
		return err
	}
	if choice.FinishReason == "" {
		return nil
	}
	if err := a.endText(); err != nil {
		return err
	}
	if !a.out.Stop(a.reason(c, choice)) {
		return errLeft
	}
	return nil
}

// content writes what is new. A refusal is text: the model's own words.
func (a *answer) content(c *content) error {
	if !a.out.Start() {
		return errLeft
	}
	if err := a.write(c.reasoning().value, true); err != nil {
		return err
	}
	if err := a.write(c.Text.value, false); err != nil {
		return err
	}
	if c.Refusal != "" {
		a.format.wanted = false
		if err := a.write(c.Refusal, false); err != nil {
			return err
		}
	}
	return a.useTools(c.ToolCalls)
}

func (a *answer) write(text string, reasoning bool) error {
	switch {
	case text == "" || a.out.Stopped():
		// Nothing comes behind the end.
		return nil
	case reasoning:
		// A server that tells reasoning apart leaves none in the text.
		if err := a.said(a.thoughts.rest()); err != nil {
			return err
		}
		a.thoughts.state = talking
		return a.said(a.reasoned(text), "")
	case a.turned:
		// What parted the two belongs to neither.
		if text = strings.TrimLeft(text, "\n"); text == "" {
			return nil
		}
		a.turned = false
	}
	return a.said(a.thoughts.next(text))
}

// reasoned is reasoning that the server tells apart, without the line feeds behind
// the tag that began it.
func (a *answer) reasoned(text string) string {
	if !a.turned {
		text = strings.TrimLeft(text, "\n")
		a.turned = text != ""
	}
	return text
}

// said writes parts of the answer that are known for what they are.
func (a *answer) said(reasoning, text string) error {
	if !a.out.Reasoning(reasoning) {
		return errLeft
	}
	if text == "" {
		return nil
	}
	text = a.spoken.next(text)
	a.format.add(text)
	if !a.out.Text(text) {
		return errLeft
	}
	return nil
}

// endText writes what was held back of a text that has ended.
func (a *answer) endText() error {
	if a.out.Stopped() {
		return nil
	}
	if err := a.said(a.thoughts.rest()); err != nil {
		return err
	}
	call, text := a.spoken.end()
	if call != nil {
		return a.useSpoken(call)
	}
	a.format.add(text)
	if !a.out.Text(text) {
		return errLeft
	}
	return nil
}

// end writes the end of a complete answer.
func (a *answer) end(response *Response) error {
	if !a.out.Started() {
		return a.broken(errors.New("the answer holds no choice"))
	}
	if err := a.endText(); err != nil {
		return err
	}
	if !a.out.Stopped() && !a.out.Stop(bedrock.StopReasonEndTurn, nil) {
		return errLeft
	}
	a.out.ServedBy(a.tier)
	a.out.Metadata(a.usage.tokens(a.call.Request))
	if response != nil {
		response.Finish()
	}
	return nil
}
