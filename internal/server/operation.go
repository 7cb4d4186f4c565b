package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/catalog"
	"github.com/saprolite/saprolite/internal/identity"
	"github.com/saprolite/saprolite/internal/invocationlog"
	"github.com/saprolite/saprolite/internal/restjson"
)

// input is a pointer to the input shape of an operation.
type input[In any] interface {
	*In
	Validate() error
}

// exchange is one request on its way through the house.
type exchange struct {
	w         http.ResponseWriter
	r         *http.Request
	ctx       context.Context
	requestID string
	operation bedrock.Operation
	principal identity.Principal
	// asked is zero where no policies decide.
	asked asked
	// body is that of the request, as it came.
	body  []byte
	log   *slog.Logger
	start time.Time
	// usage becomes the record of the call; nil where none is kept.
	usage *usage
	// invocation becomes the record of what was asked and answered; nil where none is
	// kept.
	invocation *invocationlog.Call
	// call is what observers hear of the exchange; nil where there are none.
	call      *Call
	observers []Observer
	// concluded says that it is known what comes of the exchange.
	concluded bool
	status    int
	// err is what ended the exchange, if anything did.
	err error
}

// route puts an operation behind its route. This is the path of every request:
// request id, authenticate by the head, read the body, authenticate by it, decode,
// authorize, validate, run; run encodes the answer. What a caller may do can depend on
// what the request says.
func route[In any, P input[In]](s *Server, op bedrock.Operation, run func(*exchange, P) error) {
	s.mux.HandleFunc(op.Method+" "+op.URI, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.RequestTimeout)
		defer cancel()
		x := s.newExchange(w, r.WithContext(ctx), op)
		x.ctx = ctx
		defer x.close()
		defer x.recover()

		if err := x.begin(s.Observers); err != nil {
			x.fail(err)
			return
		}
		if err := s.authenticate(x); err != nil {
			x.fail(err)
			return
		}
		x.usage = s.newUsage(x)
		in := P(new(In))
		if err := restjson.Decode(r, x.body, in); err != nil {
			x.fail(err)
			return
		}
		x.understood(in)
		if err := s.authorize(x, in); err != nil {
			s.denied(x)
			x.fail(err)
			return
		}
		if err := in.Validate(); err != nil {
			x.fail(err)
			return
		}
		if err := run(x, in); err != nil {
			x.fail(err)
		}
	})
}

func (s *Server) newExchange(w http.ResponseWriter, r *http.Request, operation bedrock.Operation) *exchange {
	x := &exchange{w: w, r: r, ctx: r.Context(), operation: operation, requestID: newRequestID(), log: s.Log, start: time.Now()}
	header := w.Header()
	header["x-amzn-RequestId"] = []string{x.requestID}
	if r.ProtoMajor == 1 && header["Connection"] == nil && !r.Close {
		header["Connection"] = []string{"keep-alive"}
	}
	return x
}

// authenticate finds who calls, and reads the body. Whoever can be refused by the head
// of the request is refused before any of its body is read.
func (s *Server) authenticate(x *exchange) error {
	claim, err := s.Identity.Identify(x.ctx, x.r)
	if err != nil {
		return x.stranger(err)
	}
	if x.body, err = s.readBody(x.w, x.r); err != nil {
		return err
	}
	x.principal, err = claim.Prove(x.body)
	return x.stranger(err)
}

// firstBody is how much memory a body gets before any of it has come: whoever sends it
// may be nobody.
const firstBody = 1 << 20

// readBody reads the whole body under the bound. A body of stated length is one that
// net/http holds to it.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body []byte
	var err error
	if n := r.ContentLength; n >= 0 && n <= s.MaxBody {
		body, err = readStated(r.Body, n)
	} else {
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, s.MaxBody))
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &bedrock.CommonError{
			Code:    "RequestEntityTooLargeException",
			Message: fmt.Sprintf("Request size exceeded the limit of %d bytes", tooLarge.Limit),
			Status:  http.StatusRequestEntityTooLarge,
		}
	}
	if err != nil {
		return nil, bedrock.WithCause(&bedrock.CommonError{
			Code: "SerializationException", Message: "Unable to read the request body.", Status: http.StatusBadRequest,
		}, err)
	}
	return body, nil
}

