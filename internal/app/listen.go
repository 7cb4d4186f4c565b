package app

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/saprolite/saprolite/internal/identity"
)

// Listen opens the addresses: host:port, or unix: and a path. Every caller uses
// credentials that everybody knows, so it refuses an address that other machines
// reach.
func Listen(addresses []string) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range addresses {
		listener, err := listen(address)
		if err == nil {
			listeners = append(listeners, listener)
			err = identity.RequireLoopback(listener.Addr())
		}
		if err != nil {
			for _, open := range listeners {
				err = errors.Join(err, open.Close())
			}
			return nil, err
		}
	}
	return listeners, nil
}

func listen(address string) (net.Listener, error) {
	path, isUnix := strings.CutPrefix(address, "unix:")
	if !isUnix {
		return net.Listen("tcp", address)
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// removeStale removes the socket of a server that was killed; one that somebody
// serves on, or a file of another kind, stays.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != os.ModeSocket {
		return fmt.Errorf("listen on unix:%s: there is a file of another kind; remove it or take another path", path)
	}
	if conn, err := net.Dial("unix", path); err == nil {
		conn.Close()
		return fmt.Errorf("listen on unix:%s: another server listens there", path)
	}
	return os.Remove(path)
}
