package openai

import (
	"context"
	"errors"
	"time"
)

// watchdog ends a request whose server says nothing for too long. Time counts
// only while somebody waits for the server, so a slow reader is no silent server.
type watchdog struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

// errSilent is the cause of a request that the watchdog ended.
var errSilent = errors.New("the server was silent for too long")

// newWatchdog makes a watchdog at rest, and the context that it ends.
func newWatchdog(parent context.Context) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(parent)
	return ctx, &watchdog{ctx: ctx, cancel: cancel}
}

// allow gives the server some time.
func (w *watchdog) allow(wait time.Duration) {
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, func() { w.cancel(errSilent) })
		return
	}
	w.timer.Reset(wait)
}

// rest stops the clock.
func (w *watchdog) rest() { w.timer.Stop() }

// end ends the request.
func (w *watchdog) end() {
	if w.timer != nil {
		w.timer.Stop()
	}
	w.cancel(context.Canceled)
}

// cause is what ended the request, if something did, or else err.
func (w *watchdog) cause(err error) error {
	if cause := context.Cause(w.ctx); cause != nil {
		return cause
	}
	return err
}
