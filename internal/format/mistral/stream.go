package mistral

import (
	"cmp"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/provider"
)

// chunk is a chunk of any of the forms.
type chunk struct {
	Outputs []output    `json:"outputs"`
	Choices []anyReply  `json:"choices"`
	Usage   *chat.Usage `json:"usage"`
	answer.Trailer
}

// anyReply is a choice that says what is new in a message, or in a delta.
type anyReply struct {
	Message      *message   `json:"message"`
	Delta        chat.Delta `json:"delta"`
	StopReason   *string    `json:"stop_reason"`
	FinishReason *string    `json:"finish_reason"`
}

// ParseStream reads the chunks of an answer.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return chat.Events(chunks, func(data []byte) (chat.Piece, error) {
		var native chunk
		if err := json.Unmarshal(data, &native); err != nil {
			return chat.Piece{}, err
		}
		piece := chat.Piece{Usage: native.Usage, Metrics: native.Metrics}
		switch {
		case len(native.Outputs) > 0:
			piece.Delta.Content = &native.Outputs[0].Text
			piece.StopReason = chat.Words.Given(native.Outputs[0].StopReason)
		case len(native.Choices) > 0:
			one := native.Choices[0]
			piece.Delta = one.delta()
			piece.StopReason = chat.Words.Given(cmp.Or(one.StopReason, one.FinishReason))
		}
		return piece, nil
	})
}

// delta is what is new.
func (r anyReply) delta() chat.Delta {
	if r.Message == nil {
		return r.Delta
	}
	delta := chat.Delta{Content: &r.Message.Content}
	for i, call := range r.Message.ToolCalls {
		delta.ToolCalls = append(delta.ToolCalls, chat.CallDelta{Index: i, ID: call.ID, Type: call.Type, Function: call.Function})
	}
	return delta
}
