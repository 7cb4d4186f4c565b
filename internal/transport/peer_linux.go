package transport

import (
	"syscall"

	"golang.org/x/sys/unix"
)

func peerOf(raw syscall.RawConn) (Peer, error) {
	return control(raw, func(fd int) (Peer, error) {
		known, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err != nil {
			return Peer{}, err
		}
		return Peer{UID: known.Uid, GID: known.Gid}, nil
	})
}
