package bar

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTerminal(t *testing.T) {
	for _, test := range []struct {
		total int64
		err   error
		last  string
	}{
		{1000, nil, "model: done\n"},
		{-1, nil, "model: done\n"},
		{1000, errors.New("no network"), "model: stopped\n"},
		{-1, errors.New("no network"), "model: stopped\n"},
	} {
		out := &bytes.Buffer{}
		task := terminal{out}.Start("model", test.total)
		if !bytes.Contains(out.Bytes(), []byte("model")) {
			t.Errorf("%d: nothing is drawn at the start: %q", test.total, out)
		}
		task.Advance(600)
		task.Advance(-100)
		task.Done(test.err)
		if !bytes.HasSuffix(out.Bytes(), []byte(test.last)) {
			t.Errorf("%d, %v: the end is not %q: %q", test.total, test.err, test.last, out)
		}
	}
}

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
