//go:build unix

package transport

import "golang.org/x/sys/unix"

// private makes what is created meanwhile readable and writable for its owner
// alone, from its first moment on.
func private(create func() error) error {
	defer unix.Umask(unix.Umask(0o177))
	return create()
}
