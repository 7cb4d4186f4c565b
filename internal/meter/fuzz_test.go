package meter

import (
	"bytes"
	"reflect"
	"testing"
)

// Whatever is in a file, a line is a record that is written as it was read, or it is
// damaged.
func FuzzParseLine(f *testing.F) {
	line, err := appendLine(nil, &Record{RequestID: "1", Counts: Counts{InputTokens: 2}, Metadata: map[string]string{"a": "b"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.TrimSuffix(line, []byte("\n")))
	f.Add([]byte("00000000 {}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseLine(text)
		if err != nil {
			return
		}
		again, err := appendLine(nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		same, err := parseLine(bytes.TrimSuffix(again, []byte("\n")))
		if err != nil || !reflect.DeepEqual(r, same) {
			t.Errorf("%+v is %+v, %v", r, same, err)
		}
	})
}
