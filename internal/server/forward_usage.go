package server

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/meter"
	"github.com/saprolite/saprolite/internal/provider"
)

// Answers of an upstream that speaks the API of Bedrock pass as they are. What they
// took is read on the way; an answer that does not say it is passed all the same.

// lenient reads the JSON of answers, whatever else is in them.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// readWhole notes what a whole answer took.
func (u *usage) readWhole(op bedrock.Operation, piece provider.Piece) {
	if u == nil {
		return
	}
	u.setHeaders(piece.Header)
	switch op {
	case bedrock.OperationConverse:
		var answer struct {
			StopReason  bedrock.StopReason   `json:"stopReason"`
			Usage       bedrock.TokenUsage   `json:"usage"`
			ServiceTier *bedrock.ServiceTier `json:"serviceTier"`
		}
		if json.Unmarshal(piece.Body, &answer, lenient) == nil {
			u.stopReason = answer.StopReason
			u.record.Add(tokens(&answer.Usage))
			u.servedBy(answer.ServiceTier)
		}
	case bedrock.OperationInvokeModel:
		u.record.Add(meter.Counts{
			InputTokens: headerCount(piece.Header, "Input-Token-Count"), OutputTokens: headerCount(piece.Header, "Output-Token-Count"),
			CacheReadTokens: headerCount(piece.Header, "Cache-Read-Input-Token-Count"), CacheWriteTokens: headerCount(piece.Header, "Cache-Write-Input-Token-Count"),
		})
		u.record.Add(made(piece.Body, u.embeds))
	}
}

func (u *usage) servedBy(tier *bedrock.ServiceTier) {
	if tier != nil && tier.Type != "" {
		u.setTier(tier.Type)
	}
}

func (u *usage) setHeaders(header http.Header) {
	if u == nil {
		return
	}
	if tier := header.Get("X-Amzn-Bedrock-Service-Tier"); tier != "" {
		u.setTier(bedrock.ServiceTierType(tier))
	}
}

func headerCount(header http.Header, name string) int64 {
	n, err := strconv.ParseInt(header.Get("X-Amzn-Bedrock-"+name), 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// made counts the images or the vectors of a native answer.
func made(body []byte, embeds bool) (counts meter.Counts) {
	if !embeds && !bytes.Contains(body, []byte(`"images"`)) {
		return counts
	}
	var answer struct {
		Images     []jsontext.Value `json:"images"`
		Embedding  jsontext.Value   `json:"embedding"`
		Embeddings jsontext.Value   `json:"embeddings"`
	}
	if json.Unmarshal(body, &answer, lenient) != nil {
		return counts
	}
	if !embeds {
		counts.Images = int64(len(answer.Images))
		return counts
	}
	var list []jsontext.Value
	var byType map[string][]jsontext.Value
	switch answer.Embeddings.Kind() {
	case '[':
		_ = json.Unmarshal(answer.Embeddings, &list, lenient) // it was read once
	case '{':
		_ = json.Unmarshal(answer.Embeddings, &byType, lenient)
		for _, vectors := range byType {
			list = vectors // each type has the same vectors
		}
	default:
		if answer.Embedding != nil {
			list = []jsontext.Value{answer.Embedding}
		}
	}
	counts.Embeddings = int64(len(list))
	return counts
}

// readFrame notes what a frame of a stream says. It is true for the one that says
// what the answer took.
func (u *usage) readFrame(op bedrock.Operation, frame []byte, start time.Time) bool {
	if u == nil {
		return false
	}
	switch op {
	case bedrock.OperationConverseStream:
		return u.readEvent(frame, start)
	case bedrock.OperationInvokeModelWithResponseStream:
		return u.readChunk(frame, start)
	}
	return false
}

// delta counts a piece of an answer: the count stands for that of the tokens until
// the answer says it.
func (u *usage) delta(start time.Time) {
	if u.deltas++; u.deltas == 1 {
		u.record.FirstToken = time.Since(start)
	}
}

// readEvent reads a frame of ConverseStream, if it is of interest.
func (u *usage) readEvent(frame []byte, start time.Time) bool {
	if bytes.Contains(frame, []byte("contentBlockDelta")) {
		u.delta(start)
		return false
	}
	if !bytes.Contains(frame, []byte(`"usage"`)) && !bytes.Contains(frame, []byte(`"stopReason"`)) {
		return false
	}
	message, err := eventstream.NewReader(bytes.NewReader(frame)).Next()
	if err != nil {
		return false
	}
	var event struct {
		StopReason  bedrock.StopReason   `json:"stopReason"`
		Usage       bedrock.TokenUsage   `json:"usage"`
		ServiceTier *bedrock.ServiceTier `json:"serviceTier"`
	}
	if json.Unmarshal(message.Payload, &event, lenient) != nil {
		return false
	}
	switch message.EventType() {
	case "messageStop":
		u.stopReason = event.StopReason
		return false
	case "metadata":
	default:
		return false
	}
	u.servedBy(event.ServiceTier)
	u.settled(tokens(&event.Usage))
	return true
}

// readChunk reads a frame of InvokeModelWithResponseStream. The last one carries the
// counts beside the model's own words.
func (u *usage) readChunk(frame []byte, start time.Time) bool {
	message, err := eventstream.NewReader(bytes.NewReader(frame)).Next()
	if err != nil || message.EventType() != "chunk" {
		return false
	}
	var chunk struct {
		Bytes []byte `json:"bytes"`
	}
	if json.Unmarshal(message.Payload, &chunk, lenient) != nil {
		return false
	}
	if !bytes.Contains(chunk.Bytes, []byte("amazon-bedrock-invocationMetrics")) {
		u.delta(start)
		return false
	}
	var body struct {
		Metrics struct {
			Input      int64 `json:"inputTokenCount"`
			Output     int64 `json:"outputTokenCount"`
			CacheRead  int64 `json:"cacheReadInputTokenCount"`
			CacheWrite int64 `json:"cacheWriteInputTokenCount"`
		} `json:"amazon-bedrock-invocationMetrics"`
	}
	if json.Unmarshal(chunk.Bytes, &body, lenient) != nil {
		return false
	}
	m := &body.Metrics
	u.settled(meter.Counts{InputTokens: m.Input, OutputTokens: m.Output, CacheReadTokens: m.CacheRead, CacheWriteTokens: m.CacheWrite})
	return true
}

func (u *usage) settled(counts meter.Counts) {
	u.record.Add(counts)
	u.deltas = 0
}
