// Package llama is the native bodies of Meta Llama, after its page in the
// Bedrock user guide and the recordings.
package llama

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

// Format is the bodies of meta.llama*. They have no stop sequences.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

type body struct {
	Prompt      string   `json:"prompt" schema:"required,minLength=1"`
	MaxGenLen   *int32   `json:"max_gen_len,omitzero" schema:"min=1"`
	Temperature *float32 `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP        *float32 `json:"top_p,omitzero" schema:"min=0,max=1"`
	Images      []string `json:"images,omitzero"`
}

var bodies = schema.For[body](schema.Counted)

// ParseRequest reads a body. A prompt in the template of any generation of
// Llama is a conversation, whichever the model.
func (Format) ParseRequest(_ string, data []byte) (*format.Request, error) {
	native, err := bodies.Decode(data)
	if err != nil {
		return nil, err
	}
	if len(native.Images) > 0 {
		return nil, schema.Unsupported("images")
	}
	conversation := prompt.Read(native.Prompt, prompt.Llama3, prompt.Llama4, prompt.Llama2)
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.MaxGenLen, Temperature: native.Temperature, TopP: native.TopP,
	})
	return &format.Request{Conversation: conversation, Renderer: renderer{}}, nil
}

// RenderRequest writes a body, its prompt in the template of the model's
// generation.
func (Format) RenderRequest(modelID string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	text, err := templateOf(modelID).Render(conversation)
	if err != nil {
		return nil, err
	}
	c := request.InferenceOf(conversation)
	if len(c.StopSequences) > 0 {
		return nil, schema.Unsupported("stopSequences")
	}
	native := body{Prompt: text, MaxGenLen: c.MaxTokens, Temperature: c.Temperature, TopP: c.TopP}
	return request.Render(native, conversation.AdditionalModelRequestFields, nil)
}

func templateOf(modelID string) *prompt.Template {
	switch {
	case strings.Contains(modelID, "llama2"):
		return prompt.Llama2
	case strings.Contains(modelID, "llama4"):
		return prompt.Llama4
	}
	return prompt.Llama3
}

// Renderer writes answers.
func (Format) Renderer(string) format.Renderer { return renderer{} }

// words are the values of stop_reason.
var words = answer.StopReasons{
	{"stop", bedrock.StopReasonEndTurn},
	{"length", bedrock.StopReasonMaxTokens},
	{"length", bedrock.StopReasonModelContextWindowExceeded},
}

// response is a whole answer and a chunk of a streamed one: null is what a
// chunk does not know.
type response struct {
	Generation           string        `json:"generation"`
	PromptTokenCount     *answer.Count `json:"prompt_token_count"`
	GenerationTokenCount *answer.Count `json:"generation_token_count"`
	StopReason           *string       `json:"stop_reason"`
	answer.Trailer
}

// ParseResponse reads an answer.
func (Format) ParseResponse(data []byte) (*bedrock.ConverseResponse, error) {
	var native response
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	if native.StopReason == nil || native.PromptTokenCount == nil || native.GenerationTokenCount == nil {
		return nil, answer.ErrEmpty
	}
	return answer.Text{
		Text:         native.Generation,
		StopReason:   words.Reason(*native.StopReason),
		InputTokens:  int32(*native.PromptTokenCount),
		OutputTokens: int32(*native.GenerationTokenCount),
	}.Response(), nil
}

// ParseStream reads the chunks of an answer.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return answer.Events(chunks, func(data []byte) (answer.Piece, error) {
		var native response
		if err := json.Unmarshal(data, &native); err != nil {
			return answer.Piece{}, err
		}
		return answer.Piece{
			Text:         native.Generation,
			StopReason:   words.Given(native.StopReason),
			InputTokens:  native.PromptTokenCount.Tokens(),
			OutputTokens: native.GenerationTokenCount.Tokens(),
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
		Generation:           text.Text,
		PromptTokenCount:     new(answer.Count(text.InputTokens)),
		GenerationTokenCount: new(answer.Count(text.OutputTokens)),
		StopReason:           new(words.Native(text.StopReason)),
	})
}

// Stream writes one chunk for each delta, which is a token on the service. The
// count of input tokens comes in the first chunk that can know it.
func (renderer) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	return answer.Stream(events, func(part answer.Part) ([]byte, error) {
		native := response{Generation: part.Text, GenerationTokenCount: new(answer.Count(part.OutputTokens))}
		if part.InputTokens != nil && !part.Told {
			native.PromptTokenCount = new(answer.Count(*part.InputTokens))
		}
		if part.Last() {
			native.StopReason = new(words.Native(part.StopReason))
		}
		return answer.Marshal(native)
	})
}
