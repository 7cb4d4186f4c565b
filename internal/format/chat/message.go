package chat

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Message is one message of a chat: a turn of the roles system, developer, user
// or assistant, or with the role tool the result of a tool.
type Message struct {
	Role             string     `json:"role" schema:"required"`
	Content          Content    `json:"content" schema:"nullable"`
	ReasoningContent *string    `json:"reasoning_content,omitzero" schema:"nullable"`
	ToolCalls        []ToolCall `json:"tool_calls,omitzero" schema:"nullable"`
	ToolCallID       *string    `json:"tool_call_id,omitzero" schema:"nullable"`
	// Rest holds what clients send back of answers and models do not read, as
	// "refusal": null. What says something is refused.
	Rest jsontext.Value `json:",embed"`
}

// ToolCall is the use of a tool.
type ToolCall struct {
	ID       string       `json:"id" schema:"required"`
	Type     string       `json:"type,omitzero"`
	Function FunctionCall `json:"function" schema:"required"`
}

// FunctionCall is a function's name and its arguments, as JSON text.
type FunctionCall struct {
	Name      string `json:"name,omitzero" schema:"required,minLength=1"`
	Arguments string `json:"arguments"`
}

// Content is what a message says: null, a text, or parts.
type Content struct {
	// Text is set for a content that is a string.
	Text *string
	// Parts are set for one that is an array.
	Parts []Part
}

// Part is one part of a content: of the type text, or image_url.
type Part struct {
	Type     string    `json:"type" schema:"required"`
	Text     *string   `json:"text,omitzero"`
	ImageURL *ImageURL `json:"image_url,omitzero"`
}

// ImageURL is an image, as a data URL.
type ImageURL struct {
	URL    string  `json:"url" schema:"required"`
	Detail *string `json:"detail,omitzero"`
}

// UnmarshalJSONFrom reads any of the three.
func (c *Content) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*c = Content{}
	switch d.PeekKind() {
	case '"':
		return json.UnmarshalDecode(d, &c.Text)
	case '[':
		return json.UnmarshalDecode(d, &c.Parts)
	case 'n':
		return d.SkipValue()
	}
	return errors.New("a content is a string or an array")
}

// MarshalJSONTo writes what was set, or null.
func (c Content) MarshalJSONTo(e *jsontext.Encoder) error {
	switch {
	case c.Text != nil:
		return e.WriteToken(jsontext.String(*c.Text))
	case c.Parts != nil:
		return json.MarshalEncode(e, c.Parts)
	}
	return e.WriteToken(jsontext.Null)
}

// Stop is the stop sequences of a body: null, one string, or an array.
type Stop []string

// UnmarshalJSONFrom reads any of the three.
func (s *Stop) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*s = nil
	if d.PeekKind() != '"' {
		return json.UnmarshalDecode(d, (*[]string)(s))
	}
	var one string
	err := json.UnmarshalDecode(d, &one)
	*s = Stop{one}
	return err
}
