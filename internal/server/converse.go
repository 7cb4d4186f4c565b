package server

import (
	"encoding/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

// converse answers a conversation as a whole.
func (s *Server) converse(x *exchange, req *bedrock.ConverseRequest) error {
	inference, err := s.prepare(x, req, false)
	if err != nil {
		return err
	}
	answer, err := conversation.Collect(inference.Converse(x.ctx, inference.request, &inference.timing))
	if err != nil {
		return err
	}
	if answer.AdditionalModelResponseFields, err = s.selectFields(inference, answer); err != nil {
		return err
	}
	conversation.ShowUsage(&answer.Usage, inference.Model.Usage)
	for _, block := range answer.Output.Message.Content {
		if block.ToolUse != nil {
			block.ToolUse.Type = inference.toolUseType(block.ToolUse.Type)
		}
	}
	answer.PerformanceConfig, answer.ServiceTier = req.PerformanceConfig, req.ServiceTier
	return x.reply(answer)
}

// selectFields takes what the request asks for out of the native form of the
// answer, as the model's family would have written it.
func (s *Server) selectFields(inference *inference, answer *bedrock.ConverseResponse) (json.RawMessage, error) {
	if len(inference.fields) == 0 {
		return nil, nil
	}
	// What the provider says itself, and the last delta of a native stream,
	// whose path some clients ask for in either operation.
	own := answer.AdditionalModelResponseFields
	documents := []json.RawMessage{own}
	if native := s.format(inference.Route); native != nil {
		body, err := native.Renderer(inference.Model.Base).Response(conversation.Uncited(answer))
		if err != nil {
			return nil, err
		}
		documents = append([]json.RawMessage{body}, documents...)
	}
	return conversation.SelectFields(inference.fields, documents...), nil
}
