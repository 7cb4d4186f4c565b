package download

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// product makes content, and counts how often.
func product(times *int) Product {
	return Product{
		Name: "a/b.bin", SHA256: strings.ToUpper(hexSum(content)), Size: int64(len(content)),
		Make: func(_ context.Context, w io.Writer) error {
			*times++
			_, err := w.Write(content)
			return err
		},
	}
}

func TestProduct(t *testing.T) {
	cache := &Cache{Dir: t.TempDir()}
	times := 0
	for range 2 {
		path, err := cache.Product(t.Context(), product(&times))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if got, err := os.ReadFile(path + ".sha256"); err != nil || string(got) != hexSum(content)+"\n" {
			t.Errorf("the recorded sum is %q, %v", got, err)
		}
	}
	if times != 1 {
		t.Errorf("it was made %d times", times)
	}
}

// What is not whole, or not the expected file, is never found under the file's name, and
// the next attempt begins anew.
func TestProductNeverHalf(t *testing.T) {
	broken := errors.New("broken")
	for name, spoil := range map[string]func(p *Product){
		"maker": func(p *Product) {
			p.Make = func(_ context.Context, w io.Writer) error {
				_, err := w.Write(content[:100])
				return errors.Join(err, broken)
			}
		},
		"another file": func(p *Product) {
			p.Make = func(_ context.Context, w io.Writer) error {
				_, err := w.Write(content[:100])
				return err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cache := &Cache{Dir: t.TempDir()}
			times := 0
			spoilt := product(&times)
			spoil(&spoilt)
			path, err := cache.Product(t.Context(), spoilt)
			if mismatch := (*ChecksumError)(nil); !errors.Is(err, broken) && !errors.As(err, &mismatch) {
				t.Errorf("the error is %v", err)
			}
			left, globErr := filepath.Glob(filepath.Join(cache.Dir, "products", "*b.bin*"))
			if _, err := os.Stat(path); !os.IsNotExist(err) || globErr != nil || len(left) != 1 || !strings.HasSuffix(left[0], ".lock") {
				t.Errorf("%v: %q is left", err, left)
			}
			if _, err := cache.Product(t.Context(), product(&times)); err != nil || times != 1 {
				t.Errorf("the next attempt: %v", err)
			}
		})
	}
}

func TestProductNeedsSum(t *testing.T) {
	if _, err := (&Cache{Dir: t.TempDir()}).Product(t.Context(), Product{Name: "a"}); err == nil {
		t.Error("a product without a sum is made")
	}
}
