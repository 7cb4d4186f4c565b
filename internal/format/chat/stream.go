package chat

import (
	"iter"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/provider"
)

type chunk struct {
	ID                string        `json:"id"`
	Object            string        `json:"object"`
	Created           int64         `json:"created"`
	Model             string        `json:"model"`
	Choices           []chunkChoice `json:"choices"`
	Usage             *Usage        `json:"usage,omitzero"`
	ServiceTier       *string       `json:"service_tier,omitzero"`
	SystemFingerprint *string       `json:"system_fingerprint,omitzero"`
	answer.Trailer
}

type chunkChoice struct {
	Index        int32   `json:"index"`
	Delta        Delta   `json:"delta"`
	FinishReason *string `json:"finish_reason"`
}

// Delta is what is new of a message.
type Delta struct {
	Role             string      `json:"role,omitzero"`
	Content          *string     `json:"content,omitzero"`
	ReasoningContent *string     `json:"reasoning_content,omitzero"`
	ToolCalls        []CallDelta `json:"tool_calls,omitzero"`
}

// CallDelta is what is new of the use of a tool: its start, with an id, or a
// fragment of its arguments.
type CallDelta struct {
	Index    int          `json:"index"`
	ID       string       `json:"id,omitzero"`
	Type     string       `json:"type,omitzero"`
	Function FunctionCall `json:"function"`
}

// DeltaOf gives what a part adds to the message.
func DeltaOf(part answer.Part) Delta {
	switch {
	case part.Start:
		return Delta{Role: "assistant", Content: new("")}
	case part.Text != "":
		return Delta{Content: &part.Text}
	case part.Reasoning != "":
		return Delta{ReasoningContent: &part.Reasoning}
	case part.Tool == nil:
		return Delta{}
	}
	call := CallDelta{
		Index: part.Tool.Index, ID: part.Tool.ID,
		Function: FunctionCall{Name: part.Tool.Name, Arguments: part.Tool.Input},
	}
	if call.ID != "" {
		call.Type = "function"
	}
	return Delta{ToolCalls: []CallDelta{call}}
}

// Stream writes one chunk for each event that says something, and at the end
// the counts if the request asked for them.
func (r renderer) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	if inline(r.model) {
		events = thoughts.Inline(events)
	}
	f := r.known(nil)
	envelope := chunk{
		ID: f.ID, Object: "chat.completion.chunk", Created: f.Created, Model: f.Model,
	}
	return answer.StreamAll(events, func(part answer.Part) ([][]byte, error) {
		one := envelope
		one.Choices = []chunkChoice{{Delta: DeltaOf(part)}}
		if part.Last() {
			one.Choices[0].FinishReason = new(Words.Native(part.StopReason))
		}
		chunks := []chunk{one}
		if part.Last() && r.usage {
			one.Choices, one.Usage = []chunkChoice{}, UsageOf(part.Usage)
			chunks = append(chunks, one)
		}
		return marshalAll(chunks)
	})
}

func marshalAll(chunks []chunk) ([][]byte, error) {
	bodies := make([][]byte, len(chunks))
	for i, one := range chunks {
		body, err := answer.Marshal(one)
		if err != nil {
			return nil, err
		}
		bodies[i] = body
	}
	return bodies, nil
}

// ParseStream reads the chunks of an answer.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return Events(chunks, func(data []byte) (Piece, error) {
		native, err := decode[chunk](data)
		if err != nil {
			return Piece{}, err
		}
		piece := Piece{Usage: native.Usage, Metrics: native.Metrics}
		if len(native.Choices) > 0 {
			piece.Delta = native.Choices[0].Delta
			piece.StopReason = Words.Given(native.Choices[0].FinishReason)
		}
		return piece, nil
	})
}

// Piece is what one chunk of a streamed chat says. Everything may be absent.
type Piece struct {
	Delta      Delta
	StopReason bedrock.StopReason
	Fields     []byte
	Usage      *Usage
	Metrics    *answer.InvocationMetrics
}

// Events reads the chunks of a chat as the events of the conversation. Errors
// are as in answer.Events.
func Events(chunks iter.Seq2[[]byte, error], read func(chunk []byte) (Piece, error)) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w, splitter, usage := provider.NewWriter(yield), thoughts.Splitter(), bedrock.TokenUsage{}
		for data, err := range chunks {
			if err != nil {
				w.Fail(err)
				return
			}
			piece, err := read(data)
			if err != nil {
				w.Fail(answer.Broken(err))
				return
			}
			if piece.Usage != nil {
				usage = piece.Usage.Tokens()
			}
			piece.Metrics.Count(&usage)
			if !piece.write(w, splitter) {
				return
			}
		}
		if !w.Stopped() {
			w.Fail(answer.Broken(answer.ErrCut))
			return
		}
		w.Metadata(usage)
	}
}

// write writes the piece. Behind the stop nothing counts but counts.
func (p Piece) write(w *provider.Writer, splitter *answer.Splitter) bool {
	if w.Stopped() {
		return true
	}
	d := p.Delta
	ok := w.Start() && (d.ReasoningContent == nil || w.Reasoning(*d.ReasoningContent))
	if d.Content != nil {
		reasoning, text := splitter.Next(*d.Content)
		ok = ok && w.Reasoning(reasoning) && w.Text(text)
	}
	for _, call := range d.ToolCalls {
		if call.ID != "" {
			ok = ok && w.ToolUse(bedrock.ToolUseBlockStart{Name: call.Function.Name, ToolUseId: call.ID})
		}
		if call.Function.Arguments != "" {
			ok = ok && w.ToolInput(call.Function.Arguments)
		}
	}
	if p.StopReason == "" || !ok {
		return ok
	}
	reasoning, text := splitter.Rest()
	return w.Reasoning(reasoning) && w.Text(text) && w.Stop(p.StopReason, p.Fields)
}
