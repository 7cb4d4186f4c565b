package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/saprolite/saprolite/internal/seal"
)

const purpose = "a test"

func ring(t testing.TB, keys ...string) *seal.Ring {
	t.Helper()
	r, err := seal.Parse(strings.Join(keys, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestOpen(t *testing.T) {
	r := ring(t, seal.NewKey())
	for _, text := range []string{"", "x", strings.Repeat("long ", 1000)} {
		first, second := r.Seal(purpose, []byte(text)), r.Seal(purpose, []byte(text))
		if bytes.Equal(first, second) {
			t.Error("the same text is sealed the same way twice")
		}
		if len(text) > 1 && bytes.Contains(first, []byte(text)) {
			t.Error("the text shows")
		}
		got, err := r.Open(purpose, first)
		if err != nil || string(got) != text {
			t.Errorf("opened %q, %v", got, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	r := ring(t, seal.NewKey())
	sealed := r.Seal(purpose, []byte("text"))
	refused := func(what string, r *seal.Ring, purpose string, sealed []byte) {
		t.Helper()
		if got, err := r.Open(purpose, sealed); !errors.Is(err, seal.ErrNotSealed) || got != nil {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	refused("another purpose", r, "another test", sealed)
	refused("another key", ring(t, seal.NewKey()), purpose, sealed)
	for i := range sealed {
		for bit := range 8 {
			changed := bytes.Clone(sealed)
			changed[i] ^= 1 << bit
			refused("a changed bit", r, purpose, changed)
		}
		refused("a part", r, purpose, sealed[:i])
	}
	refused("more", r, purpose, append(sealed, 0))
}

func TestRotation(t *testing.T) {
	first, second := seal.NewKey(), seal.NewKey()
	before, during, after := ring(t, first), ring(t, "# new", second, "", first), ring(t, second)
	old := before.Seal(purpose, []byte("old"))
	if got, err := during.Open(purpose, old); err != nil || string(got) != "old" {
		t.Errorf("the second key opens %q, %v", got, err)
	}
	if got, err := after.Open(purpose, during.Seal(purpose, []byte("new"))); err != nil || string(got) != "new" {
		t.Errorf("the first key sealed %q, %v", got, err)
	}
	if _, err := after.Open(purpose, old); !errors.Is(err, seal.ErrNotSealed) {
		t.Errorf("a key that is gone opens: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	short := base64.StdEncoding.EncodeToString(make([]byte, 31))
	for text, want := range map[string]string{
		"":                               "no key",
		"# nothing but a comment\n":      "no key",
		short:                            "line 1 is not a key: 32 bytes in base64",
		seal.NewKey() + "\nsecret words": "line 2 is not a key: 32 bytes in base64",
	} {
		if _, err := seal.Parse(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestReadFile has many servers start at the same time in an empty folder.
func TestReadFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	rings := make([]*seal.Ring, 16)
	var group sync.WaitGroup
	for i := range rings {
		group.Go(func() {
			var err error
			if rings[i], err = seal.ReadFile(path); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if t.Failed() {
		return
	}
	sealed := rings[0].Seal(purpose, []byte("text"))
	for _, r := range rings {
		if _, err := r.Open(purpose, sealed); err != nil {
			t.Error("they do not share a key:", err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the file has mode %v", info.Mode())
	}
}

func TestLoad(t *testing.T) {
	key := seal.NewKey()
	sealed := ring(t, key).Seal(purpose, []byte("text"))
	path := filepath.Join(t.TempDir(), "keys")
	t.Setenv(seal.Variable, key)
	fromVariable, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fromVariable.Open(purpose, sealed); err != nil {
		t.Error("the key of the variable:", err)
	}
	t.Setenv(seal.Variable, "my words")
	if _, err := seal.Load(path); err == nil || !strings.HasPrefix(err.Error(), seal.Variable) || strings.Contains(err.Error(), "my words") {
		t.Error(err)
	}
	t.Setenv(seal.Variable, "")
	fromFile, err := seal.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fromFile.Open(purpose, sealed); !errors.Is(err, seal.ErrNotSealed) {
		t.Error("the file holds a key of its own, but:", err)
	}
}

func TestExposed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions than those of a mode")
	}
	path := filepath.Join(t.TempDir(), "keys")
	if mode, exposed := seal.Exposed(path); exposed {
		t.Errorf("no file is exposed by %v", mode)
	}
	if _, err := seal.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true, 0o620: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if got, exposed := seal.Exposed(path); exposed != want || exposed && got != mode {
			t.Errorf("%v: %v, %t", mode, got, exposed)
		}
	}
	t.Setenv(seal.Variable, seal.NewKey())
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if mode, exposed := seal.Exposed(path); exposed {
		t.Errorf("a file that is not read is exposed by %v", mode)
	}
}

func TestReadFileRefuses(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		write("broken", "my words"):                     "line 1 is not a key",
		write("empty", ""):                              "no key",
		write("long", strings.Repeat("#\n", 64<<10)):    "more than 65536 bytes",
		filepath.Join(folder, "no such folder", "keys"): "make a key file",
	} {
		_, err := seal.ReadFile(path)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "my words") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	r := ring(b, seal.NewKey())
	sealed := r.Seal(purpose, make([]byte, 512))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Open(purpose, sealed); err != nil {
			b.Fatal(err)
		}
	}
}
