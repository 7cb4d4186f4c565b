package ai21

import (
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/provider"
)

func parseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return chat.Events(chunks, func(data []byte) (chat.Piece, error) {
		if request.Has(data, "completions") {
			return readCompletion(data)
		}
		return readChunk(data)
	})
}

// readChunk reads a chunk of Jamba.
func readChunk(data []byte) (chat.Piece, error) {
	var native chunk
	if err := json.Unmarshal(data, &native); err != nil {
		return chat.Piece{}, err
	}
	piece := chat.Piece{Metrics: native.Metrics}
	if u := native.Usage; u != nil {
		piece.Usage = &chat.Usage{PromptTokens: u.PromptTokens, CompletionTokens: u.CompletionTokens}
	}
	if len(native.Choices) == 0 {
		return piece, nil
	}
	one := native.Choices[0]
	piece.Delta, piece.StopReason = one.Delta, chat.Words.Given(one.FinishReason)
	if piece.StopReason == "" {
		return piece, nil
	}
	f := fields{ID: native.ID, Meta: native.Meta, StopReason: one.StopReason}
	if one.StopReason.Kind() == '"' {
		piece.StopReason, f.StopSequence = bedrock.StopReasonStopSequence, new(string)
		_ = json.Unmarshal(one.StopReason, f.StopSequence)
	}
	var err error
	piece.Fields, err = answer.Marshal(f)
	return piece, err
}

// readCompletion reads the one chunk of Jurassic-2.
func readCompletion(data []byte) (chat.Piece, error) {
	var native completionBody
	if err := json.Unmarshal(data, &native); err != nil {
		return chat.Piece{}, err
	}
	text, err := native.text()
	return chat.Piece{
		Delta:      chat.Delta{Content: &text.Text},
		StopReason: text.StopReason,
		Fields:     text.Fields,
		Metrics:    native.Metrics,
	}, err
}
