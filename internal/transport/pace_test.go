package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/saprolite/saprolite/internal/transport"
)

// whole is the time of a request in these tests.
const whole = time.Hour

// pipes is a listener within the test: its connections know the time of the bubble.
type pipes struct {
	net.Listener
	conns chan net.Conn
}

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (pipes) Close() error   { return nil }
func (pipes) Addr() net.Addr { return new(net.UnixAddr) }

// dial connects.
func (p pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// servePaced serves a handler by both protocols until end is called.
func servePaced(handler http.HandlerFunc) (at pipes, end func()) {
	at = pipes{conns: make(chan net.Conn)}
	web := &http.Server{Handler: transport.Paced(handler, whole), ReadTimeout: whole, Protocols: new(http.Protocols)}
	web.Protocols.SetHTTP1(true)
	web.Protocols.SetUnencryptedHTTP2(true)
	go web.Serve(at)
	return at, func() {
		close(at.conns)
		web.Close()
	}
}

// body is longer than what clients gather before they send it.
var body = strings.Repeat("0123456789", 5000)

// slowly is a body that comes in parts.
type slowly struct{ body *strings.Reader }

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(20 * time.Second)
	return s.body.Read(p[:min(len(p), 5000)])
}

// A body that stops, or that comes drop by drop, ends the request; one that is there
// leaves its answer the whole time.
func TestPaced(t *testing.T) {
	for name, choose := range map[string]func(*http.Protocols){
		"HTTP/1.1": func(p *http.Protocols) { p.SetHTTP1(true) },
		"HTTP/2":   func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) },
	} {
		for _, length := range []int64{int64(len(body)), -1} {
			synctest.Test(t, func(t *testing.T) {
				read := make(chan error, 1)
				at, end := servePaced(func(_ http.ResponseWriter, r *http.Request) {
					_, err := io.ReadAll(r.Body)
					read <- err
					if err == nil {
						time.Sleep(whole / 2)
					}
					if err == nil && r.Context().Err() != nil {
						t.Errorf("%s: the deadline of the body ends the answer: %v", name, r.Context().Err())
					}
				})
				defer end()
				over := &http.Transport{
					Protocols:   new(http.Protocols),
					DialContext: func(context.Context, string, string) (net.Conn, error) { return at.dial(), nil },
				}
				defer over.CloseIdleConnections()
				choose(over.Protocols)
				post := func(body io.Reader) error {
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://house/", body)
					if err != nil {
						return err
					}
					r.ContentLength = length
					resp, err := over.RoundTrip(r)
					if err == nil {
						resp.Body.Close()
					}
					return err
				}
				if err := post(struct{ io.Reader }{strings.NewReader(body)}); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if err := <-read; err != nil {
					t.Errorf("%s: a body is not read: %v", name, err)
				}
				start := time.Now()
				go post(slowly{strings.NewReader(body)})
				if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("%s, %d: a body that drips ends with %v after %v", name, length, err, time.Since(start))
				}
				// The client has time to see it.
				time.Sleep(time.Hour)
			})
		}
	}
}

// TestPacedUnread lets nobody hold a connection by a body that the handler does not want.
func TestPacedUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at, end := servePaced(func(http.ResponseWriter, *http.Request) {})
		defer end()
		conn := at.dial()
		defer conn.Close()
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: house\r\nContent-Length: 10\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := io.ReadAll(conn); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("the connection is open for %v", took)
		}
	})
}
