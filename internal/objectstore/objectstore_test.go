package objectstore_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/saprolite/saprolite/internal/objectstore"
)

func TestParseName(t *testing.T) {
	for uri, want := range map[string]objectstore.Name{
		"s3://bucket/key":           {Bucket: "bucket", Key: "key"},
		"s3://bucket/a/b c/%41.pdf": {Bucket: "bucket", Key: "a/b c/%41.pdf"},
		"s3://bucket//key":          {Bucket: "bucket", Key: "/key"},
		"s3://bucket":               {},
		"s3://bucket/":              {},
		"s3:///key":                 {},
		"https://bucket/key":        {},
		"":                          {},
	} {
		name, err := objectstore.ParseName(uri)
		switch {
		case name != want:
			t.Errorf("%q: %v", uri, name)
		case (err == nil) != (want.Key != ""):
			t.Errorf("%q: %v", uri, err)
		case err == nil && name.String() != uri:
			t.Errorf("%q became %q", uri, name)
		}
	}
}

func TestLimit(t *testing.T) {
	for name, reader := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "the end with the last": iotest.DataErrReader,
	} {
		for length := range 8 {
			content := strings.Repeat("x", length)
			body := objectstore.Limit(io.NopCloser(reader(strings.NewReader(content))), 5)
			got, err := io.ReadAll(body)
			if want := content[:min(length, 5)]; !bytes.Equal(got, []byte(want)) {
				t.Errorf("%s: %d bytes of %d", name, len(got), length)
			}
			if tooLarge := errors.Is(err, objectstore.ErrTooLarge); tooLarge != (length > 5) || !tooLarge && err != nil {
				t.Errorf("%s: %d bytes: %v", name, length, err)
			}
		}
	}
}
