package answer

import (
	"fmt"
	"io"
	"iter"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Piece is what one native chunk of a text answer says. Everything may be
// absent.
type Piece struct {
	// Reasoning and Text are what is new, the reasoning first.
	Reasoning, Text string
	// Tools are whole uses of tools, behind the text.
	Tools []*bedrock.ToolUseBlock
	// StopReason comes once, with or after the last text.
	StopReason bedrock.StopReason
	// Fields is additionalModelResponseFields, beside the stop reason.
	Fields []byte
	// InputTokens and OutputTokens are counts as far as the chunk knows them;
	// later ones replace earlier ones.
	InputTokens, OutputTokens *int32
	// Metrics is the trailer of the last chunk; its counts are the ones that
	// the service bills.
	Metrics *InvocationMetrics
}

// InvocationMetrics is the member amazon-bedrock-invocationMetrics, which the
// service adds to the last chunk of every stream. Latencies are in
// milliseconds.
type InvocationMetrics struct {
	InputTokenCount           int32  `json:"inputTokenCount"`
	OutputTokenCount          int32  `json:"outputTokenCount"`
	InvocationLatency         int64  `json:"invocationLatency"`
	FirstByteLatency          int64  `json:"firstByteLatency"`
	CacheReadInputTokenCount  *int32 `json:"cacheReadInputTokenCount,omitzero"`
	CacheWriteInputTokenCount *int32 `json:"cacheWriteInputTokenCount,omitzero"`
}

// Trailer is embedded in the types of chunks to read the metrics.
type Trailer struct {
	Metrics *InvocationMetrics `json:"amazon-bedrock-invocationMetrics,omitzero"`
}

// Events reads the chunks of a text answer as the events of the conversation.
// A stream that ends without a stop reason, or a chunk that read refuses, is a
// *bedrock.ModelStreamErrorException.
func Events(chunks iter.Seq2[[]byte, error], read func(chunk []byte) (Piece, error)) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		w, usage := provider.NewWriter(yield), bedrock.TokenUsage{}
		for chunk, err := range chunks {
			if err != nil {
				w.Fail(err)
				return
			}
			piece, err := read(chunk)
			if err != nil {
				w.Fail(Broken(err))
				return
			}
			piece.count(&usage)
			if !piece.write(w) {
				return
			}
		}
		if !w.Stopped() {
			w.Fail(Broken(ErrCut))
			return
		}
		w.Metadata(usage)
	}
}

// write writes the piece. Behind the stop nothing counts but counts.
func (p Piece) write(w *provider.Writer) bool {
	if w.Stopped() {
		return true
	}
	return w.Start() && w.Reasoning(p.Reasoning) && w.Text(p.Text) && p.writeTools(w) &&
		(p.StopReason == "" || w.Stop(p.StopReason, p.Fields))
}

func (p Piece) writeTools(w *provider.Writer) bool {
	for _, use := range p.Tools {
		if !w.ToolUse(bedrock.ToolUseBlockStart{ToolUseId: *use.ToolUseId, Name: *use.Name}) || !w.ToolInput(string(use.Input)) {
			return false
		}
	}
	return true
}

func (p Piece) count(usage *bedrock.TokenUsage) {
	if p.InputTokens != nil {
		usage.InputTokens = *p.InputTokens
	}
	if p.OutputTokens != nil {
		usage.OutputTokens = *p.OutputTokens
	}
	p.Metrics.Count(usage)
}

// Count puts the billed counts into a usage, if m is not nil.
func (m *InvocationMetrics) Count(usage *bedrock.TokenUsage) {
	if m == nil {
		return
	}
	usage.InputTokens, usage.OutputTokens = m.InputTokenCount, m.OutputTokenCount
	usage.CacheReadInputTokens, usage.CacheWriteInputTokens = m.CacheReadInputTokenCount, m.CacheWriteInputTokenCount
}

// Broken is the error of an upstream's stream that makes no sense.
func Broken(cause error) error {
	return bedrock.WithCause(&bedrock.ModelStreamErrorException{
		Message: "The system encountered an unexpected error during processing. Try your request again.",
	}, cause)
}

// ErrCut is the cause where a stream ended without a stop reason.
var ErrCut = fmt.Errorf("the stream has no stop reason: %w", io.ErrUnexpectedEOF)
