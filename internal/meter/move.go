package meter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	// moveTime bounds the wait for the sink to take a group.
	moveTime = 30 * time.Second
	// closeTime bounds that at the beginning and the end of a process.
	closeTime = 5 * time.Second
	// maxPause is the longest pause after a failure of the sink; the first is the
	// interval. It is how late the sink hears of what was used while it was away.
	maxPause = 5 * time.Second
	// adoptTime is how often somebody looks for the files of dead processes.
	adoptTime = time.Minute
)

// run moves records until ctx ends.
func (j *Journal) run(ctx context.Context) {
	defer close(j.ended)
	adopting := time.NewTicker(adoptTime)
	defer adopting.Stop()
	pause := j.o.Interval
	for {
		select {
		case <-ctx.Done():
			return
		case <-adopting.C:
			if err := j.adopt(); err != nil {
				j.o.Log.Warn("the usage of dead processes cannot be taken over", "cause", err)
			}
		case <-j.added:
			if !wait(ctx, pause) {
				return
			}
		}
		// A sink that hangs does not hold up the end, which tries once more.
		bounded, cancel := context.WithTimeout(ctx, moveTime)
		err := j.move(bounded)
		cancel()
		if ctx.Err() != nil {
			return
		}
		pause = j.pauseAfter(err, pause)
	}
}

// pauseAfter is how long records gather after a move that ended so, where the pause
// before it was that long. The log hears when the trouble begins and when it ends.
func (j *Journal) pauseAfter(err error, pause time.Duration) time.Duration {
	if err == nil {
		if pause != j.o.Interval {
			j.o.Log.Info("the store takes usage again")
		}
		return j.o.Interval
	}
	if pause == j.o.Interval {
		j.o.Log.Error("the store does not take usage, which waits on the disk", "cause", err)
	}
	select { // it is tried again without another record
	case j.added <- struct{}{}:
	default:
	}
	return min(2*pause, maxPause)
}

// wait is false when ctx ends.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Flush brings what was appended before to the sink.
func (j *Journal) Flush(ctx context.Context) error { return j.move(ctx) }

// move brings all that waits to the sink, group by group.
func (j *Journal) move(ctx context.Context) error {
	j.moving.Lock()
	defer j.moving.Unlock()
	if err := j.moveKept(ctx); err != nil {
		return err
	}
	for {
		j.mu.Lock()
		if len(j.files) == 0 {
			j.mu.Unlock()
			return nil
		}
		first, size, last := j.files[0], j.files[0].size, complete
		if len(j.files) == 1 {
			last = growing
		}
		j.mu.Unlock()
		more, err := j.moveFrom(ctx, first, size, last)
		if err != nil || !more && last == growing {
			return err
		}
		if more {
			continue
		}
		if err := j.drop(first); err != nil {
			return err
		}
	}
}

// moveFrom brings one group to the sink. It is false when nothing more of the file
// can be read.
func (j *Journal) moveFrom(ctx context.Context, s *segment, size int64, last lastLine) (bool, error) {
	if s.moved >= size {
		return false, nil
	}
	records, end, damaged, err := s.read(j.buffer, size, last)
	if err != nil {
		return false, err
	}
	if len(records) > 0 {
		if err := j.add(ctx, records); err != nil {
			return false, err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.stats.Damaged += int64(damaged)
	j.stats.Waiting -= end - s.moved
	more := end > s.moved
	s.moved = end
	return more, nil
}

// moveKept brings what waits in memory to the sink.
func (j *Journal) moveKept(ctx context.Context) error {
	j.mu.Lock()
	kept := j.kept
	j.mu.Unlock()
	if len(kept) == 0 {
		return nil
	}
	if err := j.add(ctx, kept); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	// Others came meanwhile.
	j.kept = append([]Record(nil), j.kept[len(kept):]...)
	return nil
}

func (j *Journal) add(ctx context.Context, records []Record) error {
	err := j.o.Sink.AddUsage(ctx, records)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.stats.Failures++
		return err
	}
	j.stats.Moved += int64(len(records))
	return nil
}

// drop ends a file that the sink has whole.
func (j *Journal) drop(s *segment) error {
	err := errors.Join(s.file.Close(), os.Remove(s.path))
	j.mu.Lock()
	defer j.mu.Unlock()
	// The files of dead processes may have come ahead of it.
	for i := range j.files {
		if j.files[i] == s {
			j.files = append(j.files[:i:i], j.files[i+1:]...)
			break
		}
	}
	return err
}

// Close brings to the sink what waits, for some seconds, and ends the journal. What
// is left goes there when the folder is opened again.
func (j *Journal) Close() error {
	j.stop()
	<-j.ended
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	err := j.move(ctx)
	if err != nil {
		err = fmt.Errorf("the last usage waits on the disk for the next start: %w", err)
	}
	left, closeErr := j.closeFiles()
	return errors.Join(err, closeErr, j.node.leave(!left))
}

// closeFiles closes the files, and removes those that the sink has whole. It says whether
// some are left.
func (j *Journal) closeFiles() (left bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.kept) > 0 {
		j.o.Log.Error("usage is lost: neither a file nor the store took it", "records", len(j.kept))
		j.stats.Lost += int64(len(j.kept))
		j.kept = nil
	}
	for _, s := range j.files {
		err = errors.Join(err, s.file.Close())
		if s.moved < s.size {
			left = true
			continue
		}
		err = errors.Join(err, os.Remove(s.path))
	}
	j.files = nil
	return left, err
}
