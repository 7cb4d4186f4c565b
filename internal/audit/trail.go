// Package audit keeps the trail of who did what: a line for every request, also of
// those that were refused, and for every change that a command makes, in the form of
// AWS CloudTrail's records. Nothing that was said to a model or by it is in a line, and
// no secret.
//
// A [Trail] is the file, or another writer. [Bedrock] and [STS] tell it of requests.
package audit

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options are what a trail is made of. One of Path and Writer is needed.
type Options struct {
	// Path is that of the first file. When it is full the next ones follow, with .1,
	// .2 and so on behind the name; none is ever written anew or removed.
	Path string
	// Writer takes the lines instead. Each is one call of Write.
	Writer io.Writer
	// FileSize is where the next file begins, in bytes; 0 is 100 MB.
	FileSize int64
	// OnFailure says what happens to a request whose line cannot be written.
	OnFailure OnFailure
	// Log hears when lines can no longer be written, and when they can be again; nil
	// discards that.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// OnFailure is what happens to a request whose line cannot be written.
type OnFailure string

// The ways of OnFailure.
const (
	// Refuse gives no answer without a line.
	Refuse OnFailure = "refuse"
	// Continue answers all the same. The lines are lost, and counted.
	Continue OnFailure = "continue"
)

// Trail takes lines to the end of a file, each by one write. It is safe for concurrent
// use, also by several processes with one file.
type Trail struct {
	o Options

	mu sync.Mutex
	// file is nil where there is a writer.
	file *os.File
	// number is that of the file, info what was known of it when it was opened.
	number int
	info   os.FileInfo
	// torn says that the last write left a part of a line behind.
	torn  bool
	stats Stats
	// failed is when the last line could not be written; zero when it could.
	failed time.Time
}

// Stats say how a trail does.
type Stats struct {
	// Written counts the lines, and Lost those that could not be written.
	Written, Lost int64
}

// Open opens the trail at its end, and makes the file where it is not there.
func Open(o Options) (*Trail, error) {
	o.FileSize = cmp.Or(o.FileSize, 100_000_000)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	t := &Trail{o: o}
	if o.Writer != nil {
		return t, nil
	}
	for t.exists(t.number + 1) {
		t.number++
	}
	if err := t.open(t.number); err != nil {
		return nil, fmt.Errorf("the audit trail: %w", err)
	}
	return t, nil
}

func (t *Trail) name(number int) string {
	if number == 0 {
		return t.o.Path
	}
	return t.o.Path + "." + strconv.Itoa(number)
}

func (t *Trail) exists(number int) bool {
	_, err := os.Stat(t.name(number))
	return err == nil
}

// open goes on in the file of that number.
func (t *Trail) open(number int) error {
	file, err := os.OpenFile(t.name(number), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	if t.file != nil {
		t.file.Close() // all that was written to it is out
	}
	t.file, t.number, t.info = file, number, info
	// How another process has left it is not known: an empty line harms nobody.
	t.torn = info.Size() > 0
	return nil
}

// follow goes on in the next file when this one is full, and in a new one when
// somebody has moved or removed it: what is written to a file without a name is lost.
func (t *Trail) follow() error {
	switch info, err := os.Stat(t.name(t.number)); {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	case err != nil || !os.SameFile(info, t.info):
		return t.open(t.number)
	case info.Size() >= t.o.FileSize:
		return t.open(t.number + 1)
	}
	return nil
}

// write keeps a line, which ends with its line feed. The error says that it is not
// kept.
func (t *Trail) write(line []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.try(line); err != nil {
		t.stats.Lost++
		return err
	}
	t.stats.Written++
	return nil
}

// try is append that notes, and tells the log, whether the trail can be written.
func (t *Trail) try(line []byte) error {
	err := t.append(line)
	switch {
	case err == nil && !t.failed.IsZero():
		t.failed = time.Time{}
		t.o.Log.Warn("the audit trail goes on", "lost", t.stats.Lost)
	case err != nil && t.failed.IsZero():
		t.o.Log.Error("the audit trail cannot be written", "cause", err, "onFailure", string(t.o.OnFailure))
	}
	if err != nil {
		t.failed = t.o.Now()
	}
	return err
}

// Refuses says whether requests are refused since no line can be written. While that is
// so it tries each time with an empty line, since a server that is asked nothing more
// would never find out.
func (t *Trail) Refuses() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.o.OnFailure == Refuse && !t.failed.IsZero() && t.try([]byte{'\n'}) != nil
}

func (t *Trail) append(line []byte) error {
	if t.o.Writer != nil {
		_, err := t.o.Writer.Write(line)
		return err
	}
	if t.file == nil {
		return os.ErrClosed
	}
	if err := t.follow(); err != nil {
		return err
	}
	if t.torn {
		line = append([]byte{'\n'}, line...)
	}
	n, err := t.file.Write(line)
	t.torn = err != nil && (t.torn || n > 0)
	return err
}

// pause is how long nobody tries a trail that could not be written.
const pause = time.Second

// ready says whether a line may be expected to be written: no model works for an
// answer that nobody gets.
func (t *Trail) ready() bool {
	if t.o.OnFailure != Refuse {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed.IsZero() || t.o.Now().Sub(t.failed) >= pause
}

// Stats says how the trail does.
func (t *Trail) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stats
}

// Close closes the file. Lines that come later are lost.
func (t *Trail) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	return err
}

// clean makes a text that a caller chose fit for a line: not longer than the longest
// names of the API.
func clean(text string) string {
	const longest = 2048
	if len(text) > longest {
		text = text[:longest]
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
