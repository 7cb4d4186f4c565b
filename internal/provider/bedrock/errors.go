package bedrock

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/provider/openai"
)

// refusal is the error of a response that is not a success: the exception that
// the service says, with its text. What it says of this server's own credentials
// is not the caller's business, and goes to the log alone.
func (p *Provider) refusal(response *http.Response, body []byte) error {
	code := codeOf(response.Header, body)
	cause := &provider.UpstreamError{
		Upstream: p.client.BaseURL, Status: response.StatusCode, RetryAfter: openai.RetryAfter(response),
		Err: fmt.Errorf("%s, request id %s", code, response.Header.Get("X-Amzn-Requestid")),
	}
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		cause.Err = fmt.Errorf("%w: %s", cause.Err, bytes.ToValidUTF8(body, nil))
		return bedrock.WithCause(&bedrock.AccessDeniedException{
			Message: "You don't have access to the model with the specified model ID.",
		}, cause)
	}
	exception := bedrock.NewException(code)
	if exception == nil {
		return p.client.Failure(response.StatusCode, body)
	}
	// A body that is no JSON leaves the text empty.
	_ = json.Unmarshal(body, exception, json.MatchCaseInsensitiveNames(true))
	return bedrock.WithCause(exception, cause)
}

// codeOf is the name of an error: ahead of a colon in the header, or behind a #
// in the body.
func codeOf(header http.Header, body []byte) string {
	code, _, _ := strings.Cut(header.Get("X-Amzn-Errortype"), ":")
	if code == "" {
		var typed struct {
			Type string `json:"__type"`
		}
		_ = json.Unmarshal(body, &typed) // a body that is no JSON has no name
		code = typed.Type
	}
	return code[strings.LastIndexByte(code, '#')+1:]
}

// streamException is the error of an exception frame. Before the answer has begun
// it may be tried again as outside a stream.
func (p *Provider) streamException(name string, payload []byte, began bool) error {
	exception := bedrock.NewException(name)
	if exception == nil {
		exception = new(bedrock.InternalServerException)
	}
	_ = json.Unmarshal(payload, exception, json.MatchCaseInsensitiveNames(true))
	status := http.StatusOK
	if !began {
		status = exception.HTTPStatusCode()
	}
	return bedrock.WithCause(exception, &provider.UpstreamError{
		Upstream: p.client.BaseURL, Status: status, Err: fmt.Errorf("%s in the stream", name),
	})
}