// readStated reads a body of n bytes. What memory it gets doubles as it comes: who states
// much and sends little gets little.
func readStated(r io.Reader, n int64) ([]byte, error) {
	body := make([]byte, min(n, firstBody))
	_, err := io.ReadFull(r, body)
	for come := int64(len(body)); err == nil && come < n; come = int64(len(body)) {
		body = append(make([]byte, 0, min(n, 2*come)), body...)
		body = body[:cap(body)]
		_, err = io.ReadFull(r, body[come:])
	}
	return body, err
}

// recover turns a panic into an error of this side, so that one request's fault is
// that request's alone. Where the head of the answer is out, the connection ends
// instead, as net/http does it: an answer cut off must not look whole.
func (x *exchange) recover() {
	fault := recover()
	if fault == nil {
		return
	}
	// A text that was made of a request stays out of the log.
	cause := fmt.Errorf("panic: %T", fault)
	if known, ok := fault.(runtime.Error); ok {
		cause = fmt.Errorf("panic: %w", known)
	}
	x.log.Error("panic", "operation", x.operation.Name, "requestId", x.requestID, "stack", string(debug.Stack()))
	answered := x.status != 0
	x.fail(cause)
	if answered {
		panic(http.ErrAbortHandler)
	}
}

// reply writes a whole answer.
func (x *exchange) reply(shape any) error { return x.replyAs(http.StatusOK, shape) }

// replyAs is reply with a status of success that is not the usual one.
func (x *exchange) replyAs(status int, shape any) error {
	x.invocation.Shape(shape)
	if err := x.record(nil); err != nil {
		return err
	}
	x.status = status
	if err := restjson.Encode(x.w, x.status, shape); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return x.flush()
}

// flush sends what was written: the caller need not wait for the line in the log.
// A writer that cannot flush sends the answer when the operation has returned.
func (x *exchange) flush() error {
	if err := http.NewResponseController(x.w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// close tells the log how the exchange ended.
func (x *exchange) close() {
	x.ended()
	attributes := []slog.Attr{
		slog.String("operation", x.operation.Name),
		slog.Int("status", x.status),
		slog.Duration("took", time.Since(x.start)),
		slog.String("requestId", x.requestID),
	}
	if id := x.r.PathValue("modelId"); id != "" {
		// What is longer is none, and not for the log.
		attributes = append(attributes, slog.String("modelId", id[:min(len(id), catalog.MaxID)]))
	}
	level := slog.LevelInfo
	switch {
	case x.canceled():
		attributes = append(attributes, slog.Bool("canceled", true))
	case x.err != nil:
		attributes = append(attributes, slog.Any("error", publicCode(x.err)))
		level = slog.LevelWarn
		if cause := privateCause(x.err); cause != nil {
			attributes = append(attributes, slog.String("cause", cause.Error()))
		}
	}
	x.log.LogAttrs(context.WithoutCancel(x.ctx), level, "request", attributes...)
}

// canceled says whether the client did not wait for the end: what followed from
// that is nobody's error.
func (x *exchange) canceled() bool { return x.err != nil && x.callerLeft() }

// callerLeft is false where it was this server that ended the exchange, which its
// context gives another cause for.
func (x *exchange) callerLeft() bool { return context.Cause(x.ctx) == context.Canceled }

// newRequestID makes a random UUID.
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	const digits = "0123456789abcdef"
	id := make([]byte, 0, 36)
	for i, v := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			id = append(id, '-')
		}
		id = append(id, digits[v>>4], digits[v&15])
	}
	return string(id)
}
