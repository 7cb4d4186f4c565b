// Package titan is the native bodies of Amazon Titan Text, after its page in
// the Bedrock user guide and the recordings.
package titan

import (
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/prompt"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/provider"
)

// Format is the bodies of amazon.titan-text-* and amazon.titan-tg1-large.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

type body struct {
	InputText string  `json:"inputText" schema:"required,minLength=1"`
	Config    *config `json:"textGenerationConfig,omitzero"`
}

type config struct {
	MaxTokenCount *int32   `json:"maxTokenCount,omitzero" schema:"min=1"`
	StopSequences []string `json:"stopSequences,omitzero"`
	Temperature   *float32 `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP          *float32 `json:"topP,omitzero" schema:"min=0,max=1"`
}

var bodies = schema.For[body](schema.Counted)

// ParseRequest reads a body. An inputText in the form "User: …\nBot:" is a
// dialogue, any other is one user message.
func (Format) ParseRequest(_ string, data []byte) (*format.Request, error) {
	native, err := bodies.Decode(data)
	if err != nil {
		return nil, err
	}
	conversation := prompt.Read(native.InputText, prompt.Titan)
	if c := native.Config; c != nil {
		conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
			MaxTokens: c.MaxTokenCount, StopSequences: c.StopSequences, Temperature: c.Temperature, TopP: c.TopP,
		})
	}
	return &format.Request{Conversation: conversation, Renderer: renderer{}}, nil
}

// RenderRequest writes a body, its inputText as a dialogue.
func (Format) RenderRequest(_ string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	text, err := prompt.Titan.Render(conversation)
	if err != nil {
		return nil, err
	}
	native := body{InputText: text}
	if c := conversation.InferenceConfig; c != nil {
		native.Config = &config{c.MaxTokens, c.StopSequences, c.Temperature, c.TopP}
	}
	return request.Render(native, conversation.AdditionalModelRequestFields, nil)
}

// Renderer writes answers.
func (Format) Renderer(string) format.Renderer { return renderer{} }

// words are the values of completionReason.
var words = answer.StopReasons{
	{"FINISH", bedrock.StopReasonEndTurn},
	{"LENGTH", bedrock.StopReasonMaxTokens},
	{"LENGTH", bedrock.StopReasonModelContextWindowExceeded},
	{"STOP_CRITERIA_MET", bedrock.StopReasonStopSequence},
	{"CONTENT_FILTERED", bedrock.StopReasonContentFiltered},
}

type response struct {
	InputTextTokenCount answer.Count `json:"inputTextTokenCount"`
	Results             []result     `json:"results"`
}

type result struct {
	TokenCount       answer.Count `json:"tokenCount"`
	OutputText       string       `json:"outputText"`
	CompletionReason string       `json:"completionReason"`
}

// ParseResponse reads an answer.
func (Format) ParseResponse(data []byte) (*bedrock.ConverseResponse, error) {
	var native response
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	if len(native.Results) == 0 {
		return nil, answer.ErrEmpty
	}
	result := native.Results[0]
	return answer.Text{
		Text:         result.OutputText,
		StopReason:   words.Reason(result.CompletionReason),
		InputTokens:  int32(native.InputTextTokenCount),
		OutputTokens: int32(result.TokenCount),
	}.Response(), nil
}

type chunk struct {
	OutputText                string        `json:"outputText"`
	Index                     answer.Count  `json:"index"`
	TotalOutputTextTokenCount *answer.Count `json:"totalOutputTextTokenCount"`
	CompletionReason          *string       `json:"completionReason"`
	InputTextTokenCount       *answer.Count `json:"inputTextTokenCount"`
	answer.Trailer
}

// ParseStream reads the chunks of an answer.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return answer.Events(chunks, func(data []byte) (answer.Piece, error) {
		var native chunk
		if err := json.Unmarshal(data, &native); err != nil {
			return answer.Piece{}, err
		}
		return answer.Piece{
			Text:         native.OutputText,
			StopReason:   words.Given(native.CompletionReason),
			InputTokens:  native.InputTextTokenCount.Tokens(),
			OutputTokens: native.TotalOutputTextTokenCount.Tokens(),
			Metrics:      native.Metrics,
		}, nil
	})
}

type renderer struct{}

func (renderer) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	text, err := answer.Of(whole)
	if err != nil {
		return nil, err
	}
	return answer.Marshal(response{
		InputTextTokenCount: answer.Count(text.InputTokens),
		Results: []result{{
			TokenCount:       answer.Count(text.OutputTokens),
			OutputText:       text.Text,
			CompletionReason: words.Native(text.StopReason),
		}},
	})
}

// Stream writes one chunk for each delta. The service batches its tokens, and
// tells the count of input tokens in the first chunk; here it comes as soon as
// it is known.
func (renderer) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	return answer.Stream(events, func(part answer.Part) ([]byte, error) {
		native := chunk{OutputText: part.Text}
		if part.InputTokens != nil && !part.Told {
			native.InputTextTokenCount = new(answer.Count(*part.InputTokens))
		}
		if part.Last() {
			native.TotalOutputTextTokenCount = new(answer.Count(part.OutputTokens))
			native.CompletionReason = new(words.Native(part.StopReason))
		}
		return answer.Marshal(native)
	})
}
