package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// TestGeneratedIsCurrent writes everything anew and finds what is committed.
func TestGeneratedIsCurrent(t *testing.T) {
	const committed = "../../internal/bedrock"
	dir := t.TempDir()
	if err := run(dir); err != nil {
		t.Fatal(err)
	}
	written, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Glob(filepath.Join(committed, "*_gen.go"))
	if err != nil || len(there) != len(written) {
		t.Errorf("%d files are written and %d committed: %v", len(written), len(there), err)
	}
	for _, name := range written {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(committed, filepath.Base(name)))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the models say (%v): run make generate", filepath.Base(name), err)
		}
	}
}

func TestAlternatives(t *testing.T) {
	for pattern, want := range map[string][]string{
		`[0-9]{12}`:         {`[0-9]{12}`},
		`abc|d`:             {`d`, `abc`},
		`(abc|d)`:           {`d`, `abc`},
		`(abc)|(d)`:         {`(d)`, `(abc)`},
		`(a|b)c|[|)]d\||\)`: {`\)`, `(a|b)c`, `[|)]d\|`},
		`(?:ab|c)`:          {`(?:ab|c)`},
		`(|x)`:              {``, `x`},
	} {
		if got := alternatives(pattern); !reflect.DeepEqual(got, want) {
			t.Errorf("%s has the alternatives %q, want %q", pattern, got, want)
		}
	}
}
