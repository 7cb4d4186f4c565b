package app_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrock"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"

	"github.com/saprolite/saprolite/internal/meter"
)

// operations are the two ways to ask.
func operations() map[string]func(context.Context, *bedrockruntime.Client) (string, error) {
	return map[string]func(context.Context, *bedrockruntime.Client) (string, error){"Converse": ask, "ConverseStream": stream}
}

// Several listeners serve at once, and each takes HTTP/1.1 and HTTP/2 with prior
// knowledge.
func TestPlainSockets(t *testing.T) {
	r := serve(t, scripted(t), "127.0.0.1:0", "unix:"+t.TempDir()+"/s", "127.0.0.1:0")
	for n, network := range []string{"tcp", "unix", "tcp"} {
		for protocol, choose := range map[string]func(*http.Protocols){"HTTP/1.1": http1, "HTTP/2.0": h2c} {
			for operation, do := range operations() {
				t.Run(network+" "+protocol+" "+operation, func(t *testing.T) {
					seen := &observed{RoundTripper: transport(t, network, r.address(n), choose)}
					text, err := do(t.Context(), client("http", seen))
					if text != "Hi there!" || err != nil || seen.protocol != protocol {
						t.Errorf("%q by %s, %v", text, seen.protocol, err)
					}
				})
			}
		}
	}
}

// observed notes how the last answer came.
type observed struct {
	http.RoundTripper
	protocol  string
	encrypted bool
}

func (o *observed) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(r)
	if err == nil {
		o.protocol, o.encrypted = resp.Proto, resp.TLS != nil
	}
	return resp, err
}

// With a certificate the TCP sockets speak TLS, HTTP/1.1 or HTTP/2 by ALPN, and
// the unix sockets stay as they are.
func TestEncryptedSockets(t *testing.T) {
	certFile, keyFile, trust := certificate(t)
	c := scripted(t)
	c.TLS.CertFile, c.TLS.KeyFile = certFile, keyFile
	r := serve(t, c, "127.0.0.1:0", "unix:"+t.TempDir()+"/s")
	for _, test := range []struct {
		name, scheme, network string
		address               string
		protocol              string
		choose                func(*http.Protocols)
	}{
		{"TLS HTTP/1.1", "https", "tcp", r.address(0), "HTTP/1.1", http1},
		{"TLS HTTP/2", "https", "tcp", r.address(0), "HTTP/2.0", h2},
		{"unix", "http", "unix", r.address(1), "HTTP/2.0", h2c},
	} {
		t.Run(test.name, func(t *testing.T) {
			over := transport(t, test.network, test.address, test.choose)
			over.TLSClientConfig = trust
			seen := &observed{RoundTripper: over}
			text, err := ask(t.Context(), client(test.scheme, seen))
			if text != "Hi there!" || err != nil || seen.protocol != test.protocol || seen.encrypted != (test.scheme == "https") {
				t.Errorf("%q by %s, encrypted %v, %v", text, seen.protocol, seen.encrypted, err)
			}
		})
	}
	t.Run("plain HTTP is refused", func(t *testing.T) {
		if text, err := ask(t.Context(), client("http", transport(t, "tcp", r.address(0), http1))); err == nil {
			t.Errorf("it is answered: %q", text)
		}
	})
}

// When the server ends, running answers finish and new requests are turned away.
func TestDrain(t *testing.T) {
	for protocol, choose := range map[string]func(*http.Protocols){"HTTP/1.1": http1, "HTTP/2": h2c} {
		for operation, do := range operations() {
			t.Run(protocol+" "+operation, func(t *testing.T) {
				model := newUpstream(t)
				r := serve(t, model.config(t), "127.0.0.1:0")
				over := transport(t, "tcp", r.address(0), choose)
				answers := make(chan result, 1)
				go func() { answers <- resultOf(do(t.Context(), client("http", over))) }()
				<-model.asked
				r.stop()
				refusedSoon(t, over)
				close(model.finish)
				if got := <-answers; got.text != "Hi there!" || got.err != nil {
					t.Errorf("the running answer is %q, %v", got.text, got.err)
				}
				if err := <-r.ended; err != nil {
					t.Error(err)
				}
			})
		}
	}
}

type result struct {
	text string
	err  error
}

func resultOf(text string, err error) result { return result{text, err} }

// refusedSoon asks until the server turns requests away, as it does from the
// moment on in which it sees that it is to end.
func refusedSoon(t *testing.T, over http.RoundTripper) {
	t.Helper()
	sdk := control("http", over)
	for t.Context().Err() == nil {
		_, err := sdk.ListFoundationModels(t.Context(), &bedrock.ListFoundationModelsInput{})
		if failure, ok := errors.AsType[smithy.APIError](err); ok && failure.ErrorCode() == "ServiceUnavailableException" {
			return
		}
		if err != nil {
			t.Fatalf("a request while the server ends: %v", err)
		}
	}
}

// An answer that takes longer than the server gives it is cut off, which its
// caller sees, and its record says.
func TestDrainTimeout(t *testing.T) {
	for protocol, choose := range map[string]func(*http.Protocols){"HTTP/1.1": http1, "HTTP/2": h2c} {
		for operation, do := range operations() {
			t.Run(protocol+" "+operation, func(t *testing.T) {
				model := newUpstream(t)
				c := model.config(t)
				c.Limits.DrainTimeout = time.Millisecond
				c.State.SQLite = filepath.Join(t.TempDir(), "state.db")
				r := serve(t, c, "127.0.0.1:0")
				sdk := client("http", transport(t, "tcp", r.address(0), choose))
				answers := make(chan result, 1)
				go func() { answers <- resultOf(do(t.Context(), sdk)) }()
				<-model.asked
				r.stop()
				if err := <-r.ended; err != nil {
					t.Error(err)
				}
				got := <-answers
				if _, ok := errors.AsType[*types.ServiceUnavailableException](got.err); !ok {
					t.Errorf("the answer is %q, %v", got.text, got.err)
				}
				recorded := sums(t, c, meter.Query{GroupBy: []meter.Field{meter.FieldStatus, meter.FieldError}})
				if len(recorded) != 1 || !slices.Equal(recorded[0].Group, []string{"503", "ServiceUnavailableException"}) || recorded[0].Calls != 1 {
					t.Errorf("on record: %+v", recorded)
				}
			})
		}
	}
}

// A listener that fails ends the program and is told.
func TestListenerFails(t *testing.T) {
	r := serveExpectingError(t)
	r.listeners.API[0].Close()
	if err := <-r.ended; err == nil {
		t.Error("the end of the listener is not told")
	}
}
