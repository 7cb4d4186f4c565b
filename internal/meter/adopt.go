package meter

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/filelock"
)

// The files of a journal are NODE.NUMBER.journal, and belong to whoever holds the
// lock of NODE.lock. A process has a name that no other ever has.

const (
	lockExt    = ".lock"
	journalExt = ".journal"
	// folderLock is held while somebody becomes owner of files.
	folderLock = "folder" + lockExt
	// lockTime bounds the wait for others that become owners.
	lockTime = 10 * time.Second
)

// node is the part of the folder that a process owns.
type node struct {
	dir, name string
	unlock    func()
	// files is how many names were given to files.
	files int
}

// newNode makes a node.
func newNode(dir string) (*node, error) {
	n := &node{dir: dir, name: rand.Text()}
	return n, n.inFolder(func() (err error) {
		n.unlock, err = tryLock(n.lockPath())
		return err
	})
}

func (n *node) lockPath() string { return filepath.Join(n.dir, n.name+lockExt) }

// inFolder runs while nobody else becomes owner of files.
func (n *node) inFolder(run func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), lockTime)
	defer cancel()
	unlock, err := filelock.Lock(ctx, filepath.Join(n.dir, folderLock))
	if err != nil {
		return fmt.Errorf("wait for other processes in %s: %w", n.dir, err)
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
func (n *node) newPath() string {
	n.files++
	return filepath.Join(n.dir, fmt.Sprintf("%s.%d%s", n.name, n.files, journalExt))
}

// adopt becomes the owner of the files of nodes that are dead, and gives their
// paths.
func (n *node) adopt() (paths []string, err error) {
	err = n.inFolder(func() error {
		entries, err := os.ReadDir(n.dir)
		if err != nil {
			return err
		}
		for owner, files := range owned(entries) {
			if owner == n.name || !n.dead(owner) {
				continue
			}
			taken, err := n.take(owner, files)
			paths = append(paths, taken...)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return paths, err
}

// owned gives the names of the journals of each node that has some, or a lock.
func owned(entries []os.DirEntry) map[string][]string {
	nodes := map[string][]string{}
	for _, entry := range entries {
		name := entry.Name()
		ext := filepath.Ext(name)
		if name == folderLock || ext != lockExt && ext != journalExt {
			continue
		}
		owner, _, _ := strings.Cut(name, ".")
		files := nodes[owner]
		if ext == journalExt {
			files = append(files, name)
		}
		nodes[owner] = files
	}
	return nodes
}

// dead says whether nobody holds the lock of a node. Nobody else asks meanwhile.
func (n *node) dead(owner string) bool {
	unlock, err := tryLock(filepath.Join(n.dir, owner+lockExt))
	if err == nil {
		unlock()
	}
	return err == nil
}

// take takes the files of one node.
func (n *node) take(owner string, files []string) (paths []string, err error) {
	for _, name := range files {
		own := n.newPath()
		if err := os.Rename(filepath.Join(n.dir, name), own); err != nil {
			return paths, err
		}
		paths = append(paths, own)
	}
	return paths, os.Remove(filepath.Join(n.dir, owner+lockExt))
}

// leave gives the folder back. Files that are left go to who comes next.
func (n *node) leave(empty bool) error {
	return n.inFolder(func() error {
		n.unlock()
		if !empty {
			return nil
		}
		if err := os.Remove(n.lockPath()); !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	})
}
