package pdf

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The files are one file, plain and by every kind of encryption.
const folder = "../testdata"

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Files that need no password are read, whatever they are encrypted by.
func TestEncrypted(t *testing.T) {
	want := pages(t, readFile(t, "ascii85.pdf"))
	for _, kind := range []string{"rc4-40", "rc4-128", "aes-128", "aes-256-old", "aes-256"} {
		t.Run(kind, func(t *testing.T) {
			if d := cmp.Diff(want, pages(t, readFile(t, "locked-"+kind+".pdf"))); d != "" {
				t.Error(d)
			}
		})
	}
}

// A file that needs a password, and one whose encryption nobody knows, say so.
func TestEncryptedByPassword(t *testing.T) {
	for what, data := range map[string][]byte{
		"a password":           readFile(t, "locked-password.pdf"),
		"nothing":              append(file(""), "\ntrailer<</Encrypt 9 0 R>>"...),
		"another handler":      append(file(""), "\ntrailer<</Encrypt<</Filter/Mine/V 2/R 3/Length 128/O(12345678901234567890123456789012)/U(12345678901234567890123456789012)/P -4>>>>"...),
		"a key of no length":   append(file(""), "\ntrailer<</Encrypt<</Filter/Standard/V 2/R 3/Length 0/O(12345678901234567890123456789012)/U(12345678901234567890123456789012)/P -4>>>>"...),
		"a filter that is not": append(file(""), "\ntrailer<</Encrypt<</Filter/Standard/V 4/R 4/StmF/X/CF<</X<</CFM[1]>>>>/O(1)/U(1)/P -4>>>>"...),
		"keys that are short":  append(file(""), "\ntrailer<</Encrypt<</Filter/Standard/V 5/R 6/StmF/X/CF<</X<</CFM/AESV3>>>>/O(1)/U(1)/UE(1)/P -4>>>>"...),
	} {
		if _, err := Open(t.Context(), data); !errors.Is(err, ErrEncrypted) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Streams that break off are no fault of anybody's.
func TestBrokenBlocks(t *testing.T) {
	l := &lock{key: make([]byte, 16), method: byAES}
	for n := range 50 {
		if got := l.open(&stream{raw: make([]byte, n), number: 1}); len(got) > n {
			t.Errorf("%d bytes became %d", n, len(got))
		}
	}
}
