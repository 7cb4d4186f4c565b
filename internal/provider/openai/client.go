// Package openai answers conversations from any server that speaks OpenAI's chat
// completions: vLLM, SGLang, llm-d, Ollama, LM Studio, llama.cpp's llama-server,
// and others that have POST /v1/chat/completions. It takes vectors from those that
// have /v1/embeddings, and ranks by those that have /rerank.
//
// A Client carries text, reasoning, tools, JSON schemas for the answer, and media
// given as bytes: images, and videos and sounds where its server takes them.
//
// What servers do differently, and what is done about it:
//
//   - Stop sequences. Servers end a turn and a stop sequence alike by
//     finish_reason "stop". vLLM names the sequence in the choice's stop_reason,
//     SGLang in matched_stop; llama-server is recognized by its list of models
//     and tells when asked to, as it tells a full context from max_tokens. From
//     a server that has none of it (Ollama, LM Studio) an answer that a stop
//     sequence ended says end_turn.
//   - A last message of the assistant. vLLM and SGLang continue it when told so
//     (continue_final_message), the others without being told. Plain answers of
//     llama.cpp, but not its streams, repeat it; that part is cut off.
//   - Calls of tools end by finish_reason "tool_calls", or by "stop" where the
//     request chose the tool. The caller knows a call by an id in the service's
//     form; servers only want an id and that of its result to be the same.
//   - Reasoning comes as reasoning_content, or under vLLM's newer name reasoning,
//     or between tags at the start of the text, where the server does not know the
//     model's. Where the chat template has written the first tag, a whole answer
//     shows it by the second; of streams the client is told by OpensThoughts.
//   - Calls in a form that the server does not know stay in the text. A text that
//     is nothing but such an object of JSON is the call.
//   - Cache points have no word in a chat: servers cache prompts by themselves.
//     What they say to have found there is told apart for a request that has
//     cache points. A server that gives no usage has zeros.
//
// The facts come from the sources and documentation of vLLM ("OpenAI-Compatible
// Server"), SGLang and llama.cpp (its server's README), and from answers of
// llama.cpp build 11549.
package openai

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/provider"
	"github.com/saprolite/saprolite/internal/sse"
	"github.com/saprolite/saprolite/internal/traceparent"
)

// Client speaks to one server. It is a provider of all its models; New makes one
// for a server somewhere, other providers fill in the fields themselves and use
// the parts that they need. The fields are not changed after the first use.
type Client struct {
	// HTTP has the transport that sends the requests; nothing else of it is used.
	HTTP *http.Client
	// BaseURL is what the path of a request is appended to, without a final
	// slash: http://127.0.0.1:8000/v1.
	BaseURL string
	// Header is sent with every request; Authorization goes here. Its values
	// are kept out of errors.
	Header http.Header
	// ResponseTimeout bounds the wait for the head of a response and that for
	// the first byte of its body: one of them is the whole work of a plain
	// call, or of the prompt. 0 means DefaultResponseTimeout.
	ResponseTimeout time.Duration
	// IdleTimeout bounds the wait for each next byte of a response; 0 means
	// DefaultIdleTimeout.
	IdleTimeout time.Duration
	// Prepare, if set, may change the body of a chat request before it is sent.
	Prepare func(call provider.Call, body Body)
	// Media says which media the server's models take: Images, Video and Audio
	// count.
	Media provider.Abilities
	// OpensThoughts says that the chat template of the server's models writes the
	// tag <think>, and that the server leaves the rest in the text.
	OpensThoughts bool
	// ServiceTiers are those that the server takes as service_tier; the others are
	// not said to it.
	ServiceTiers []bedrock.ServiceTierType
	// Software is what the server is known to be. Without it the client finds
	// out, once it matters.
	Software Software
	// Refusal, if set, words a response that is not a success, of a server whose
	// errors are not like OpenAI's. The body is as long as an error may be.
	Refusal func(response *http.Response, body []byte) error

	// found is the Software that the client found out.
	found atomic.Int32
}

// The bounds of a Client.
const (
	DefaultResponseTimeout = 10 * time.Minute
	DefaultIdleTimeout     = 2 * time.Minute

	maxEvent = 8 << 20
	maxBody  = 64 << 20
	maxError = 64 << 10
)

// Abilities is what the client carries for any model.
func (c *Client) Abilities(string) provider.Abilities {
	return provider.Abilities{
		Reasoning: true, Tools: true, StructuredOutput: true, CachePoints: true,
		Images: c.Media.Images, Video: c.Media.Video, Audio: c.Media.Audio,
	}
}

// Close closes the connections that nobody uses.
func (c *Client) Close() error {
	c.HTTP.CloseIdleConnections()
	return nil
}

var _ interface {
	provider.Provider
	provider.Capable
	provider.Embedder
	provider.Reranker
} = (*Client)(nil)

