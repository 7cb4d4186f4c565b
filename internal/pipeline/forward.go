package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/conversation"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/quota"
)

// Forward leads a request past the house, to an upstream that is Bedrock itself.
// It is false where the provider's is not.
func (r *Route) Forward(ctx context.Context, call provider.RawCall) (provider.Pieces, bool) {
	to, ok := r.provider.(provider.Passthrough)
	if !ok {
		return nil, false
	}
	call.Model = cmp.Or(r.Upstream, r.ID.Text)
	pieces := to.Forward(ctx, call)
	if r.quota == nil {
		return pieces, true
	}
	return r.admittedRaw(ctx, call, pieces), true
}

// admittedRaw is admitted for an answer that passes as it is.
func (r *Route) admittedRaw(ctx context.Context, call provider.RawCall, pieces provider.Pieces) provider.Pieces {
	return func(yield func(provider.Piece, error) bool) {
		request, input := quota.Request{Brief: true}, conversation.EstimateTextTokens(len(call.Body))
		if call.Operation != bedrock.OperationCountTokens {
			request = quota.Request{Reserve: func() quota.Reservation {
				// The body may hold anything in many words: what it asks for is a guess.
				output := int64(cmp.Or(r.Model.MaxOutput, defaultMaxOutput))
				return quota.Reservation{Tokens: input + output}
			}}
		}
		grant, err := r.admit(ctx, request)
		if err != nil {
			yield(provider.Piece{}, err)
			return
		}
		var told telling
		defer func() { grant.Settle(told.tokens(input, r.Model.TokenWeight())) }()
		for piece, err := range pieces {
			told.note(piece)
			if !yield(piece, err) {
				return
			}
		}
	}
}

// telling is the part of an answer of Bedrock's that tells its usage: the headers of a
// whole one and its body, or the last of a stream.
type telling struct {
	header http.Header
	last   []byte
	// deltas are the frames of a stream that hold some of the answer.
	deltas int64
}

func (t *telling) note(piece provider.Piece) {
	if t.header == nil {
		t.header = piece.Header
	}
	if len(piece.Body) > 0 {
		t.last = append(t.last[:0], piece.Body...)
	}
	if bytes.Contains(piece.Body, []byte("contentBlockDelta")) || bytes.Contains(piece.Body, []byte("chunk")) {
		t.deltas++
	}
}

// tokens are those that count. A stream that was cut off does not say: each frame is
// taken for a token, and the input for what was guessed of it.
func (t *telling) tokens(input, weight int64) int64 {
	told := weigh(t.usage(), weight)
	if told == 0 && t.deltas > 0 && t.header.Get("Content-Type") == eventstream.ContentType {
		return input + weight*t.deltas
	}
	return told
}

// usage reads it. An answer that tells none is taken to have used none.
func (t *telling) usage() *bedrock.TokenUsage {
	const prefix = "X-Amzn-Bedrock-"
	if count := t.header.Get(prefix + "Input-Token-Count"); count != "" {
		return &bedrock.TokenUsage{
			InputTokens: number(count), OutputTokens: number(t.header.Get(prefix + "Output-Token-Count")),
			CacheWriteInputTokens: new(number(t.header.Get(prefix + "Cache-Write-Input-Token-Count"))),
		}
	}
	if t.header.Get("Content-Type") != eventstream.ContentType {
		return usageIn(t.last)
	}
	reader := eventstream.NewReader(bytes.NewReader(t.last))
	usage := new(bedrock.TokenUsage)
	for {
		message, err := reader.Next()
		if err != nil {
			return usage
		}
		switch message.EventType() {
		case "metadata":
			usage = usageIn(message.Payload)
		case "chunk":
			var chunk bedrock.PayloadPart
			if json.Unmarshal(message.Payload, &chunk) == nil {
				usage = metricsIn(chunk.Bytes)
			}
		}
	}
}

// usageIn reads the member usage of an answer of Converse, or of its last event.
func usageIn(body []byte) *bedrock.TokenUsage {
	var answer struct {
		Usage bedrock.TokenUsage `json:"usage"`
	}
	_ = json.Unmarshal(body, &answer) // what is no JSON tells nothing
	return &answer.Usage
}

// metricsIn reads what the service adds to the last chunk of a stream.
func metricsIn(chunk []byte) *bedrock.TokenUsage {
	var last struct {
		Metrics struct {
			Input   int32 `json:"inputTokenCount"`
			Output  int32 `json:"outputTokenCount"`
			Written int32 `json:"cacheWriteInputTokenCount"`
		} `json:"amazon-bedrock-invocationMetrics"`
	}
	_ = json.Unmarshal(chunk, &last) // as above
	m := last.Metrics
	return &bedrock.TokenUsage{InputTokens: m.Input, OutputTokens: m.Output, CacheWriteInputTokens: &m.Written}
}

func number(text string) int32 {
	n, _ := strconv.ParseInt(text, 10, 32) // what is no number tells nothing
	return int32(n)
}
