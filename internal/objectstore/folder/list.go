package folder

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/saprolite/saprolite/internal/objectstore"
)

// List yields the objects of a bucket whose keys start with prefix.
func (s *Store) List(ctx context.Context, bucket, prefix string) iter.Seq2[objectstore.Info, error] {
	return func(yield func(objectstore.Info, error) bool) {
		w := &walk{ctx: ctx, bucket: bucket, prefix: prefix, yield: yield}
		if err := w.run(s); err != nil && !w.stopped {
			yield(objectstore.Info{}, failed("list", objectstore.Name{Bucket: bucket, Key: prefix}, err))
		}
	}
}

// walk goes through a bucket.
type walk struct {
	ctx            context.Context
	root           *os.Root
	bucket, prefix string
	yield          func(objectstore.Info, error) bool
	stopped        bool
}

func (w *walk) run(s *Store) error {
	if !bucketName.MatchString(w.bucket) {
		return fmt.Errorf("%w: this is no name of a bucket", objectstore.ErrNotFound)
	}
	root, err := s.open(w.ctx)
	if err != nil {
		return err
	}
	defer root.Close()
	w.root = root
	return w.folder("")
}

// folder yields what is below a key that ends in a slash, or below the bucket.
func (w *walk) folder(key string) error {
	entries, err := w.read(key)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := w.ctx.Err(); err != nil || w.stopped {
			return err
		}
		within := key + sortKey(entry)
		switch {
		case entry.IsDir() && (strings.HasPrefix(within, w.prefix) || strings.HasPrefix(w.prefix, within)):
			if err := w.folder(within); err != nil {
				return err
			}
		case !entry.IsDir() && strings.HasPrefix(within, w.prefix):
			w.file(within)
		}
	}
	return nil
}

// read gives the entries of a folder in the order of the keys below it.
func (w *walk) read(key string) ([]fs.DirEntry, error) {
	folder, err := w.root.Open(filepath.Join(w.bucket, filepath.FromSlash(key)))
	if err != nil {
		return nil, reason(err)
	}
	defer folder.Close()
	entries, err := folder.ReadDir(-1)
	if err != nil {
		return nil, reason(err)
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(sortKey(a), sortKey(b)) })
	return entries, nil
}

func sortKey(entry fs.DirEntry) string {
	if entry.IsDir() {
		return entry.Name() + "/"
	}
	return entry.Name()
}

// file yields a file that can be read; links to folders, which may lead in a
// circle, and what has just gone are left out.
func (w *walk) file(key string) {
	info, err := stat(w.root, objectstore.Name{Bucket: w.bucket, Key: key})
	if err == nil && !w.yield(info, nil) {
		w.stopped = true
	}
}
