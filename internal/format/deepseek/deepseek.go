// Package deepseek is the native bodies of DeepSeek R1, after its page in the
// Bedrock user guide. The models after it take chat completions: see package
// chat.
package deepseek

import (
	"iter"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/prompt"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/provider"
)

// Format is the bodies of deepseek.r1*.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

type body struct {
	Prompt      string   `json:"prompt" schema:"required,minLength=1"`
	MaxTokens   *int32   `json:"max_tokens,omitzero" schema:"min=1,max=32768"`
	Temperature *float32 `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP        *float32 `json:"top_p,omitzero" schema:"min=0,max=1"`
	Stop        []string `json:"stop,omitzero" schema:"maxItems=10"`
}

var bodies = schema.For[body](schema.Counted)

// thoughts is how R1 writes its reasoning.
var thoughts = answer.Tags{Open: "<think>\n", Close: "\n</think>\n\n"}

// ParseRequest reads a body.
func (Format) ParseRequest(_ string, data []byte) (*format.Request, error) {
	native, err := bodies.Decode(data)
	if err != nil {
		return nil, err
	}
	conversation := prompt.Read(native.Prompt, prompt.DeepSeek)
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.MaxTokens, StopSequences: native.Stop, Temperature: native.Temperature, TopP: native.TopP,
	})
	opened := strings.HasSuffix(strings.TrimSpace(native.Prompt), strings.TrimSpace(thoughts.Open))
	return &format.Request{Conversation: conversation, Renderer: renderer{opened}}, nil
}

// RenderRequest writes a body.
func (Format) RenderRequest(_ string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	text, err := prompt.DeepSeek.Render(conversation)
	if err != nil {
		return nil, err
	}
	c := request.InferenceOf(conversation)
	native := body{Prompt: text, MaxTokens: c.MaxTokens, Temperature: c.Temperature, TopP: c.TopP, Stop: c.StopSequences}
	return request.Render(native, conversation.AdditionalModelRequestFields, nil)
}

// Renderer writes answers.
func (Format) Renderer(string) format.Renderer { return renderer{} }

// words are the values of stop_reason.
var words = answer.StopReasons{
	{"stop", bedrock.StopReasonEndTurn},
	{"length", bedrock.StopReasonMaxTokens},
	{"length", bedrock.StopReasonModelContextWindowExceeded},
}

// response is a whole answer and a chunk of a streamed one, whose stop_reason
// is null until the last.
type response struct {
	Choices []choice `json:"choices"`
	answer.Trailer
}

type choice struct {
	Text       string  `json:"text"`
	StopReason *string `json:"stop_reason"`
}

// ParseResponse reads an answer. The body tells no counts.
func (Format) ParseResponse(data []byte) (*bedrock.ConverseResponse, error) {
	var native response
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	if len(native.Choices) == 0 || native.Choices[0].StopReason == nil {
		return nil, answer.ErrEmpty
	}
	whole := native.Choices[0].Text
	if !strings.HasPrefix(whole, thoughts.Open) && strings.Contains(whole, thoughts.Close) {
		whole = thoughts.Open + whole // the prompt had opened it
	}
	reasoning, text := thoughts.Split(whole)
	return answer.Text{
		Text: text, Reasoning: reasoning, StopReason: words.Reason(*native.Choices[0].StopReason),
	}.Response(), nil
}

// ParseStream reads the chunks of an answer. Reasoning that the prompt had
// opened cannot be told from text here.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		splitter := thoughts.Splitter()
		answer.Events(chunks, func(data []byte) (answer.Piece, error) {
			var native response
			if err := json.Unmarshal(data, &native); err != nil {
				return answer.Piece{}, err
			}
			piece := answer.Piece{Metrics: native.Metrics}
			if len(native.Choices) == 0 {
				return piece, nil
			}
			piece.Reasoning, piece.Text = splitter.Next(native.Choices[0].Text)
			piece.StopReason = words.Given(native.Choices[0].StopReason)
			if piece.StopReason != "" {
				reasoning, text := splitter.Rest()
				piece.Reasoning, piece.Text = piece.Reasoning+reasoning, piece.Text+text
			}
			return piece, nil
		})(yield)
	}
}

// renderer writes answers. Where the prompt opened the reasoning, the answer
// does not.
type renderer struct{ opened bool }

func (r renderer) tags() answer.Tags {
	if r.opened {
		return answer.Tags{Close: thoughts.Close}
	}
	return thoughts
}

func (r renderer) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	text, err := answer.Of(whole)
	if err != nil {
		return nil, err
	}
	return write(r.tags().Join(text.Reasoning, text.Text), new(words.Native(text.StopReason)))
}

func (r renderer) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	return answer.Stream(r.tags().Inline(events), func(part answer.Part) ([]byte, error) {
		if part.Last() {
			return write(part.Text, new(words.Native(part.StopReason)))
		}
		return write(part.Text, nil)
	})
}

func write(text string, stop *string) ([]byte, error) {
	return answer.Marshal(response{Choices: []choice{{text, stop}}})
}
