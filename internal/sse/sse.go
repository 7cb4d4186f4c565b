// Package sse reads server-sent events, the text/event-stream of the HTML
// standard, as model servers write them: of an event only its data matters, so
// names, ids and retry hints are skipped, and comments (servers send them to
// keep connections open) too.
//
// It differs from the standard in two points. A line does not end by a carriage
// return alone. And data at the end of a stream that lacks its blank line is an
// event: servers forget the line, and an event that was really cut off does not
// parse.
package sse

import (
	"bytes"
	"errors"
	"io"
)

// ErrTooLong is the error of an event that is longer than the reader's bound.
var ErrTooLong = errors.New("a server-sent event is too long")

// Reader reads the events of one stream.
type Reader struct {
	src io.Reader
	max int
	// buf[head:end] is read and not yet delivered: the event under way.
	buf       []byte
	head, end int
	err       error
	joined    []byte
}

const (
	firstBuffer = 4 << 10
	// A source that gives neither bytes nor an error this often in a row is broken.
	maxEmptyReads = 100
)

// NewReader reads events of at most limit bytes, comments and names included.
func NewReader(src io.Reader, limit int) *Reader {
	return &Reader{src: src, max: limit, buf: make([]byte, min(firstBuffer, limit))}
}

// Next gives the data of the next event that has any: its data lines, joined by
// newlines. The slice is valid until the next call. At the end the error is io.EOF; it is
// ErrTooLong, or the source's, when the stream cannot be read on.
func (r *Reader) Next() ([]byte, error) {
	var first span
	lines := 0
	for at := 0; ; {
		line, next, err := r.line(at)
		if err != nil && (lines == 0 || err != io.EOF) {
			return nil, err
		}
		at = next
		if line.empty() { // the end of an event, or of the stream
			data := r.data(first, lines)
			r.head += at
			if len(data) > 0 {
				return data, nil
			}
			at, lines = 0, 0
			continue
		}
		value, ok := dataOf(r.at(line))
		if !ok {
			continue
		}
		value.from, value.to = value.from+line.from, value.to+line.from
		switch lines {
		case 0:
			first = value
		case 1:
			r.joined = append(append(r.joined[:0], r.at(first)...), '\n')
			r.joined = append(r.joined, r.at(value)...)
		default:
			r.joined = append(append(r.joined, '\n'), r.at(value)...)
		}
		lines++
	}
}

// span is a part of the event under way, counted from r.head.
type span struct{ from, to int }

func (s span) empty() bool { return s.from == s.to }

func (r *Reader) at(s span) []byte { return r.buf[r.head+s.from : r.head+s.to] }

func (r *Reader) data(first span, lines int) []byte {
	switch lines {
	case 0:
		return nil
	case 1:
		return r.at(first)
	}
	return r.joined
}

// line finds the line that begins at offset from, without its end, and where the
// next one begins. The last line of a stream needs no end.
func (r *Reader) line(from int) (line span, next int, err error) {
	for searched := from; ; {
		if i := bytes.IndexByte(r.buf[r.head+searched:r.end], '\n'); i >= 0 {
			to := searched + i
			return span{from, r.trim(from, to)}, to + 1, nil
		}
		searched = r.end - r.head
		if r.err == nil {
			r.err = r.fill()
			continue
		}
		if r.err == io.EOF && searched > from {
			return span{from, r.trim(from, searched)}, searched, nil
		}
		return span{from, from}, from, r.err
	}
}

// trim takes a carriage return off the end of a line.
func (r *Reader) trim(from, to int) int {
	if to > from && r.buf[r.head+to-1] == '\r' {
		return to - 1
	}
	return to
}

// fill reads more of the event under way.
func (r *Reader) fill() error {
	if r.head > 0 {
		copy(r.buf, r.buf[r.head:r.end])
		r.end -= r.head
		r.head = 0
	}
	if r.end == len(r.buf) {
		if r.end == r.max {
			return ErrTooLong
		}
		r.buf = append(r.buf, make([]byte, min(r.end, r.max-r.end))...)
	}
	for range maxEmptyReads {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		if n > 0 || err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// dataOf finds the value of a data line within it.
func dataOf(line []byte) (span, bool) {
	rest, ok := bytes.CutPrefix(line, []byte("data"))
	switch {
	case !ok:
		return span{}, false
	case len(rest) == 0:
		return span{len(line), len(line)}, true
	case rest[0] != ':':
		return span{}, false
	}
	from := len("data:")
	if len(rest) > 1 && rest[1] == ' ' {
		from++
	}
	return span{from, len(line)}, true
}
