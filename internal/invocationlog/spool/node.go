package spool

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/saprolite/saprolite/internal/filelock"
)

// Each process has a folder of its own in that of the spool, and holds the lock in
// it as long as it lives.

const (
	lockName = "lock"
	// folderLock is held while somebody becomes owner of a folder.
	folderLock = "folder.lock"
	// lockTime bounds the wait for others that become owners.
	lockTime = 10 * time.Second
)

// node is the folder of a process.
type node struct {
	dir, own string
	unlock   func()
	// files is how many names were given to files.
	files atomic.Int64
}

func newNode(dir string) (*node, error) {
	n := &node{dir: dir, own: filepath.Join(dir, rand.Text())}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return n, inFolder(dir, func() (err error) {
		if err := os.Mkdir(n.own, 0o700); err != nil {
			return err
		}
		n.unlock, err = tryLock(filepath.Join(n.own, lockName))
		return err
	})
}

// inFolder runs while nobody else becomes owner of a folder.
func inFolder(dir string, run func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), lockTime)
	defer cancel()
	unlock, err := filelock.Lock(ctx, filepath.Join(dir, folderLock))
	if err != nil {
		return fmt.Errorf("wait for other processes in %s: %w", dir, err)
	}
	defer unlock()
	return run()
}

// tryLock is filelock.Lock that does not wait.
func tryLock(path string) (unlock func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return filelock.Lock(ctx, path)
}

// newPath gives the path of another file.
func (n *node) newPath(ext string) string {
	return filepath.Join(n.own, fmt.Sprintf("%08d%s", n.files.Add(1), ext))
}

// adopt takes the files of processes that are dead, and gives their paths.
func (n *node) adopt() (paths []string, err error) {
	err = inFolder(n.dir, func() error {
		entries, err := os.ReadDir(n.dir)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			other := filepath.Join(n.dir, entry.Name())
			if !entry.IsDir() || other == n.own {
				continue
			}
			unlock, err := tryLock(filepath.Join(other, lockName))
			if err != nil {
				continue // it lives
			}
			taken, err := n.take(other)
			unlock()
			paths = append(paths, taken...)
			if err == nil {
				err = os.RemoveAll(other)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return paths, err
}

func (n *node) take(other string) (paths []string, err error) {
	entries, err := os.ReadDir(other)
	for _, entry := range entries {
		ext := filepath.Ext(entry.Name())
		if ext != linesExt && ext != bodyExt || strings.HasSuffix(entry.Name(), partialExt) {
			continue
		}
		path := n.newPath(ext)
		if err := os.Rename(filepath.Join(other, entry.Name()), path); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, err
}

// leave gives the folder back. What is left in it goes to who comes next.
func (n *node) leave() error {
	return inFolder(n.dir, func() error {
		n.unlock()
		left, err := filepath.Glob(filepath.Join(n.own, "*.*"))
		if err != nil || len(left) > 0 {
			return err
		}
		return os.RemoveAll(n.own)
	})
}

// adopt takes over what dead processes left, if anything.
func (s *Spool) adopt() error {
	entries, err := os.ReadDir(s.o.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	folders := false
	for _, entry := range entries {
		folders = folders || entry.IsDir()
	}
	if err != nil || !folders {
		return err
	}
	if s.node, err = newNode(s.o.Dir); err != nil {
		return err
	}
	paths, err := s.node.adopt()
	for _, path := range paths {
		p, readErr := recoverParcel(path)
		switch {
		case readErr != nil:
			err = errors.Join(err, readErr)
		case p == nil:
			s.stats.Damaged++
		default:
			s.enqueue(p)
		}
	}
	if err != nil {
		return errors.Join(err, s.node.leave())
	}
	return nil
}
