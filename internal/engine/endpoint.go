package engine

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"strconv"
	"time"
)

// idleTimeout closes idle connections before the server does, which is after five seconds: a
// request must not meet a connection that is just being closed.
const idleTimeout = 3 * time.Second

// endpoint is where a child listens.
type endpoint struct {
	network string // "unix" or "tcp"
	address string // path or host:port
	key     string // what requests must carry; only with tcp
}

// newPort returns a free port of the loopback interface and a new key.
func newPort() (endpoint, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return endpoint{}, err
	}
	defer l.Close()
	return endpoint{network: "tcp", address: l.Addr().String(), key: rand.Text()}, nil
}

// hostPort returns the endpoint in llama.cpp's words: a host that is a path is a socket's.
func (e endpoint) hostPort() (host string, port int) {
	if e.network == "unix" {
		return e.address, 0
	}
	host, text, err := net.SplitHostPort(e.address)
	if err != nil {
		return e.address, 0
	}
	port, err = strconv.Atoi(text)
	if err != nil {
		return host, 0
	}
	return host, port
}

// baseURL is what paths are appended to.
func (e endpoint) baseURL() string {
	if e.network == "unix" {
		return "http://engine"
	}
	return "http://" + e.address
}

// client returns a client that reaches the endpoint whatever the URL's host is.
func (e endpoint) client() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, e.network, e.address)
		},
		MaxConnsPerHost:     maxConnections,
		MaxIdleConnsPerHost: maxConnections,
		IdleConnTimeout:     idleTimeout,
		DisableCompression:  true,
	}
	if e.key == "" {
		return &http.Client{Transport: transport}
	}
	return &http.Client{Transport: keyed{transport, e.key}}
}

// keyed adds the endpoint's key to every request.
type keyed struct {
	*http.Transport
	key string
}

func (k keyed) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+k.key)
	return k.Transport.RoundTrip(req)
}
