// Package objectstoretest has the suite that every object store passes, and starts
// a real S3 server for the tests that need one.
package objectstoretest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/saprolite/saprolite/internal/objectstore"
)

// Harness is a store under test.
type Harness struct {
	Store objectstore.Store
	// NewBucket makes an empty bucket and gives its name.
	NewBucket func(t *testing.T) string
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	for name, test := range map[string]func(*testing.T, Harness){
		"round trip": roundTrip, "keys": keys, "replaced": replaced, "concurrent": concurrent,
		"not found": notFound, "too large": tooLarge, "left early": leftEarly,
		"list": list, "many": many, "cancelled": cancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, h) })
	}
}

func put(t *testing.T, h Harness, name objectstore.Name, content string) {
	t.Helper()
	err := h.Store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader(content), Type: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
}

// get reads an object whole.
func get(ctx context.Context, h Harness, name objectstore.Name, limit int64) (string, error) {
	object, err := h.Store.Get(ctx, name, limit)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(object.Body)
	return string(content), errors.Join(err, object.Body.Close())
}

func roundTrip(t *testing.T, h Harness) {
	bucket := h.NewBucket(t)
	large := bytes.Repeat([]byte("\x00\xff0123456789abc\n"), 300_000)
	for key, content := range map[string]string{"empty": "", "small": "Hi\n", "large": string(large)} {
		name := objectstore.Name{Bucket: bucket, Key: key}
		err := h.Store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader(content), Type: "text/plain", Encoding: "gzip"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := get(t.Context(), h, name, int64(len(content)))
		if err != nil || sha256.Sum256([]byte(got)) != sha256.Sum256([]byte(content)) {
			t.Errorf("%s: %d bytes came back of %d, %v", key, len(got), len(content), err)
		}
		info, err := h.Store.Stat(t.Context(), name)
		if err != nil || info.Name != name || info.Size != int64(len(content)) || info.Modified.IsZero() {
			t.Errorf("%s: %+v, %v", key, info, err)
		}
	}
	// What has been read is not content.
	body := strings.NewReader("read, left")
	if _, err := body.Seek(6, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	name := objectstore.Name{Bucket: bucket, Key: "rest"}
	if err := h.Store.Put(t.Context(), name, objectstore.Content{Body: body}); err != nil {
		t.Fatal(err)
	}
	if got, err := get(t.Context(), h, name, 100); got != "left" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// keys have their bytes as names, whatever these mean in a URL.
func keys(t *testing.T, h Harness) {
	bucket := h.NewBucket(t)
	names := []string{
		"a/b/c.txt", "with space.txt", "100%.txt", "%41.txt", "a+b", "käse/übung.md", "写真.png", "dots/..a", "q?x=1#f", "'(!)*~$&@=;,",
	}
	for _, key := range names {
		put(t, h, objectstore.Name{Bucket: bucket, Key: key}, "content of "+key)
	}
	for _, key := range names {
		got, err := get(t.Context(), h, objectstore.Name{Bucket: bucket, Key: key}, 100)
		if want := "content of " + key; got != want || err != nil {
			t.Errorf("%q: %q, %v", key, got, err)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, listed(t, h, bucket, "")); diff != "" {
		t.Errorf("(-put +listed):\n%s", diff)
	}
}

func replaced(t *testing.T, h Harness) {
	name := objectstore.Name{Bucket: h.NewBucket(t), Key: "a/b"}
	put(t, h, name, "the first, which is longer")
	object, err := h.Store.Get(t.Context(), name, 100)
	if err != nil {
		t.Fatal(err)
	}
	put(t, h, name, "the second")
	// Who reads the first reads it to its end.
	before, err := io.ReadAll(object.Body)
	if err := errors.Join(err, object.Body.Close()); err != nil || string(before) != "the first, which is longer" {
		t.Errorf("%q, %v", before, err)
	}
	if got, err := get(t.Context(), h, name, 100); got != "the second" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// concurrent writers of one object leave what one of them wrote.
func concurrent(t *testing.T, h Harness) {
	name := objectstore.Name{Bucket: h.NewBucket(t), Key: "contended"}
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			content := strings.Repeat(fmt.Sprint(i), 100_000)
			if err := h.Store.Put(t.Context(), name, objectstore.Content{Body: strings.NewReader(content)}); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	got, err := get(t.Context(), h, name, 1<<20)
	if err != nil || len(got) != 100_000 || strings.Trim(got, got[:1]) != "" {
		t.Errorf("%d bytes of several writers, %v", len(got), err)
	}
}

func notFound(t *testing.T, h Harness) {
	bucket := h.NewBucket(t)
	put(t, h, objectstore.Name{Bucket: bucket, Key: "a/b"}, "b")
	for _, name := range []objectstore.Name{
		{Bucket: bucket, Key: "b"}, {Bucket: bucket, Key: "a"}, {Bucket: bucket, Key: "a/b/c"}, {Bucket: "no-such-bucket", Key: "a/b"},
	} {
		if _, err := h.Store.Get(t.Context(), name, 100); !errors.Is(err, objectstore.ErrNotFound) {
			t.Errorf("get %s: %v", name, err)
		}
		if _, err := h.Store.Stat(t.Context(), name); !errors.Is(err, objectstore.ErrNotFound) {
			t.Errorf("stat %s: %v", name, err)
		}
	}
	for _, err := range h.Store.List(t.Context(), "no-such-bucket", "") {
		if !errors.Is(err, objectstore.ErrNotFound) {
			t.Errorf("list: %v", err)
		}
	}
}

func tooLarge(t *testing.T, h Harness) {
	name := objectstore.Name{Bucket: h.NewBucket(t), Key: "five"}
	put(t, h, name, "12345")
	if _, err := get(t.Context(), h, name, 4); !errors.Is(err, objectstore.ErrTooLarge) {
		t.Error(err)
	}
	if got, err := get(t.Context(), h, name, 5); got != "12345" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// leftEarly leaves bodies before their end: nothing may be held after that.
func leftEarly(t *testing.T, h Harness) {
	name := objectstore.Name{Bucket: h.NewBucket(t), Key: "long"}
	put(t, h, name, strings.Repeat("x", 4<<20))
	for range 20 {
		object, err := h.Store.Get(t.Context(), name, 4<<20)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(object.Body, make([]byte, 10)); err != nil {
			t.Error(err)
		}
		if err := object.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func cancelled(t *testing.T, h Harness) {
	name := objectstore.Name{Bucket: h.NewBucket(t), Key: "long"}
	put(t, h, name, strings.Repeat("x", 8<<20))
	ctx, cancel := context.WithCancel(t.Context())
	object, err := h.Store.Get(ctx, name, 8<<20)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := io.ReadAll(object.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	if err := object.Body.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	_, get := h.Store.Get(ctx, name, 100)
	_, stat := h.Store.Stat(ctx, name)
	put := h.Store.Put(ctx, objectstore.Name{Bucket: name.Bucket, Key: "other"}, objectstore.Content{Body: strings.NewReader("x")})
	for call, err := range map[string]error{"get": get, "stat": stat, "put": put} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", call, err)
		}
	}
	for _, err := range h.Store.List(ctx, name.Bucket, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list: %v", err)
		}
	}
	if got := listed(t, h, name.Bucket, "other"); got != nil {
		t.Errorf("%v was written after all", got)
	}
}
