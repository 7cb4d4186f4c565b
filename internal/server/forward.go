package server

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/provider"
)

// forwarding puts the way past the house before an operation on a model: where the
// upstream is Bedrock itself, a request goes there as it came. It keeps the rules
// of its own models, so none are held here.
func forwarding[P any](s *Server, op bedrock.Operation, run func(*exchange, P) error) func(*exchange, P) error {
	return func(x *exchange, in P) error {
		if err := s.beginInvocation(x, op); err != nil {
			return err
		}
		x.described(in)
		if s.Prompts.Has(x.r.PathValue("modelId")) {
			if err := x.admit(); err != nil {
				return err
			}
			return run(x, in)
		}
		to, err := s.routeFor(x, x.r.PathValue("modelId"), x.service(in))
		if err != nil {
			return err
		}
		if err := x.mayUse(&to.Target); err != nil {
			return err
		}
		x.routed(&to.Target)
		if err := x.admit(); err != nil {
			return err
		}
		pieces, ok := to.Forward(x.ctx, provider.RawCall{
			Operation: op, Header: provider.MemberHeaders(x.r.Header), Body: x.body,
		})
		if !ok {
			return run(x, in)
		}
		return x.pass(op, pieces)
	}
}

// pass writes the answer of an upstream as it is. The request id is this server's,
// as in every answer.
func (x *exchange) pass(op bedrock.Operation, pieces provider.Pieces) (ended error) {
	var out *stream
	for piece, err := range pieces {
		switch {
		case err != nil && x.status == 0:
			return err
		case err != nil:
			return x.endWith(out, op, err)
		case x.status != 0:
		case piece.Header.Get("Content-Type") != eventstream.ContentType:
			x.invocation.Body(piece.Body)
			x.usage.readWhole(op, piece)
			return x.replyRaw(piece)
		default:
			x.usage.setHeaders(piece.Header)
			x.setMembers(piece.Header)
			out, ended = x.startStream(), errUnended
			defer func() { x.endStream(out, ended) }()
		}
		x.readFrames(op, piece.Body)
		failed := exceptionIn(piece.Body)
		if x.usage.readFrame(op, piece.Body, x.start) || failed != nil {
			if err := x.record(failed); err != nil {
				return x.endWith(out, op, err)
			}
		}
		if err := cmp.Or(failed, out.sendRaw(piece.Body)); err != nil {
			return err
		}
	}
	return nil
}

// exceptionIn gives the exception that a frame ends a stream with, or nil.
func exceptionIn(frame []byte) error {
	if !bytes.Contains(frame, []byte(":exception-type")) {
		return nil
	}
	message, err := eventstream.NewReader(bytes.NewReader(frame)).Next()
	if err != nil || message.ExceptionType() == "" {
		return nil
	}
	exception := bedrock.NewException(message.ExceptionType())
	if exception == nil {
		return &bedrock.InternalServerException{Message: unexpected}
	}
	_ = json.Unmarshal(message.Payload, exception, lenient, json.MatchCaseInsensitiveNames(true)) // what is no JSON has no text
	return exception
}

// endWith ends an answer that has begun with an error.
func (x *exchange) endWith(out *stream, op bedrock.Operation, err error) error {
	if refused := x.record(err); refused != nil {
		err = refused
	}
	if of := streamOf(op); out != nil && of != nil {
		out.sendError(of, err)
	}
	return err
}

// streamOf is the stream that an operation answers by, or nil.
func streamOf(op bedrock.Operation) event {
	switch op {
	case bedrock.OperationConverseStream:
		return new(bedrock.ConverseStreamOutput)
	case bedrock.OperationInvokeModelWithResponseStream:
		return new(bedrock.ResponseStream)
	}
	return nil
}

func (x *exchange) setMembers(header http.Header) {
	for name, values := range header {
		x.w.Header()[name] = values
	}
}

// replyRaw writes a whole answer.
func (x *exchange) replyRaw(piece provider.Piece) error {
	if err := x.record(nil); err != nil {
		return err
	}
	x.setMembers(piece.Header)
	x.w.Header()["Content-Length"] = []string{strconv.Itoa(len(piece.Body))}
	x.status = http.StatusOK
	x.w.WriteHeader(x.status)
	if _, err := x.w.Write(piece.Body); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return x.flush()
}

// sendRaw queues frames that are complete.
func (s *stream) sendRaw(frames []byte) error {
	return s.queue(func(frame *eventstream.Frame) error {
		_, err := frame.Write(frames)
		return err
	})
}
