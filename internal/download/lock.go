package download

import (
	"context"
	"fmt"
	"os"
	"time"
)

// lockFile takes an exclusive lock on the file at path, which it makes, and returns what gives it
// back. The lock goes with the process, however that ends. The file stays: removing it would let
// two processes lock two different files of one name.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	// The system's blocking calls cannot be cancelled, so this asks again and again.
	for delay := 10 * time.Millisecond; ; delay = min(2*delay, time.Second) {
		ok, err := tryLock(f)
		if ok {
			return func() { f.Close() }, nil
		}
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if err := sleep(ctx, delay); err != nil {
			f.Close()
			return nil, err
		}
	}
}

// sleep returns nil after d, or ctx's error when it ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
