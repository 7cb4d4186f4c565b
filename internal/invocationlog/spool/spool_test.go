package spool_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/invocationlog/spool"
	"github.com/saprolite/saprolite/internal/objectstore"
	"github.com/saprolite/saprolite/internal/objectstore/folder"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("SPOOL_TEST_KILLED"); dir != "" {
		appendUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

var (
	group = spool.Group{Bucket: "logs", Prefix: "a/"}
	noon  = time.Date(2026, 11, 25, 12, 0, 0, 123e6, time.UTC)
)

// flaky is a store that takes nothing for buckets that are down.
type flaky struct {
	objectstore.Store
	down atomic.Pointer[string]
	puts atomic.Int64
}

var errDown = errors.New("the store is down")

func newFlaky(t *testing.T) *flaky { return &flaky{Store: folder.New(t.TempDir())} }

func (f *flaky) Put(ctx context.Context, name objectstore.Name, content objectstore.Content) error {
	f.puts.Add(1)
	if down := f.down.Load(); down != nil && (*down == "*" || *down == name.Bucket) {
		return errDown
	}
	return f.Store.Put(ctx, name, content)
}

func (f *flaky) set(down string) {
	if down == "" {
		f.down.Store(nil)
		return
	}
	f.down.Store(&down)
}

// objects gives the contents of a bucket, by key.
func objects(t *testing.T, from objectstore.Store, bucket string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for info, err := range from.List(t.Context(), bucket, "") {
		if errors.Is(err, objectstore.ErrNotFound) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		object, err := from.Get(t.Context(), info.Name, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		all[info.Name.Key] = unzip(t, object.Body)
	}
	return all
}

func unzip(t *testing.T, body io.ReadCloser) string {
	t.Helper()
	defer body.Close()
	from, err := gzip.NewReader(body)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// lines gives all lines of a bucket, of objects that are no bodies.
func lines(t *testing.T, from objectstore.Store, bucket string) string {
	t.Helper()
	var all strings.Builder
	for key, content := range objects(t, from, bucket) {
		if !strings.Contains(key, "/data/") {
			all.WriteString(content)
		}
	}
	return all.String()
}

func open(t *testing.T, o spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t *testing.T, s *spool.Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func add(t *testing.T, s *spool.Spool, line string, bodies ...spool.Body) {
	t.Helper()
	if err := s.Append(group, []byte(line+"\n"), noon, bodies...); err != nil {
		t.Fatal(err)
	}
}

func waiting(t *testing.T, dir string) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// Lines of a group become one object, a body one of its own, and nothing is left.
func TestGroups(t *testing.T) {
	store, dir := newFlaky(t), filepath.Join(t.TempDir(), "spool")
	s := open(t, spool.Options{Dir: dir, Store: store})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing was appended, and the folder is there: %v", err)
	}
	add(t, s, "one", spool.Body{Name: objectstore.Name{Bucket: "logs", Key: "a/data/x_input.json.gz"}, Content: []byte("a body\nof two lines")})
	add(t, s, "two")
	if err := s.Append(spool.Group{Bucket: "other"}, []byte("three\n"), noon); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := objects(t, store, "logs")
	if got["a/data/x_input.json.gz"] != "a body\nof two lines" || len(got) != 2 || lines(t, store, "logs") != "one\ntwo\n" || lines(t, store, "other") != "three\n" {
		t.Errorf("got %q and %q", got, objects(t, store, "other"))
	}
	for key := range got {
		if !strings.Contains(key, "/data/") && !strings.HasPrefix(key, "a/20261125T120000123Z_") {
			t.Errorf("the key %s", key)
		}
	}
	if d := cmp.Diff(spool.Stats{Appended: 3, Delivered: 3}, s.Stats()); d != "" {
		t.Error(d)
	}
	closed(t, s)
	if left := waiting(t, dir); left != nil {
		t.Errorf("left: %v", left)
	}
}

// A group goes when it is large enough, and when it is old enough; a store that is
// down gets it when it is back, and is not asked all the time.
func TestRunsByItself(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := newFlaky(t)
		s := open(t, spool.Options{Dir: dir, Store: store, GroupSize: 200, GroupTime: time.Minute, Pause: time.Second})
		defer closed(t, s)
		add(t, s, strings.Repeat("x", 200))
		synctest.Wait()
		if got := s.Stats(); got.Delivered != 1 {
			t.Errorf("a large group: %+v", got)
		}
		add(t, s, "small")
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if got := s.Stats(); got.Delivered != 1 {
			t.Errorf("a young group: %+v", got)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := s.Stats(); got.Delivered != 2 || got.Waiting != 0 {
			t.Errorf("an old group: %+v", got)
		}

		store.set("*")
		add(t, s, strings.Repeat("y", 200))
		before := store.puts.Load()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if tries := store.puts.Load() - before; tries < 5 || tries > 20 {
			t.Errorf("%d attempts in ten minutes", tries)
		}
		if got := s.Stats(); got.Delivered != 2 || got.Waiting == 0 || got.Failures == 0 {
			t.Errorf("down: %+v", got)
		}
		store.set("")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := s.Stats(); got.Delivered != 3 || got.Waiting != 0 {
			t.Errorf("back: %+v", got)
		}
	})
}

// One bucket that takes nothing is no reason to keep the others waiting.
func TestBucketDown(t *testing.T) {
	store := newFlaky(t)
	store.set("logs")
	s := open(t, spool.Options{Dir: t.TempDir(), Store: store})
	defer closed(t, s)
	add(t, s, "one")
	if err := s.Append(spool.Group{Bucket: "other"}, []byte("two\n"), noon); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); !errors.Is(err, errDown) {
		t.Error(err)
	}
	if got := lines(t, store, "other"); got != "two\n" {
		t.Errorf("the other bucket has %q", got)
	}
	store.set("")
	if err := s.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if got := lines(t, store, "logs"); got != "one\n" {
		t.Errorf("the bucket has %q", got)
	}
}

// An object that the store never takes holds up no other, not even of its bucket.
func TestNeverTaken(t *testing.T) {
	store := newFlaky(t)
	s := open(t, spool.Options{Dir: t.TempDir(), Store: store})
	defer closed(t, s)
	for range 10 {
		// A folder takes no such key.
		if err := s.Append(spool.Group{Bucket: "logs", Prefix: "a/../"}, []byte("never\n"), noon); err != nil {
			t.Fatal(err)
		}
		if err := s.Flush(t.Context()); err == nil {
			t.Fatal("the key is taken")
		}
	}
	add(t, s, "one")
	for range 3 {
		if err := s.Flush(t.Context()); err == nil {
			t.Error("the key is taken")
		}
	}
	if got := lines(t, store, "logs"); got != "one\n" {
		t.Errorf("the bucket has %q", got)
	}
}

// Over the limit a line is dropped and counted, or kept where the spool may grow.
func TestLimit(t *testing.T) {
	for _, grow := range []bool{false, true} {
		store := newFlaky(t)
		store.set("*")
		s := open(t, spool.Options{Dir: t.TempDir(), Store: store, Limit: 16 << 10, Grow: grow})
		body := func(n int) spool.Body {
			return spool.Body{Name: objectstore.Name{Bucket: "logs", Key: fmt.Sprintf("a/data/%d", n)}, Content: make([]byte, 8<<10)}
		}
		add(t, s, "one", body(1))
		if !s.Full() {
			t.Error("it is not full")
		}
		err := s.Append(group, []byte("two\n"), noon, body(2))
		if got := s.Stats(); (err == nil) != grow || got.Dropped > 0 == grow || got.Appended != 2 {
			t.Errorf("grow %t: %v, %+v", grow, err, got)
		}
		store.set("")
		if err := s.Flush(t.Context()); err != nil || s.Full() {
			t.Errorf("full %t, %v", s.Full(), err)
		}
		closed(t, s)
	}
}

// A disk that takes nothing loses lines, which are counted, and no more.
func TestDiskFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	s := open(t, spool.Options{Dir: filepath.Join(dir, "spool"), Store: newFlaky(t)})
	defer closed(t, s)
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(group, []byte("one\n"), noon); err == nil || s.Stats().Dropped != 1 || !s.Full() {
		t.Errorf("%v, %+v", err, s.Stats())
	}
}

