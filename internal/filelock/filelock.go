// Package filelock locks files between processes. A lock goes with its process,
// however that ends.
package filelock

import (
	"context"
	"fmt"
	"os"
	"time"
)

// Lock takes an exclusive lock on the file at path, which it makes, and returns
// what gives it back. It waits until ctx ends. The file stays: removing it would
// let two processes lock two different files of one name.
func Lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	// The system's blocking calls cannot be cancelled, so this asks again and again.
	for delay := 10 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		ok, err := try(f)
		if ok {
			return func() { f.Close() }, nil
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			f.Close()
			return nil, context.Cause(ctx)
		}
	}
}
