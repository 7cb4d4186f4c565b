package cohere

import (
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/provider"
)

// anyChunk is a chunk of either model: the members of both, and the whole
// answer of Command in one.
type anyChunk struct {
	Text         string  `json:"text"`
	Response     *reply  `json:"response"`
	ToolCalls    []call  `json:"tool_calls"`
	FinishReason *string `json:"finish_reason"`
	answer.Trailer
}

func parseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	called := false
	return answer.Events(chunks, func(data []byte) (answer.Piece, error) {
		if request.Has(data, "generations") {
			var native generationBody
			if err := json.Unmarshal(data, &native); err != nil {
				return answer.Piece{}, err
			}
			return native.piece()
		}
		var native anyChunk
		if err := json.Unmarshal(data, &native); err != nil {
			return answer.Piece{}, err
		}
		piece := answer.Piece{Text: native.Text, StopReason: generationWords.Given(native.FinishReason)}
		if native.Response != nil {
			var err error
			if piece, err = native.Response.piece(); err != nil {
				return answer.Piece{}, err
			}
			native.ToolCalls = native.Response.ToolCalls
		}
		// The end of a stream tells the calls once more.
		for _, one := range native.ToolCalls {
			if !called {
				piece.Tools = append(piece.Tools, one.use(provider.NewToolUseID()))
			}
		}
		called = called || len(piece.Tools) > 0
		piece.Metrics = native.Metrics
		return piece, nil
	})
}

// replyChunk is a chunk of Command R: text-generation, tool-calls-generation, or the
// stream-end.
type replyChunk struct {
	IsFinished   bool    `json:"is_finished"`
	EventType    string  `json:"event_type"`
	Text         *string `json:"text,omitzero"`
	ToolCalls    []call  `json:"tool_calls,omitzero"`
	Response     *reply  `json:"response,omitzero"`
	FinishReason *string `json:"finish_reason,omitzero"`
}

// Stream writes one chunk for each delta of text, one for all uses of tools, and the
// whole answer at the end.
func (r replies) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	var text []byte
	var calls []call
	return answer.StreamAll(events, func(part answer.Part) ([][]byte, error) {
		switch {
		case part.Last():
			return r.end(answer.Text{Text: string(text), StopReason: part.StopReason, Fields: part.Fields}, calls, part)
		case part.Tool != nil && part.Tool.Name != "":
			calls = append(calls, call{Name: part.Tool.Name})
		case part.Tool != nil:
			last := &calls[len(calls)-1]
			last.Parameters = append(last.Parameters, part.Tool.Input...)
		case part.Text != "":
			text = append(text, part.Text...)
			chunk, err := answer.Marshal(replyChunk{EventType: "text-generation", Text: &part.Text})
			return [][]byte{chunk}, err
		}
		return nil, nil
	})
}

func (r replies) end(text answer.Text, calls []call, part answer.Part) (chunks [][]byte, err error) {
	for i := range calls {
		if input := calls[i].Parameters; input.Kind() != '{' || !input.IsValid() {
			calls[i].Parameters = jsontext.Value("{}")
		}
	}
	if len(calls) > 0 {
		chunk, err := answer.Marshal(replyChunk{EventType: "tool-calls-generation", ToolCalls: calls})
		if err != nil {
			return nil, err
		}
		chunks = append(chunks, chunk)
	}
	native, err := r.write(text, calls, &part.Usage)
	if err != nil {
		return nil, err
	}
	last, err := answer.Marshal(replyChunk{
		IsFinished: true, EventType: "stream-end", Response: &native, FinishReason: &native.FinishReason,
	})
	return append(chunks, last), err
}
