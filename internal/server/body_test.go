package server

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// TestReadStated has a body come in part: what room is made for the rest is no more than
// came.
func TestReadStated(t *testing.T) {
	const whole = 25_000_000
	for _, come := range []int{0, 1000, firstBody, firstBody + 1, 5 * firstBody, whole - 1} {
		gone := errors.New("gone")
		r := &measured{Reader: io.MultiReader(bytes.NewReader(make([]byte, come)), iotest.ErrReader(gone))}
		if _, err := readStated(r, whole); !errors.Is(err, gone) {
			t.Errorf("%d bytes: %v", come, err)
		}
		if r.room > max(firstBody, come) {
			t.Errorf("after %d bytes there is room for %d more", come, r.room)
		}
	}
	for _, size := range []int{0, 1, firstBody, firstBody + 1, 3*firstBody + 7} {
		want := bytes.Repeat([]byte("0123456789"), size/10+1)[:size]
		got, err := readStated(bytes.NewReader(want), int64(size))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes became %d: %v", size, len(got), err)
		}
	}
}

// measured notes the room of the last read.
type measured struct {
	io.Reader
	room int
}

func (m *measured) Read(p []byte) (int, error) {
	m.room = len(p)
	return m.Reader.Read(p)
}
