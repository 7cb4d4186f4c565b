package server

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/restjson"
)

// invokeModelWithResponseStream answers a native body by native chunks.
func (s *Server) invokeModelWithResponseStream(x *exchange, req *bedrock.InvokeModelWithResponseStreamRequest) (ended error) {
	to, err := s.routeNative(x, req.ModelId, x.service(req), req.GuardrailIdentifier, req.RequestMetadata)
	if err != nil {
		return err
	}
	inference, err := s.prepareNative(x.ctx, to, req.Body, true)
	if err != nil {
		return err
	}
	x.measured(inference.Route, &inference.timing, inference.request)
	events := inference.withInputTokens(x.ctx, inference.ConverseStream(x.ctx, inference.request, &inference.timing))
	var out *stream
	for chunk, err := range inference.renderer.Stream(events) {
		if err != nil && out == nil {
			return err
		}
		if out == nil {
			restjson.SetHeaders(x.w.Header(), &bedrock.InvokeModelWithResponseStreamResponse{
				ContentType:              "application/json",
				PerformanceConfigLatency: req.PerformanceConfigLatency, ServiceTier: req.ServiceTier,
			})
			out, ended = x.startStream(), errUnended
			defer func() { x.endStream(out, ended) }()
		}
		if err != nil {
			return x.endWith(out, bedrock.OperationInvokeModelWithResponseStream, err)
		}
		body := chunk.Body
		if chunk.Last {
			if body, err = withMetrics(body, inference.invocationMetrics()); err != nil {
				return err
			}
		}
		x.invocation.Chunk(body)
		if chunk.Last {
			if err := x.record(nil); err != nil {
				return x.endWith(out, bedrock.OperationInvokeModelWithResponseStream, err)
			}
		}
		if err := out.send(&bedrock.ResponseStream{Chunk: &bedrock.PayloadPart{Bytes: body}}); err != nil {
			return err
		}
	}
	return nil
}
