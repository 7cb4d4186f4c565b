package transport

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"syscall"
)

// privateMode is that of a socket that its owner alone can connect to.
const privateMode fs.FileMode = 0o600

// listenUnix opens a socket that is private until it has its mode and group.
func listenUnix(path string, mode fs.FileMode, group string) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, fmt.Errorf("listen on unix:%s: %w", path, err)
	}
	var listener net.Listener
	err := private(func() (err error) {
		listener, err = net.Listen("unix", path)
		return err
	})
	if errors.Is(err, syscall.EINVAL) {
		return nil, fmt.Errorf("%w: the path is longer than the system takes, which is some hundred letters; take a shorter one", err)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("%w: make the folder of the socket first, and let the server write there", err)
	}
	if err != nil {
		return nil, err
	}
	if err := share(path, cmp.Or(mode, privateMode), group); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on unix:%s: %w", path, err), listener.Close())
	}
	return listener, nil
}

// share lets those connect that the mode and the group say.
func share(path string, mode fs.FileMode, group string) error {
	if group != "" {
		id, err := GroupID(group)
		if err != nil {
			return err
		}
		if err := os.Chown(path, -1, int(id)); err != nil {
			return err
		}
	}
	if runtime.GOOS == "windows" {
		return nil // it has no modes
	}
	return os.Chmod(path, mode)
}

// UserID is the number of a user of this machine who is given by name or number.
func UserID(name string) (uint32, error) {
	return systemID(name, func() (string, error) {
		found, err := user.Lookup(name)
		if err != nil {
			return "", err
		}
		return found.Uid, nil
	})
}

// GroupID is the number of a group of this machine that is given by name or number.
func GroupID(name string) (uint32, error) {
	return systemID(name, func() (string, error) {
		found, err := user.LookupGroup(name)
		if err != nil {
			return "", err
		}
		return found.Gid, nil
	})
}

func systemID(name string, lookup func() (string, error)) (uint32, error) {
	number := name
	if _, err := strconv.ParseUint(name, 10, 32); err != nil {
		if number, err = lookup(); err != nil {
			return 0, err
		}
	}
	id, err := strconv.ParseUint(number, 10, 32)
	return uint32(id), err
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
