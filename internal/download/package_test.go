package download

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

type entry struct {
	name, body string
	mode       fs.FileMode
}

func zipOf(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		header.SetMode(e.mode | 0o644)
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, e.body)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// wheel makes a wheel that pip takes, in a folder that pip looks into, and returns its sum.
func wheel(t *testing.T, files ...entry) string {
	t.Helper()
	if err := exec.Command("python3", "-m", "pip", "--version").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3 with pip is missing")
		}
		t.Skip("python3 with pip is missing")
	}
	files = append(files,
		entry{name: "demo-1.0.dist-info/METADATA", body: "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"},
		entry{name: "demo-1.0.dist-info/WHEEL", body: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"})
	var record strings.Builder
	for _, f := range files {
		sum := sha256.Sum256([]byte(f.body))
		fmt.Fprintf(&record, "%s,sha256=%s,%d\n", f.name, base64.RawURLEncoding.EncodeToString(sum[:]), len(f.body))
	}
	record.WriteString("demo-1.0.dist-info/RECORD,,\n")
	data := zipOf(t, append(files, entry{name: "demo-1.0.dist-info/RECORD", body: record.String()})...)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "demo-1.0-py3-none-any.whl"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", dir)
	return hexSum(data)
}

func TestPackage(t *testing.T) {
	sum := wheel(t, entry{name: "demo/a.txt", body: "alpha"}, entry{name: "demo/sub/b.txt", body: "beta"}, entry{name: "other.txt", body: "no"})
	shown := &recorder{}
	c := &Cache{Dir: filepath.Join(t.TempDir(), "cache"), Progress: shown}
	p := Package{Name: "demo", Version: "1.0", SHA256: sum, Members: []Member{{Path: "demo/"}}}
	dir, err := c.Package(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"demo/a.txt": "alpha", "demo/sub/b.txt": "beta"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if ok, _ := exists(filepath.Join(dir, "other.txt")); ok {
		t.Error("a file that nobody asked for was unpacked")
	}
	if ok, _ := exists(dir + ".partial"); ok {
		t.Error("the temporary folder is left")
	}
	if len(shown.events) != 2 || shown.events[1] != "done" {
		t.Errorf("showed %v", shown.events)
	}

	c.Python = filepath.Join(t.TempDir(), "no-python")
	again, err := c.Package(t.Context(), p)
	if err != nil || again != dir {
		t.Errorf("a second time: %s, %v", again, err)
	}
}

func TestPackageAfterAnInterruptedOne(t *testing.T) {
	sum := wheel(t, entry{name: "demo/a.txt", body: "alpha"})
	c := &Cache{Dir: t.TempDir()}
	left := filepath.Join(c.Dir, "packages", "demo-1.0-"+sum[:12]+".partial", "unpacked", "demo")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(left, "a.txt"), []byte("al"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := c.Package(t.Context(), Package{Name: "demo", Version: "1.0", SHA256: sum, Members: []Member{{Path: "demo/a.txt", SHA256: hexSum([]byte("alpha"))}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "demo/a.txt")); string(got) != "alpha" {
		t.Errorf("got %q", got)
	}
}

func TestPackageRefused(t *testing.T) {
	sum := wheel(t, entry{name: "demo/a.txt", body: "alpha"})
	members := []Member{{Path: "demo/a.txt"}}
	tests := []struct {
		name   string
		p      Package
		python string
		want   any
	}{
		{"wrong wheel", Package{Name: "demo", Version: "1.0", SHA256: strings.Repeat("ab", 32), Members: members}, "", new(*PipError)},
		{"no such version", Package{Name: "demo", Version: "2.0", SHA256: sum, Members: members}, "", new(*PipError)},
		{"no python", Package{Name: "demo", Version: "1.0", SHA256: sum, Members: members}, "no-such-python", new(*PipError)},
		{"wrong member", Package{Name: "demo", Version: "1.0", SHA256: sum, Members: []Member{{"demo/a.txt", strings.Repeat("ab", 32)}}}, "", new(*ChecksumError)},
		{"no such member", Package{Name: "demo", Version: "1.0", SHA256: sum, Members: []Member{{Path: "demo/z.txt"}}}, "", nil},
		{"unpinned", Package{Name: "demo", Version: "1.0", Members: members}, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &Cache{Dir: t.TempDir(), Python: test.python}
			dir, err := c.Package(t.Context(), test.p)
			if err == nil || (test.want != nil && !errors.As(err, test.want)) {
				t.Errorf("got %v", err)
			}
			if ok, _ := exists(dir); ok && dir != "" {
				t.Errorf("%s is there", dir)
			}
		})
	}
}

func TestUnpackRefusesWhatLeadsOut(t *testing.T) {
	for _, e := range []entry{
		{name: "d/../../evil", body: "x"},
		{name: "d//evil", body: "x"},
		{name: "d/link", body: "/etc/passwd", mode: fs.ModeSymlink},
		{name: `d/..\..\evil`, body: "x"},
	} {
		dir := t.TempDir()
		src, dest := filepath.Join(dir, "a.zip"), filepath.Join(dir, "out", "in")
		if err := os.MkdirAll(dest, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(src, zipOf(t, e), 0o600); err != nil {
			t.Fatal(err)
		}
		err := unpack(t.Context(), src, dest, []Member{{Path: "d/"}})
		// A backslash separates names on Windows only; elsewhere it is part of one, inside dest.
		if local := filepath.IsLocal(filepath.FromSlash(e.name)) && e.mode == 0 && !strings.Contains(e.name, "//"); err == nil && !local {
			t.Errorf("%s: no error", e.name)
		}
		for _, path := range []string{filepath.Join(dir, "evil"), filepath.Join(dir, "out", "evil")} {
			if ok, _ := exists(path); ok {
				t.Errorf("%s was written", path)
			}
		}
	}
}

func TestUnpackIsBounded(t *testing.T) {
	dir := t.TempDir()
	src := filepath.Join(dir, "a.zip")
	if err := os.WriteFile(src, zipOf(t, entry{name: "a", body: strings.Repeat("0", 1000)}), 0o600); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.OpenReader(src)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	u := unpacker{root: root, left: 999}
	if _, err := u.file(archive.File[0]); err == nil {
		t.Error("more than the bound was written")
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Add(func() []byte {
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		e, _ := w.Create("d/../../x")
		e.Write([]byte("x"))
		w.Close()
		return b.Bytes()
	}())
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		src, dest := filepath.Join(dir, "a.zip"), filepath.Join(dir, "out")
		if err := os.WriteFile(src, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(dest, 0o700); err != nil {
			t.Fatal(err)
		}
		_ = unpack(t.Context(), src, dest, []Member{{Path: "d/"}})
		if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 2 {
			t.Errorf("written outside: %v", names)
		}
	})
}
