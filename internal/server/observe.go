package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/iam/policy"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/traceparent"
)

// Observer hears of every request, also of those that are refused before anybody
// knows who sent them. Of each it hears Begin, Answered and Ended once, in this
// order. It is safe for concurrent use.
type Observer interface {
	// Begin hears that a request has come, which goes on in the context that it
	// gives. An error refuses the request; what it gives counts all the same.
	Begin(ctx context.Context, c *Call) (context.Context, error)
	// Answered hears what comes of a request, before the last byte of its answer
	// leaves. An error takes the place of the answer, or of the end of a streamed
	// one.
	Answered(ctx context.Context, c *Call) error
	// Ended hears that nothing more is done for a request.
	Ended(ctx context.Context, c *Call)
}

// Call is a request as observers hear of it: whose it was, what it was about and
// what came of it, and nothing that was said in it. They MUST NOT change or keep it.
type Call struct {
	RequestID string
	Start     time.Time
	// Operation has no name where the request was for none.
	Operation bedrock.Operation
	// Request has the head. Its body is read.
	Request *http.Request

	// What follows is known to Answered and Ended.

	// Principal is who called; the zero principal where that is not known.
	Principal identity.Principal
	// BadCredentials says that the request did not show who sent it.
	BadCredentials bool
	// Decisions are what policies said; the last one is that of a refusal. There
	// are none where no policies decide.
	Decisions []policy.Decision
	// Resources are the ARNs of what was decided about.
	Resources []string
	// Model is the model that the request was for, and Label its name among a
	// bounded number; nil and empty where the request got not that far.
	Model *catalog.Model
	Label string
	// Inference are the settings of a conversation; nil where there are none.
	Inference *bedrock.InferenceConfiguration
	// StopReason is why the model ended; empty where it is not known.
	StopReason bedrock.StopReason
	// Usage is what the call used. Its Status and Error say what came of it.
	Usage meter.Record
	// Refusal is the text of a refusal by policies. Those of other errors may quote
	// what the caller sent.
	Refusal string

	// in is the request; nil as long as it was not understood.
	in any
}

// Names are the members of the request that name things, as modelId, by the names
// that the API has for them. What a caller wrote there is not judged yet.
func (c *Call) Names() map[string]string {
	names := map[string]string{}
	set := func(name string, value *string) {
		if value != nil && *value != "" {
			names[name] = *value
		}
	}
	for part := range strings.SplitSeq(c.Operation.URI, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			set(name, new(c.Request.PathValue(name)))
		}
	}
	guarded := func(g guardrail) {
		set("guardrailIdentifier", &g.identifier)
		set("guardrailVersion", &g.version)
	}
	switch in := c.in.(type) {
	case *bedrock.ConverseRequest:
		guarded(guardrailOf(in.GuardrailConfig))
	case *bedrock.ConverseStreamRequest:
		guarded(streamGuardrailOf(in.GuardrailConfig))
	case *bedrock.InvokeModelRequest:
		guarded(newGuardrail(in.GuardrailIdentifier, in.GuardrailVersion))
	case *bedrock.InvokeModelWithResponseStreamRequest:
		guarded(newGuardrail(in.GuardrailIdentifier, in.GuardrailVersion))
	case *bedrock.CreateInferenceProfileRequest:
		set("inferenceProfileName", in.InferenceProfileName)
	case *bedrock.PutModelInvocationLoggingConfigurationRequest:
		if to := in.LoggingConfig; to != nil && to.S3Config != nil {
			set("bucketName", to.S3Config.BucketName)
			set("keyPrefix", to.S3Config.KeyPrefix)
		}
	case *bedrock.TagResourceRequest:
		set("resourceARN", in.ResourceARN)
	case *bedrock.UntagResourceRequest:
		set("resourceARN", in.ResourceARN)
	case *bedrock.ListTagsForResourceRequest:
		set("resourceARN", in.ResourceARN)
	}
	return names
}

// begin tells the observers of a request, and lets it go on where it belongs in a
// trace.
func (x *exchange) begin(observers []Observer) error {
	x.ctx = traceparent.With(x.ctx, traceparent.Read(x.r.Header))
	if x.observers = observers; len(observers) == 0 {
		return nil
	}
	x.call = &Call{RequestID: x.requestID, Start: x.start, Operation: x.operation, Request: x.r}
	var refused error
	for _, o := range observers {
		var err error
		if x.ctx, err = o.Begin(x.ctx, x.call); err != nil && refused == nil {
			refused = err
		}
	}
	return refused
}

// answered tells the observers what comes of the request. The error is theirs.
func (x *exchange) answered(err error) error {
	c := x.call
	if c == nil {
		return nil
	}
	c.Principal = x.principal
	if n := len(c.Decisions); n > 0 && !c.Decisions[n-1].Allowed() {
		c.Refusal = c.Decisions[n-1].Refusal(x.principal.ARN)
	}
	if u := x.usage; u != nil {
		c.Usage, c.StopReason = u.record, u.stopReason
		if u.timing != nil {
			c.StopReason = u.timing.StopReason
		}
		if u.request != nil {
			c.Inference = u.request.InferenceConfig
		}
	}
	x.outcome(&c.Usage, err)
	ctx := context.WithoutCancel(x.ctx)
	var refused error
	for _, o := range x.observers {
		if err := o.Answered(ctx, c); err != nil && refused == nil {
			refused = err
			x.outcome(&c.Usage, refused) // for the observers behind this one
		}
	}
	return refused
}

// ended tells the observers that the request is over.
func (x *exchange) ended() {
	for _, o := range x.observers {
		o.Ended(context.WithoutCancel(x.ctx), x.call)
	}
}

// stranger notes that a request did not show who sent it, if the error of its
// authentication says so; a fault of this side is no such thing.
func (x *exchange) stranger(err error) error {
	if x.call != nil {
		_, x.call.BadCredentials = errors.AsType[bedrock.Exception](err)
	}
	return err
}

// understood notes what a request is.
func (x *exchange) understood(in any) {
	if x.call != nil {
		x.call.in = in
	}
}

// decided notes what policies said about something that the request needs.
func (x *exchange) decided(n need, decision policy.Decision) {
	if x.call == nil {
		return
	}
	x.call.Decisions = append(x.call.Decisions, decision)
	for _, r := range n.resources {
		x.call.Resources = append(x.call.Resources, r.ARN)
	}
}
