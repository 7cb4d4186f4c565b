package tests

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// newClient makes an HTTP client that leaves no connection behind.
func newClient(t *testing.T, transport *http.Transport) *http.Client {
	t.Helper()
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: plainBodies{transport}}
}

// plainBodies hides that the SDK's request bodies are io.WriterTo. The SDK closes
// a body as soon as the head of the answer is there, and WriteTo of a closed one
// is an error (smithy-go 1.28.9): HTTP/1.1 then closes the connection, in the
// middle of an answer that comes within microseconds, as those of a script do.
type plainBodies struct{ http.RoundTripper }

// RoundTrip sends the request with a body that can be read alone.
func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.RoundTripper.RoundTrip(r)
}

func http1() *http.Transport { return &http.Transport{} }

// priorKnowledge speaks HTTP/2 on plain sockets from the first byte.
func priorKnowledge() *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Transport{Protocols: protocols}
}

func unixSocket(path string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
}

// overTLS trusts the certificate and speaks HTTP/2 alone, which the server must
// agree to.
func overTLS(pair *certificate) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	return &http.Transport{Protocols: protocols, TLSClientConfig: &tls.Config{RootCAs: pair.pool}}
}

// socketPath is short enough for the address of a unix socket, which the test's
// own folder need not be.
func socketPath(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sap")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "api.sock")
}
