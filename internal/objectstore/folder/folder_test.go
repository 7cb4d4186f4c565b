package folder_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
	"github.com/saprolite/saprolite/internal/objectstore/objectstoretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "objects")
	objectstoretest.Run(t, objectstoretest.Harness{
		Store: folder.New(dir),
		NewBucket: func(t *testing.T) string {
			bucket := strings.NewReplacer("/", "-", "_", "-").Replace(strings.ToLower(t.Name()))
			if err := os.MkdirAll(filepath.Join(dir, bucket), 0o700); err != nil {
				t.Fatal(err)
			}
			return bucket
		},
	})
	if left, err := os.ReadDir(filepath.Join(dir, ".incoming")); err != nil || len(left) > 0 {
		t.Errorf("%v are left aside, %v", left, err)
	}
}

// A store whose folder is not there has no objects, and makes it for the first.
func TestNoFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	store, name := folder.New(dir), objectstore.Name{Bucket: "bucket", Key: "key"}
	if _, err := store.Get(t.Context(), name, 1); !errors.Is(err, objectstore.ErrNotFound) {
		t.Error(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading made the folder: %v", err)
	}
	if err := store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader("x")}); err != nil {
		t.Error(err)
	}
	if content, err := os.ReadFile(filepath.Join(dir, "bucket", "key")); string(content) != "x" || err != nil {
		t.Errorf("%q, %v", content, err)
	}
}

// What a writer left that was killed goes some day; what one may be writing stays.
func TestAbandoned(t *testing.T) {
	dir := t.TempDir()
	aside := filepath.Join(dir, ".incoming")
	if err := os.Mkdir(aside, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"old": 25 * time.Hour, "new": 23 * time.Hour} {
		file, then := filepath.Join(aside, name), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	err := folder.New(dir).Put(t.Context(), objectstore.Name{Bucket: "bucket", Key: "key"}, objectstore.Content{Body: strings.NewReader("x")})
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(aside)
	if err != nil || len(left) != 1 || left[0].Name() != "new" {
		t.Errorf("%v are left, %v", left, err)
	}
}

// Nothing outside the folder is in reach, whatever the name.
func TestOutside(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "objects")
	for _, made := range []string{"objects/bucket/folder", "objects/.incoming", "outside"} {
		if err := os.MkdirAll(filepath.Join(top, made), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"outside/secret", "objects/loose", "objects/.incoming/half", "objects/bucket/inside"} {
		if err := os.WriteFile(filepath.Join(top, file), []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"objects/bucket/file": "../../outside/secret", "objects/bucket/out": "../../outside", "objects/elsewhere": "../outside",
		"objects/bucket/absolute": filepath.Join(top, "outside", "secret"), "objects/bucket/circle": ".", "objects/bucket/good": "inside",
	} {
		if err := os.Symlink(to, filepath.Join(top, link)); err != nil {
			t.Skipf("this system makes no symbolic links: %v", err)
		}
	}
	store := folder.New(dir)
	for name, want := range map[objectstore.Name]error{
		{Bucket: "bucket", Key: "file"}:                   objectstore.ErrDenied,
		{Bucket: "bucket", Key: "absolute"}:               objectstore.ErrDenied,
		{Bucket: "bucket", Key: "out/secret"}:             objectstore.ErrDenied,
		{Bucket: "elsewhere", Key: "secret"}:              objectstore.ErrDenied,
		{Bucket: "bucket", Key: "../../outside/secret"}:   objectstore.ErrNotFound,
		{Bucket: "bucket", Key: "../loose"}:               objectstore.ErrNotFound,
		{Bucket: "bucket", Key: "folder/../inside"}:       objectstore.ErrNotFound,
		{Bucket: "bucket", Key: "/inside"}:                objectstore.ErrNotFound,
		{Bucket: "bucket", Key: "inside/"}:                objectstore.ErrNotFound,
		{Bucket: "bucket", Key: "./inside"}:               objectstore.ErrNotFound,
		{Bucket: "bucket", Key: "in\x00side"}:             objectstore.ErrNotFound,
		{Bucket: "bucket", Key: strings.Repeat("x", 1e3)}: objectstore.ErrNotFound,
		{Bucket: "bucket", Key: strings.Repeat("x", 1e4)}: objectstore.ErrNotFound,
		{Bucket: "bucket", Key: ""}:                       objectstore.ErrNotFound,
		{Bucket: "bucket", Key: "folder"}:                 objectstore.ErrNotFound,
		{Bucket: "..", Key: "outside/secret"}:             objectstore.ErrNotFound,
		{Bucket: ".incoming", Key: "half"}:                objectstore.ErrNotFound,
		{Bucket: "bucket/folder", Key: "inside"}:          objectstore.ErrNotFound,
		{Bucket: "", Key: "loose"}:                        objectstore.ErrNotFound,
		{Bucket: "bucket", Key: "good"}:                   nil,
	} {
		object, err := store.Get(t.Context(), name, 100)
		if err == nil {
			err = object.Body.Close()
		}
		if !errors.Is(err, want) {
			t.Errorf("get %s: %v", name, err)
		}
		if err := store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader("mine")}); err == nil && strings.Contains(name.Key, "/") {
			t.Errorf("put %s: it was written", name)
		}
	}
	if content, err := os.ReadFile(filepath.Join(top, "outside", "secret")); string(content) != "secret" || err != nil {
		t.Errorf("%q is outside now, %v", content, err)
	}
	if entries, err := os.ReadDir(filepath.Join(top, "outside")); len(entries) != 1 || err != nil {
		t.Errorf("%v are outside now, %v", entries, err)
	}
}
