package anthropic

import (
	"cmp"
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

// completionBody is a text completion. Its prompt is a dialogue of Human and
// Assistant.
type completionBody struct {
	AnthropicVersion  string   `json:"anthropic_version,omitzero"`
	Prompt            string   `json:"prompt" schema:"required,minLength=1"`
	MaxTokensToSample int32    `json:"max_tokens_to_sample" schema:"required,min=0"`
	StopSequences     []string `json:"stop_sequences,omitzero"`
	Temperature       *float32 `json:"temperature,omitzero" schema:"min=0,max=1"`
	TopP              *float32 `json:"top_p,omitzero" schema:"min=0,max=1"`
	TopK              *int32   `json:"top_k,omitzero" schema:"min=0,max=500"`
}

var completionBodies = schema.For[completionBody](schema.Listed)

func parseCompletion(g generation, data []byte) (*format.Request, error) {
	body, err := completionBodies.Decode(data)
	if err != nil {
		return nil, err
	}
	conversation := prompt.Read(body.Prompt, prompt.Claude)
	conversation.InferenceConfig = &bedrock.InferenceConfiguration{
		MaxTokens: &body.MaxTokensToSample, StopSequences: body.StopSequences,
		Temperature: body.Temperature, TopP: body.TopP,
	}
	if conversation.AdditionalModelRequestFields, err = request.Fields(messagesFields{TopK: body.TopK}); err != nil {
		return nil, err
	}
	last := conversation.Messages[len(conversation.Messages)-1]
	continues := last.Role == bedrock.ConversationRoleAssistant
	return &format.Request{
		Conversation: conversation, Renderer: completionRenderer{typed: g.typed, continues: continues},
	}, nil
}

func renderCompletion(conversation *bedrock.ConverseRequest) ([]byte, error) {
	if conversation.ToolConfig != nil {
		return nil, &bedrock.ValidationException{Message: "This model doesn't support tool use."}
	}
	if conversation.OutputConfig != nil {
		return nil, schema.Unsupported("outputConfig")
	}
	text, err := prompt.Claude.Render(conversation)
	if err != nil {
		return nil, err
	}
	inference := request.InferenceOf(conversation)
	return request.Render(completionBody{
		Prompt:            text,
		MaxTokensToSample: *cmp.Or(inference.MaxTokens, new(int32(defaultMaxTokens))),
		StopSequences:     inference.StopSequences,
		Temperature:       inference.Temperature,
		TopP:              inference.TopP,
	}, conversation.AdditionalModelRequestFields, nil)
}

// completion is an answer, or a chunk of one.
type completion struct {
	Type       string  `json:"type,omitzero"`
	Completion string  `json:"completion"`
	StopReason *string `json:"stop_reason"`
	Stop       *string `json:"stop"`
}

// nextTurn is the stop sequence that these models add to the request's: where it
// ends an answer, the model ended its turn.
const nextTurn = "\n\nHuman:"

// reason reads why the model stopped, and as additionalModelResponseFields the
// stop sequence that it met.
func (c *completion) reason() (bedrock.StopReason, []byte) {
	switch {
	case c.StopReason == nil:
		return "", nil
	case *c.StopReason == "max_tokens":
		return bedrock.StopReasonMaxTokens, nil
	case c.Stop == nil || *c.Stop == nextTurn:
		return bedrock.StopReasonEndTurn, nil
	}
	return bedrock.StopReasonStopSequence, provider.StopSequenceFields(*c.Stop)
}

func parseCompletionAnswer(body []byte) (*bedrock.ConverseResponse, error) {
	var native completion
	if err := json.Unmarshal(body, &native); err != nil {
		return nil, err
	}
	reason, fields := native.reason()
	return answer.Text{Text: native.Completion, StopReason: reason, Fields: fields}.Response(), nil
}

// completionReader reads a streamed completion.
type completionReader struct {
	writer *provider.Writer
	usage  bedrock.TokenUsage
}

func (r *completionReader) read(data []byte) (bool, error) {
	var native struct {
		completion
		answer.Trailer
	}
	if err := json.Unmarshal(data, &native); err != nil {
		return false, answer.Broken(err)
	}
	native.Metrics.Count(&r.usage)
	if r.writer.Stopped() {
		return true, nil
	}
	more := r.writer.Start() && r.writer.Text(native.Completion)
	if reason, fields := native.reason(); more && reason != "" {
		more = r.writer.Stop(reason, fields)
	}
	return more, nil
}

func (r *completionReader) end() {
	if !r.writer.Stopped() {
		r.writer.Fail(answer.Broken(answer.ErrCut))
		return
	}
	r.writer.Metadata(r.usage)
}

// completionRenderer writes answers as text completions.
type completionRenderer struct {
	// typed tells that the model's answers have a type.
	typed bool
	// continues tells that the prompt ended inside the answer. Else the answer
	// begins as the model's does, with the space behind "Assistant:".
	continues bool
}

func (r completionRenderer) completion(text string) completion {
	native := completion{Completion: text}
	if r.typed {
		native.Type = "completion"
	}
	return native
}

// lead puts the space ahead of the first text, where it lacks.
func (r completionRenderer) lead(text string) string {
	if r.continues || strings.HasPrefix(text, " ") {
		return text
	}
	return " " + text
}

// stop writes why the answer ended.
func (c *completion) stop(reason bedrock.StopReason, additional []byte) (err error) {
	if reason == bedrock.StopReasonMaxTokens || reason == bedrock.StopReasonModelContextWindowExceeded {
		c.StopReason = new("max_tokens")
		return nil
	}
	c.StopReason, c.Stop = new("stop_sequence"), new(nextTurn)
	if reason != bedrock.StopReasonStopSequence {
		return nil
	}
	met, err := stopSequenceOf(additional)
	c.Stop = cmp.Or(met, c.Stop)
	return err
}

// Response writes a whole answer.
func (r completionRenderer) Response(whole *bedrock.ConverseResponse) ([]byte, error) {
	text, err := answer.Of(whole)
	if err != nil {
		return nil, err
	}
	native := r.completion(r.lead(text.Text))
	if err := native.stop(text.StopReason, []byte(text.Fields)); err != nil {
		return nil, err
	}
	return answer.Marshal(native)
}

// Stream writes one chunk for each delta, and one without text for the end.
func (r completionRenderer) Stream(events provider.Events) iter.Seq2[format.Chunk, error] {
	first := true
	return answer.Stream(events, func(part answer.Part) ([]byte, error) {
		native := r.completion(part.Text)
		switch {
		case part.Last():
			if err := native.stop(part.StopReason, part.Fields); err != nil {
				return nil, err
			}
		case first:
			native.Completion, first = r.lead(part.Text), false
		}
		return answer.Marshal(native)
	})
}
