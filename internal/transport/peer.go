package transport

import (
	"context"
	"net"
)

// Peer is the process at the other end of a unix socket, as the system knows it at
// the moment in which it connected.
type Peer struct {
	// UID and GID are the effective user and the effective, first group.
	UID, GID uint32
}

type peerKey struct{}

// ConnContext puts the peer of a unix socket into the context of its requests. It is
// for http.Server.ConnContext.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return ctx
	}
	peer, err := peerOf(raw)
	if err != nil {
		// A peer that the system does not know is nobody.
		return ctx
	}
	return context.WithValue(ctx, peerKey{}, peer)
}

// PeerOf is the peer of the request with that context. Requests over TCP have none,
// nor have those on systems that do not tell it.
func PeerOf(ctx context.Context) (Peer, bool) {
	peer, ok := ctx.Value(peerKey{}).(Peer)
	return peer, ok
}
