package server

import (
	"strconv"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/conversation"
)

// invokeModel answers a native body by a native body.
func (s *Server) invokeModel(x *exchange, req *bedrock.InvokeModelRequest) error {
	to, err := s.routeNative(x, req.ModelId, x.service(req), req.GuardrailIdentifier, req.RequestMetadata)
	if err != nil {
		return err
	}
	if native := s.Embeddings[to.Model.Family]; native != nil {
		return s.embed(x, to, native, req)
	}
	if native := s.Rankings[to.Model.Family]; native != nil {
		return s.rank(x, to, native, req)
	}
	if native := s.Images[to.Model.Family]; native != nil {
		return s.generateImages(x, to, native, req)
	}
	inference, err := s.prepareNative(x.ctx, to, req.Body, false)
	if err != nil {
		return err
	}
	x.measured(inference.Route, &inference.timing, inference.request)
	whole, err := conversation.Collect(inference.Converse(x.ctx, inference.request, &inference.timing))
	if err != nil {
		return err
	}
	body, err := inference.renderer.Response(whole)
	if err != nil {
		return err
	}
	x.setTokenHeaders(inference)
	return x.replyNative(served(whole, to.Service), body)
}

// replyNative writes a native body as the answer, with the way in which it was
// served.
func (x *exchange) replyNative(by catalog.Service, body []byte) error {
	return x.reply(&bedrock.InvokeModelResponse{
		Body: body, ContentType: "application/json",
		PerformanceConfigLatency: by.Latency, ServiceTier: by.Tier,
	})
}

// setCount tells a number in a header that the model of the API does not state.
func (x *exchange) setCount(name string, n int64) {
	x.w.Header()["X-Amzn-Bedrock-"+name] = []string{strconv.FormatInt(n, 10)}
}

// setTokenHeaders tells latency and counts, which the service puts into headers
// that the model does not state.
func (x *exchange) setTokenHeaders(inference *nativeInference) {
	usage := &inference.timing.Usage
	x.setCount("Invocation-Latency", inference.timing.Total.Milliseconds())
	x.setCount("Input-Token-Count", int64(usage.InputTokens))
	x.setCount("Output-Token-Count", int64(usage.OutputTokens))
	read, written := cacheCounts(usage, inference.Model.Usage.Native)
	if read != nil {
		x.setCount("Cache-Read-Input-Token-Count", int64(*read))
	}
	if written != nil {
		x.setCount("Cache-Write-Input-Token-Count", int64(*written))
	}
}
