package server

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/iam/conditions"
	"github.com/saprolite/saprolite/internal/invocationlog"
	"github.com/saprolite/saprolite/internal/meter"
)

func (s *Server) putModelInvocationLoggingConfiguration(x *exchange, req *bedrock.PutModelInvocationLoggingConfigurationRequest) error {
	if err := s.Invocations.Configure(x.ctx, x.principal.Account, req.LoggingConfig); err != nil {
		return err
	}
	return x.reply(&bedrock.PutModelInvocationLoggingConfigurationResponse{})
}

func (s *Server) getModelInvocationLoggingConfiguration(x *exchange, _ *bedrock.GetModelInvocationLoggingConfigurationRequest) error {
	config, err := s.Invocations.Configuration(x.ctx, x.principal.Account)
	if err != nil {
		return err
	}
	return x.reply(&bedrock.GetModelInvocationLoggingConfigurationResponse{LoggingConfig: config})
}

func (s *Server) deleteModelInvocationLoggingConfiguration(x *exchange, _ *bedrock.DeleteModelInvocationLoggingConfigurationRequest) error {
	if err := s.Invocations.Reset(x.ctx, x.principal.Account); err != nil {
		return err
	}
	return x.reply(&bedrock.DeleteModelInvocationLoggingConfigurationResponse{})
}

// beginInvocation begins the record of an inference; tokens that are only counted are
// none.
func (s *Server) beginInvocation(x *exchange, op bedrock.Operation) (err error) {
	if s.Invocations == nil || op == bedrock.OperationCountTokens {
		return nil
	}
	x.invocation, err = s.Invocations.Begin(x.principal.Account)
	return err
}

// kindOf is what a model makes, for the switches of the log.
func kindOf(model *catalog.Model) invocationlog.Kind {
	switch {
	case model.Embeds():
		return invocationlog.Embeddings
	case model.MakesImages():
		return invocationlog.Images
	}
	return invocationlog.Texts
}

// recordInvocation keeps what was asked and answered, with the counts of the usage.
func (x *exchange) recordInvocation(r *meter.Record) {
	if x.invocation == nil {
		return
	}
	x.invocation.End(&invocationlog.Facts{
		RequestID: r.RequestID, Operation: r.Operation, Account: r.Account, Principal: r.Principal,
		Region: cmp.Or(x.principal.Region, conditions.DefaultRegion), Model: x.r.PathValue("modelId"),
		Time: r.Time, Error: r.Error, Metadata: r.Metadata, Request: x.body,
		InputTokens: r.InputTokens, OutputTokens: r.OutputTokens, CacheReadTokens: r.CacheReadTokens, CacheWriteTokens: r.CacheWriteTokens,
	})
}

// readFrames takes the events of an upstream's frames for the log.
func (x *exchange) readFrames(op bedrock.Operation, frames []byte) {
	if x.invocation == nil {
		return
	}
	reader := eventstream.NewReader(bytes.NewReader(frames))
	for {
		message, err := reader.Next()
		if err != nil {
			return
		}
		switch op {
		case bedrock.OperationConverseStream:
			if event, ok := parseEvent(message); ok {
				x.invocation.Event(event)
			}
		case bedrock.OperationInvokeModelWithResponseStream:
			var chunk bedrock.PayloadPart
			if message.EventType() == "chunk" && json.Unmarshal(message.Payload, &chunk, lenient) == nil {
				x.invocation.Chunk(chunk.Bytes)
			}
		}
	}
}

// parseEvent reads an event of ConverseStream.
func parseEvent(message *eventstream.Message) (*bedrock.ConverseStreamOutput, bool) {
	event := new(bedrock.ConverseStreamOutput)
	member := slices.Concat([]byte(`{"`+message.EventType()+`":`), message.Payload, []byte{'}'})
	return event, json.Unmarshal(member, event, lenient) == nil
}
