// Package transport is how requests come in: sockets of TCP and unix, who may
// connect to them, what encrypts them, and at what pace bodies come. It knows nothing
// of what requests ask for; who is at the other end of a unix socket is handed on by
// [ConnContext], and a client's certificate by net/http.
//
// What lies in files is followed: a certificate that is renewed, or an authority
// that is added, counts within a second, and no connection notices.
package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// unixPrefix marks an address that is a path.
const unixPrefix = "unix:"

// Options are those of one socket.
type Options struct {
	// Address is host:port, or unix: and a path.
	Address string
	// Allow are the networks from which connections are taken; none takes all. It is
	// for TCP alone.
	Allow []netip.Prefix
	// Mode and Group say who may connect to a unix socket. A mode of 0 is 0600, for
	// the owner alone. Group is a name or a number, empty for the process's own.
	Mode  fs.FileMode
	Group string
	// TLS encrypts; nil does not.
	TLS *tls.Config
	// Log takes what is turned away; nil discards it.
	Log *slog.Logger
}

// Listener is an open socket. It implements [net.Listener], whose connections are
// *tls.Conn where it encrypts.
type Listener struct {
	net.Listener
	tls     *tls.Config
	allow   []netip.Prefix
	refused refusals
}

// Listen opens a socket.
func Listen(o Options) (*Listener, error) {
	inner, err := open(o)
	if err != nil {
		return nil, err
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Listener{Listener: inner, tls: o.TLS, allow: o.Allow, refused: refusals{log: log}}, nil
}

func open(o Options) (net.Listener, error) {
	if path, ok := strings.CutPrefix(o.Address, unixPrefix); ok {
		return listenUnix(path, o.Mode, o.Group)
	}
	listener, err := net.Listen("tcp", o.Address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w: another program serves there; end it, or choose another address with --listen", err)
	}
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: ports below 1024 need a right of their own, on Linux the capability CAP_NET_BIND_SERVICE; give it to the program, or take another port", err)
	}
	return listener, err
}

// Encrypted says whether the socket speaks TLS.
func (l *Listener) Encrypted() bool { return l.tls != nil }

// Refused is how many connections were closed because of where they came from.
func (l *Listener) Refused() int64 { return l.refused.count.Load() }

// Accept implements [net.Listener]. It does not wait for handshakes.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !l.allows(conn.RemoteAddr()) {
			l.refused.note(conn)
			conn.Close()
			continue
		}
		if l.tls != nil {
			return tls.Server(conn, l.tls), nil
		}
		return conn, nil
	}
}
