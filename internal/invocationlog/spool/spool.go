// Package spool brings lines and bodies to an object store by way of files: what was
// appended outlives this process, however that ends, and waits for a store that does
// not answer on the disk.
//
// A parcel is a file that becomes one object. Lines are gathered in parcels, one for
// each group; a body has one of its own. The name of the object is in the file, so
// that a parcel that is delivered twice is there once.
package spool

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/objectstore"
)

// Options are what a spool is made of.
type Options struct {
	// Dir is the folder of the files, which several processes may share. It is made
	// when something is appended.
	Dir   string
	Store objectstore.Store
	// Log hears of what goes wrong; nil discards it.
	Log *slog.Logger
	// Limit bounds what waits, in bytes of the disk; 0 is 1 GiB. With Grow nothing is
	// dropped over it: who appends asks Full before it makes more work.
	Limit int64
	Grow  bool
	// GroupSize is the size in bytes at which a group of lines goes; 0 is 5 MB.
	GroupSize int64
	// GroupTime is how long lines wait for others; 0 is a minute.
	GroupTime time.Duration
	// Pause is the first one after a failure of the store; 0 is a second. Each is
	// twice the one before, up to a minute.
	Pause time.Duration
}

// Group is where lines go together.
type Group struct {
	// Bucket and Prefix are those of the object, whose key Key makes of the prefix and
	// the time.
	Bucket, Prefix string
}

// Body is an object of its own.
type Body struct {
	Name    objectstore.Name
	Content []byte
}

// Stats say how a spool does.
type Stats struct {
	// Appended counts lines, Delivered those that the store has, Dropped those that
	// nothing took. Damaged counts what killed processes left incomplete.
	Appended, Delivered, Dropped, Damaged int64
	// Failures counts the times that the store failed.
	Failures int64
	// Waiting is what waits, in bytes of the disk.
	Waiting int64
}

var (
	errFull   = errors.New("too much waits for the object store")
	errClosed = errors.New("the spool is closed")
)

// Spool takes lines and bodies. It is safe for concurrent use.
type Spool struct {
	o Options

	mu sync.Mutex
	// node is nil until there is something to own.
	node *node
	// open are the parcels that grow, ready those that wait for the store.
	open   map[Group]*parcel
	ready  []*parcel
	stats  Stats
	failed time.Time
	closed bool

	// delivering is held by who delivers.
	delivering sync.Mutex

	wake  chan struct{}
	stop  context.CancelFunc
	ended chan struct{}
}

// Open opens a spool. What dead processes left in its folder is delivered.
func Open(o Options) (*Spool, error) {
	o.Limit = cmp.Or(o.Limit, 1<<30)
	o.GroupSize = cmp.Or(o.GroupSize, 5_000_000)
	o.GroupTime = cmp.Or(o.GroupTime, time.Minute)
	o.Pause = cmp.Or(o.Pause, time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Spool{o: o, open: map[Group]*parcel{}, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	if err := s.adopt(); err != nil {
		return nil, err
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go s.run(ctx)
	return s, nil
}

// Append keeps a line of a group, and the bodies that it refers to. When it returns
// nil, they outlive this process. The error says why nothing is kept; it is counted
// and told already.
func (s *Spool) Append(g Group, line []byte, at time.Time, bodies ...Body) error {
	err := s.append(g, line, at, bodies)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Appended++
	if err == nil {
		return nil
	}
	if !errors.Is(err, errFull) {
		s.failed = time.Now()
	}
	s.stats.Dropped++
	if n := s.stats.Dropped; n&(n-1) == 0 { // the 1st, 2nd, 4th and so on
		s.o.Log.Error("records of invocations are lost", "records", n, "cause", err)
	}
	return err
}

func (s *Spool) append(g Group, line []byte, at time.Time, bodies []Body) error {
	size := int64(len(line))
	for _, body := range bodies {
		size += footprint(int64(len(body.Content)))
	}
	n, err := s.admit(size)
	if err != nil {
		return err
	}
	var whole []*parcel
	for _, body := range bodies {
		p, err := writeParcel(n.newPath(bodyExt), body)
		if err != nil {
			return errors.Join(err, discard(whole))
		}
		whole = append(whole, p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.appendLine(g, line, at); err != nil {
		return errors.Join(err, discard(whole))
	}
	for _, p := range whole {
		s.enqueue(p)
	}
	return nil
}

// admit gives the folder to write to, where there is room.
func (s *Spool) admit(size int64) (*node, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, errClosed
	case s.stats.Waiting+size > s.o.Limit && !s.o.Grow:
		return nil, errFull
	}
	if s.node == nil {
		var err error
		if s.node, err = newNode(s.o.Dir); err != nil {
			return nil, err
		}
	}
	return s.node, nil
}

// appendLine writes a line to the parcel of its group by one write.
func (s *Spool) appendLine(g Group, line []byte, at time.Time) error {
	if s.closed {
		return errClosed
	}
	p := s.open[g]
	if p == nil {
		if len(s.open) >= maxOpen {
			s.seal(s.oldest())
		}
		var err error
		if p, err = beginParcel(s.node.newPath(linesExt), objectstore.Name{Bucket: g.Bucket, Key: g.Key(at)}); err != nil {
			return err
		}
		s.open[g] = p
		s.stats.Waiting += footprint(p.size)
		s.signal()
	}
	before := footprint(p.size)
	err := p.append(line)
	s.stats.Waiting += footprint(p.size) - before
	if err != nil || p.size >= s.o.GroupSize {
		s.seal(g)
	}
	return err
}

// maxOpen bounds the parcels that grow at the same time.
const maxOpen = 256

func (s *Spool) oldest() Group {
	var first Group
	var since time.Time
	for g, p := range s.open {
		if since.IsZero() || p.since.Before(since) {
			first, since = g, p.since
		}
	}
	return first
}

// seal lets a parcel of lines go.
func (s *Spool) seal(g Group) {
	p := s.open[g]
	delete(s.open, g)
	if err := p.file.Close(); err != nil {
		s.o.Log.Warn("a file of invocations does not close", "cause", err)
	}
	p.file = nil
	s.stats.Waiting -= footprint(p.size)
	s.enqueue(p)
}

// enqueue takes a parcel that is whole.
func (s *Spool) enqueue(p *parcel) {
	s.ready = append(s.ready, p)
	s.stats.Waiting += footprint(p.size)
	s.signal()
}

func (s *Spool) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// failedTime is how long one failure of the disk counts.
const failedTime = 5 * time.Second

// Full says whether another line would be dropped: too much waits, or the disk
// refused the last one a moment ago.
func (s *Spool) Full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats.Waiting >= s.o.Limit || !s.failed.IsZero() && time.Since(s.failed) < failedTime
}

// Stats says how the spool does.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}
