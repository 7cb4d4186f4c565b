//go:build unix

package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	// maxSocketPath is what every system's socket addresses hold.
	maxSocketPath = 100
	folderPattern = "saprolite-engine-*"
	ownerFile     = "owner"
)

// endpoints are the places where children listen: unix sockets in a folder that only this user
// can enter. A file in it is locked as long as its owner lives.
type endpoints struct {
	dir   string // made with the first
	owner *os.File
	count int
}

// next returns a place that was never used: what a killed child left behind would be in the way.
func (e *endpoints) next() (endpoint, error) {
	if e.dir == "" {
		if err := e.open(); err != nil {
			return endpoint{}, err
		}
	}
	e.count++
	return endpoint{network: "unix", address: filepath.Join(e.dir, fmt.Sprintf("%d.sock", e.count))}, nil
}

// open makes the folder, and removes those that killed processes left behind.
func (e *endpoints) open() error {
	base := os.TempDir()
	if len(filepath.Join(base, "saprolite-engine-1234567890", "999999.sock")) > maxSocketPath {
		base = "/tmp"
	}
	removeOrphaned(base)
	dir, err := os.MkdirTemp(base, folderPattern)
	if err != nil {
		return err
	}
	owner, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	// Locked before it has the name that others look for.
	err = unix.Flock(int(owner.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		err = os.Rename(owner.Name(), filepath.Join(dir, ownerFile))
	}
	if err != nil {
		return errors.Join(err, owner.Close(), os.RemoveAll(dir))
	}
	e.dir, e.owner = dir, owner
	return nil
}

// close removes the folder.
func (e *endpoints) close() error {
	if e.dir == "" {
		return nil
	}
	dir := e.dir
	e.dir = ""
	return errors.Join(os.RemoveAll(dir), e.owner.Close())
}

// removeOrphaned removes the folders in base whose owner is gone. What cannot be removed stays:
// it is in nobody's way.
func removeOrphaned(base string) {
	names, err := filepath.Glob(filepath.Join(base, folderPattern, ownerFile))
	if err != nil {
		return
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			continue // another user's
		}
		if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(name))
		}
		_ = f.Close()
	}
}
