package ai21

import (
	"cmp"
	"iter"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/prompt"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/format/schema"
	"github.com/saprolite/saprolite/internal/provider"
)

// promptBody is the body of Jurassic-2.
type promptBody struct {
	Prompt           string   `json:"prompt" schema:"required,minLength=1"`
	MaxTokens        *int32   `json:"maxTokens,omitzero" schema:"min=1"`
	Temperature      *float32 `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP             *float32 `json:"topP,omitzero" schema:"min=0,max=1"`
	StopSequences    []string `json:"stopSequences,omitzero"`
	PresencePenalty  *penalty `json:"presencePenalty,omitzero"`
	FrequencyPenalty *penalty `json:"frequencyPenalty,omitzero"`
	CountPenalty     *penalty `json:"countPenalty,omitzero"`
}

// penalty is a penalty on a scale of the model's own.
type penalty struct {
	Scale float32 `json:"scale" schema:"required"`
}

func (p *penalty) asked() bool { return p != nil && p.Scale != 0 }

var promptBodies = schema.For[promptBody](schema.Listed)

// parsePrompt reads a body. The model has no template: any prompt is one user
// message.
func parsePrompt(data []byte) (*format.Request, error) {
	native, err := promptBodies.Decode(data)
	switch {
	case err != nil:
		return nil, err
	case native.PresencePenalty.asked():
		return nil, schema.Unsupported("presencePenalty")
	case native.FrequencyPenalty.asked():
		return nil, schema.Unsupported("frequencyPenalty")
	case native.CountPenalty.asked():
		return nil, schema.Unsupported("countPenalty")
	}
	conversation := prompt.Read(native.Prompt)
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.MaxTokens, StopSequences: native.StopSequences, Temperature: native.Temperature, TopP: native.TopP,
	})
	return &format.Request{Conversation: conversation, Renderer: completions{native.Prompt}}, nil
}

func renderPrompt(conversation *bedrock.ConverseRequest) ([]byte, error) {
	switch {
	case len(conversation.System) > 0:
		return nil, schema.Unsupported("system")
	case conversation.ToolConfig != nil:
		return nil, schema.Unsupported("toolConfig")
	case conversation.OutputConfig != nil:
		return nil, schema.Unsupported("outputConfig")
	case len(conversation.Messages) != 1 || conversation.Messages[0].Role != bedrock.ConversationRoleUser:
		return nil, &bedrock.ValidationException{Message: "This model doesn't support conversation history. " +
			"Try again with input that only includes one user message."}
	}
	text, err := prompt.TextOf(conversation.Messages[0].Content)
	if err != nil {
		return nil, err
	}
	c := request.InferenceOf(conversation)
	native := promptBody{
		Prompt: text, MaxTokens: c.MaxTokens, Temperature: c.Temperature, TopP: c.TopP, StopSequences: c.StopSequences,
	}
	return request.Render(native, conversation.AdditionalModelRequestFields, nil)
}

// finishes are the values of finishReason.reason.
var finishes = answer.StopReasons{
	{"endoftext", bedrock.StopReasonEndTurn},
	{"length", bedrock.StopReasonMaxTokens},
	{"length", bedrock.StopReasonModelContextWindowExceeded},
	{"stop", bedrock.StopReasonStopSequence},
}

// completionBody is an answer of Jurassic-2. The tokens of its texts, with their
// probabilities, are known for recorded answers alone.
type completionBody struct {
	ID          int64        `json:"id"`
	Prompt      tokenized    `json:"prompt"`
	Completions []completion `json:"completions"`
	answer.Trailer
}

type completion struct {
	Data         tokenized `json:"data"`
	FinishReason finish    `json:"finishReason"`
}

type finish struct {
	Reason   string  `json:"reason"`
	Length   *int32  `json:"length,omitzero"`
	Sequence *string `json:"sequence,omitzero"`
}

type tokenized struct {
	Text   string           `json:"text"`
	Tokens []jsontext.Value `json:"tokens"`
}

// promptedID is the id of every recorded answer.
const promptedID = 1234

// completionFields are what the conversation has no words for.
type completionFields struct {
	ID           int64            `json:"id,omitzero"`
	Prompt       *tokenized       `json:"prompt,omitzero"`
	Tokens       []jsontext.Value `json:"tokens,omitzero"`
	StopSequence *string          `json:"stop_sequence,omitzero"`
}

func parseCompletion(data []byte) (*bedrock.ConverseResponse, error) {
	var native completionBody
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	text, err := native.text()
	if err != nil {
		return nil, err
	}
	return text.Response(), nil
}

// text gives the answer. Its counts are those of its tokens.
func (b *completionBody) text() (answer.Text, error) {
	if len(b.Completions) == 0 {
		return answer.Text{}, answer.ErrEmpty
	}
	one := b.Completions[0]
	known, err := answer.Marshal(completionFields{b.ID, &b.Prompt, one.Data.Tokens, one.FinishReason.Sequence})
	return answer.Text{
		Text: one.Data.Text, StopReason: finishes.Reason(one.FinishReason.Reason), Fields: known,
		InputTokens: int32(len(b.Prompt.Tokens)), OutputTokens: int32(len(one.Data.Tokens)),
	}, err
}

// completions writes the answers of Jurassic-2.
type completions struct{ prompt string }

func (r completions) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	text, err := answer.Of(whole)
	if err != nil {
		return nil, err
	}
	return r.write(text)
}

func (r completions) write(text answer.Text) ([]byte, error) {
	var f completionFields
	_ = json.Unmarshal(text.Fields, &f)
	if f.Prompt == nil {
		f.Prompt = &tokenized{Text: r.prompt}
	}
	end := finish{Reason: finishes.Native(text.StopReason), Sequence: f.StopSequence}
	if end.Reason == "length" {
		end.Length = &text.OutputTokens
	}
	return answer.Marshal(completionBody{
		ID: cmp.Or(f.ID, promptedID), Prompt: *f.Prompt,
		Completions: []completion{{Data: tokenized{text.Text, f.Tokens}, FinishReason: end}},
	})
}

// Stream writes the whole answer at the end: the service has no stream of this
// model.
func (r completions) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	var text []byte
	return answer.Stream(events, func(part answer.Part) ([]byte, error) {
		if !part.Last() {
			text = append(text, part.Text...)
			return nil, nil
		}
		return r.write(answer.Text{
			Text: string(text), StopReason: part.StopReason, Fields: part.Fields, OutputTokens: part.OutputTokens,
		})
	})
}
