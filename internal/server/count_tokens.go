package server

import (
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/pipeline"
)

// countTokens gives the inputTokens that the request in it would report.
func (s *Server) countTokens(x *exchange, req *bedrock.CountTokensRequest) error {
	to, err := s.routeFor(x, req.ModelId, x.service(req))
	if err != nil {
		return err
	}
	if !to.Target.CountTokens {
		return &bedrock.ValidationException{Message: "The provided model doesn't support counting tokens."}
	}
	count, err := s.countInput(x, to, req)
	if err != nil {
		return err
	}
	return x.reply(&bedrock.CountTokensResponse{InputTokens: count})
}

func (s *Server) countInput(x *exchange, to *pipeline.Route, req *bedrock.CountTokensRequest) (int32, error) {
	if native := req.Input.InvokeModel; native != nil {
		inference, err := s.prepareNative(x.ctx, to, native.Body, false)
		if err != nil {
			return 0, err
		}
		return inference.CountTokens(x.ctx, inference.request)
	}
	converse := req.Input.Converse
	inference, err := s.prepare(x, &bedrock.ConverseRequest{
		ModelId: req.ModelId, Messages: converse.Messages, System: converse.System,
		ToolConfig: converse.ToolConfig, AdditionalModelRequestFields: converse.AdditionalModelRequestFields,
	}, false)
	if err != nil {
		return 0, err
	}
	return inference.CountTokens(x.ctx, inference.request)
}
