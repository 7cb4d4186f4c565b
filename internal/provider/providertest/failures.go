package providertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/saprolite/saprolite/internal/bedrock"
)

// patience bounds the wait for what has to happen.
const patience = 20 * time.Second

// idle waits until the upstream has nothing to do.
func (s *suite) idle(t *testing.T) {
	t.Helper()
	if s.Idle == nil {
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := s.Idle(ctx); err != nil {
		t.Errorf("the upstream still works: %v", err)
	}
}

func (s *suite) consumerLeaves(t *testing.T) {
	for _, after := range []string{"messageStart", "contentBlockDelta"} {
		t.Run("after "+after, func(t *testing.T) {
			for event, err := range s.Provider.Converse(t.Context(), s.call(s.Endless, streamed)) {
				if err != nil {
					t.Fatal(err)
				}
				if event.EventType() == after {
					break
				}
			}
			s.idle(t)
		})
	}
}

func (s *suite) contextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var failure error
	for event, err := range s.Provider.Converse(ctx, s.call(s.Endless, streamed)) {
		failure = err
		if event.ContentBlockDelta != nil {
			cancel()
		}
	}
	if !errors.Is(failure, context.Canceled) {
		t.Errorf("the answer ended with %v, want the context's error", failure)
	}
	s.idle(t)
}

func (s *suite) contextHasEnded(t *testing.T) {
	both(t, func(t *testing.T, how stream) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		a, err := Collect(t, ctx, s.Provider, s.call(s.Prompt, how))
		if !errors.Is(err, context.Canceled) || len(a.Events) > 0 {
			t.Errorf("%d events and the error %v, want the context's error alone", len(a.Events), err)
		}
		s.idle(t)
	})
}

func (s *suite) failures(t *testing.T) {
	for _, f := range s.Failures {
		t.Run(f.Name, func(t *testing.T) {
			both(t, func(t *testing.T, how stream) {
				code, within := f.Code, f.Within && bool(how)
				if f.Within && !within {
					code = f.PlainCode
				}
				a, err := Collect(t, t.Context(), s.Provider, s.call(f.Prompt, how))
				exception, _ := errors.AsType[bedrock.Exception](err)
				if exception == nil || exception.ErrorCode() != code {
					t.Errorf("error %v, want %s", err, code)
				}
				if within != (len(a.Events) > 0) {
					t.Errorf("%d events before the error", len(a.Events))
				}
				s.idle(t)
			})
		})
	}
}

func (s *suite) concurrent(t *testing.T) {
	const callers = 6
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			how := stream(i%2 == 0)
			a, err := Collect(t, t.Context(), s.Provider, s.call(s.Prompt, how))
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
				return
			}
			checkEndTurn(t, a)
		})
	}
	wg.Wait()
}
