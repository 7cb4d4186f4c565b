package eventstream

import (
	"bytes"
	"io"
	"testing"

	"github.com/saprolite/saprolite/internal/recorded"
)

// Every recorded stream, taken apart and built again, is the same bytes.
func TestRecordedStreams(t *testing.T) {
	frames := 0
	for _, one := range recorded.Load(t, recorded.Streamed) {
		reader := NewReader(bytes.NewReader(one.Response.Stream))
		var again Frame
		for i := 0; ; i++ {
			message, err := reader.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: frame %d: %v", one.ID, i, err)
			}
			frames++
			if name := message.ExceptionType(); name != "" {
				again.BeginException(name)
			} else {
				again.BeginEvent(message.EventType())
			}
			again.Write(message.Payload)
			again.End()
		}
		if !bytes.Equal(again.Bytes(), one.Response.Stream) {
			t.Errorf("%s: %d bytes became %d others", one.ID, len(one.Response.Stream), len(again.Bytes()))
		}
	}
	if frames != 3759 {
		t.Errorf("%d frames, the recordings have 3759", frames)
	}
}
