//go:build unix

package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
)

// A pipe that nobody writes to would hold its reader for ever.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bucket"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "bucket", "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	store := folder.New(dir)
	if _, err := store.Get(t.Context(), objectstore.Name{Bucket: "bucket", Key: "pipe"}, 1); !errors.Is(err, objectstore.ErrNotFound) {
		t.Error(err)
	}
	for info, err := range store.List(t.Context(), "bucket", "") {
		t.Errorf("it lists %v, %v", info, err)
	}
}

func TestDenied(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser may read everything")
	}
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "bucket"), 0o700), os.Mkdir(filepath.Join(dir, "bucket", "closed"), 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.New(dir).Stat(t.Context(), objectstore.Name{Bucket: "bucket", Key: "closed/file"}); !errors.Is(err, objectstore.ErrDenied) {
		t.Error(err)
	}
}
