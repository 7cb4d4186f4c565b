package tests

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
)

// maxLog bounds what is kept of a program's log.
const maxLog = 8 << 20

// logWatch keeps the log of a program and tells when a text appears in it. It is
// an io.Writer for exec.Cmd.
type logWatch struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{}
}

func newLogWatch() *logWatch { return &logWatch{changed: make(chan struct{})} }

func (l *logWatch) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.text.Len() < maxLog {
		l.text.Write(p)
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return len(p), nil
}

func (l *logWatch) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait returns once the log contains the text.
func (l *logWatch) wait(ctx context.Context, text string) error {
	for {
		l.mu.Lock()
		found, changed := strings.Contains(l.text.String(), text), l.changed
		l.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the log never says %q: %w", text, ctx.Err())
		}
	}
}