// Post sends a JSON body to a path below BaseURL. An answer other than 2xx, or
// none, is an error as Converse gives it.
func (c *Client) Post(ctx context.Context, path string, body []byte) (*Response, error) {
	return c.send(ctx, http.MethodPost, c.BaseURL+path, nil, body)
}

// PostWith is Post with headers for this request, which win over the client's.
func (c *Client) PostWith(ctx context.Context, path string, header http.Header, body []byte) (*Response, error) {
	return c.send(ctx, http.MethodPost, c.BaseURL+path, header, body)
}

// Get asks for a path below BaseURL. Errors are those of Post.
func (c *Client) Get(ctx context.Context, path string) (*Response, error) {
	return c.send(ctx, http.MethodGet, c.BaseURL+path, nil, nil)
}

func (c *Client) send(ctx context.Context, method, url string, header http.Header, body []byte) (*Response, error) {
	guarded, watch := newWatchdog(ctx)
	r := &Response{client: c, caller: ctx, watch: watch}
	request, err := http.NewRequestWithContext(guarded, method, url, bytes.NewReader(body))
	if err != nil {
		watch.end()
		return nil, c.invalid(err)
	}
	for name, values := range c.Header {
		request.Header[name] = values
	}
	request.Header["Content-Type"] = []string{"application/json"}
	traceparent.Inject(ctx, request.Header)
	for name, values := range header {
		request.Header[name] = values
	}
	// Servers close idle connections just as they are used again. The transport
	// then repeats the request, if it may: this says so, and is not sent.
	request.Header["Idempotency-Key"] = nil
	watch.allow(cmp.Or(c.ResponseTimeout, DefaultResponseTimeout))
	response, err := c.transport().RoundTrip(request)
	watch.rest()
	if err != nil {
		watch.end()
		return nil, r.Err(err)
	}
	r.Header, r.body, r.size = response.Header, response.Body, response.ContentLength
	if response.StatusCode/100 != 2 {
		defer r.Close()
		return nil, c.statusError(response, r)
	}
	return r, nil
}

// transport sends requests without what http.Client does around it: a redirect
// would carry the prompt and the key to somebody else.
func (c *Client) transport() http.RoundTripper {
	if c.HTTP.Transport == nil {
		return http.DefaultTransport
	}
	return c.HTTP.Transport
}

// upstream names the server in errors.
func (c *Client) upstream() string { return c.BaseURL }

// Response is a successful response whose body is read as it comes. The reader
// MUST close it.
type Response struct {
	// Header is the head of the response.
	Header http.Header

	client *Client
	caller context.Context
	watch  *watchdog
	body   io.ReadCloser
	// size is the length of the body, or -1.
	size int64
	// began says that a byte of the body has come.
	began bool
}

// Streams says whether the body is a stream of server-sent events. A server that
// cannot stream answers whole.
func (r *Response) Streams() bool {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "text/event-stream")
}

// Events reads the body as server-sent events of a bounded size. Errors of the
// reader go through Err.
func (r *Response) Events() *sse.Reader { return sse.NewReader(r, maxEvent) }

// Read reads the body. It waits for the next byte as long as the client's
// timeouts let it.
func (r *Response) Read(p []byte) (int, error) {
	wait := cmp.Or(r.client.ResponseTimeout, DefaultResponseTimeout)
	if r.began {
		wait = cmp.Or(r.client.IdleTimeout, DefaultIdleTimeout)
	}
	r.watch.allow(wait)
	n, err := r.body.Read(p)
	r.watch.rest()
	r.began = true
	return n, err
}

// ReadAll reads a body of a bounded size to its end.
func (r *Response) ReadAll() ([]byte, error) {
	var body bytes.Buffer
	// ReadFrom wants room to find the end in.
	body.Grow(int(min(max(r.size, 0), maxBody)) + bytes.MinRead)
	if _, err := body.ReadFrom(io.LimitReader(r, maxBody+1)); err != nil {
		return nil, r.Err(err)
	}
	if body.Len() > maxBody {
		return nil, r.client.invalid(fmt.Errorf("a body of more than %d bytes", maxBody))
	}
	return body.Bytes(), nil
}

// Close ends the request; if the body was not read to its end, the server sees
// that its client has left.
func (r *Response) Close() error {
	r.watch.end()
	return r.body.Close()
}

// Finish reads what may follow the last event, so that the connection can be
// used again. It waits briefly: some servers leave the stream open.
func (r *Response) Finish() {
	r.watch.allow(50 * time.Millisecond)
	_, _ = io.Copy(io.Discard, io.LimitReader(r.body, 4<<10)) // only the connection is at stake
	r.watch.rest()
}

// Err words an error of reading the body, or of sending the request, as Converse
// gives it.
func (r *Response) Err(err error) error {
	return r.client.brokenError(r.caller, r.watch.cause(err), err)
}

// invalid is the error of an answer that cannot be understood.
func (c *Client) invalid(err error) error {
	return bedrock.WithCause(modelError(http.StatusOK), c.cause(http.StatusOK, err))
}
