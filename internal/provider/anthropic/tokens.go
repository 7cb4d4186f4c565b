package anthropic

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// CountTokens asks /messages/count_tokens. A server that has none gets the caller
// the error that the service gives for a model that cannot count.
func (p *Provider) CountTokens(ctx context.Context, call provider.Call) (int32, error) {
	body, header, err := p.body(call)
	if err != nil {
		return 0, err
	}
	text, err := body.only(counted...).json()
	if err != nil {
		return 0, p.client.Invalid(err)
	}
	response, err := p.client.PostWith(ctx, "/messages/count_tokens", header, text)
	if countsNot(err) {
		return 0, bedrock.WithCause(&bedrock.ValidationException{Message: "The provided model doesn't support counting tokens."}, err)
	}
	if err != nil {
		return 0, err
	}
	defer response.Close()
	if text, err = response.ReadAll(); err != nil {
		return 0, err
	}
	var answer struct {
		InputTokens int32 `json:"input_tokens"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return 0, p.client.Invalid(err)
	}
	return answer.InputTokens, nil
}

// countsNot says whether an error is that of a server without the address. A
// model that is not found has a type of error.
func countsNot(err error) bool {
	upstream, ok := errors.AsType[*provider.UpstreamError](err)
	return ok && (upstream.Status == http.StatusNotFound || upstream.Status == http.StatusMethodNotAllowed) &&
		!strings.Contains(upstream.Error(), "not_found_error")
}
