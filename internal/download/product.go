package download

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Product is a file that is made on this machine of what was fetched.
type Product struct {
	// Name is the file's name; in the cache the beginning of its sum stands before it.
	Name string
	// SHA256 is the sum of the file in hex. Required: the makings are pinned, and so is what
	// becomes of them.
	SHA256 string
	// Size is the file's length in bytes, for the progress shown; 0 when unknown.
	Size int64
	// Label is what the user is shown; empty means the name.
	Label string
	// Make writes the file. It is not called when the file is there, and by one process at a
	// time.
	Make func(ctx context.Context, w io.Writer) error
}

// Product makes sure that p is in the cache and returns its path.
// Errors: *ChecksumError, those of p.Make, those of the file system, ctx's.
func (c *Cache) Product(ctx context.Context, p Product) (string, error) {
	sum, err := normalSum(p.SHA256)
	if err == nil && sum == "" {
		err = errors.New(p.Name + " has no SHA-256 sum")
	}
	if err != nil {
		return "", err
	}
	dest := filepath.Join(c.Dir, "products", sum[:12]+"-"+safeName(p.Name))
	err = c.locked(ctx, dest, func() (bool, error) { return exists(dest) }, func() error {
		return c.produce(ctx, p, sum, dest)
	})
	return dest, err
}

// produce makes the file under another name, which a later attempt overwrites, and gives it
// its own when it is whole, on the disk and the expected one.
func (c *Cache) produce(ctx context.Context, p Product, sum, dest string) (err error) {
	file, err := os.OpenFile(dest+".partial", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(file.Close()), os.Remove(dest+".partial"))
		}
	}()
	h := sha256.New()
	shown := &advancing{progress: c.progress(), label: cmp.Or(p.Label, p.Name), size: p.Size}
	err = p.Make(ctx, io.MultiWriter(file, h, shown))
	shown.done(err)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		return &ChecksumError{Name: p.Name, Want: sum, Got: got}
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(sumPath(dest), []byte(sum+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(dest+".partial", dest)
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// advancing shows what is written through it as a task that begins with the first byte: until
// then the makings are fetched, which shows itself.
type advancing struct {
	progress Progress
	label    string
	size     int64
	task     Task
}

func (a *advancing) Write(p []byte) (int, error) {
	if a.task == nil {
		a.task = a.progress.Start(a.label, cmp.Or(a.size, -1))
	}
	a.task.Advance(int64(len(p)))
	return len(p), nil
}

func (a *advancing) done(err error) {
	if a.task != nil {
		a.task.Done(err)
	}
}
