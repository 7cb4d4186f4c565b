package meter

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// segment is one file of a journal.
type segment struct {
	path string
	file *os.File
	// size is how much of it was written, moved how much is in the store. The rest
	// waits.
	size, moved int64
	// torn says that the last write left a part of a line behind.
	torn bool
}

// openSegment opens a file to read it and to write at its end.
func openSegment(path string) (*segment, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &segment{path: path, file: f, size: info.Size()}, nil
}

// append writes a line by one write.
func (s *segment) append(text []byte) error {
	if s.torn {
		text = append([]byte{'\n'}, text...)
	}
	n, err := s.file.Write(text)
	s.size += int64(n)
	s.torn = err != nil && (s.torn || n > 0)
	return err
}

// batch is what is read at once, in bytes: more than any line has.
const batch = 1 << 20

// read gives the records that follow offset, as far as they fit into the buffer
// and end before size. Damaged lines are counted and passed over. End is where the
// next ones begin. The last says that no line will be added.
func (s *segment) read(buffer []byte, size int64, last lastLine) (records []Record, end int64, damaged int, err error) {
	buffer = buffer[:min(int64(len(buffer)), size-s.moved)]
	if _, err := io.ReadFull(io.NewSectionReader(s.file, s.moved, size-s.moved), buffer); err != nil {
		return nil, s.moved, 0, err
	}
	end = s.moved
	for len(buffer) > 0 {
		text, rest, whole := bytes.Cut(buffer, []byte{'\n'})
		if !whole && last == growing {
			break
		}
		if !whole && end != s.moved && end+int64(len(text)) < size {
			break // cut by the buffer
		}
		end += int64(len(buffer) - len(rest))
		buffer = rest
		if len(text) == 0 {
			continue
		}
		r, err := parseLine(text)
		if err != nil {
			damaged++
			continue
		}
		records = append(records, r)
	}
	return records, end, damaged, nil
}

// lastLine says what a line without an end is: one that is being written, or what
// a process that was killed left behind.
type lastLine int

const (
	growing lastLine = iota
	complete
)
