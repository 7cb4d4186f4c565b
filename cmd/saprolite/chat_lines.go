package main

import (
	"bufio"
	"context"
	"io"
)

// maxLine bounds a line of a conversation, in bytes.
const maxLine = 1 << 20

// lines are those of an input, to be waited for no longer than one likes.
type lines struct {
	texts chan string
	err   error // why there are no more; read after texts is closed
}

// readLines reads lines until the input ends. Nothing ends a read from a terminal
// before a line is there: what reads then ends with the program.
func readLines(in io.Reader) *lines {
	l := &lines{texts: make(chan string), err: io.EOF}
	go func() {
		defer close(l.texts)
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, maxLine)
		for scanner.Scan() {
			l.texts <- scanner.Text()
		}
		if err := scanner.Err(); err != nil {
			l.err = err
		}
	}()
	return l
}

// next gives the next line. The error is io.EOF after the last, that of the input,
// or that of ctx.
func (l *lines) next(ctx context.Context) (string, error) {
	select {
	case text, ok := <-l.texts:
		if !ok {
			return "", l.err
		}
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
