package cohere

import (
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

// promptBody is the body of Command.
type promptBody struct {
	Prompt            string         `json:"prompt" schema:"required,minLength=1"`
	MaxTokens         *int32         `json:"max_tokens,omitzero" schema:"min=1,max=4096"`
	Temperature       *float32       `json:"temperature,omitzero" schema:"min=0,max=5"`
	P                 *float32       `json:"p,omitzero" schema:"min=0,max=1"`
	K                 *int32         `json:"k,omitzero" schema:"min=0,max=500"`
	StopSequences     []string       `json:"stop_sequences,omitzero"`
	Truncate          *string        `json:"truncate,omitzero"`
	NumGenerations    *int32         `json:"num_generations,omitzero" schema:"min=1,max=5"`
	ReturnLikelihoods *string        `json:"return_likelihoods,omitzero"`
	LogitBias         jsontext.Value `json:"logit_bias,omitzero"`
	Stream            *bool          `json:"stream,omitzero"`
}

var promptBodies = schema.For[promptBody](schema.Counted)

func parsePrompt(data []byte) (*format.Request, error) {
	native, err := promptBodies.Decode(data)
	if err != nil {
		return nil, err
	}
	switch {
	case native.NumGenerations != nil && *native.NumGenerations != 1:
		return nil, schema.Unsupported("num_generations")
	case native.ReturnLikelihoods != nil && *native.ReturnLikelihoods != "NONE":
		return nil, schema.Unsupported("return_likelihoods")
	case len(schema.Members(native.LogitBias)) > 0:
		return nil, schema.Unsupported("logit_bias")
	}
	conversation := prompt.Read(native.Prompt, prompt.Command)
	conversation.InferenceConfig = request.Inference(bedrock.InferenceConfiguration{
		MaxTokens: native.MaxTokens, StopSequences: native.StopSequences, Temperature: native.Temperature, TopP: native.P,
	})
	conversation.AdditionalModelRequestFields, err = request.Fields(struct {
		TopK     *int32  `json:"top_k,omitzero"`
		Truncate *string `json:"truncate,omitzero"`
	}{native.K, native.Truncate})
	return &format.Request{
		Conversation: conversation,
		Renderer:     generations{prompt: native.Prompt, stream: native.Stream != nil && *native.Stream},
	}, err
}

func renderPrompt(conversation *bedrock.ConverseRequest) ([]byte, error) {
	text, err := prompt.Command.Render(conversation)
	if err != nil {
		return nil, err
	}
	c := request.InferenceOf(conversation)
	native := promptBody{
		Prompt: text, MaxTokens: c.MaxTokens, Temperature: c.Temperature, P: c.TopP, StopSequences: c.StopSequences,
	}
	return request.Render(native, conversation.AdditionalModelRequestFields, names)
}

// generationWords are the values of finish_reason in Command. A stop sequence
// completes.
var generationWords = answer.StopReasons{
	{"COMPLETE", bedrock.StopReasonEndTurn},
	{"COMPLETE", bedrock.StopReasonStopSequence},
	{"MAX_TOKENS", bedrock.StopReasonMaxTokens},
	{"MAX_TOKENS", bedrock.StopReasonModelContextWindowExceeded},
	{"ERROR_TOXIC", bedrock.StopReasonContentFiltered},
	{"ERROR", bedrock.StopReasonMalformedModelOutput},
}

type generationBody struct {
	ID          string       `json:"id"`
	Generations []generation `json:"generations"`
	Prompt      string       `json:"prompt"`
	answer.Trailer
}

type generation struct {
	ID           string `json:"id"`
	Text         string `json:"text"`
	FinishReason string `json:"finish_reason"`
}

// generationFields are what the conversation has no words for.
type generationFields struct {
	ID           string  `json:"id,omitzero"`
	GenerationID string  `json:"generation_id,omitzero"`
	Prompt       *string `json:"prompt,omitzero"`
}

func parseGeneration(data []byte) (*bedrock.ConverseResponse, error) {
	var native generationBody
	if err := json.Unmarshal(data, &native); err != nil {
		return nil, err
	}
	piece, err := native.piece()
	if err != nil {
		return nil, err
	}
	return answer.Text{Text: piece.Text, StopReason: piece.StopReason, Fields: piece.Fields}.Response(), nil
}

func (b generationBody) piece() (answer.Piece, error) {
	if len(b.Generations) == 0 {
		return answer.Piece{}, answer.ErrEmpty
	}
	g := b.Generations[0]
	fields, err := answer.Marshal(generationFields{b.ID, g.ID, &b.Prompt})
	return answer.Piece{
		Text: g.Text, StopReason: generationWords.Reason(g.FinishReason), Fields: fields, Metrics: b.Metrics,
	}, err
}

// generations writes the answers of Command.
type generations struct {
	prompt string
	stream bool
}

func (r generations) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	text, err := answer.Of(whole)
	if err != nil {
		return nil, err
	}
	return r.write(text)
}

func (r generations) write(text answer.Text) ([]byte, error) {
	var fields generationFields
	_ = json.Unmarshal(text.Fields, &fields)
	if fields.Prompt == nil {
		fields.Prompt = &r.prompt
	}
	return answer.Marshal(generationBody{
		ID: orNew(fields.ID),
		Generations: []generation{{
			ID: orNew(fields.GenerationID), Text: text.Text, FinishReason: generationWords.Native(text.StopReason),
		}},
		Prompt: *fields.Prompt,
	})
}

func orNew(id string) string {
	if id == "" {
		return answer.NewID()
	}
	return id
}

// promptChunk is a chunk of Command where the request said stream.
type promptChunk struct {
	Index        *int32  `json:"index,omitzero"`
	FinishReason *string `json:"finish_reason,omitzero"`
	IsFinished   bool    `json:"is_finished"`
	Text         *string `json:"text,omitzero"`
}

// Stream writes one chunk for each delta if the request said so, and otherwise
// one at the end, which is the whole answer.
func (r generations) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	var text []byte
	return answer.Stream(events, func(part answer.Part) ([]byte, error) {
		switch {
		case r.stream && part.Last():
			return answer.Marshal(promptChunk{
				FinishReason: new(generationWords.Native(part.StopReason)), IsFinished: true,
			})
		case r.stream:
			return answer.Marshal(promptChunk{Index: new(int32), Text: &part.Text})
		case part.Last():
			return r.write(answer.Text{Text: string(text), StopReason: part.StopReason, Fields: part.Fields})
		}
		text = append(text, part.Text...)
		return nil, nil
	})
}
