package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/pipeline"
)

// modelErrors stands before the texts of errors that Converse finds in the
// native body.
const modelErrors = "The model returned the following errors: "

// inference is a conversation that is ready to be answered.
type inference struct {
	*pipeline.Route
	request *bedrock.ConverseRequest
	// fields are the extra fields that the answer is asked for.
	fields []conversation.Pointer
	timing pipeline.Timing
}

// prepare routes a conversation of Converse, holds it to the rules, and fetches what
// it names by s3Location.
func (s *Server) prepare(x *exchange, req *bedrock.ConverseRequest, streamed bool) (*inference, error) {
	req, err := s.Prompts.Apply(req)
	if err != nil {
		return nil, err
	}
	to, err := s.routeFor(x, req.ModelId, x.service(req))
	if err != nil {
		return nil, err
	}
	if req, err = settle(x.ctx, to, req, rules(to, streamed).Check); err != nil {
		return nil, err
	}
	fields, err := conversation.ParsePointers(req.AdditionalModelResponseFieldPaths)
	if err != nil {
		return nil, err
	}
	if req, err = s.mergeFields(to, req); err != nil {
		return nil, err
	}
	return &inference{Route: to, request: req, fields: fields}, nil
}

// settle holds a conversation to the rules, and fetches what it names by s3Location:
// the bytes are held to the rules too.
func settle(ctx context.Context, to *pipeline.Route, req *bedrock.ConverseRequest, check func(*bedrock.ConverseRequest) error) (*bedrock.ConverseRequest, error) {
	if err := check(req); err != nil {
		return nil, err
	}
	fetched, err := to.Fetch(ctx, req)
	if err != nil || fetched == req {
		return req, err
	}
	return fetched, check(fetched)
}

// routeFor routes a request of the exchange's caller.
func (s *Server) routeFor(x *exchange, modelID string, want catalog.Service) (*pipeline.Route, error) {
	to, err := s.Pipeline.Route(modelID, want)
	if err != nil {
		return nil, err
	}
	to.Caller, to.Operation = x.principal, x.operation
	if s.Access != nil {
		to.MayRead = x.mayRead
	}
	return to, nil
}

func rules(to *pipeline.Route, streamed bool) conversation.Rules {
	return conversation.Rules{Model: to.Model, Provider: to.Abilities(), Streamed: streamed}
}

// toolUseType is the type of a toolUse block of the answer: what the provider
// says, or tool_use where the service says so. Nova does when it has a tool of
// the service's own beside the caller's (recorded).
func (i *inference) toolUseType(said bedrock.ToolUseType) bedrock.ToolUseType {
	if said != "" || !i.Model.TypedToolUse && !hasSystemTool(i.request.ToolConfig) {
		return said
	}
	return "tool_use"
}

func hasSystemTool(config *bedrock.ToolConfiguration) bool {
	return config != nil && slices.ContainsFunc(config.Tools, func(tool bedrock.Tool) bool { return tool.SystemTool != nil })
}

// format gives the native bodies of the model's family, or nil.
func (s *Server) format(to *pipeline.Route) format.Format { return s.Formats[to.Model.Family] }

// mergeFields merges additionalModelRequestFields as the service does: into the
// model's native body, whose rules they must keep, and which may replace what
// inferenceConfig says. A model that the service does not have takes any.
func (s *Server) mergeFields(to *pipeline.Route, req *bedrock.ConverseRequest) (*bedrock.ConverseRequest, error) {
	var fields map[string]json.RawMessage
	if len(req.AdditionalModelRequestFields) == 0 || string(req.AdditionalModelRequestFields) == "null" {
		return req, nil
	}
	if err := json.Unmarshal(req.AdditionalModelRequestFields, &fields); err != nil {
		return nil, &bedrock.ValidationException{Message: "The format of the value at additionalModelRequestFields is invalid. Provide a json object for the field and try again."}
	}
	native := s.format(to)
	if len(fields) == 0 || native == nil || to.Model.Custom {
		return req, nil
	}
	before, err := throughNative(native, to.Model.Base, req.InferenceConfig, nil)
	if err != nil {
		return nil, err
	}
	after, err := throughNative(native, to.Model.Base, req.InferenceConfig, req.AdditionalModelRequestFields)
	if err != nil {
		return nil, err
	}
	merged := *req
	merged.InferenceConfig = replaced(req.InferenceConfig, before.InferenceConfig, after.InferenceConfig)
	merged.AdditionalModelRequestFields = after.AdditionalModelRequestFields
	merged.OutputConfig, err = replacedOutput(to, req.OutputConfig, after.OutputConfig)
	return &merged, err
}

// replacedOutput gives the format of the output, and the effort, with what the
// additional fields say.
func replacedOutput(to *pipeline.Route, config, after *bedrock.OutputConfig) (*bedrock.OutputConfig, error) {
	if after == nil {
		return config, nil
	}
	var merged bedrock.OutputConfig
	if config != nil {
		merged = *config
	}
	if after.Effort != nil {
		merged.Effort = after.Effort
	}
	if after.TextFormat != nil {
		merged.TextFormat = after.TextFormat
	}
	if merged.TextFormat != nil && !to.Abilities().StructuredOutput {
		return nil, &bedrock.ValidationException{Message: "This model doesn't support the outputConfig field. Remove outputConfig and try again."}
	}
	return &merged, nil
}

// throughNative writes the settings of a conversation as a native body and reads
// them again. The conversation itself is a stand-in: not every body can hold what
// was said, and none changes what it says.
func throughNative(native format.Format, modelID string, config *bedrock.InferenceConfiguration, fields json.RawMessage) (*bedrock.ConverseRequest, error) {
	req := &bedrock.ConverseRequest{
		InferenceConfig:              config,
		AdditionalModelRequestFields: fields,
		Messages: []bedrock.Message{{
			Role: bedrock.ConversationRoleUser, Content: []bedrock.ContentBlock{{Text: new("Hi")}},
		}},
	}
	body, err := native.RenderRequest(modelID, req)
	if err != nil {
		return nil, err
	}
	parsed, err := native.ParseRequest(modelID, body)
	if invalid, ok := errors.AsType[*bedrock.ValidationException](err); ok {
		return nil, &bedrock.ValidationException{Message: modelErrors + invalid.Message}
	}
	if err != nil {
		return nil, fmt.Errorf("read the native body again: %w", err)
	}
	return parsed.Conversation, nil
}

// replaced gives the configuration with what differs between before and after:
// what the additional fields say. The rest of the native body, its defaults too,
// is not the caller's.
func replaced(config, before, after *bedrock.InferenceConfiguration) *bedrock.InferenceConfiguration {
	if after == nil {
		return config
	}
	var merged, base bedrock.InferenceConfiguration
	if config != nil {
		merged = *config
	}
	if before != nil {
		base = *before
	}
	if !equal(base.MaxTokens, after.MaxTokens) {
		merged.MaxTokens = after.MaxTokens
	}
	if !equal(base.Temperature, after.Temperature) {
		merged.Temperature = after.Temperature
	}
	if !equal(base.TopP, after.TopP) {
		merged.TopP = after.TopP
	}
	if len(after.StopSequences) != len(base.StopSequences) {
		merged.StopSequences = after.StopSequences
	}
	return &merged
}

func equal[T comparable](a, b *T) bool {
	return a == b || a != nil && b != nil && *a == *b
}
