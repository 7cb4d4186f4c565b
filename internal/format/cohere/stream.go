package cohere

import (
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/provider"
)

// anyChunk is a chunk of either model: the members of both, and the whole
// answer of Command in one.
type anyChunk struct {
	Text         string  `json:"text"`
	Response     *reply  `json:"response"`
	FinishReason *string `json:"finish_reason"`
	answer.Trailer
}

func parseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
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
		}
		piece.Metrics = native.Metrics
		return piece, nil
	})
}
