// Package format is the native bodies of InvokeModel: each model family has its
// own JSON, and a Format translates it to and from the conversation, which is
// Bedrock's own (bedrock.ConverseRequest and the events of ConverseStream).
// Formats know nothing of providers. Implementations lie in the folders below;
// formattest is the suite that all of them pass.
package format

import (
	"iter"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// Format translates the native bodies of one model family, in both directions.
// It holds no state. A modelID is the bare id of a foundation model, as
// anthropic.claude-3-haiku-20240307-v1:0; some families need it for the model's
// name or for the generation of its body.
type Format interface {
	// ParseRequest reads the body of InvokeModel. What the conversation has no
	// word for goes to AdditionalModelRequestFields, samplers under the names
	// that provider.Call gives. The error is a *bedrock.ValidationException in
	// the words of the service.
	ParseRequest(modelID string, body []byte) (*Request, error)

	// RenderRequest writes the conversation as a native body, with
	// AdditionalModelRequestFields merged into it, as Converse does on the
	// service. ParseRequest of the result gives the same conversation.
	RenderRequest(modelID string, conversation *bedrock.ConverseRequest) ([]byte, error)

	// Renderer writes answers in the family's ordinary form.
	Renderer(modelID string) Renderer

	// ParseResponse reads a whole native answer. Members that the conversation
	// has no word for go to AdditionalModelResponseFields, from which Renderer
	// takes them again.
	ParseResponse(body []byte) (*bedrock.ConverseResponse, error)

	// ParseStream reads the native chunks of a streamed answer, as they come.
	ParseStream(chunks iter.Seq2[[]byte, error]) provider.Events
}

// Request is a native request, understood.
type Request struct {
	// Conversation is what it asks, without ModelId.
	Conversation *bedrock.ConverseRequest
	// Renderer writes the answer in the form that this request expects: it
	// knows the prompt to echo, or whether a Cohere body said stream.
	Renderer Renderer
}

// Renderer writes answers natively.
type Renderer interface {
	// Response writes a whole answer as compact JSON, keys in the order of the
	// family.
	Response(answer *bedrock.ConverseResponse) ([]byte, error)

	// Stream writes a streamed answer: each event becomes no, one or several
	// chunks at once, and none is held back. An error of the events is passed
	// on and ends the sequence.
	Stream(events provider.Events) iter.Seq2[Chunk, error]
}

// Chunk is the native JSON of one chunk event.
type Chunk struct {
	// Body is one JSON object, compact.
	Body []byte
	// Last marks the chunk that gains amazon-bedrock-invocationMetrics; it
	// comes when the metadata event did, and exactly once.
	Last bool
}
