package eventstream_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/saprolite/saprolite/internal/eventstream"
)

// Frames that are passed on are the bytes that came, appended to what is there.
func TestNextFrame(t *testing.T) {
	var f eventstream.Frame
	var each [][]byte
	for _, payload := range []string{"{}", `{"a":1}`, ""} {
		from := len(f.Bytes())
		f.BeginEvent("chunk")
		if _, err := f.Write([]byte(payload)); err != nil {
			t.Fatal(err)
		}
		f.End()
		each = append(each, bytes.Clone(f.Bytes()[from:]))
	}
	all := f.Bytes()
	reader := eventstream.NewReader(bytes.NewReader(all))
	passed := []byte("before")
	for _, want := range each {
		got, err := reader.NextFrame(passed)
		if err != nil || !bytes.Equal(got[len(passed):], want) || !bytes.HasPrefix(got, passed) {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
		passed = got
	}
	if _, err := reader.NextFrame(nil); err != io.EOF {
		t.Errorf("behind the last comes %v", err)
	}
	for cut := 1; cut < len(each[0]); cut++ {
		if _, err := eventstream.NewReader(bytes.NewReader(all[:cut])).NextFrame(nil); err != io.ErrUnexpectedEOF {
			t.Errorf("of %d bytes: %v", cut, err)
		}
	}
	all[0] = 1
	if _, err := eventstream.NewReader(bytes.NewReader(all)).NextFrame(nil); !errors.Is(err, eventstream.ErrFormat) {
		t.Errorf("a length that does not match: %v", err)
	}
}
