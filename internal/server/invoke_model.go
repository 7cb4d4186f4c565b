package server

import (
	"strconv"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

// invokeModel answers a native body by a native body.
func (s *Server) invokeModel(x *exchange, req *bedrock.InvokeModelRequest) error {
	inference, err := s.prepareNative(nativeCall{req.ModelId, req.GuardrailIdentifier, req.RequestMetadata, req.Body, false})
	if err != nil {
		return err
	}
	whole, err := conversation.Collect(inference.Converse(x.ctx, inference.request, &inference.timing))
	if err != nil {
		return err
	}
	body, err := inference.renderer.Response(whole)
	if err != nil {
		return err
	}
	x.setTokenHeaders(inference)
	return x.reply(&bedrock.InvokeModelResponse{
		Body: body, ContentType: "application/json",
		PerformanceConfigLatency: req.PerformanceConfigLatency, ServiceTier: req.ServiceTier,
	})
}

// setTokenHeaders tells latency and counts, which the service puts into headers
// that the model does not state.
func (x *exchange) setTokenHeaders(inference *nativeInference) {
	usage := &inference.timing.Usage
	set := func(name string, n int64) {
		x.w.Header()["X-Amzn-Bedrock-"+name] = []string{strconv.FormatInt(n, 10)}
	}
	set("Invocation-Latency", inference.timing.Total.Milliseconds())
	set("Input-Token-Count", int64(usage.InputTokens))
	set("Output-Token-Count", int64(usage.OutputTokens))
	read, written := cacheCounts(usage, inference.Model.Usage.Native)
	if read != nil {
		set("Cache-Read-Input-Token-Count", int64(*read))
	}
	if written != nil {
		set("Cache-Write-Input-Token-Count", int64(*written))
	}
}
