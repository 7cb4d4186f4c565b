package engine

import (
	"bytes"
	"strings"
	"sync"
)

const (
	maxOutputLines = 40
	maxLineBytes   = 400
)

// output keeps the last lines that a child printed.
type output struct {
	mu    sync.Mutex
	ended []string
	open  []byte // the line that has no end yet, cut at maxLineBytes
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for rest := b; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		o.open = append(o.open, line[:min(len(line), maxLineBytes-len(o.open))]...)
		if ended {
			o.end()
		}
		rest = after
	}
	return len(b), nil
}

func (o *output) end() {
	if text := strings.TrimSpace(strings.ToValidUTF8(string(o.open), "")); text != "" {
		if len(o.ended) == maxOutputLines {
			o.ended = append(o.ended[:0], o.ended[1:]...)
		}
		o.ended = append(o.ended, text)
	}
	o.open = o.open[:0]
}

// last returns the last n lines.
func (o *output) last(n int) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := append([]string(nil), o.ended...)
	if len(o.open) > 0 {
		lines = append(lines, strings.ToValidUTF8(string(o.open), ""))
	}
	return lines[max(0, len(lines)-n):]
}
