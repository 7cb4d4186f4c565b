// Package folder keeps objects as files: the object s3://bucket/key is the file
// bucket/key below one folder. Files that are put there by hand are objects too.
//
// Nothing outside the folder is read or written, whatever a key says and wherever a
// symbolic link leads. Keys that no file can have (an empty part between slashes, a
// . or .., a name that is too long) name no objects.
package folder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/saprolite/saprolite/internal/objectstore"
)

// incoming is the folder of files that are not complete. No bucket has its name.
const incoming = ".incoming"

// maxKey is the length of a key in bytes that S3 takes.
const maxKey = 1024

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// abandoned is the age of a file that nobody completes any more: its writer was
// killed.
const abandoned = 24 * time.Hour

// Store keeps objects below a folder.
type Store struct {
	dir string
	// tidy clears away what writers before this process have left.
	tidy sync.Once
}

var _ objectstore.Store = (*Store)(nil)

// New makes a store on a folder, which need not be there yet.
func New(dir string) *Store { return &Store{dir: dir} }

// open opens the folder for one call.
func (s *Store) open(ctx context.Context) (*os.Root, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(s.dir)
	return root, reason(err)
}

// Get opens an object.
func (s *Store) Get(ctx context.Context, name objectstore.Name, limit int64) (*objectstore.Object, error) {
	root, err := s.open(ctx)
	if err != nil {
		return nil, failed("get", name, err)
	}
	defer root.Close()
	info, err := stat(root, name)
	if err != nil {
		return nil, failed("get", name, err)
	}
	if info.Size > limit {
		return nil, failed("get", name, fmt.Errorf("%w: %d bytes, and at most %d are wanted", objectstore.ErrTooLarge, info.Size, limit))
	}
	file, err := root.Open(pathOf(name))
	if err != nil {
		return nil, failed("get", name, reason(err))
	}
	body := struct {
		io.Reader
		io.Closer
	}{during{ctx, file}, file}
	return &objectstore.Object{Info: info, Body: objectstore.Limit(body, limit)}, nil
}

// Stat tells about an object.
func (s *Store) Stat(ctx context.Context, name objectstore.Name) (objectstore.Info, error) {
	root, err := s.open(ctx)
	if err != nil {
		return objectstore.Info{}, failed("stat", name, err)
	}
	defer root.Close()
	info, err := stat(root, name)
	return info, failed("stat", name, err)
}

// stat looks for a plain file: to open anything else may block, or do worse.
func stat(root *os.Root, name objectstore.Name) (objectstore.Info, error) {
	if err := check(name); err != nil {
		return objectstore.Info{}, fmt.Errorf("%w: %w", objectstore.ErrNotFound, err)
	}
	file, err := root.Stat(pathOf(name))
	if err != nil {
		return objectstore.Info{}, reason(err)
	}
	if !file.Mode().IsRegular() {
		return objectstore.Info{}, fmt.Errorf("%w: it is no file", objectstore.ErrNotFound)
	}
	return infoOf(name, file), nil
}

func infoOf(name objectstore.Name, file fs.FileInfo) objectstore.Info {
	return objectstore.Info{Name: name, Size: file.Size(), Modified: file.ModTime()}
}

// Put writes an object. Its bucket need not be there yet.
func (s *Store) Put(ctx context.Context, name objectstore.Name, content objectstore.Content) error {
	if err := check(name); err != nil {
		return failed("put", name, err)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return failed("put", name, reason(err))
	}
	root, err := s.open(ctx)
	if err != nil {
		return failed("put", name, err)
	}
	defer root.Close()
	s.tidy.Do(func() { tidy(root) })
	return failed("put", name, reason(put(ctx, root, pathOf(name), content.Body)))
}

// tidy removes abandoned files. What it cannot remove is in nobody's way.
func tidy(root *os.Root) {
	left, err := fs.ReadDir(root.FS(), incoming)
	if err != nil {
		return
	}
	for _, entry := range left {
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > abandoned {
			_ = root.Remove(filepath.Join(incoming, entry.Name()))
		}
	}
}

// put writes a file aside and then moves it to its place.
func put(ctx context.Context, root *os.Root, to string, body io.Reader) error {
	if err := root.MkdirAll(incoming, 0o700); err != nil {
		return err
	}
	aside := filepath.Join(incoming, rand.Text())
	if err := write(ctx, root, aside, body); err != nil {
		return errors.Join(err, root.Remove(aside))
	}
	err := root.MkdirAll(filepath.Dir(to), 0o700)
	if err == nil {
		err = root.Rename(aside, to)
	}
	if err != nil {
		return errors.Join(err, root.Remove(aside))
	}
	return nil
}

func write(ctx context.Context, root *os.Root, to string, body io.Reader) error {
	file, err := root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, during{ctx, body})
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// check says why a name is none of a file, or nothing.
func check(name objectstore.Name) error {
	switch {
	case !bucketName.MatchString(name.Bucket):
		return errors.New("this is no name of a bucket")
	case name.Key == "" || len(name.Key) > maxKey, strings.ContainsRune(name.Key, 0),
		path.Clean("/"+name.Key) != "/"+name.Key,
		filepath.Separator != '/' && strings.ContainsRune(name.Key, filepath.Separator),
		!filepath.IsLocal(filepath.FromSlash(name.Key)):
		return errors.New("no file can have this key")
	}
	return nil
}

func pathOf(name objectstore.Name) string {
	return filepath.Join(name.Bucket, filepath.FromSlash(name.Key))
}

// reason gives an error of the file system as one of a store.
func reason(err error) error {
	where, ok := errors.AsType[*fs.PathError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
		return fmt.Errorf("%w: %w", objectstore.ErrNotFound, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", objectstore.ErrDenied, err)
	case ok && !isSystem(where.Err):
		// os.Root itself says no: a symbolic link leads out of the folder.
		return fmt.Errorf("%w: %w", objectstore.ErrDenied, err)
	}
	return err
}

func isSystem(err error) bool {
	_, ok := errors.AsType[syscall.Errno](err)
	return ok || errors.Is(err, fs.ErrClosed)
}

func failed(action string, name objectstore.Name, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", action, name, err)
}

// during reads as long as its context lasts.
type during struct {
	ctx context.Context
	io.Reader
}

func (d during) Read(p []byte) (int, error) {
	if err := d.ctx.Err(); err != nil {
		return 0, err
	}
	return d.Reader.Read(p)
}
