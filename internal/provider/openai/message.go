package openai

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
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
// joined by newlines; or texts and media, in order.
type Content []Part

// Part is a text, an image or a video as a data URL, or a sound.
type Part struct {
	Text  string
	Image string
	Video string
	Audio Audio
}

// Audio is a sound, in base64, and the format of it.
type Audio struct {
	Data   string `json:"data"`
	Format string `json:"format"`
}

// media says whether a part is no text.
func (p *Part) media() bool { return p.Image != "" || p.Video != "" || p.Audio.Data != "" }

// TextContent is a content of one text.
func TextContent(text string) Content { return Content{{Text: text}} }

// Text is the texts of a content, joined by newlines.
func (c Content) Text() string {
	texts := make([]string, 0, len(c))
	for i := range c {
		if !c[i].media() {
			texts = append(texts, c[i].Text)
		}
	}
	return strings.Join(texts, "\n")
}

// Media says whether a content holds more than text.
func (c Content) Media() bool {
	return slices.ContainsFunc(c, func(p Part) bool { return p.media() })
}

type mediaURL struct {
	URL string `json:"url"`
}

// jsonPart is a part as it is sent. Images and sounds are OpenAI's, videos as vLLM
// and SGLang have them ("Multimodal Inputs").
type jsonPart struct {
	Type       string    `json:"type"`
	Text       *string   `json:"text,omitzero"`
	ImageURL   *mediaURL `json:"image_url,omitzero"`
	VideoURL   *mediaURL `json:"video_url,omitzero"`
	InputAudio *Audio    `json:"input_audio,omitzero"`
}

func (p *Part) json() jsonPart {
	switch {
	case p.Image != "":
		return jsonPart{Type: "image_url", ImageURL: &mediaURL{p.Image}}
	case p.Video != "":
		return jsonPart{Type: "video_url", VideoURL: &mediaURL{p.Video}}
	case p.Audio.Data != "":
		return jsonPart{Type: "input_audio", InputAudio: &p.Audio}
	}
	return jsonPart{Type: "text", Text: &p.Text}
}

// MarshalJSONTo writes a string, or an array where there are media: not every
// server takes the array.
func (c Content) MarshalJSONTo(e *jsontext.Encoder) error {
	if !c.Media() {
		return e.WriteToken(jsontext.String(c.Text()))
	}
	parts := make([]jsonPart, len(c))
	for i := range c {
		parts[i] = c[i].json()
	}
	return json.MarshalEncode(e, parts)
}
