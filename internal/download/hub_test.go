package download

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestHubFetchesOnce(t *testing.T) {
	h := newHub(t)
	c := h.cache(t)
	for range 2 {
		path, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf"))
		if err != nil {
			t.Fatal(err)
		}
		wantFile(t, path)
	}
	if heads, gets := h.heads.Load(), h.gets.Load(); heads != 1 || gets != 1 {
		t.Errorf("%d HEAD and %d GET, want one each", heads, gets)
	}
	if token, _ := h.tokens.Load("hub"); token != "Bearer secret" {
		t.Errorf("the hub got the token %q", token)
	}
	if token, _ := h.tokens.Load("files"); token != "" {
		t.Errorf("another host got the token %q", token)
	}
	h.Server.Close()
	h.files.Close()
	if _, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf")); err != nil {
		t.Errorf("without a network: %v", err)
	}
}

func TestHubRevisionAndRename(t *testing.T) {
	h := newHub(t)
	c := h.cache(t)
	main, err := c.Hub(t.Context(), mustParse(t, "hf:old/repo/dir/model.gguf"))
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, main)
	v2, err := c.Hub(t.Context(), mustParse(t, "hf:owner/repo/dir/model.gguf@v2"))
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, v2)
	if main == v2 {
		t.Errorf("two revisions share %s", main)
	}
}

func TestHubNotFound(t *testing.T) {
	h := newHub(t)
	_, err := h.cache(t).Hub(t.Context(), mustParse(t, "hf:owner/repo/none.gguf"))
	if status := (*StatusError)(nil); !errors.As(err, &status) || status.Status != http.StatusNotFound {
		t.Errorf("got %v, want a 404", err)
	}
	if h.heads.Load() != 1 {
		t.Errorf("asked %d times", h.heads.Load())
	}
}

func TestParseHub(t *testing.T) {
	sum := strings.Repeat("0f", 32)
	tests := []struct {
		ref  string
		want HubFile
		ok   bool
	}{
		{"hf:o/r/f.gguf", HubFile{Owner: "o", Repo: "r", Path: "f.gguf"}, true},
		{"hf:o/r/a/b.gguf@v1#sha256=" + sum, HubFile{Owner: "o", Repo: "r", Path: "a/b.gguf", Revision: "v1", SHA256: sum}, true},
		{"hf:o/r/f.gguf@refs/pr/3", HubFile{Owner: "o", Repo: "r", Path: "f.gguf", Revision: "refs/pr/3"}, true},
		{ref: "o/r/f.gguf"},
		{ref: "hf:o/r"},
		{ref: "hf:o/r/"},
		{ref: "hf:o//f"},
		{ref: "hf:o/r/f@"},
		{ref: "hf:o/r/f#sha256=12"},
		{ref: "hf:o/r/f#sha256="},
		{ref: "hf:../r/f"},
		{ref: "hf:o/r/../../f"},
		{ref: `hf:o/r/a\b`},
	}
	for _, test := range tests {
		got, err := ParseHub(test.ref)
		if got != test.want || (err == nil) != test.ok {
			t.Errorf("ParseHub(%q) = %+v, %v", test.ref, got, err)
		}
		if test.ok && got.String() != test.ref {
			t.Errorf("String() = %q, want %q", got.String(), test.ref)
		}
	}
}

func FuzzParseHub(f *testing.F) {
	for _, seed := range []string{"hf:o/r/f.gguf@v1#sha256=" + strings.Repeat("0f", 32), "hf:a/b/../c", "hf:////", "hf:a/b/c@#"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		file, err := ParseHub(ref)
		if err != nil {
			return
		}
		if again, err := ParseHub(file.String()); err != nil || again != file {
			t.Errorf("%q -> %+v -> %q -> %+v, %v", ref, file, file, again, err)
		}
		if !filepath.IsLocal(filepath.Join(file.Owner, file.Repo, filepath.FromSlash(file.Path))) {
			t.Errorf("%q leads out of the cache: %+v", ref, file)
		}
	})
}
