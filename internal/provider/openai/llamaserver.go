package openai

import (
	"context"
	"errors"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/provider"
)

// Software is what a server may be.
type Software int32

const (
	// UnknownSoftware is a server that nobody has asked yet.
	UnknownSoftware Software = iota
	// LlamaServer is llama.cpp's llama-server, which says what ended an answer
	// when asked to.
	LlamaServer
	// OtherSoftware is any other server. Some refuse members that they do not
	// know, so it is asked nothing that OpenAI does not have.
	OtherSoftware
)

// verbose is what llama.cpp adds to the end of an answer when asked to, cut down
// to the members that are asked for.
type verbose struct {
	StopType     string `json:"stop_type"`
	StoppingWord string `json:"stopping_word"`
	// Truncated says that the context was full.
	Truncated bool `json:"truncated"`
}

// stopSequence names the stop sequence that ended the answer, or is empty. Some
// templates bring stop words of their own: those are the model's end.
func (v verbose) stopSequence(stops []string) string {
	if v.StopType == "word" && slices.Contains(stops, v.StoppingWord) {
		return v.StoppingWord
	}
	return ""
}

// askForEnding makes a llama-server say what ended an answer. Whether the server
// is one is worth a question only where a stop sequence may end the answer.
func (c *Client) askForEnding(ctx context.Context, body Body) {
	software := c.Software
	if software == UnknownSoftware && body["stop"] != nil {
		software = c.findSoftware(ctx)
	}
	if software == LlamaServer {
		body["verbose"] = true
		body["response_fields"] = []string{"stop_type", "stopping_word", "truncated"}
	}
}

// findSoftware finds out, once, what the server is: llama-server owns its models.
// A server that did not answer is asked again the next time.
func (c *Client) findSoftware(ctx context.Context) Software {
	if known := Software(c.found.Load()); known != UnknownSoftware {
		return known
	}
	found := OtherSoftware
	owner, err := c.modelOwner(ctx)
	if upstream, ok := errors.AsType[*provider.UpstreamError](err); ok && upstream.Temporary() {
		return UnknownSoftware
	}
	if owner == "llamacpp" {
		found = LlamaServer
	}
	c.found.Store(int32(found))
	return found
}

// modelOwner is who owns the first model of the server's list.
func (c *Client) modelOwner(ctx context.Context) (string, error) {
	response, err := c.Get(ctx, "/models")
	if err != nil {
		return "", err
	}
	defer response.Close()
	text, err := response.ReadAll()
	if err != nil {
		return "", err
	}
	var models struct {
		Data []struct {
			OwnedBy string `json:"owned_by"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &models, lenient); err != nil || len(models.Data) == 0 {
		return "", err
	}
	return models.Data[0].OwnedBy, nil
}

// stopSequences gives the stop sequences of a request: those of the inference
// configuration, or a text or a list of texts in additionalModelRequestFields.
func (b Body) stopSequences() []string {
	if b["stop"] == nil {
		return nil
	}
	text, err := json.Marshal(b["stop"], lenient)
	if err != nil {
		return nil
	}
	var one string
	if json.Unmarshal(text, &one, lenient) == nil && one != "" {
		return []string{one}
	}
	var list []string
	_ = json.Unmarshal(text, &list, lenient) // the server refuses what is neither
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}
