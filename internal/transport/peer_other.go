//go:build !linux && !darwin

package transport

import (
	"errors"
	"syscall"
)

func peerOf(syscall.RawConn) (Peer, error) {
	return Peer{}, errors.ErrUnsupported
}
