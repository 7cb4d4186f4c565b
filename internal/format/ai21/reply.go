package ai21

import (
	"cmp"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/provider"
)

// reply is an answer of Jamba.
type reply struct {
	ID      string      `json:"id"`
	Choices []choice    `json:"choices"`
	Usage   *chat.Usage `json:"usage"`
	Meta    *meta       `json:"meta,omitzero"`
	Model   string      `json:"model"`
}

type choice struct {
	Index        int32   `json:"index"`
	Message      message `json:"message"`
	FinishReason string  `json:"finish_reason"`
}

type message struct {
	Role    string  `json:"role"`
	Content *string `json:"content"`
	// ToolCalls is null without any.
	ToolCalls *[]chat.ToolCall `json:"tool_calls"`
}

type meta struct {
	RequestDurationMillis int64 `json:"requestDurationMillis"`
}

// fields are what the conversation has no words for.
type fields struct {
	ID           string         `json:"id,omitzero"`
	Meta         *meta          `json:"meta,omitzero"`
	Model        string         `json:"model,omitzero"`
	StopReason   jsontext.Value `json:"stop_reason,omitzero"`
	StopSequence *string        `json:"stop_sequence,omitzero"`
}

func fieldsOf(given []byte) fields {
	var f fields
	_ = json.Unmarshal(given, &f)
	return f
}

func parseReply(data []byte) (*bedrock.ConverseResponse, error) {
	var native reply
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	if len(native.Choices) == 0 {
		return nil, answer.ErrEmpty
	}
	said := native.Choices[0].Message
	m := chat.Message{Content: chat.Content{Text: said.Content}}
	if said.ToolCalls != nil {
		m.ToolCalls = *said.ToolCalls
	}
	parsed, err := chat.ReadAnswer(m)
	if err != nil {
		return nil, err
	}
	known, err := answer.Marshal(fields{ID: native.ID, Meta: native.Meta, Model: native.Model})
	return &bedrock.ConverseResponse{
		AdditionalModelResponseFields: known,
		Output:                        bedrock.ConverseOutput{Message: parsed},
		StopReason:                    chat.Words.Reason(native.Choices[0].FinishReason),
		Usage:                         native.Usage.Tokens(),
	}, err
}

// replies writes the answers of Jamba. Reasoning has no place in them.
type replies struct{ model string }

func (r replies) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	said, err := chat.WriteAnswer(whole)
	if err != nil {
		return nil, err
	}
	one := message{Role: "assistant", Content: said.Content.Text}
	if len(said.ToolCalls) > 0 {
		one.ToolCalls = &said.ToolCalls
	}
	f := fieldsOf(whole.AdditionalModelResponseFields)
	if f.Meta == nil {
		f.Meta = &meta{whole.Metrics.LatencyMs}
	}
	return answer.Marshal(reply{
		ID:      cmp.Or(f.ID, newID()),
		Choices: []choice{{Message: one, FinishReason: chat.Words.Native(whole.StopReason)}},
		Usage:   chat.UsageOf(whole.Usage), Meta: f.Meta, Model: cmp.Or(f.Model, r.model),
	})
}

func newID() string { return "chatcmpl-" + answer.NewID() }

type chunk struct {
	ID      string        `json:"id,omitzero"`
	Choices []chunkChoice `json:"choices,omitzero"`
	Usage   *chunkUsage   `json:"usage,omitzero"`
	Meta    *meta         `json:"meta,omitzero"`
	answer.Trailer
}

type chunkChoice struct {
	Index        int32      `json:"index"`
	Delta        chat.Delta `json:"delta"`
	FinishReason *string    `json:"finish_reason"`
	// StopReason comes with the finish reason: the stop sequence that was met,
	// or the number of the token that ends a turn.
	StopReason jsontext.Value `json:"stop_reason,omitzero"`
}

// chunkUsage is Usage in another order.
type chunkUsage struct {
	PromptTokens     answer.Count `json:"prompt_tokens"`
	TotalTokens      answer.Count `json:"total_tokens"`
	CompletionTokens answer.Count `json:"completion_tokens"`
}

// endOfTurn is Jamba's token for it.
const endOfTurn = "518"

// Stream writes one chunk for each delta, the reason to stop, and as the
// service does an empty one behind it. Counts are in every chunk from the one
// on that can know them.
func (replies) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	id := newID()
	return answer.StreamAll(events, func(part answer.Part) ([][]byte, error) {
		if part.Reasoning != "" {
			return nil, nil
		}
		one := chunk{ID: id, Choices: []chunkChoice{{Delta: chat.DeltaOf(part)}}}
		if part.InputTokens != nil {
			input, output := answer.Count(*part.InputTokens), answer.Count(part.OutputTokens)
			one.Usage = &chunkUsage{input, input + output, output}
		}
		if !part.Last() {
			body, err := answer.Marshal(one)
			return [][]byte{body}, err
		}
		one.finish(part)
		body, err := answer.Marshal(one)
		return [][]byte{body, []byte("{}")}, err
	})
}

// finish makes a chunk the one that tells the reason to stop.
func (c *chunk) finish(part answer.Part) {
	f := fieldsOf(part.Fields)
	if c.Meta = f.Meta; c.Meta == nil {
		c.Meta = &meta{part.LatencyMs}
	}
	last := &c.Choices[0]
	last.Delta.Content = new("")
	last.FinishReason = new(chat.Words.Native(part.StopReason))
	switch {
	case len(f.StopReason) > 0:
		last.StopReason = f.StopReason
	case f.StopSequence != nil:
		last.StopReason, _ = jsontext.AppendQuote(nil, *f.StopSequence)
	case part.StopReason == bedrock.StopReasonEndTurn:
		last.StopReason = jsontext.Value(endOfTurn)
	default:
		last.StopReason = jsontext.Value("null")
	}
}
