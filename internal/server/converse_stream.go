package server

import (
	"encoding/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
)

// converseStream answers a conversation event by event.
func (s *Server) converseStream(x *exchange, req *bedrock.ConverseStreamRequest) (ended error) {
	inference, err := s.prepare(x, unstreamed(req), true)
	if err != nil {
		return err
	}
	x.measured(inference.Route, &inference.timing, inference.request)
	var out *stream
	for event, err := range inference.ConverseStream(x.ctx, inference.request, &inference.timing) {
		if err != nil && out == nil {
			return err
		}
		if out == nil {
			out, ended = x.startStream(), errUnended
			defer func() { x.endStream(out, ended) }()
		}
		if err != nil {
			return x.endWith(out, bedrock.OperationConverseStream, err)
		}
		finishEvent(&event, inference)
		x.invocation.Event(&event)
		if event.Metadata != nil {
			x.servedBy(event.Metadata.ServiceTier)
			if err := x.record(nil); err != nil {
				return x.endWith(out, bedrock.OperationConverseStream, err)
			}
		}
		if err := out.send(&event); err != nil {
			return err
		}
	}
	return nil
}

// unstreamed is the request as Converse has it.
func unstreamed(req *bedrock.ConverseStreamRequest) *bedrock.ConverseRequest {
	converse := &bedrock.ConverseRequest{
		AdditionalModelRequestFields:      req.AdditionalModelRequestFields,
		AdditionalModelResponseFieldPaths: req.AdditionalModelResponseFieldPaths,
		InferenceConfig:                   req.InferenceConfig,
		Messages:                          req.Messages,
		ModelId:                           req.ModelId,
		OutputConfig:                      req.OutputConfig,
		PerformanceConfig:                 req.PerformanceConfig,
		PromptVariables:                   req.PromptVariables,
		RequestMetadata:                   req.RequestMetadata,
		ServiceTier:                       req.ServiceTier,
		System:                            req.System,
		ToolConfig:                        req.ToolConfig,
	}
	if guardrail := req.GuardrailConfig; guardrail != nil {
		converse.GuardrailConfig = &bedrock.GuardrailConfiguration{
			GuardrailIdentifier: guardrail.GuardrailIdentifier,
			GuardrailVersion:    guardrail.GuardrailVersion,
			Trace:               guardrail.Trace,
		}
	}
	return converse
}

// finishEvent adds to the provider's event what the service adds.
func finishEvent(event *bedrock.ConverseStreamOutput, inference *inference) {
	switch {
	case event.ContentBlockStart != nil:
		if tool := event.ContentBlockStart.Start.ToolUse; tool != nil {
			tool.Type = inference.toolUseType(tool.Type)
		}
	case event.MessageStop != nil:
		stop := event.MessageStop
		own := stop.AdditionalModelResponseFields
		stop.AdditionalModelResponseFields = conversation.SelectFields(inference.fields, lastDelta(own), own)
	case event.Metadata != nil:
		metadata := event.Metadata
		style := inference.Model.Usage
		style.Cache = style.Cache.Streamed()
		conversation.ShowUsage(&metadata.Usage, style)
	}
}

// lastDelta is the end of a native stream as Claude's has it, where clients look
// for the stop sequence.
func lastDelta(own json.RawMessage) json.RawMessage {
	if own == nil {
		return nil
	}
	return append(append(json.RawMessage(`{"delta":`), own...), '}')
}
