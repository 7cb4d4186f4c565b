package openai

import (
	"context"
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"
)

// software is what the server is known to be.
type software int32

const (
	unknown software = iota
	llamaServer
	other
)

// verbose is what llama.cpp adds to the end of an answer when asked to, cut down
// to the members that are asked for.
type verbose struct {
	StopType     string `json:"stop_type"`
	StoppingWord string `json:"stopping_word"`
}

// askForEnding makes llama.cpp's llama-server say what ended an answer. Other
// servers are not asked: some refuse members that they do not know.
func (c *Client) askForEnding(ctx context.Context, body Body) {
	if c.StopSequence == nil && body["stop"] != nil && c.software(ctx) == llamaServer {
		body["verbose"] = true
		body["response_fields"] = []string{"stop_type", "stopping_word"}
	}
}

// software finds out, once, what the server is: llama-server owns its models. A
// server that does not tell is asked again the next time.
func (c *Client) software(ctx context.Context) software {
	if known := software(c.found.Load()); known != unknown {
		return known
	}
	response, err := c.send(ctx, http.MethodGet, c.BaseURL+"/models", nil)
	if err != nil {
		return unknown
	}
	defer response.Close()
	text, err := response.ReadAll()
	if err != nil {
		return unknown
	}
	var models struct {
		Data []struct {
			OwnedBy string `json:"owned_by"`
		} `json:"data"`
	}
	found := other
	if json.Unmarshal(text, &models, lenient) == nil && len(models.Data) > 0 && models.Data[0].OwnedBy == "llamacpp" {
		found = llamaServer
	}
	c.found.Store(int32(found))
	return found
}

// StopSequences gives the stop sequences of a request: those of the inference
// configuration, or a text or a list of texts in additionalModelRequestFields.
func (b Body) StopSequences() []string {
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
