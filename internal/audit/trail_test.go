package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func open(t *testing.T, o Options) *Trail {
	t.Helper()
	trail, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := trail.Close(); err != nil {
			t.Error(err)
		}
	})
	return trail
}

// Full files stay as they are; the next ones follow, also after a new start.
func TestFilesFollow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	o := Options{Path: path, FileSize: 10}
	first := open(t, o)
	for _, line := range []string{"one 56789\n", "two 56789\n", "three\n"} {
		if err := first.write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, o)
	for _, line := range []string{"four\n", "five\n"} {
		if err := again.write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{"": "one 56789\n", ".1": "two 56789\n", ".2": "three\n\nfour\n", ".3": "five\n"}
	for end, want := range want {
		if d := cmp.Diff(want, read(t, path+end)); d != "" {
			t.Errorf("%s: %s", end, d)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// A file that logrotate and its kind move or remove is begun anew: no line goes to one
// that nobody finds.
func TestFileMoved(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file has to stay where it is")
	}
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	trail := open(t, Options{Path: path, FileSize: 100})
	write := func(line string) {
		t.Helper()
		if err := trail.write([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	write("one\n")
	if err := os.Rename(path, path+"-20261125"); err != nil {
		t.Fatal(err)
	}
	write("two\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write("three\n")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	write("four\n")
	for name, want := range map[string]string{"": "four\n", "-20261125": "one\n"} {
		if d := cmp.Diff(want, read(t, path+name)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// Lines of many requests and of two programs do not mix.
func TestLinesStayWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	trails := []*Trail{open(t, Options{Path: path}), open(t, Options{Path: path})}
	line := []byte(strings.Repeat("x", 2000) + "\n")
	var writing sync.WaitGroup
	for i := range 20 {
		writing.Go(func() {
			for range 20 {
				if err := trails[i%2].write(line); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	if want := strings.Repeat(string(line), 400); read(t, path) != want {
		t.Error("the lines are mixed")
	}
}

// A part of a line that a full disk left does not spoil the next one.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(path, []byte(`{"half`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, Options{Path: path}).write([]byte("{}\n")); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("{\"half\n{}\n", read(t, path)); d != "" {
		t.Error(d)
	}
}

// broken is a writer that fails as long as it has an error.
type broken struct {
	bytes.Buffer
	err error
}

func (b *broken) Write(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	return b.Buffer.Write(p)
}

// While lines cannot be written, requests are refused at once, but for one a second
// that finds out whether they can be again.
func TestUnready(t *testing.T) {
	now, out := time.Unix(1e9, 0), &broken{err: errors.New("the disk is full")}
	refusing := open(t, Options{Writer: out, OnFailure: Refuse, Now: func() time.Time { return now }})
	going := open(t, Options{Writer: out, OnFailure: Continue})
	if refusing.Refuses() || out.Len() > 0 {
		t.Error("a trail that works is tried")
	}
	if !refusing.ready() || refusing.write([]byte("a\n")) == nil || refusing.ready() || !refusing.Refuses() {
		t.Error("not refused after a failure")
	}
	if now = now.Add(pause); !refusing.ready() {
		t.Error("not tried again")
	}
	out.err = nil
	if err := refusing.write([]byte("b\n")); err != nil || !refusing.ready() {
		t.Errorf("not well again: %v", err)
	}
	out.err = errors.New("again")
	if going.write([]byte("c\n")) == nil || !going.ready() || going.Refuses() {
		t.Error("who is to go on does not")
	}
	if d := cmp.Diff([]Stats{{Written: 1, Lost: 1}, {Lost: 1}}, []Stats{refusing.Stats(), going.Stats()}); d != "" {
		t.Error(d)
	}
}

func TestOpenFails(t *testing.T) {
	if _, err := Open(Options{Path: filepath.Join(t.TempDir(), "none", "audit.jsonl")}); err == nil {
		t.Error("a folder that is not there")
	}
}

func TestClosed(t *testing.T) {
	trail := open(t, Options{Path: filepath.Join(t.TempDir(), "audit.jsonl")})
	if err := errors.Join(trail.Close(), trail.Close()); err != nil {
		t.Fatal(err)
	}
	if trail.write([]byte("x\n")) == nil || trail.Stats().Lost != 1 {
		t.Error("a line after the end")
	}
}
