package server

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
	"github.com/saprolite/saprolite/internal/eventstream"
	"github.com/saprolite/saprolite/internal/restjson"
)

const (
	// maxPending is how much of a stream may wait for a slow reader before the
	// model has to wait too.
	maxPending = 1 << 20
	// writeTimeout bounds the wait for a reader that takes nothing.
	writeTimeout = 5 * time.Minute
)

// paddingAlphabet is what the service pads events with; it hides how long a
// token is.
const paddingAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// padding is a prefix of the alphabet, of 2 to 61 letters.
func padding() string { return paddingAlphabet[:2+rand.IntN(60)] }

// event is a pointer to an event stream union.
type event interface {
	EventType() string
	Event() any
	SetPadding(string)
	ExceptionType(errorCode string) string
}

// stream writes the frames of one answer. Frames go out as they come; those that
// come while others are being written share one flush.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController

	mu      sync.Mutex
	changed sync.Cond
	// pending waits to be written, spare is the other buffer.
	pending, spare *eventstream.Frame
	closed         bool
	err            error
	done           chan struct{}
}

// startStream writes the head of a streamed answer and begins to take events; the
// head leaves with the first of them. The caller MUST close the stream.
func (x *exchange) startStream() *stream {
	header := x.w.Header()
	header["Content-Type"] = []string{eventstream.ContentType}
	x.status = http.StatusOK
	x.w.WriteHeader(x.status)
	s := &stream{
		w: x.w, control: http.NewResponseController(x.w),
		pending: new(eventstream.Frame), spare: new(eventstream.Frame),
		done: make(chan struct{}),
	}
	s.changed.L = &s.mu
	go s.flushAll()
	return s
}

// send queues an event, padded. The error is that of an earlier write: the
// reader is gone.
func (s *stream) send(e event) error {
	e.SetPadding(padding())
	return s.queue(func(frame *eventstream.Frame) error {
		frame.BeginEvent(e.EventType())
		err := restjson.EncodeBody(frame, e.Event())
		frame.End()
		return err
	})
}

// sendError queues what ended the answer, as the exception that the stream has
// for it.
func (s *stream) sendError(of event, err error) {
	exception := publicHalf(err)
	name := of.ExceptionType(exception.ErrorCode())
	if name == "" {
		exception = streamException(exception)
		name = of.ExceptionType(exception.ErrorCode())
	}
	s.queue(func(frame *eventstream.Frame) error {
		frame.BeginException(name)
		err := restjson.EncodeBody(frame, exception)
		frame.End()
		return err
	})
}

// streamException is the exception that streams have for one that they lack.
func streamException(exception bedrock.Exception) bedrock.Exception {
	switch e := exception.(type) {
	case *bedrock.ModelErrorException:
		return &bedrock.ModelStreamErrorException{Message: e.Message, OriginalStatusCode: e.OriginalStatusCode}
	case *bedrock.ModelTimeoutException, *bedrock.ModelNotReadyException:
		return &bedrock.ModelStreamErrorException{Message: exception.ErrorMessage()}
	}
	return &bedrock.InternalServerException{Message: unexpected}
}

func (s *stream) queue(build func(*eventstream.Frame) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.pending.Bytes()) > maxPending && s.err == nil {
		s.changed.Wait()
	}
	if s.err != nil {
		return s.err
	}
	err := build(s.pending)
	s.changed.Broadcast()
	return err
}

// close writes what is queued and waits until it is out.
func (s *stream) close() error {
	s.mu.Lock()
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	<-s.done
	// The connection may serve another request, for which the deadline is not.
	s.control.SetWriteDeadline(time.Time{})
	return s.err
}

// errUnended is what ends a streamed answer as long as nothing else has: a panic.
var errUnended = errors.New("the answer has no end")

// endStream ends a streamed answer, which err cut off if it is not nil.
func (x *exchange) endStream(s *stream, err error) {
	_ = x.record(err) // what was to be told in the stream is out
	s.close()
}

// flushAll writes what is queued until the stream is closed.
func (s *stream) flushAll() {
	defer close(s.done)
	for {
		ready := s.next()
		if ready == nil {
			return
		}
		if err := s.write(ready.Bytes()); err != nil {
			s.stop(err)
			return
		}
		ready.Reset()
		s.mu.Lock()
		s.spare = ready
		s.mu.Unlock()
	}
}

// next waits for queued frames; nil means that there will be none.
func (s *stream) next() *eventstream.Frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.pending.Bytes()) == 0 {
		if s.closed {
			return nil
		}
		s.changed.Wait()
	}
	ready := s.pending
	s.pending, s.spare = s.spare, nil
	s.changed.Broadcast()
	return ready
}

func (s *stream) write(frames []byte) error {
	err := s.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(frames); err != nil {
		return err
	}
	return s.control.Flush()
}

func (s *stream) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
	s.changed.Broadcast()
}
