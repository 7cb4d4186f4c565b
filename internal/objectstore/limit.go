package objectstore

import (
	"fmt"
	"io"
)

// Limit gives a body that ends with ErrTooLarge instead of its byte after limit.
func Limit(body io.ReadCloser, limit int64) io.ReadCloser {
	return &limited{body, limit}
}

type limited struct {
	io.ReadCloser
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, fmt.Errorf("%w: it is longer than was said", ErrTooLarge)
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return n - 1, fmt.Errorf("%w: it is longer than was said", ErrTooLarge)
	}
	return n, err
}
