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
	x.measured(inference.Route, &inference.timing, inference.request)
	answer, err := conversation.Collect(inference.Converse(x.ctx, inference.request, &inference.timing))
	if err != nil {
		return err
	}
	x.servedBy(answer.ServiceTier)
	if answer.AdditionalModelResponseFields, err = s.selectFields(inference, answer); err != nil {
		return err
	}
	conversation.ShowUsage(&answer.Usage, inference.Model.Usage)
	for _, block := range answer.Output.Message.Content {
		if block.ToolUse != nil {
			block.ToolUse.Type = inference.toolUseType(block.ToolUse.Type)
		}
	}
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
		renderer, plain := native.Renderer(inference.Model.Base), conversation.Uncited(answer)
		body, err := renderer.Response(plain)
		if err != nil {
			// Bodies of prompts have no words for tools; what is asked for stands beside.
			body, err = renderer.Response(conversation.TextAlone(plain))
		}
		if err != nil {
			return nil, err
		}
		documents = append([]json.RawMessage{body}, documents...)
	}
	return conversation.SelectFields(inference.fields, documents...), nil
}
