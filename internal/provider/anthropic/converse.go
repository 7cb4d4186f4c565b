package anthropic

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
	"github.com/saprolite/saprolite/internal/sse"
)

// Converse answers a call by one request to /messages.
func (p *Provider) Converse(ctx context.Context, call provider.Call) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		a := &answer{Provider: p, yield: yield}
		if err := a.run(ctx, call); err != nil {
			yield(bedrock.ConverseStreamOutput{}, err)
		}
	}
}

// answer reads one answer.
type answer struct {
	*Provider
	yield func(bedrock.ConverseStreamOutput, error) bool
	// began says that messageStart was yielded, filled that the block that is open
	// has a start or a delta.
	began, filled bool
	// failure is what went wrong with the stream itself.
	failure error
}

func (a *answer) run(ctx context.Context, call provider.Call) error {
	body, header, err := a.body(call)
	if err != nil {
		return err
	}
	if call.Incremental {
		body["stream"] = []byte("true")
	}
	text, err := body.json()
	if err != nil {
		return a.client.Invalid(err)
	}
	response, err := a.client.PostWith(ctx, "/messages", header, text)
	if err != nil {
		return err
	}
	defer response.Close()
	if response.Streams() {
		return a.stream(response)
	}
	return a.plain(response)
}

// plain reads an answer that comes whole.
func (a *answer) plain(response *openai.Response) error {
	body, err := response.ReadAll()
	if err != nil {
		return err
	}
	whole, err := a.bodies.ParseResponse(body)
	if err != nil {
		return a.client.Invalid(err)
	}
	whole.AdditionalModelResponseFields = stopSequence(whole.AdditionalModelResponseFields)
	for event := range provider.Whole(whole) {
		if !a.yield(event, nil) {
			break
		}
	}
	return nil
}

// stream reads an answer as it comes.
func (a *answer) stream(response *openai.Response) error {
	for event, err := range a.bodies.ParseStream(a.chunks(response)) {
		switch {
		case a.failure != nil:
			return a.failure
		case err != nil && a.began:
			return a.client.StreamInvalid(err)
		case err != nil:
			return a.client.Invalid(err)
		}
		if !a.event(event) {
			return nil
		}
	}
	return nil
}

// event passes an event on. The count of input tokens beside messageStart comes
// again at the end, and a block without content gets an empty text.
func (a *answer) event(event bedrock.ConverseStreamOutput) bool {
	switch {
	case event.MessageStart != nil:
		a.began, event.Metadata = true, nil
	case event.ContentBlockStart != nil, event.ContentBlockDelta != nil:
		a.filled = true
	case event.ContentBlockStop != nil:
		if !a.filled && !a.yield(emptyText(event.ContentBlockStop.ContentBlockIndex), nil) {
			return false
		}
		a.filled = false
	}
	return a.yield(event, nil)
}

func emptyText(index int32) bedrock.ConverseStreamOutput {
	return bedrock.ConverseStreamOutput{ContentBlockDelta: &bedrock.ContentBlockDeltaEvent{
		ContentBlockIndex: index, Delta: bedrock.ContentBlockDelta{Text: new("")},
	}}
}

// chunks are the events of a response up to message_stop. What goes wrong is
// noted, and ends them.
func (a *answer) chunks(response *openai.Response) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		events := response.Events()
		for {
			data, err := events.Next()
			kind := kindOf(data)
			switch {
			case err != nil:
				a.failure = a.broken(response, err)
			case kind == "error":
				a.failure = a.refused(data)
			}
			if a.failure != nil {
				yield(nil, a.failure)
				return
			}
			if !yield(data, nil) {
				return
			}
			if kind == "message_stop" {
				response.Finish()
				return
			}
		}
	}
}

// broken is the error of a stream that cannot be read on.
func (a *answer) broken(response *openai.Response, err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	switch tooLong := errors.Is(err, sse.ErrTooLong); {
	case tooLong && a.began:
		return a.client.StreamInvalid(err)
	case tooLong:
		return a.client.Invalid(err)
	case a.began:
		return response.CutOff(err)
	}
	return response.Err(err)
}
