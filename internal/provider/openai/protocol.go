package openai

import (
	"net/http"
	"time"
)

// What providers of other protocols, which use a Client for its connections, its
// timeouts and its errors, say by it.

// Failure is the error of what a server says in a body went wrong, under a
// status, before the answer has begun.
func (c *Client) Failure(status int, body []byte) error {
	f := parseFailure(body)
	f.status = status
	return c.failureError(f, 0)
}

// StreamFailure is Failure of an answer that had begun.
func (c *Client) StreamFailure(status int, body []byte) error {
	f := parseFailure(body)
	f.status = status
	return c.streamError(f)
}

// Invalid is the error of an answer that cannot be understood, or that lacks its
// end, and has not begun yet.
func (c *Client) Invalid(cause error) error { return c.invalid(cause) }

// StreamInvalid is Invalid of an answer that had begun.
func (c *Client) StreamInvalid(cause error) error { return c.streamError(cause) }

// CutOff is the error of a stream that broke off after the answer had begun,
// where err is what reading it gave: the caller's, if the caller broke it off,
// and the silence of a server is told as such.
func (r *Response) CutOff(err error) error {
	if r.watch.ctx.Err() != nil {
		return r.Err(err)
	}
	return r.client.streamError(err)
}

// RetryAfter is the wait that a response asks for, or 0.
func RetryAfter(response *http.Response) time.Duration {
	return retryAfter(response.Header.Get("Retry-After"), time.Now())
}
