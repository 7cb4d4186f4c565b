package meter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/saprolite/saprolite/internal/meter"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink is a store in memory, which can be down.
type sink struct {
	mu      sync.Mutex
	records map[string]meter.Record
	groups  int
	down    error
}

func newSink() *sink { return &sink{records: map[string]meter.Record{}} }

func (s *sink) AddUsage(_ context.Context, records []meter.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return s.down
	}
	s.groups++
	for _, r := range records {
		if _, known := s.records[r.RequestID]; !known {
			s.records[r.RequestID] = r
		}
	}
	return nil
}

func (s *sink) setDown(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = err
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.records)
}

func open(t testing.TB, o meter.JournalOptions) *meter.Journal {
	t.Helper()
	j, err := meter.OpenJournal(o)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func closed(t testing.TB, j *meter.Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func record(i int) meter.Record {
	return meter.Record{
		RequestID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Time: time.UnixMicro(1_764_000_000_000_000 + int64(i)).UTC(),
		Account: "000000000000", Principal: "arn:aws:iam::000000000000:user/development", Operation: "Converse",
		Model: "anthropic.claude-3-haiku-20240307-v1:0", Provider: "local", ServiceTier: "default", Status: 200,
		Counts:     meter.Counts{InputTokens: 12, OutputTokens: 345, CacheReadTokens: 6, CacheWriteTokens: 7, Images: 8, Embeddings: 9, GuardrailUnits: 10},
		FirstToken: 12 * time.Millisecond, Total: 345 * time.Millisecond, Cost: 67_000, Metadata: map[string]string{"team": "a"},
	}
}

// Records arrive as they were, and nothing is left in the folder but its lock.
func TestJournalMoves(t *testing.T) {
	dir, store := filepath.Join(t.TempDir(), "new"), newSink()
	j := open(t, meter.JournalOptions{Dir: dir, Sink: store, FileSize: 1000})
	for i := range 100 {
		j.Append(record(i))
	}
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := j.Stats(); got.Appended != 100 || got.Moved != 100 || got.Waiting != 0 {
		t.Errorf("%+v", got)
	}
	closed(t, j)
	for i := range 100 {
		want := record(i)
		if d := cmp.Diff(want, store.records[want.RequestID]); d != "" {
			t.Fatal(d)
		}
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("left behind: %v", got)
	}
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// It moves by itself, in groups.
func TestJournalGroups(t *testing.T) {
	store := newSink()
	j := open(t, meter.JournalOptions{Dir: t.TempDir(), Sink: store, Interval: time.Millisecond})
	for i := range 2000 {
		j.Append(record(i))
	}
	for j.Stats().Moved < 2000 {
		time.Sleep(time.Millisecond)
	}
	closed(t, j)
	if store.groups >= 2000 {
		t.Errorf("%d groups", store.groups)
	}
}

// While the store is down, records wait on the disk; the next process brings them.
func TestJournalStoreDown(t *testing.T) {
	// A name that would mean something in a pattern.
	dir, store := filepath.Join(t.TempDir(), "[data]*"), newSink()
	store.setDown(errors.New("down"))
	j := open(t, meter.JournalOptions{Dir: dir, Sink: store, Interval: time.Millisecond, FileSize: 10_000})
	for i := range 100 {
		j.Append(record(i))
	}
	for j.Stats().Failures == 0 {
		time.Sleep(time.Millisecond)
	}
	if got := j.Stats(); got.Moved != 0 || got.Waiting == 0 || got.Lost != 0 {
		t.Errorf("%+v", got)
	}
	if err := j.Close(); err == nil {
		t.Error("the end tells nothing")
	}
	store.setDown(nil)
	j = open(t, meter.JournalOptions{Dir: dir, Sink: store})
	if got := store.count(); got != 100 {
		t.Errorf("%d records when the folder is open again", got)
	}
	closed(t, j)
}

// The log has one line when the store is away, and one when it is back.
func TestJournalTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store := newSink()
		j := open(t, meter.JournalOptions{Dir: t.TempDir(), Sink: store, Log: slog.New(slog.NewTextHandler(&log, nil))})
		store.setDown(errors.New("out of order"))
		j.Append(record(1))
		time.Sleep(time.Hour)
		store.setDown(nil)
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if store.count() != 1 {
			t.Error("the store is back for seconds and does not have the record")
		}
		closed(t, j)
		told := log.String()
		if strings.Count(told, "out of order") != 1 || strings.Count(told, "the store takes usage again") != 1 {
			t.Errorf("the log has\n%s", told)
		}
	})
}

// deaf is a sink that does not answer.
type deaf struct{}

func (deaf) AddUsage(ctx context.Context, _ []meter.Record) error {
	<-ctx.Done()
	return ctx.Err()
}

