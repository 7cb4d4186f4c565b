package app

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/saprolite/saprolite/internal/config"
	"github.com/saprolite/saprolite/internal/identity"
)

// Listen opens the addresses: host:port, or unix: and a path. Where callers use
// credentials that everybody knows, it refuses an address that other machines reach.
func Listen(addresses []string, auth config.Auth) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range addresses {
		listener, err := listen(address)
		if err == nil {
			listeners = append(listeners, listener)
		}
		if err == nil && auth != config.AuthIAM {
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
	if err := config.CheckAddress(address); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return listenUnix(path)
	}
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w: another program serves there; end it, or choose another address with --listen", err)
	}
	return listener, err
}

// listenUnix opens a socket that its owner alone can connect to.
func listenUnix(path string) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, fmt.Errorf("listen on unix:%s: %w", path, err)
	}
	var listener net.Listener
	err := private(func() (err error) {
		listener, err = net.Listen("unix", path)
		return err
	})
	return listener, err
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
		return errors.New("there is a file of another kind; remove it or take another path")
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		err = conn.Close()
	}
	// Nobody listens only when the system says so: a busy server refuses too, but
	// in other ways.
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return errors.Join(errors.New("another server listens there; end it or take another path"), err)
	}
	return os.Remove(path)
}
