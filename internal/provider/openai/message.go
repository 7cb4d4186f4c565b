package openai

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/saprolite/saprolite/internal/bedrock"
)

// Message is a message of a chat request. Its role is system, user, assistant
// or, for the result of a tool, tool.
type Message struct {
	Role       string     `json:"role"`
	Content    Content    `json:"content"`
	Reasoning  string     `json:"reasoning_content,omitzero"`
	ToolCalls  []ToolCall `json:"tool_calls,omitzero"`
	ToolCallID string     `json:"tool_call_id,omitzero"`
}

// ToolCall is the use of a tool. Its type is function.
type ToolCall struct {
	ID       string       `json:"id"`
	Type     string       `json:"type"`
	Function FunctionCall `json:"function"`
}

// FunctionCall is the name of a function and its arguments, as JSON text.
type FunctionCall struct {
	Name      string `json:"name"`
	Arguments string `json:"arguments"`
}

// Content is what a message says: texts alone, which are sent as one string,
// joined by newlines; or texts and images, in order.
type Content []Part

// Part is a text, or an image as a data URL.
type Part struct {
	Text  string
	Image string
}

// TextContent is a content of one text.
func TextContent(text string) Content { return Content{{Text: text}} }

// Text is the texts of a content, joined by newlines.
func (c Content) Text() string {
	texts := make([]string, 0, len(c))
	for _, part := range c {
		if part.Image == "" {
			texts = append(texts, part.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// Images says whether a content holds an image.
func (c Content) Images() bool {
	for _, part := range c {
		if part.Image != "" {
			return true
		}
	}
	return false
}

type imageURL struct {
	URL string `json:"url"`
}

type jsonPart struct {
	Type     string    `json:"type"`
	Text     *string   `json:"text,omitzero"`
	ImageURL *imageURL `json:"image_url,omitzero"`
}

// MarshalJSONTo writes a string, or an array where there are images: not every
// server takes the array.
func (c Content) MarshalJSONTo(e *jsontext.Encoder) error {
	if !c.Images() {
		return e.WriteToken(jsontext.String(c.Text()))
	}
	parts := make([]jsonPart, len(c))
	for i := range c {
		parts[i] = jsonPart{Type: "text", Text: &c[i].Text}
		if c[i].Image != "" {
			parts[i] = jsonPart{Type: "image_url", ImageURL: &imageURL{c[i].Image}}
		}
	}
	return json.MarshalEncode(e, parts)
}

// imagePart is an image of bytes as a data URL.
func imagePart(image *bedrock.ImageBlock) (Part, error) {
	if image.Source == nil || image.Source.Bytes == nil {
		return Part{}, unsupported("image")
	}
	encoded := base64.StdEncoding.EncodeToString(image.Source.Bytes)
	return Part{Image: "data:image/" + string(image.Format) + ";base64," + encoded}, nil
}