// What the store does not take until the end goes there at the next start.
func TestNextStart(t *testing.T) {
	store, dir := newFlaky(t), t.TempDir()
	store.set("*")
	s := open(t, spool.Options{Dir: dir, Store: store})
	add(t, s, "one", spool.Body{Name: objectstore.Name{Bucket: "logs", Key: "a/data/x"}, Content: []byte("body")})
	closed(t, s)
	if err := s.Append(group, []byte("late\n"), noon); err == nil {
		t.Error("it takes a line when it is closed")
	}
	store.set("")
	s = open(t, spool.Options{Dir: dir, Store: store})
	if err := s.Flush(t.Context()); err != nil {
		t.Error(err)
	}
	if got := objects(t, store, "logs"); len(got) != 2 || got["a/data/x"] != "body" || lines(t, store, "logs") != "one\n" {
		t.Errorf("got %q", got)
	}
	closed(t, s)
	if left := waiting(t, dir); left != nil {
		t.Errorf("left: %v", left)
	}
}

// What a killed process left incomplete is passed over, and the rest delivered.
func TestTorn(t *testing.T) {
	store, dir := newFlaky(t), t.TempDir()
	dead := filepath.Join(dir, "DEAD")
	if err := os.Mkdir(dead, 0o700); err != nil {
		t.Fatal(err)
	}
	const head = `{"bucket":"logs","key":"a/KEY"}` + "\n"
	for name, content := range map[string]string{
		"1.lines":        strings.Replace(head, "KEY", "1", 1) + "whole\nto",
		"2.lines":        strings.Replace(head, "KEY", "2", 1) + "torn",
		"3.lines":        `{"buck`,
		"4.body.partial": strings.Replace(head, "KEY", "4", 1) + "tor",
		"5.body":         strings.Replace(head, "KEY", "data/5", 1) + "body",
	} {
		if err := os.WriteFile(filepath.Join(dead, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, spool.Options{Dir: dir, Store: store})
	defer closed(t, s)
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"a/1": "whole\n", "a/data/5": "body"}, objects(t, store, "logs")); d != "" {
		t.Error(d)
	}
	if got := s.Stats(); got.Damaged != 2 || got.Delivered != 1 || got.Waiting != 0 {
		t.Errorf("%+v", got)
	}
}

// A hundred goroutines lose nothing.
func TestConcurrent(t *testing.T) {
	store := newFlaky(t)
	s := open(t, spool.Options{Dir: t.TempDir(), Store: store, GroupSize: 300})
	done := make(chan error)
	for i := range 100 {
		go func() { done <- s.Append(group, fmt.Appendf(nil, "line %d\n", i), noon) }()
	}
	for range 100 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	closed(t, s)
	all := lines(t, store, "logs")
	for i := range 100 {
		if strings.Count(all, fmt.Sprintf("line %d\n", i)) != 1 {
			t.Errorf("line %d is not there once", i)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	s, err := spool.Open(spool.Options{Dir: b.TempDir(), Store: folder.New(b.TempDir())})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	line := append(bytes.Repeat([]byte("x"), 2000), '\n')
	for b.Loop() {
		if err := s.Append(group, line, noon); err != nil {
			b.Fatal(err)
		}
	}
}
