package server

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/pipeline"
)

// What the record of a call says whose caller did not wait for its end. No answer
// has this status.
const (
	statusCanceled = 499
	errorCanceled  = "Canceled"
)

// usage becomes the record of a call.
type usage struct {
	// meter keeps it; nil where observers alone want to know.
	meter  *meter.Meter
	record meter.Record
	// timing is that of the provider's answer; nil as long as there is none.
	timing *pipeline.Timing
	// request is what the provider is asked, where that is a conversation.
	request *bedrock.ConverseRequest
	// embeds says that the model makes vectors.
	embeds bool
	// stopReason is that of an answer that passes as it is.
	stopReason bedrock.StopReason
	// deltas are the pieces of a stream that passed and did not say what it took.
	deltas int64
}

// newUsage begins the record of a call of an operation on a model, by a caller who
// is known.
func (s *Server) newUsage(x *exchange) *usage {
	if s.Meter == nil && len(s.Observers) == 0 || x.operation.Service != "bedrock-runtime" {
		return nil
	}
	return &usage{meter: s.Meter, record: meter.Record{
		RequestID: x.requestID, Time: x.start, Operation: x.operation.Name,
		Account: x.principal.Account, Principal: x.principal.ARN,
	}}
}

// described notes what a request says about itself.
func (x *exchange) described(in any) {
	u := x.usage
	if u == nil {
		return
	}
	tier := bedrock.ServiceTierTypeDefault
	switch in := in.(type) {
	case *bedrock.ConverseRequest:
		u.record.Metadata, tier = in.RequestMetadata, tierOf(in.ServiceTier)
	case *bedrock.ConverseStreamRequest:
		u.record.Metadata, tier = in.RequestMetadata, tierOf(in.ServiceTier)
	case *bedrock.InvokeModelRequest:
		u.record.Metadata, tier = headerMetadata(in.RequestMetadata), in.ServiceTier
	case *bedrock.InvokeModelWithResponseStreamRequest:
		u.record.Metadata, tier = headerMetadata(in.RequestMetadata), in.ServiceTier
	case *bedrock.CountTokensRequest:
		return // nobody serves them by a tier
	}
	u.setTier(tier)
}

// admit refuses a request when its budget is spent.
func (x *exchange) admit() error {
	u := x.usage
	if u == nil || u.meter == nil || x.operation == bedrock.OperationCountTokens {
		return nil
	}
	return u.meter.Admit(x.ctx, x.payer(), x.start)
}

// payer is who pays for a call of which there is a record.
func (x *exchange) payer() meter.Caller {
	c := meter.Caller{Account: x.principal.Account, Principal: x.principal.PrincipalARN(), Metadata: x.usage.record.Metadata}
	if x.principal.Session != nil {
		c.Session = x.principal.ARN
	}
	return c
}

// servedBy notes the tier that served, where an answer says it.
func (x *exchange) servedBy(tier *bedrock.ServiceTier) {
	if x.usage != nil && tier != nil {
		x.usage.setTier(tier.Type)
	}
}

func (u *usage) setTier(tier bedrock.ServiceTierType) {
	if tier == "" {
		tier = bedrock.ServiceTierTypeDefault
	}
	u.record.ServiceTier = string(tier)
}

func tierOf(tier *bedrock.ServiceTier) bedrock.ServiceTierType {
	if tier == nil {
		return ""
	}
	return tier.Type
}

// headerMetadata reads the metadata of a native request, or gives none where
// checkMetadata refuses them.
func headerMetadata(header *string) map[string]string {
	var metadata map[string]string
	if header == nil || checkMetadata(header) != nil || json.Unmarshal([]byte(*header), &metadata) != nil {
		return nil
	}
	return metadata
}

// routed notes where a call goes.
func (x *exchange) routed(to *catalog.Target) {
	x.invocation.Of(kindOf(to.Model))
	if x.call != nil {
		x.call.Model, x.call.Label = to.Model, to.Label()
	}
	u := x.usage
	if u == nil {
		return
	}
	u.record.Model, u.record.Provider, u.embeds = to.Model.ID, to.Provider, to.Model.Embeds()
	switch {
	case to.Application != "":
		u.record.Profile = to.Application
	case to.ID.Profile != "":
		u.record.Profile = x.location().ARN(to.ID)
	case to.ID.Kind == catalog.ApplicationInferenceProfile:
		u.record.Profile = to.ID.Text
	}
}

// denied notes the model of a request that goes nowhere: the one behind the id, or the
// id where that stands for none and looks like one.
func (s *Server) denied(x *exchange) {
	id := x.r.PathValue("modelId")
	if x.usage == nil || id == "" {
		return
	}
	if model, ok := s.Prompts.Model(id); ok {
		id = model
	}
	if to, err := s.Pipeline.Catalog.Resolve(id); err == nil && x.mayUse(&to) == nil {
		x.usage.record.Model = to.Model.ID
	} else if parsed, err := catalog.ParseID(id); err == nil {
		x.usage.record.Model = parsed.Text
	}
}

// measured notes where the counts of a call will be.
func (x *exchange) measured(to *pipeline.Route, timing *pipeline.Timing, request *bedrock.ConverseRequest) {
	x.routed(&to.Target)
	if x.usage != nil {
		x.usage.timing, x.usage.request = timing, request
	}
}

// counted notes what a call has made that is no token.
func (x *exchange) counted(counts meter.Counts) {
	if x.usage != nil {
		x.usage.record.Add(counts)
	}
}

// record keeps the record of a call, once. It goes before the last byte of the
// answer: whoever has read all of one finds it in the usage. The error is that of an
// observer who lets no answer go.
func (x *exchange) record(err error) error {
	if x.concluded {
		return nil
	}
	x.concluded = true
	u := x.usage
	if u != nil {
		u.record.Total = time.Since(x.start)
		u.count()
	}
	refused := x.answered(err)
	if u == nil || u.meter == nil {
		return refused
	}
	if refused != nil {
		err = refused
	}
	x.outcome(&u.record, err)
	u.meter.Record(context.WithoutCancel(x.ctx), x.payer(), u.record)
	x.recordInvocation(&u.record)
	return refused
}

// outcome notes what came of a call.
func (x *exchange) outcome(r *meter.Record, err error) {
	r.Status, r.Error = http.StatusOK, ""
	switch {
	case err == nil:
	case x.callerLeft():
		r.Status, r.Error = statusCanceled, errorCanceled
	default:
		exception := publicHalf(err)
		r.Status, r.Error = exception.HTTPStatusCode(), exception.ErrorCode()
	}
}

// count takes the counts out of the timing. Where an answer ended before it said
// what it took, they are estimated.
func (u *usage) count() {
	t := u.timing
	if t == nil {
		u.record.OutputTokens += u.deltas
		return
	}
	if t.FirstByte > 0 {
		u.record.FirstToken = t.Began.Add(t.FirstByte).Sub(u.record.Time)
	}
	counts := tokens(&t.Usage)
	if counts == (meter.Counts{}) && t.Seen > 0 {
		counts = meter.Counts{InputTokens: conversation.EstimateTokens(u.request), OutputTokens: t.Seen}
	}
	u.record.Add(counts)
}

func tokens(of *bedrock.TokenUsage) meter.Counts {
	return meter.Counts{
		InputTokens: int64(of.InputTokens), OutputTokens: int64(of.OutputTokens),
		CacheReadTokens: int64(conversation.Count(of.CacheReadInputTokens)), CacheWriteTokens: int64(conversation.Count(of.CacheWriteInputTokens)),
	}
}
