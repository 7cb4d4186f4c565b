// Package ai21 is the native bodies of AI21 Labs, after their pages in the
// Bedrock user guide and the recordings: a chat for Jamba, a prompt for
// Jurassic-2.
package ai21

import (
	"iter"
	"strings"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/request"
	"github.com/saprolite/saprolite/internal/provider"
)

// Format is the bodies of ai21.jamba* and ai21.j2*.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

// jurassic says whether a model takes a prompt.
func jurassic(modelID string) bool { return strings.Contains(modelID, "j2") }

// ParseRequest reads a body.
func (Format) ParseRequest(modelID string, data []byte) (*format.Request, error) {
	if jurassic(modelID) {
		return parsePrompt(data)
	}
	return parseChat(modelID, data)
}

// RenderRequest writes a body.
func (Format) RenderRequest(modelID string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	if jurassic(modelID) {
		return renderPrompt(conversation)
	}
	return renderChat(conversation)
}

// Renderer writes answers. Those of Jurassic-2 hold no prompt, for want of a
// request, unless the answer itself has it.
func (Format) Renderer(modelID string) format.Renderer {
	if jurassic(modelID) {
		return completions{}
	}
	return replies{modelName(modelID)}
}

// ParseResponse reads an answer.
func (Format) ParseResponse(data []byte) (*bedrock.ConverseResponse, error) {
	if request.Has(data, "completions") {
		return parseCompletion(data)
	}
	return parseReply(data)
}

// ParseStream reads the chunks of an answer.
func (Format) ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events {
	return parseStream(chunks)
}
