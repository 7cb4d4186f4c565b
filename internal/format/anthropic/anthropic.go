// Package anthropic is the native bodies of Anthropic's models: Messages, and
// the text completions that came before. The members are those of the Bedrock
// user guide's pages on Claude; their order and the refusals' words are those of
// recordings and of errors that callers have published.
package anthropic

import (
	"iter"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/answer"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/provider"
)

// Format is the bodies of anthropic.claude-*.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

// ParseRequest reads a body. The models that knew text completions take them
// and Messages, all others Messages alone.
func (Format) ParseRequest(modelID string, body []byte) (*format.Request, error) {
	g := generationOf(modelID)
	if g.completions && !request.Has(body, "messages") {
		return parseCompletion(g, body)
	}
	conversation, err := parseMessages(body)
	if err != nil {
		return nil, err
	}
	return &format.Request{Conversation: conversation, Renderer: messageRenderer{g}}, nil
}

// RenderRequest writes a body: a text completion for the models that knew it,
// else Messages. Where the conversation has no maxTokens, which the bodies
// require, it says 4096, the most that these models' answers once had.
func (Format) RenderRequest(modelID string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	if generationOf(modelID).completions {
		return renderCompletion(conversation)
	}
	return renderMessages(conversation)
}

const defaultMaxTokens = 4096

// Renderer writes answers in the form that RenderRequest asks for.
func (Format) Renderer(modelID string) format.Renderer {
	g := generationOf(modelID)
	if g.completions {
		return completionRenderer{typed: g.typed}
	}
	return messageRenderer{g}
}

// ParseResponse reads an answer of either form. Members that the conversation
// has no word for, as id and model, go to AdditionalModelResponseFields.
func (Format) ParseResponse(body []byte) (*bedrock.ConverseResponse, error) {
	if request.Has(body, "completion") {
		return parseCompletionAnswer(body)
	}
	return parseMessage(body)
}

// ParseStream reads the chunks of an answer of either form. A message tells in
// its first chunk how many tokens went in: its messageStart comes with a
// Metadata beside it that has the usage so far.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return func(yield func(bedrock.ConverseStreamOutput, error) bool) {
		var reader streamReader
		for chunk, err := range chunks {
			more := false
			if err == nil {
				if reader == nil {
					reader = readerOf(chunk, yield)
				}
				more, err = reader.read(chunk)
			}
			if err != nil {
				yield(bedrock.ConverseStreamOutput{}, err)
				return
			}
			if !more {
				return
			}
		}
		if reader == nil {
			yield(bedrock.ConverseStreamOutput{}, answer.Broken(answer.ErrCut))
			return
		}
		reader.end()
	}
}

// streamReader reads the chunks of one answer and yields their events.
type streamReader interface {
	// read is false when no more chunks are wanted.
	read(chunk []byte) (more bool, err error)
	// end is called once, behind the last chunk.
	end()
}

func readerOf(first []byte, yield func(bedrock.ConverseStreamOutput, error) bool) streamReader {
	if request.Has(first, "completion") {
		return &completionReader{writer: provider.NewWriter(yield)}
	}
	return &messageReader{yield: yield}
}
