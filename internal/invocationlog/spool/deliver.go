package spool

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/saprolite/saprolite/internal/objectstore"
)

const (
	// atOnce is how many objects are written at the same time.
	atOnce = 4
	// putTime bounds the wait for the store to take one object.
	putTime = time.Minute
	// closeTime bounds the delivery at the end of a process.
	closeTime = 10 * time.Second
	maxPause  = time.Minute
)

// run delivers until the spool is closed.
func (s *Spool) run(ctx context.Context) {
	defer close(s.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	pause := time.Duration(0)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			if pause > 0 {
				continue // the timer is for that
			}
		case <-timer.C:
		}
		next := s.sealDue(time.Now())
		err := s.deliver(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && pause == 0:
			s.o.Log.Error("the object store does not take the invocation log, which waits on the disk", "cause", err)
			pause = s.o.Pause
		case err != nil:
			pause = min(2*pause, maxPause)
		case pause > 0:
			s.o.Log.Info("the object store takes the invocation log again")
			pause = 0
		}
		if pause > 0 {
			next = pause
		}
		timer.Reset(next)
	}
}

// sealDue lets those parcels of lines go that have waited long enough, and says how
// long the others have yet.
func (s *Spool) sealDue(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := time.Hour
	for g, p := range s.open {
		left := s.o.GroupTime - now.Sub(p.since)
		if left <= 0 {
			s.seal(g)
			continue
		}
		next = min(next, left)
	}
	return next
}

// Flush delivers everything that was appended before.
func (s *Spool) Flush(ctx context.Context) error {
	s.sealAll()
	return s.deliver(ctx)
}

func (s *Spool) sealAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for g := range s.open {
		s.seal(g)
	}
}

// deliver brings all that is ready to the store. When it fails for one bucket again
// and again, what else is for that waits for the next time, and is tried first then.
func (s *Spool) deliver(ctx context.Context) error {
	s.delivering.Lock()
	defer s.delivering.Unlock()
	s.mu.Lock()
	ready := s.ready
	s.ready = nil
	s.mu.Unlock()
	var round round
	slots := make(chan struct{}, atOnce)
	var writing sync.WaitGroup
	for _, p := range ready {
		slots <- struct{}{}
		writing.Go(func() {
			defer func() { <-slots }()
			if round.skip(p) {
				return
			}
			err := s.put(ctx, p)
			s.settle(p, err)
			round.add(p, err)
		})
	}
	writing.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = append(append(round.left, s.ready...), round.failed...)
	return round.err
}

// round is one attempt at all that is ready.
type round struct {
	mu sync.Mutex
	// left were not tried, failed were.
	left, failed []*parcel
	// failures counts by bucket.
	failures map[string]int
	err      error
}

// maxFailures is how many a bucket may have in a round. More than one: the store may
// have something against one object alone.
const maxFailures = 4

// skip leaves what is for a bucket that fails.
func (r *round) skip(p *parcel) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures[p.name.Bucket] >= maxFailures {
		r.left = append(r.left, p)
		return true
	}
	return false
}

func (r *round) add(p *parcel, err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failures == nil {
		r.failures = map[string]int{}
	}
	r.failures[p.name.Bucket]++
	r.failed = append(r.failed, p)
	r.err = cmp.Or(r.err, err)
}

func (s *Spool) put(ctx context.Context, p *parcel) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	content, err := p.compressed()
	if errors.Is(err, os.ErrNotExist) {
		s.lost(p)
		return nil
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	return s.o.Store.Put(ctx, p.name, objectstore.Content{
		Body: bytes.NewReader(content), Type: "application/json", Encoding: "gzip",
	})
}

// lost counts a file that somebody else has removed.
func (s *Spool) lost(p *parcel) {
	s.o.Log.Error("a file of invocations is gone before the store had it", "file", p.path)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Damaged++
	p.lines = 0
}

// settle counts what became of a parcel, and forgets one that the store has.
func (s *Spool) settle(p *parcel, err error) {
	if err == nil {
		if err := remove(p.path); err != nil {
			s.o.Log.Warn("a file of invocations that the store has cannot be removed", "cause", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.stats.Failures++
		return
	}
	s.stats.Delivered += p.lines
	s.stats.Waiting -= footprint(p.size)
}

// Close delivers what waits, for some seconds, and ends the spool. What is left is
// delivered when the folder is opened again.
func (s *Spool) Close() error {
	s.stop()
	<-s.ended
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	if err := s.Flush(ctx); err != nil {
		s.o.Log.Warn("a part of the invocation log waits on the disk for the next start", "cause", err)
	}
	if s.node == nil {
		return nil
	}
	return s.node.leave()
}
