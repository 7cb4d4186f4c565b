package server

import (
	"cmp"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
)

// embed answers a native body by vectors. The service counts no output tokens
// for them.
func (s *Server) embed(x *exchange, to *pipeline.Route, native format.Embedding, req *bedrock.InvokeModelRequest) error {
	request, err := native.ParseRequest(to.Model.Base, req.Body)
	if err != nil {
		return err
	}
	if request.Source != nil {
		text, err := to.FetchText(x.ctx, request.Source, "singleEmbeddingParams.text.source")
		if err != nil {
			return err
		}
		request.Texts = []string{text}
	}
	call := provider.EmbedCall{Texts: request.Texts, MaxTokens: int(to.Model.ContextWindow), Truncate: request.Truncate}
	if asked := request.MaxTokens; asked > 0 {
		call.MaxTokens = min(asked, cmp.Or(call.MaxTokens, asked))
	}
	var timing pipeline.Timing
	x.measured(to, &timing, nil)
	vectors, err := to.Embed(x.ctx, call, &timing)
	if err != nil {
		return err
	}
	body, err := request.Render(vectors)
	if err != nil {
		return err
	}
	x.counted(meter.Counts{Embeddings: int64(len(vectors.Vectors))})
	x.setCount("Invocation-Latency", timing.Total.Milliseconds())
	x.setCount("Input-Token-Count", int64(timing.Usage.InputTokens))
	return x.replyNative(to.Service, body)
}

// rank answers a native body by documents in the order of their relevance. The
// service counts no tokens for them.
func (s *Server) rank(x *exchange, to *pipeline.Route, native format.Ranking, req *bedrock.InvokeModelRequest) error {
	request, err := native.ParseRequest(to.Model.Base, req.Body)
	if err != nil {
		return err
	}
	var timing pipeline.Timing
	x.measured(to, &timing, nil)
	relevance, err := to.Rerank(x.ctx, provider.RerankCall{Query: request.Query, Documents: request.Documents}, &timing)
	if err != nil {
		return err
	}
	body, err := request.Render(relevance)
	if err != nil {
		return err
	}
	x.setCount("Invocation-Latency", timing.Total.Milliseconds())
	return x.replyNative(to.Service, body)
}
