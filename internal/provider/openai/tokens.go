package openai

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// CountTokens asks the server: llama.cpp at /chat/completions/input_tokens, vLLM
// at /tokenize, which lies beside /v1. Both apply the model's chat template, so
// that the count is the prompt_tokens of the same request. A server that has
// neither gets the caller the error that the service gives for a model that
// cannot count.
func (c *Client) CountTokens(ctx context.Context, call provider.Call) (int32, error) {
	body, err := NewBody(call)
	if err != nil {
		return 0, err
	}
	if c.Prepare != nil {
		c.Prepare(call, body)
	}
	text, err := body.JSON()
	if err != nil {
		return 0, c.invalid(err)
	}
	for _, url := range []string{
		c.BaseURL + "/chat/completions/input_tokens",
		strings.TrimSuffix(c.BaseURL, "/v1") + "/tokenize",
	} {
		count, err := c.count(ctx, url, text)
		if !errors.Is(err, errNoCount) {
			return count, err
		}
	}
	return 0, &bedrock.ValidationException{Message: "The provided model doesn't support counting tokens."}
}

// errNoCount is the error of a server that does not count at this address.
var errNoCount = errors.New("no count of tokens")

func (c *Client) count(ctx context.Context, url string, body []byte) (int32, error) {
	response, err := c.send(ctx, http.MethodPost, url, nil, body)
	if upstream, ok := errors.AsType[*provider.UpstreamError](err); ok && (upstream.Status == http.StatusNotFound || upstream.Status == http.StatusMethodNotAllowed) {
		return 0, errNoCount
	}
	if err != nil {
		return 0, err
	}
	defer response.Close()
	text, err := response.ReadAll()
	if err != nil {
		return 0, err
	}
	var counted struct {
		InputTokens *int32 `json:"input_tokens"`
		Count       *int32 `json:"count"`
	}
	if err := json.Unmarshal(text, &counted, lenient); err != nil {
		return 0, c.invalid(err)
	}
	switch {
	case counted.InputTokens != nil:
		return *counted.InputTokens, nil
	case counted.Count != nil:
		return *counted.Count, nil
	}
	return 0, errNoCount
}
