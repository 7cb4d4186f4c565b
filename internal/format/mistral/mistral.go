// Package mistral is the native bodies of Mistral AI, after their pages in the
// Bedrock user guide and the recordings: a prompt for the first models, and a
// chat for Large 2407 and after.
package mistral

import (
	"regexp"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/format"
	"github.com/saprolite/saprolite/internal/format/chat"
	"github.com/saprolite/saprolite/internal/format/request"
)

// Format is the bodies of mistral.*. Large 2402 takes both forms; models after
// Large 2407 answer in the form of package chat.
type Format struct{}

// New gives the format.
func New() Format { return Format{} }

// prompted are the models that take a prompt.
var prompted = regexp.MustCompile(`mistral-7b-instruct|mixtral-8x7b|-2402`)

// ownChat are the models whose chat has words of its own.
var ownChat = regexp.MustCompile(`-240[27]`)

// ParseRequest reads a body.
func (Format) ParseRequest(modelID string, data []byte) (*format.Request, error) {
	switch {
	case prompted.MatchString(modelID) && !request.Has(data, "messages"):
		return parsePrompt(data)
	case prompted.MatchString(modelID) || ownChat.MatchString(modelID):
		return parseChat(data)
	}
	return chat.New().ParseRequest(modelID, data)
}

// RenderRequest writes a body: a prompt where the model takes one and it can
// hold the conversation.
func (Format) RenderRequest(modelID string, conversation *bedrock.ConverseRequest) ([]byte, error) {
	switch {
	case prompted.MatchString(modelID) && !(ownChat.MatchString(modelID) && conversation.ToolConfig != nil):
		return renderPrompt(conversation)
	case ownChat.MatchString(modelID):
		return renderChat(conversation)
	}
	return chat.New().RenderRequest(modelID, conversation)
}

// Renderer writes answers.
func (Format) Renderer(modelID string) format.Renderer {
	switch {
	case prompted.MatchString(modelID):
		return outputs{}
	case ownChat.MatchString(modelID):
		return replies{}
	}
	return chat.New().Renderer(modelID)
}

// ParseResponse reads an answer.
func (Format) ParseResponse(data []byte) (*bedrock.ConverseResponse, error) {
	switch {
	case request.Has(data, "outputs"):
		return parseOutputs(data)
	case ownReply(data):
		return parseReply(data)
	}
	return chat.New().ParseResponse(data)
}

// ownReply says whether an answer has the words of Large 2407.
func ownReply(data []byte) bool {
	var native struct {
		Choices []struct {
			StopReason *string `json:"stop_reason"`
		} `json:"choices"`
	}
	return json.Unmarshal(data, &native) == nil && len(native.Choices) > 0 && native.Choices[0].StopReason != nil
}
