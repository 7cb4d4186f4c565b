package format

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Embedding is the native bodies of one family of models that turn texts into
// vectors. It holds no state. A modelID is as for Format.
type Embedding interface {
	// ParseRequest reads the body of InvokeModel. The error is a
	// *bedrock.ValidationException in the words of the service; so is what asks
	// for vectors of anything but text.
	ParseRequest(modelID string, body []byte) (*EmbeddingRequest, error)

	// ParseResponse reads the vectors of a native answer, whose tokens no body
	// but Titan's counts.
	ParseResponse(body []byte) (*provider.Embeddings, error)
}

// EmbeddingRequest is a native request for vectors, understood.
type EmbeddingRequest struct {
	// Texts, MaxTokens and Truncate are those of provider.EmbedCall; a MaxTokens
	// of 0 is the model's.
	Texts     []string
	MaxTokens int
	Truncate  provider.Truncation
	// Source, when not nil, is where the one text lies. Texts is empty then.
	Source *bedrock.S3Location
	// Render writes the answer as compact JSON, keys in the order of the family:
	// the vectors, one for each text, in the dimensions and types that were asked
	// for. See package vector.
	Render func(answer *provider.Embeddings) ([]byte, error)
}

// Ranking is the native bodies of one family of models that rank documents. It
// holds no state.
type Ranking interface {
	// ParseRequest reads the body of InvokeModel. The error is a
	// *bedrock.ValidationException in the words of the service.
	ParseRequest(modelID string, body []byte) (*RankingRequest, error)
}

// RankingRequest is a native request to rank, understood.
type RankingRequest struct {
	// Query and Documents are those of provider.RerankCall.
	Query     string
	Documents []string
	// Render writes the answer as compact JSON, the most relevant document
	// first, from the relevance of each document in the order of the request.
	Render func(relevance []float64) ([]byte, error)
}
