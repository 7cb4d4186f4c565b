package provider

import (
	"context"
	"fmt"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Embedder is a provider that turns texts into vectors.
type Embedder interface {
	// Embed gives a vector for each text, in their order, of as many dimensions
	// as the model has: callers fit them to what was asked for. The error is, or
	// wraps, a bedrock.Exception.
	Embed(ctx context.Context, call EmbedCall) (*Embeddings, error)
}

// EmbedCall is some texts to turn into vectors.
type EmbedCall struct {
	// Model is the name by which the upstream knows the model.
	Model string
	// Caller is that of Call.
	Caller string
	// Texts are at least one, none of them empty.
	Texts []string
	// MaxTokens bounds each text; 0 leaves it to the provider.
	MaxTokens int
	// Truncate says what becomes of a text of more tokens.
	Truncate Truncation
}

// Truncation says what becomes of a text that has too many tokens.
type Truncation int

// The ways of Truncation.
const (
	// TruncateNone refuses the text, by TooManyTokens.
	TruncateNone Truncation = iota
	// TruncateStart leaves out its beginning.
	TruncateStart
	// TruncateEnd leaves out its end.
	TruncateEnd
)

// Embeddings are the vectors of some texts.
type Embeddings struct {
	// Vectors are all of one length, and finite.
	Vectors [][]float32
	// InputTokens is the number of tokens of all texts together, after what was
	// left out.
	InputTokens int32
}

// TooManyTokens is the error of a text that is longer than the model takes.
func TooManyTokens(limit, found int) error {
	return &bedrock.ValidationException{Message: fmt.Sprintf(
		"Too many input tokens. Max input tokens: %d, request input token count: %d ", limit, found)}
}

// Reranker is a provider that tells how relevant documents are to a query.
type Reranker interface {
	// Rerank gives a relevance from 0 to 1 for each document, in their order. The
	// error is, or wraps, a bedrock.Exception.
	Rerank(ctx context.Context, call RerankCall) ([]float64, error)
}

// RerankCall is some documents to judge.
type RerankCall struct {
	// Model is the name by which the upstream knows the model.
	Model string
	// Caller is that of Call.
	Caller string
	// Query is not empty; Documents are at least one.
	Query     string
	Documents []string
}

// Unsupported is the error of an operation that the provider does not have. The
// cause, for the log, is that the model was given to a provider of another kind.
func Unsupported(what string) error {
	return bedrock.WithCause(&bedrock.ValidationException{
		Message: "The requested operation is not supported for the provided model.",
	}, fmt.Errorf("the provider of the model does not %s", what))
}

// Embed asks a provider for vectors; one that is no Embedder refuses.
func Embed(ctx context.Context, p Provider, call EmbedCall) (*Embeddings, error) {
	if embedder, ok := p.(Embedder); ok {
		return embedder.Embed(ctx, call)
	}
	return nil, Unsupported("turn texts into vectors")
}

// Rerank asks a provider to judge documents; one that is no Reranker refuses.
func Rerank(ctx context.Context, p Provider, call RerankCall) ([]float64, error) {
	if reranker, ok := p.(Reranker); ok {
		return reranker.Rerank(ctx, call)
	}
	return nil, Unsupported("rank documents")
}

// NoConversation is the Converse of a provider that answers no conversations.
type NoConversation struct{}

// Converse refuses.
func (NoConversation) Converse(context.Context, Call) Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		yield(bedrock.ConverseStreamOutput{}, Unsupported("answer conversations"))
	}
}
