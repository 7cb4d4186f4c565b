package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/transport"
)

const (
	// flushTime bounds the wait for the last bytes of answers to leave, and for
	// answers that are cut off to end.
	flushTime = time.Second
	// writeGrace is what a caller gets to take the last of an answer that needed
	// the whole time of a request.
	writeGrace = time.Minute
)

// Serve answers on the listeners until ctx ends. Then running answers finish,
// new requests are turned away, and everything that was started is ended.
func (a *App) Serve(ctx context.Context, listeners *Listeners) error {
	// The requests outlive ctx, to be finished.
	requests, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	web, admin := a.webServer(), a.adminServer()
	web.BaseContext = func(net.Listener) context.Context { return requests }
	failed := make(chan error, len(listeners.all()))
	var serving sync.WaitGroup
	serve := func(web *http.Server, listener net.Listener) {
		serving.Go(func() {
			if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("serve on %s: %w", listener.Addr(), err)
			}
		})
	}
	for _, listener := range listeners.API {
		serve(web, listener)
	}
	if listeners.Admin != nil {
		serve(admin, listeners.Admin)
	}
	serving.Go(func() { a.tls.run(requests) })
	serving.Go(func() { a.forget(requests.Done()) })
	if a.callers.people != nil {
		serving.Go(func() { a.callers.people.Run(requests) })
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	// The admin listener tells to the end that it comes.
	err = errors.Join(err, a.drain(web, cut), admin.Close())
	cut(nil)
	serving.Wait()
	return errors.Join(err, a.Close())
}

// webServer speaks HTTP/1.1 and HTTP/2, with prior knowledge on plain sockets
// and by ALPN on TLS, which the listeners do.
func (a *App) webServer() *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           transport.Paced(a.handler(), a.config.Limits.RequestTimeout),
		Protocols:         protocols,
		ConnContext:       transport.ConnContext,
		ReadHeaderTimeout: 30 * time.Second,
		// Shorter ones would cut a long answer off: net/http takes the end of the
		// read deadline for that of the caller.
		ReadTimeout:    a.config.Limits.RequestTimeout,
		WriteTimeout:   a.config.Limits.RequestTimeout + writeGrace,
		IdleTimeout:    3 * time.Minute,
		MaxHeaderBytes: 64 << 10,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: 250,
			// A caller whose machine is gone does not hold an answer for ever.
			SendPingTimeout: time.Minute,
			PingTimeout:     15 * time.Second,
		},
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
}

// handler answers the Bedrock API and, where callers can become roles, STS: its
// requests go to the root of the address.
func (a *App) handler() http.Handler {
	if a.callers.tokens == nil {
		return a.server
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			a.callers.tokens.ServeHTTP(w, r)
			return
		}
		a.server.ServeHTTP(w, r)
	})
}

// errEnds cuts answers off: it was not their callers who left.
var errEnds = errors.New("the server ends")

// drain lets running answers finish within the configured time, cuts off those that
// do not, and then ends the connections.
func (a *App) drain(web *http.Server, cut context.CancelCauseFunc) error {
	a.draining.Store(true)
	drained := make(chan struct{})
	go func() {
		a.server.Drain()
		close(drained)
	}()
	if !within(a.config.Limits.DrainTimeout, drained) {
		a.log.Warn("running answers are cut off: they took longer than limits.drainTimeout")
		// Told that it is over, an answer ends with an error that its caller sees. A
		// connection that breaks is taken for a good end by some.
		cut(errEnds)
	}
	if within(flushTime, drained) {
		flush(web)
	}
	err := web.Close()
	<-drained
	return err
}

// within says whether done is closed in time.
func within(limit time.Duration, done <-chan struct{}) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// flush gives answers that are complete the time to leave: net/http writes the
// last of them after the handler has returned, and closes connections then.
func flush(web *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	// What is left open after that is closed in any case.
	_ = web.Shutdown(ctx)
}
