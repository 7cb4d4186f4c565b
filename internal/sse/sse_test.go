package sse_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/saprolite/saprolite/internal/sse"
)

func readAll(src io.Reader, limit int) (events []string, err error) {
	r := sse.NewReader(src, limit)
	for {
		data, err := r.Next()
		if err != nil {
			return events, err
		}
		events = append(events, string(data))
	}
}

func TestReader(t *testing.T) {
	long := strings.Repeat("x", 20_000)
	tests := []struct {
		name, stream string
		want         []string
	}{
		{"nothing", "", nil},
		{"events", "data: a\n\ndata: b\n\n", []string{"a", "b"}},
		{"carriage returns", "data: a\r\n\r\ndata: b\r\n\r\n", []string{"a", "b"}},
		{"no space", "data:a\n\n", []string{"a"}},
		{"one space is taken", "data:  a\n\n", []string{" a"}},
		{"comments", ": ping\n\n: ping\n\ndata: a\n: pong\n\n", []string{"a"}},
		{"other fields", "event: message\nid: 7\nretry: 10\ndata: a\n\n", []string{"a"}},
		{"names that begin alike", "database: x\ndata: a\n\n", []string{"a"}},
		{"several lines", "data: {\ndata: \"a\": 1\ndata: }\n\ndata: b\n\n", []string{"{\n\"a\": 1\n}", "b"}},
		{"no data", "event: ping\n\ndata\n\ndata:\n\ndata: a\n\n", []string{"a"}},
		{"no blank line at the end", "data: a\n\ndata: b\n", []string{"a", "b"}},
		{"no end of line at the end", "data: a\n\ndata: b", []string{"a", "b"}},
		{"more blank lines", "\n\n\ndata: a\n\n\n\n", []string{"a"}},
		{"runes", "data: \u00e9\u4e16\U0001f600\n\n", []string{"\u00e9\u4e16\U0001f600"}},
		{"longer than a buffer", "data: " + long + "\n\ndata: b\n\n", []string{long, "b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for name, src := range map[string]io.Reader{
				"whole":       strings.NewReader(test.stream),
				"bytes":       iotest.OneByteReader(strings.NewReader(test.stream)),
				"data at EOF": iotest.DataErrReader(strings.NewReader(test.stream)),
			} {
				got, err := readAll(src, 1<<20)
				if err != io.EOF {
					t.Errorf("%s: error %v, want EOF", name, err)
				}
				if d := cmp.Diff(test.want, got); d != "" {
					t.Errorf("%s: %s", name, d)
				}
			}
		})
	}
}

func TestReaderErrors(t *testing.T) {
	broken := errors.New("broken")
	got, err := readAll(io.MultiReader(strings.NewReader("data: a\n\ndata: b"), iotest.ErrReader(broken)), 100)
	if !errors.Is(err, broken) || !slices.Equal(got, []string{"a"}) {
		t.Errorf("a cut stream: %q, %v", got, err)
	}
	for name, stream := range map[string]string{
		"line":  "data: a\n\ndata: " + strings.Repeat("x", 100) + "\n\n",
		"lines": "data: a\n\n" + strings.Repeat("data: x\n", 20) + "\n",
		"names": "data: a\n\n" + strings.Repeat("id: 1\n", 20) + "data: b\n\n",
	} {
		got, err := readAll(strings.NewReader(stream), 100)
		if !errors.Is(err, sse.ErrTooLong) || !slices.Equal(got, []string{"a"}) {
			t.Errorf("%s: %q, %v, want ErrTooLong", name, got, err)
		}
	}
	if _, err := readAll(emptyReader{}, 100); err != io.ErrNoProgress {
		t.Errorf("a source without bytes: %v", err)
	}
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

// FuzzReader compares the reader, fed byte by byte and whole, with the standard's
// rules, written down as simply as can be.
func FuzzReader(f *testing.F) {
	f.Add("data: a\r\n\r\n: c\ndata:b\ndata\n\nevent: x\ndata: [DONE]")
	f.Fuzz(func(t *testing.T, stream string) {
		var want []string
		var event []string
		flush := func() {
			if data := strings.Join(event, "\n"); data != "" {
				want = append(want, data)
			}
			event = nil
		}
		for line := range strings.SplitSeq(stream, "\n") {
			line = strings.TrimSuffix(line, "\r")
			name, value, _ := strings.Cut(line, ":")
			switch {
			case line == "":
				flush()
			case name == "data":
				event = append(event, strings.TrimPrefix(value, " "))
			}
		}
		flush()
		for _, src := range []io.Reader{strings.NewReader(stream), iotest.OneByteReader(strings.NewReader(stream))} {
			got, err := readAll(src, 1<<20)
			if err != io.EOF || !slices.Equal(got, want) {
				t.Fatalf("got %q, %v; want %q", got, err, want)
			}
		}
	})
}
