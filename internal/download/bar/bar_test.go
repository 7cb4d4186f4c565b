package bar

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	p := New(f)
	task := p.Start("model", 2_000_000)
	for range 8 {
		task.Advance(250_000)
	}
	task.Done(nil)
	unknown := p.Start("package", -1)
	unknown.Advance(5)
	unknown.Done(errors.New("no network"))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := "model: 2.0 MB\nmodel: 10%\nmodel: 20%\nmodel: 30%\nmodel: 50%\nmodel: 60%\nmodel: 70%\nmodel: 80%\nmodel: done\npackage\npackage: stopped\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}
