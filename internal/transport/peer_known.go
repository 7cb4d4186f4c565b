//go:build linux || darwin

package transport

import "syscall"

// control calls ask with the descriptor of a connection.
func control(raw syscall.RawConn, ask func(fd int) (Peer, error)) (peer Peer, err error) {
	if failed := raw.Control(func(fd uintptr) { peer, err = ask(int(fd)) }); failed != nil {
		return Peer{}, failed
	}
	return peer, err
}
