package server

import (
	"context"
	"encoding/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/pipeline"
	"github.com/saprolite/saprolite/internal/provider"
)

// nativeInference is a native request that is ready to be answered.
type nativeInference struct {
	inference
	renderer format.Renderer
}

// routeNative routes a native request, whose guardrail and metadata are headers.
func (s *Server) routeNative(x *exchange, modelID string, want catalog.Service, guardrail, metadata *string) (*pipeline.Route, error) {
	if guardrail != nil && *guardrail != "" {
		return nil, &bedrock.ValidationException{Message: "The provided guardrail identifier is invalid."}
	}
	if err := checkMetadata(metadata); err != nil {
		return nil, err
	}
	return s.routeFor(x, modelID, want)
}

// prepareNative understands the body of a native request, holds it to the rules, and
// fetches what it names by s3Location.
func (s *Server) prepareNative(ctx context.Context, to *pipeline.Route, body []byte, streamed bool) (*nativeInference, error) {
	native := s.format(to)
	switch {
	case native == nil && streamed && !to.Model.Streaming:
		return nil, &bedrock.ValidationException{Message: "The model is unsupported for streaming."}
	case native == nil:
		return nil, &bedrock.ValidationException{Message: "The requested operation is not supported for the provided model."}
	}
	request, err := native.ParseRequest(to.Model.Base, body)
	if err != nil {
		return nil, err
	}
	wanted(request.Conversation, to.Service)
	conversation, err := settle(ctx, to, request.Conversation, rules(to, streamed).CheckNative)
	if err != nil {
		return nil, err
	}
	return &nativeInference{inference{Route: to, request: conversation}, request.Renderer}, nil
}

// withInputTokens puts the count of input tokens ahead of the events, as a
// metadata event, for the families that tell it in their first chunk. It is
// counted while the answer begins.
func (n *nativeInference) withInputTokens(ctx context.Context, events provider.Events) provider.Events {
	if !n.Counts() {
		return events
	}
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		counted := make(chan *bedrock.ConverseStreamMetadataEvent, 1)
		go func() { counted <- n.inputTokens(ctx) }()
		told := false
		for event, err := range events {
			if err == nil && !told {
				told = true
				if ahead := <-counted; ahead != nil && !yield(bedrock.ConverseStreamOutput{Metadata: ahead}, nil) {
					return
				}
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

// inputTokens counts; without a count the first chunk does without.
func (n *nativeInference) inputTokens(ctx context.Context) *bedrock.ConverseStreamMetadataEvent {
	count, err := n.InputTokens(ctx, n.request)
	if err != nil {
		return nil
	}
	return &bedrock.ConverseStreamMetadataEvent{Usage: bedrock.TokenUsage{InputTokens: count}}
}

// invocationMetrics is what the service adds to the last chunk of a stream.
func (n *nativeInference) invocationMetrics() answer.InvocationMetrics {
	usage := &n.timing.Usage
	metrics := answer.InvocationMetrics{
		InputTokenCount:   usage.InputTokens,
		OutputTokenCount:  usage.OutputTokens,
		InvocationLatency: n.timing.Total.Milliseconds(),
		FirstByteLatency:  n.timing.FirstByte.Milliseconds(),
	}
	metrics.CacheReadInputTokenCount, metrics.CacheWriteInputTokenCount = cacheCounts(usage, n.Model.Usage.Native)
	return metrics
}

// cacheCounts are the cache counters that a native answer shows.
func cacheCounts(usage *bedrock.TokenUsage, rule catalog.CacheCounters) (read, written *int32) {
	r, w := conversation.Count(usage.CacheReadInputTokens), conversation.Count(usage.CacheWriteInputTokens)
	showRead, showWritten := rule.Show(r, w)
	if showRead {
		read = &r
	}
	if showWritten {
		written = &w
	}
	return read, written
}

// withMetrics appends the metrics to a chunk, which is a JSON object.
func withMetrics(chunk []byte, metrics answer.InvocationMetrics) ([]byte, error) {
	text, err := json.Marshal(metrics)
	if err != nil {
		return nil, err
	}
	body := append([]byte(nil), chunk[:len(chunk)-1]...)
	if len(body) > 1 {
		body = append(body, ',')
	}
	body = append(body, `"amazon-bedrock-invocationMetrics":`...)
	return append(append(body, text...), '}'), nil
}
