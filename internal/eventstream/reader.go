package eventstream

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
	"time"
)

// Reader takes messages from a stream.
type Reader struct {
	from io.Reader
}

// NewReader reads messages from r, which is best buffered.
func NewReader(r io.Reader) *Reader { return &Reader{from: r} }

// Next gives the next message. The error is io.EOF at the end of the stream,
// io.ErrUnexpectedEOF inside a message, and wraps ErrFormat for bytes that are
// no message or exceed the bounds of one.
func (r *Reader) Next() (*Message, error) {
	var prelude [preludeLength]byte
	if _, err := io.ReadFull(r.from, prelude[:]); err != nil {
		return nil, err
	}
	total, headers, err := lengths(prelude[:])
	if err != nil {
		return nil, err
	}
	rest := make([]byte, total-preludeLength)
	if _, err := io.ReadFull(r.from, rest); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	body, trailer := rest[:len(rest)-crcLength], rest[len(rest)-crcLength:]
	sum := crc32.Update(crc32.ChecksumIEEE(prelude[:]), crc32.IEEETable, body)
	if binary.BigEndian.Uint32(trailer) != sum {
		return nil, malformed("message checksum does not match")
	}
	message := &Message{Payload: body[headers:]}
	message.Headers, err = parseHeaders(body[:headers])
	return message, err
}

// NextFrame gives the bytes of the next message as they stand, appended to buf,
// for whoever passes it on. The bounds are held, the message's own checksum is its
// reader's business. Errors are those of Next.
func (r *Reader) NextFrame(buf []byte) ([]byte, error) {
	var prelude [preludeLength]byte
	if _, err := io.ReadFull(r.from, prelude[:]); err != nil {
		return nil, err
	}
	total, _, err := lengths(prelude[:])
	if err != nil {
		return nil, err
	}
	buf = append(buf, prelude[:]...)
	rest := total - preludeLength
	buf = slices.Grow(buf, rest)[:len(buf)+rest]
	if _, err := io.ReadFull(r.from, buf[len(buf)-rest:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return buf, nil
}

// lengths reads and checks a prelude.
func lengths(prelude []byte) (total, headers int, err error) {
	if binary.BigEndian.Uint32(prelude[8:]) != crc32.ChecksumIEEE(prelude[:8]) {
		return 0, 0, malformed("prelude checksum does not match")
	}
	totalLength := binary.BigEndian.Uint32(prelude[0:])
	headersLength := binary.BigEndian.Uint32(prelude[4:])
	if headersLength > maxHeaders {
		return 0, 0, malformed("%d bytes of headers, the bound is %d", headersLength, maxHeaders)
	}
	if totalLength < preludeLength+headersLength+crcLength {
		return 0, 0, malformed("a message of %d bytes cannot hold %d bytes of headers", totalLength, headersLength)
	}
	if totalLength-preludeLength-headersLength-crcLength > maxPayload {
		return 0, 0, malformed("a message of %d bytes, the payload's bound is %d", totalLength, maxPayload)
	}
	return int(totalLength), int(headersLength), nil
}

func parseHeaders(data []byte) ([]Header, error) {
	var headers []Header
	d := decoder{data}
	for len(d.rest) > 0 {
		name, ok := d.take(int(d.byte()))
		if !ok || len(name) == 0 {
			return nil, malformed("header %d has no name", len(headers)+1)
		}
		value, ok := d.value()
		if !ok {
			return nil, malformed("header %q has no value of a known type", name)
		}
		headers = append(headers, Header{string(name), value})
	}
	return headers, nil
}

// decoder takes values from the front of a header block.
type decoder struct{ rest []byte }

func (d *decoder) take(n int) ([]byte, bool) {
	if n > len(d.rest) {
		return nil, false
	}
	taken := d.rest[:n]
	d.rest = d.rest[n:]
	return taken, true
}

func (d *decoder) byte() byte {
	b, ok := d.take(1)
	if !ok {
		return 0
	}
	return b[0]
}

// value reads a type number and the value that follows it.
func (d *decoder) value() (any, bool) {
	switch kind, ok := d.take(1); {
	case !ok:
		return nil, false
	case kind[0] <= 1:
		return kind[0] == 0, true
	case kind[0] == 6 || kind[0] == typeString:
		return d.sized(kind[0])
	default:
		return d.fixed(kind[0])
	}
}

func (d *decoder) sized(kind byte) (any, bool) {
	length, ok := d.take(2)
	if !ok {
		return nil, false
	}
	data, ok := d.take(int(binary.BigEndian.Uint16(length)))
	if kind == typeString {
		return string(data), ok
	}
	return data, ok
}

func (d *decoder) fixed(kind byte) (any, bool) {
	sizes := map[byte]int{2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
	data, ok := d.take(sizes[kind])
	if !ok {
		return nil, false
	}
	switch kind {
	case 2:
		return int8(data[0]), true
	case 3:
		return int16(binary.BigEndian.Uint16(data)), true
	case 4:
		return int32(binary.BigEndian.Uint32(data)), true
	case 5:
		return int64(binary.BigEndian.Uint64(data)), true
	case 8:
		return time.UnixMilli(int64(binary.BigEndian.Uint64(data))).UTC(), true
	case 9:
		return [16]byte(data), true
	}
	return nil, false
}
