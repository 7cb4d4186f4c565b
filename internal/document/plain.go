package document

import (
	"bytes"
	"context"
	"errors"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// plainReader reads txt, md and csv, which are text as they stand: UTF-8, UTF-16
// with a byte order mark, or what old Windows programs write.
type plainReader struct{}

// Read implements Reader.
func (plainReader) Read(_ context.Context, data []byte, out *Output) error {
	text, err := decodeText(data)
	if err != nil {
		return err
	}
	return out.Write(text)
}

func decodeText(data []byte) (string, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xFE\xFF")), bytes.HasPrefix(data, []byte("\xFF\xFE")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf8.Valid(data):
		data = bytes.TrimPrefix(data, []byte("\uFEFF"))
		if bytes.IndexByte(data, 0) >= 0 {
			return "", errors.New("it is not text")
		}
		return string(data), nil
	case bytes.IndexByte(data, 0) >= 0:
		return "", errors.New("it is not text")
	default:
		from = charmap.Windows1252
	}
	decoded, err := from.NewDecoder().Bytes(data)
	return string(decoded), err
}
