package openai

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
)

// The texts are those of the service; see the API reference of Converse,
// "Errors".
const (
	messageUnexpected  = "The system encountered an unexpected error during processing. Try your request again."
	messageTimeout     = "Model has timed out in processing the request. Try your request again."
	messageThrottled   = "Too many requests, please wait before trying again."
	messageUnavailable = "Bedrock is unable to process your request."
	messageNotReady    = "Model is not ready for inference. Wait and try your request again."
	messageNoAccess    = "You don't have access to the model with the specified model ID."
	messageTooLong     = "Input is too long for requested model."
	// prefixModelError stands before what a model says of a request.
	prefixModelError = "The model returned the following errors: "
)

// statusError is the error of a response that is not a success. It reads the
// body.
func (c *Client) statusError(response *http.Response, body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, maxError))
	if c.Refusal != nil {
		return c.Refusal(response, text)
	}
	f := parseFailure(text)
	if err != nil && f.message == "" {
		f.message = err.Error()
	}
	f.status = response.StatusCode
	return c.failureError(f, RetryAfter(response))
}

// failureError is the error of what a server says went wrong.
func (c *Client) failureError(f failure, wait time.Duration) error {
	f.message = c.redact(f.message)
	cause := c.cause(f.status, f)
	cause.RetryAfter = wait
	return bedrock.WithCause(f.exception(), cause)
}

// streamError is the error of an answer that broke off after it had begun.
func (c *Client) streamError(cause error) error {
	public := &bedrock.ModelStreamErrorException{Message: messageUnexpected}
	if f, ok := errors.AsType[failure](cause); ok {
		f.message = c.redact(f.message)
		public.OriginalMessage, cause = &f.message, f
		if f.status != 0 {
			public.OriginalStatusCode = new(int32(f.status))
		}
	}
	return bedrock.WithCause(public, c.cause(http.StatusOK, cause))
}

// brokenError is the error of a request that got no answer, or only a part of
// one, because of cause.
func (c *Client) brokenError(caller context.Context, cause, err error) error {
	timeout, isNet := errors.AsType[net.Error](cause)
	switch {
	case caller.Err() != nil:
		return provider.EndedError(caller.Err())
	case errors.Is(cause, errSilent), isNet && timeout.Timeout():
		return bedrock.WithCause(&bedrock.ModelTimeoutException{Message: messageTimeout}, c.cause(0, cause))
	}
	return bedrock.WithCause(modelError(0), c.cause(0, err))
}

func (c *Client) cause(status int, err error) *provider.UpstreamError {
	return &provider.UpstreamError{Upstream: c.upstream(), Status: status, Err: err}
}

func modelError(status int) *bedrock.ModelErrorException {
	e := &bedrock.ModelErrorException{Message: messageUnexpected}
	if status != 0 {
		e.OriginalStatusCode = new(int32(status))
	}
	return e
}

// statusOverloaded is Anthropic's word for a model that has too much to do.
const statusOverloaded = 529

// exception is the public half of a failure.
func (f failure) exception() bedrock.Exception {
	switch {
	case f.tooLong():
		return &bedrock.ValidationException{Message: messageTooLong}
	case f.loading():
		return &bedrock.ModelNotReadyException{Message: messageNotReady}
	}
	switch f.status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType:
		return &bedrock.ValidationException{Message: prefixModelError + cmp.Or(f.message, "bad request")}
	case http.StatusUnauthorized, http.StatusForbidden:
		return &bedrock.AccessDeniedException{Message: messageNoAccess}
	case http.StatusNotFound:
		return &bedrock.ResourceNotFoundException{Message: cmp.Or(f.message, "The model was not found.")}
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return &bedrock.ModelTimeoutException{Message: messageTimeout}
	case http.StatusTooManyRequests:
		return &bedrock.ThrottlingException{Message: messageThrottled}
	case http.StatusServiceUnavailable, statusOverloaded:
		return &bedrock.ServiceUnavailableException{Message: messageUnavailable}
	}
	return modelError(f.status)
}

// tooLong says whether the prompt did not fit the context. OpenAI and vLLM say
// "maximum context length", OpenAI has a code too, llama.cpp a type of its own, and
// for embeddings a 500; Anthropic says "prompt is too long"; 413 is a proxy's word
// for it.
func (f failure) tooLong() bool {
	switch f.status {
	case http.StatusRequestEntityTooLarge:
		return true
	case http.StatusInternalServerError:
		return strings.Contains(f.message, "is too large to process")
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
	default:
		return false
	}
	if f.code == "context_length_exceeded" || f.kind == "exceed_context_size_error" {
		return true
	}
	message := strings.ToLower(f.message)
	for _, words := range []string{
		"maximum context length", "exceeds the available context size", "is longer than the model's context length",
		"input length exceeds the context length", "prompt is too long",
	} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}

// loading says whether a server is still loading its model: llama.cpp answers
// 503 "Loading model" until then.
func (f failure) loading() bool {
	return f.status == http.StatusServiceUnavailable && strings.Contains(strings.ToLower(f.message), "loading")
}

// redact takes the values of the client's headers out of a text: servers like to
// quote a key that they refuse.
func (c *Client) redact(text string) string {
	const worthHiding = 8
	for _, values := range c.Header {
		for _, value := range values {
			for _, secret := range []string{value, strings.TrimPrefix(value, "Bearer ")} {
				if len(secret) >= worthHiding {
					text = strings.ReplaceAll(text, secret, "[redacted]")
				}
			}
		}
	}
	return text
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	const longest = 24 * time.Hour
	if seconds, err := strconv.ParseUint(header, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, longest)
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(date.Sub(now), 0), longest)
	}
	return 0
}

// failure is what a server says went wrong.
type failure struct {
	status              int
	message, kind, code string
}

func (f failure) Error() string {
	text := strings.Join([]string{f.kind, f.code}, " ")
	return fmt.Sprintf("%s (%s)", cmp.Or(f.message, http.StatusText(f.status), "no message"), strings.TrimSpace(text))
}

// shorten makes a text fit for an error.
func shorten(text []byte) string {
	const longest = 1000
	text = bytes.TrimSpace(text)
	if len(text) > longest {
		text = append(bytes.Clone(text[:longest]), "..."...)
	}
	return strings.ToValidUTF8(string(text), "\ufffd")
}
