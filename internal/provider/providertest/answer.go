package providertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Answer is a whole answer, added up from its events.
type Answer struct {
	Events          []bedrock.ConverseStreamOutput
	Text, Reasoning string
	// Deltas counts the deltas of text and reasoning.
	Deltas     int
	StopReason bedrock.StopReason
	Fields     json.RawMessage
	Usage      bedrock.TokenUsage
}

// Collect reads an answer to its end. With an error it gives what came before.
// Events that break the order that provider.Provider promises, an error without
// a bedrock.Exception, or a request that was changed, fail the test.
func Collect(t *testing.T, ctx context.Context, p provider.Provider, call provider.Call) (Answer, error) {
	t.Helper()
	before := encode(t, call.Request)
	var a Answer
	var failure error
	for event, err := range p.Converse(ctx, call) {
		if failure != nil {
			t.Errorf("%s after the error %v", event.EventType(), failure)
			break
		}
		if failure = err; err == nil {
			a.add(event)
		}
	}
	if after := encode(t, call.Request); after != before {
		t.Errorf("the provider changed the request\nfrom %s\nto   %s", before, after)
	}
	check := Complete
	if failure != nil {
		check = Order
	}
	if err := check(a.Events); err != nil {
		t.Error(err)
	}
	if _, ok := errors.AsType[bedrock.Exception](failure); failure != nil && !ok {
		t.Errorf("the error %v is no exception of the service", failure)
	}
	return a, failure
}

func encode(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (a *Answer) add(event bedrock.ConverseStreamOutput) {
	a.Events = append(a.Events, event)
	switch {
	case event.ContentBlockDelta != nil:
		delta := event.ContentBlockDelta.Delta
		a.Deltas++
		if delta.Text != nil {
			a.Text += *delta.Text
		}
		if r := delta.ReasoningContent; r != nil && r.Text != nil {
			a.Reasoning += *r.Text
		}
	case event.MessageStop != nil:
		a.StopReason, a.Fields = event.MessageStop.StopReason, event.MessageStop.AdditionalModelResponseFields
	case event.Metadata != nil:
		a.Usage = event.Metadata.Usage
	}
}

// Complete checks the order and the shape of a whole answer's events.
func Complete(events []bedrock.ConverseStreamOutput) error {
	var o order
	if err := o.check(events); err != nil {
		return err
	}
	if o.state != ended {
		return fmt.Errorf("the answer has no end: %s", strings.Join(names(events), " "))
	}
	return nil
}

// Order checks the events that come before an error: what is there is in order.
func Order(events []bedrock.ConverseStreamOutput) error { return new(order).check(events) }

func names(events []bedrock.ConverseStreamOutput) []string {
	var names []string
	for _, event := range events {
		names = append(names, event.EventType())
	}
	return names
}

type state int

const (
	unstarted state = iota
	between         // blocks
	inText
	inReasoning
	inTool
	stopped
	ended
)

type order struct {
	state state
	index int32
}

func (o *order) check(events []bedrock.ConverseStreamOutput) error {
	for i, event := range events {
		if err := o.next(event); err != nil {
			return fmt.Errorf("%w, after %s", err, strings.Join(names(events[:i+1]), " "))
		}
	}
	return nil
}

func (o *order) next(event bedrock.ConverseStreamOutput) error {
	switch {
	case event.MessageStart != nil:
		if event.MessageStart.Role != bedrock.ConversationRoleAssistant {
			return fmt.Errorf("the role is %q", event.MessageStart.Role)
		}
		return o.move(unstarted, between)
	case event.ContentBlockStart != nil:
		if event.ContentBlockStart.Start.ToolUse == nil {
			return errors.New("contentBlockStart of a block that is no toolUse")
		}
		return errors.Join(o.at(event.ContentBlockStart.ContentBlockIndex), o.move(between, inTool))
	case event.ContentBlockDelta != nil:
		return errors.Join(o.at(event.ContentBlockDelta.ContentBlockIndex), o.delta(event.ContentBlockDelta.Delta))
	case event.ContentBlockStop != nil:
		err := o.at(event.ContentBlockStop.ContentBlockIndex)
		if o.state != inText && o.state != inReasoning && o.state != inTool {
			err = errors.New("contentBlockStop without a block")
		}
		o.state = between
		o.index++
		return err
	case event.MessageStop != nil:
		if event.MessageStop.StopReason == "" {
			return errors.New("messageStop without a reason")
		}
		return o.move(between, stopped)
	case event.Metadata != nil:
		return o.move(stopped, ended)
	}
	return errors.New("an event without a member")
}

func (o *order) delta(delta bedrock.ContentBlockDelta) error {
	in := inText
	switch {
	case delta.ReasoningContent != nil:
		in = inReasoning
	case delta.ToolUse != nil:
		if o.state != inTool {
			return errors.New("a toolUse delta without contentBlockStart")
		}
		return nil
	case delta.Text == nil:
		return errors.New("a delta that is no text, reasoning or toolUse")
	}
	if o.state != in {
		return o.move(between, in)
	}
	return nil
}

func (o *order) at(index int32) error {
	if index != o.index {
		return fmt.Errorf("block index %d instead of %d", index, o.index)
	}
	return nil
}

func (o *order) move(from, to state) error {
	if o.state != from {
		return errors.New("an event out of order")
	}
	o.state = to
	return nil
}
