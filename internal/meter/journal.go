package meter

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Sink is where records go for good. Those whose request id it has are passed over.
type Sink interface {
	AddUsage(ctx context.Context, records []Record) error
}

// JournalOptions are what a journal is made of.
type JournalOptions struct {
	// Dir is the folder of its files, which several processes may share.
	Dir  string
	Sink Sink
	// Log hears of what goes wrong; nil discards it.
	Log *slog.Logger
	// FileSize is where the next file begins; 0 is 4 MiB.
	FileSize int64
	// MaxWaiting bounds what waits for the sink, in bytes of all files; 0 is 1 GiB.
	MaxWaiting int64
	// Interval is how long records gather for a group; 0 is 200 ms.
	Interval time.Duration
}

// maxKept bounds the records that wait in memory, since the disk takes no more.
const maxKept = 10_000

// Journal keeps records until the sink has them. A record is in a file when Append
// returns: it outlives this process, however that ends, and goes to the sink when
// the next one opens the folder. The files are the queue, so that a sink that does
// not answer costs no memory.
//
// When no file takes a record, since the disk is full or MaxWaiting is reached, it
// waits in memory, and is lost when there are too many of them or the process is
// killed. Nobody's answer waits for that.
type Journal struct {
	o    JournalOptions
	node *node

	mu sync.Mutex
	// files are those with something that waits; the last one grows.
	files []*segment
	// kept wait in memory.
	kept  []Record
	stats JournalStats

	// moving is held by who moves records.
	moving sync.Mutex
	buffer []byte

	added chan struct{}
	stop  context.CancelFunc
	ended chan struct{}
}

// JournalStats say how a journal does.
type JournalStats struct {
	// Appended counts the records, Moved those that the sink has taken, Kept those
	// that no file took, and Lost those that nothing took. Damaged counts lines that
	// could not be read.
	Appended, Moved, Kept, Lost, Damaged int64
	// Failures counts the times that the sink failed.
	Failures int64
	// Waiting is what waits in files, in bytes.
	Waiting int64
}

// OpenJournal opens the journal of this process in a folder, which it makes. What
// dead processes left there is brought to the sink, where that answers.
func OpenJournal(o JournalOptions) (*Journal, error) {
	o.FileSize = cmp.Or(o.FileSize, 4<<20)
	o.MaxWaiting = cmp.Or(o.MaxWaiting, 1<<30)
	o.Interval = cmp.Or(o.Interval, 200*time.Millisecond)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	n, err := newNode(o.Dir)
	if err != nil {
		return nil, err
	}
	j := &Journal{
		o: o, node: n, buffer: make([]byte, batch),
		added: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	if err := j.open(); err != nil {
		left, closeErr := j.closeFiles()
		return nil, errors.Join(err, closeErr, n.leave(!left))
	}
	var ctx context.Context
	ctx, j.stop = context.WithCancel(context.Background())
	go j.run(ctx)
	return j, nil
}

func (j *Journal) open() error {
	if err := j.adopt(); err != nil {
		return err
	}
	left := len(j.files) > 0
	// Theirs are whole: the one that grows is ours.
	if err := j.grow(); err != nil || !left {
		return err
	}
	// What was spent is known before anybody asks for more.
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := j.move(ctx); err != nil {
		j.o.Log.Warn("the usage of an earlier run waits", "cause", err)
	}
	return nil
}

// adopt takes over what dead processes left.
func (j *Journal) adopt() error {
	paths, err := j.node.adopt()
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, path := range paths {
		s, openErr := openSegment(path)
		if openErr != nil {
			err = errors.Join(err, openErr)
			continue
		}
		j.stats.Waiting += s.size
		// Ahead of the one that grows.
		j.files = append([]*segment{s}, j.files...)
	}
	return err
}

// grow begins the next file.
func (j *Journal) grow() error {
	s, err := openSegment(j.node.newPath())
	if err == nil {
		j.files = append(j.files, s)
	}
	return err
}

// Append keeps a record, by one write to a file. It does not fail: a record that no
// file takes waits in memory.
func (j *Journal) Append(r Record) {
	text, err := appendLine(nil, &r)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stats.Appended++
	if err == nil {
		err = j.write(text)
	}
	if err != nil {
		j.keep(r, err)
	}
	select {
	case j.added <- struct{}{}:
	default:
	}
}

var (
	// errFull means that the sink has not answered for very long.
	errFull   = errors.New("too much usage waits for the store")
	errClosed = errors.New("the journal is closed")
)

func (j *Journal) write(text []byte) error {
	if len(j.files) == 0 {
		return errClosed
	}
	if j.stats.Waiting+int64(len(text)) > j.o.MaxWaiting {
		return errFull
	}
	last := j.files[len(j.files)-1]
	if last.size >= j.o.FileSize && j.grow() == nil {
		last = j.files[len(j.files)-1]
	}
	before := last.size
	err := last.append(text)
	j.stats.Waiting += last.size - before
	return err
}

func (j *Journal) keep(r Record, cause error) {
	if len(j.kept) >= maxKept || errors.Is(cause, errClosed) {
		j.stats.Lost++
		if j.stats.Lost == 1 || j.stats.Lost%maxKept == 0 {
			j.o.Log.Error("usage is lost", "records", j.stats.Lost, "cause", cause)
		}
		return
	}
	if len(j.kept) == 0 {
		j.o.Log.Error("usage waits in memory: no file takes it", "cause", cause)
	}
	j.stats.Kept++
	j.kept = append(j.kept, r)
}

// Stats says how the journal does.
func (j *Journal) Stats() JournalStats {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stats
}
