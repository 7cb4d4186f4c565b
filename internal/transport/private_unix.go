//go:build unix

package transport

import "golang.org/x/sys/unix"

// private makes what is created meanwhile its owner's alone, from its first moment on:
// also what the rest of the program creates, which has to get into its folders.
func private(create func() error) error {
	defer unix.Umask(unix.Umask(0o077))
	return create()
}
