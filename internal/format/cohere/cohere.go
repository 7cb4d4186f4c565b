// Package cohere is the native bodies of Cohere Command and of Command R, after
// their pages in the Bedrock user guide and the recordings.
package cohere

import (
	"iter"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/provider"
)

// Format is the bodies of cohere.command*: a prompt for Command, a message with
// its history for Command R.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

// chats says whether a model takes messages.
func chats(modelID string) bool { return strings.Contains(modelID, "command-r") }

// names are the native names of samplers.
var names = request.Names{"top_k": "k"}

// ParseRequest reads a body.
func (Format) ParseRequest(modelID string, data []byte) (*format.Request, error) {
	if chats(modelID) {
		return parseMessage(data)
	}
	return parsePrompt(data)
}

// RenderRequest writes a body.
func (Format) RenderRequest(modelID string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	if chats(modelID) {
		return renderMessage(conversation)
	}
	return renderPrompt(conversation)
}

// Renderer writes answers. For want of a request, those of Command hold no
// prompt unless the answer itself has it, and are streamed as to a request that
// said stream.
func (Format) Renderer(modelID string) format.Renderer {
	if chats(modelID) {
		return replies{}
	}
	return generations{stream: true}
}

// ParseResponse reads an answer.
func (Format) ParseResponse(data []byte) (*bedrock.ConverseResponse, error) {
	if request.Has(data, "generations") {
		return parseGeneration(data)
	}
	return parseReply(data)
}

// ParseStream reads the chunks of an answer.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return parseStream(chunks)
}
