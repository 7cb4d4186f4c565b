package transport

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// every is how often files are looked at.
const every = time.Second

// followed is what was read from files. What they hold now replaces it, if it can be
// read.
type followed[T any] struct {
	paths []string
	read  func() (T, error)
	// what names it, as "the certificate".
	what    string
	log     *slog.Logger
	current atomic.Pointer[T]

	mu   sync.Mutex
	seen []fs.FileInfo
}

func (f *followed[T]) get() T { return *f.current.Load() }

// refresh reads the files when they have changed, and also when they could not be
// read the last time.
func (f *followed[T]) refresh() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	// What changes while it is read is found changed the next time.
	now, err := stat(f.paths)
	if err != nil {
		return err
	}
	if same(f.seen, now) {
		return nil
	}
	next, err := f.read()
	if err != nil {
		return err
	}
	f.current.Store(&next)
	if f.seen != nil {
		f.log.Info(f.what+" was read anew", "file", f.paths[0])
	}
	f.seen = now
	return nil
}

func (f *followed[T]) run(ctx context.Context) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	var last string
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		err := f.refresh()
		switch {
		case err == nil:
			last = ""
		case err.Error() != last:
			// The same trouble is told once.
			last = err.Error()
			f.log.Error(f.what+" could not be read anew; what was known before stays", "error", err)
		}
	}
}

func stat(paths []string) ([]fs.FileInfo, error) {
	infos := make([]fs.FileInfo, len(paths))
	for i, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", path, err)
		}
		infos[i] = info
	}
	return infos, nil
}

func same(before, now []fs.FileInfo) bool {
	if len(before) != len(now) {
		return false
	}
	for i := range now {
		if !os.SameFile(before[i], now[i]) || before[i].Size() != now[i].Size() || !before[i].ModTime().Equal(now[i].ModTime()) {
			return false
		}
	}
	return true
}
