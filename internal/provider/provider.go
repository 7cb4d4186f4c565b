// Package provider is where answers come from: the interface that every source
// of answers implements, and what the house knows of them. Implementations lie
// in the folders below; providertest is the suite that all of them pass.
package provider

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// Events is one answer as it comes: the events of ConverseStream in Bedrock's
// order. An error ends it.
type Events = iter.Seq2[bedrock.ConverseStreamOutput, error]

// Provider answers conversations. It MUST be safe for concurrent use.
type Provider interface {
	// Converse yields the events of one answer and stops when the consumer
	// does. The work begins when the sequence is ranged over, which happens
	// once.
	//
	// The order is messageStart, then for each block its deltas and its
	// contentBlockStop, then messageStop and metadata. contentBlockStart comes
	// for toolUse blocks alone. Block indices count up from zero without gaps.
	//
	// Unless call.Incremental, the provider makes one plain upstream call and
	// yields each block whole, as a single delta.
	//
	// Text that a stop sequence ended does not hold the sequence; messageStop
	// then says stop_sequence and carries
	// additionalModelResponseFields {"stop_sequence": "..."}. A last message of
	// the role assistant is continued, and not repeated in the answer.
	//
	// Metadata carries usage (inputTokens, outputTokens, totalTokens); latency
	// is filled in by the caller.
	//
	// Errors are, or wrap, a bedrock.Exception. One that comes before
	// messageStart MUST mean that nothing was answered. When ctx ends, so does
	// the upstream work.
	Converse(ctx context.Context, call Call) Events
}

// TokenCounter is a provider that can count a request's tokens.
type TokenCounter interface {
	// CountTokens gives the inputTokens that the same call would report.
	CountTokens(ctx context.Context, call Call) (int32, error)
}

// LocalCounter is a TokenCounter that asks no other machine and takes no time that
// matters beside that of an answer.
type LocalCounter interface {
	TokenCounter
	// CountsLocally does nothing but tell such counters from others.
	CountsLocally()
}

// Capable is a provider that says what it can carry. One that does not
// implement it carries text.
type Capable interface {
	// Abilities gives what the provider carries for an upstream model.
	Abilities(model string) Abilities
}

// Call is one conversation to answer.
type Call struct {
	// Model is the name by which the upstream knows the model.
	Model string
	// Requested is the model id or ARN as the caller wrote it. It is empty where
	// the configuration has a name for the model. Only an upstream that is Bedrock
	// itself knows such ids.
	Requested string
	// Request is the conversation, validated. Providers MUST NOT change it.
	// AdditionalModelRequestFields holds an object of sampler settings that
	// InferenceConfiguration lacks, under the names that open servers use:
	// top_k, min_p, seed, frequency_penalty, presence_penalty, ...; and what
	// switches reasoning on in the words of the model's family: thinking,
	// reasoning_config, reasoningConfig or reasoning_effort.
	//
	// The model sees guardContent as the text or image that it is, and tools come
	// and go (toolAddition, toolRemoval): conversation.Plain is for models that
	// have no words for these.
	Request *bedrock.ConverseRequest
	// Caller says who asks, by the ARN of a user or a role. Providers that can answer
	// only so many at a time let callers take turns.
	Caller string
	// Incremental asks for deltas as the model makes them.
	Incremental bool
}

// Abilities says what a model or a provider can carry beside text.
type Abilities struct {
	Tools, Images, Documents, Video, Audio bool
	Reasoning, CachePoints                 bool
	StructuredOutput                       bool
	// SystemTools are tools of the service's own, as nova_grounding, which nobody
	// else has.
	SystemTools bool
	// PlainDocuments says that of documents pdf and plain text alone are taken: the
	// others come as plain text.
	PlainDocuments bool
	// S3Locations says that a provider takes media that lie in S3. What the
	// service's models take is a matter of the catalogue.
	S3Locations bool
}

// UpstreamError is the private half of an error that an upstream answered, or
// of a connection that gave none.
type UpstreamError struct {
	// Upstream names the server, as its address.
	Upstream string
	// Status is the HTTP status, or 0 when there was no answer.
	Status int
	// RetryAfter is the wait that the upstream asked for, or 0.
	RetryAfter time.Duration
	// Err is what happened.
	Err error
}

func (e *UpstreamError) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s: %v", e.Upstream, e.Err)
	}
	return fmt.Sprintf("%s: status %d: %v", e.Upstream, e.Status, e.Err)
}

// Brief says to a log which server it was, and what happened. What the server said
// is not told: it may quote the request, or what the model said.
func (e *UpstreamError) Brief() string {
	switch e.Status {
	case 0:
		return fmt.Sprintf("%s: %v", e.Upstream, e.Err)
	case http.StatusOK:
		return e.Upstream + ": the answer ended with an error, or cannot be understood"
	}
	return fmt.Sprintf("%s: status %d", e.Upstream, e.Status)
}

func (e *UpstreamError) Unwrap() error { return e.Err }

// Temporary says whether the same call may succeed later: there was no answer,
// or it was 408, 429 or a 5xx.
func (e *UpstreamError) Temporary() bool {
	return e.Status == 0 || e.Status == 408 || e.Status == 429 || e.Status >= 500
}

// EndedError is the error of a call whose context has ended, by the context's
// error: a deadline is the model's timeout. A call that was cancelled has nobody
// left who reads the error, unless the server itself is about to end.
func EndedError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return bedrock.WithCause(&bedrock.ModelTimeoutException{
			Message: "Model has timed out in processing the request. Try your request again.",
		}, err)
	}
	return bedrock.WithCause(&bedrock.ServiceUnavailableException{
		Message: "Bedrock is unable to process your request.",
	}, err)
}
