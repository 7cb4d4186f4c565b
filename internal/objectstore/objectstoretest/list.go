package objectstoretest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/objectstore"
)

func list(t *testing.T, h Harness) {
	bucket := h.NewBucket(t)
	if got := listed(t, h, bucket, ""); got != nil {
		t.Errorf("an empty bucket has %v", got)
	}
	for _, key := range []string{"b", "a/2", "a/10", "a.txt", "a/b/c", "ab/d", "a0"} {
		put(t, h, objectstore.Name{Bucket: bucket, Key: key}, "12345")
	}
	for prefix, want := range map[string][]string{
		"":        {"a.txt", "a/10", "a/2", "a/b/c", "a0", "ab/d", "b"},
		"a":       {"a.txt", "a/10", "a/2", "a/b/c", "a0", "ab/d"},
		"a/":      {"a/10", "a/2", "a/b/c"},
		"a/b/":    {"a/b/c"},
		"a/b/c":   {"a/b/c"},
		"a/b/c/":  nil,
		"a/1":     {"a/10"},
		"nothing": nil,
		"b/":      nil,
	} {
		if diff := cmp.Diff(want, listed(t, h, bucket, prefix)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", prefix, diff)
		}
	}
	for info, err := range h.Store.List(t.Context(), bucket, "a/") {
		if err != nil || info.Size != 5 || info.Modified.IsZero() || info.Name.Bucket != bucket {
			t.Errorf("%+v, %v", info, err)
		}
		break // and nothing more comes
	}
}

// many is more than S3 lists at once.
func many(t *testing.T, h Harness) {
	bucket := h.NewBucket(t)
	const count = 1005
	numbers := make(chan int)
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for i := range numbers {
				name := objectstore.Name{Bucket: bucket, Key: fmt.Sprintf("logs/%04d", i)}
				if err := h.Store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader("x")}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range count {
		numbers <- i
	}
	close(numbers)
	writers.Wait()
	keys := listed(t, h, bucket, "logs/")
	if len(keys) != count || !slices.IsSorted(keys) {
		t.Errorf("%d of %d keys are listed, in order: %t", len(keys), count, slices.IsSorted(keys))
	}
}

func listed(t *testing.T, h Harness, bucket, prefix string) []string {
	t.Helper()
	var keys []string
	for info, err := range h.Store.List(t.Context(), bucket, prefix) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Name.Key)
	}
	return keys
}
