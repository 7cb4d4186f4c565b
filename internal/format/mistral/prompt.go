package mistral

import (
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/format/prompt"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/provider"
)

type promptBody struct {
	Prompt      string   `json:"prompt" schema:"required,minLength=1"`
	MaxTokens   *int32   `json:"max_tokens,omitzero" schema:"min=1"`
	Stop        []string `json:"stop,omitzero"`
	Temperature *float32 `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP        *float32 `json:"top_p,omitzero" schema:"min=0,max=1"`
	TopK        *int32   `json:"top_k,omitzero" schema:"min=0"`
}

var promptBodies = schema.For[promptBody](schema.Counted)

func parsePrompt(data []byte) (*format.Request, error) {
	native, err := promptBodies.Decode(data)
	if err != nil {
		return nil, err
	}
	conversation := prompt.Read(native.Prompt, prompt.Mistral, prompt.Llama2)
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.MaxTokens, StopSequences: native.Stop, Temperature: native.Temperature, TopP: native.TopP,
	})
	conversation.AdditionalModelRequestFields, err = request.Fields(samplers{native.TopK})
	return &format.Request{Conversation: conversation, Renderer: outputs{}}, err
}

// samplers are what the inferenceConfig lacks.
type samplers struct {
	TopK *int32 `json:"top_k,omitzero"`
}

func renderPrompt(conversation *bedrock.ConverseRequest) ([]byte, error) {
	text, err := prompt.Mistral.Render(conversation)
	if err != nil {
		return nil, err
	}
	c := request.InferenceOf(conversation)
	native := promptBody{
		Prompt: text, MaxTokens: c.MaxTokens, Stop: c.StopSequences, Temperature: c.Temperature, TopP: c.TopP,
	}
	return request.Render(native, conversation.AdditionalModelRequestFields, nil)
}

// response is a whole answer and a chunk of a streamed one, whose stop_reason
// is null until the last.
type response struct {
	Outputs []output `json:"outputs"`
	answer.Trailer
}

type output struct {
	Text       string  `json:"text"`
	StopReason *string `json:"stop_reason"`
}

// parseOutputs reads an answer. The body tells no counts.
func parseOutputs(data []byte) (*bedrock.ConverseResponse, error) {
	var native response
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	if len(native.Outputs) == 0 || native.Outputs[0].StopReason == nil {
		return nil, answer.ErrEmpty
	}
	output := native.Outputs[0]
	return answer.Text{Text: output.Text, StopReason: chat.Words.Reason(*output.StopReason)}.Response(), nil
}

// outputs writes the answers to a prompt.
type outputs struct{}

func (outputs) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	text, err := answer.Of(whole)
	if err != nil {
		return nil, err
	}
	return writeOutput(text.Text, text.StopReason)
}

// Stream writes one chunk for each delta, which is a token on the service.
func (outputs) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	return answer.Stream(events, func(part answer.Part) ([]byte, error) {
		return writeOutput(part.Text, part.StopReason)
	})
}

func writeOutput(text string, reason bedrock.StopReason) ([]byte, error) {
	one := output{Text: text}
	if reason != "" {
		one.StopReason = new(chat.Words.Native(reason))
	}
	return answer.Marshal(response{Outputs: []output{one}})
}
