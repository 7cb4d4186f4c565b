package transport

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

func peerOf(raw syscall.RawConn) (Peer, error) {
	return control(raw, func(fd int) (Peer, error) {
		known, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
		if err != nil {
			return Peer{}, err
		}
		if known.Ngroups < 1 {
			return Peer{}, errors.New("the peer has no group")
		}
		return Peer{UID: known.Uid, GID: known.Groups[0]}, nil
	})
}