// A store that hangs does not hold up the end.
func TestJournalClosesWithoutStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		j := open(t, meter.JournalOptions{Dir: dir, Sink: deaf{}})
		j.Append(record(1))
		time.Sleep(time.Second)
		start := time.Now()
		if err := j.Close(); err == nil {
			t.Error("the end tells nothing")
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the end took %v", took)
		}
		store := newSink()
		closed(t, open(t, meter.JournalOptions{Dir: dir, Sink: store}))
		if store.count() != 1 {
			t.Error("the record is lost")
		}
	})
}

// What is above the bound waits in memory, and moves first.
func TestJournalFull(t *testing.T) {
	store := newSink()
	store.setDown(errors.New("down"))
	j := open(t, meter.JournalOptions{Dir: t.TempDir(), Sink: store, MaxWaiting: 5_000, Interval: time.Hour})
	const many = 10_020
	for i := range many {
		j.Append(record(i))
	}
	stats := j.Stats()
	if stats.Waiting > 5_000 || stats.Kept != 10_000 || stats.Lost == 0 || stats.Lost > 20 {
		t.Errorf("%+v", stats)
	}
	store.setDown(nil)
	closed(t, j)
	if got := int64(store.count()); got != many-stats.Lost {
		t.Errorf("%d records, %d are lost", got, stats.Lost)
	}
}

// Of what a killed process left, a line that is cut off is passed over, and one that
// was changed, and all others are there, once.
func TestJournalTorn(t *testing.T) {
	dir, store := t.TempDir(), newSink()
	store.setDown(errors.New("down"))
	j := open(t, meter.JournalOptions{Dir: dir, Sink: store, Interval: time.Hour})
	for i := range 10 {
		j.Append(record(i))
	}
	if err := j.Close(); err == nil {
		t.Fatal("closed")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.journal"))
	if err != nil || len(paths) != 1 {
		t.Fatal(paths, err)
	}
	content, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2]++
	content = append(append(content, content...), content[:50]...)
	if err := os.WriteFile(paths[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	store.setDown(nil)
	j = open(t, meter.JournalOptions{Dir: dir, Sink: store})
	if got := j.Stats(); store.count() != 9 || got.Damaged != 3 {
		t.Errorf("%d records, %+v", store.count(), got)
	}
	closed(t, j)
}

// Processes that live share a folder, and take nothing from each other.
func TestJournalsShareAFolder(t *testing.T) {
	dir, first, second := t.TempDir(), newSink(), newSink()
	a := open(t, meter.JournalOptions{Dir: dir, Sink: first, Interval: time.Hour})
	a.Append(record(1))
	b := open(t, meter.JournalOptions{Dir: dir, Sink: second, Interval: time.Hour})
	b.Append(record(2))
	a.Append(record(3))
	closed(t, b)
	closed(t, a)
	if first.count() != 2 || second.count() != 1 {
		t.Errorf("%d and %d records", first.count(), second.count())
	}
	a.Append(record(4)) // too late, and not a fault
	if got := a.Stats(); got.Lost != 1 {
		t.Errorf("what came too late is not counted: %+v", got)
	}
}

// A record that comes while the journal is closed is moved, left for the next process,
// or counted as lost.
func TestJournalCloses(t *testing.T) {
	dir, store := t.TempDir(), newSink()
	for i := range 20 {
		j := open(t, meter.JournalOptions{Dir: dir, Sink: store, Interval: time.Hour})
		before := store.count()
		var adding sync.WaitGroup
		const many = 100
		adding.Go(func() {
			for k := range many {
				j.Append(record(i*many + k))
			}
		})
		for j.Stats().Appended < many/4 {
			runtime.Gosched()
		}
		closed(t, j)
		adding.Wait()
		lost := int(j.Stats().Lost)
		closed(t, open(t, meter.JournalOptions{Dir: dir, Sink: store}))
		if got := store.count() - before; got+lost != many {
			t.Fatalf("%d records arrived, and %d are lost", got, lost)
		}
	}
}

// Texts that a database refuses do not hold up the others.
func TestJournalMendsTexts(t *testing.T) {
	store := newSink()
	j := open(t, meter.JournalOptions{Dir: t.TempDir(), Sink: store})
	j.Append(meter.Record{RequestID: "1", Metadata: map[string]string{"a\x00": "b\xff", "\n": "\""}})
	closed(t, j)
	want := map[string]string{"a\ufffd": "b\ufffd", "\n": "\""}
	if d := cmp.Diff(want, store.records["1"].Metadata); d != "" {
		t.Error(d)
	}
}

func BenchmarkAppend(b *testing.B) {
	j := open(b, meter.JournalOptions{Dir: b.TempDir(), Sink: newSink(), Interval: time.Hour})
	defer j.Close()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		j.Append(record(i))
	}
}
