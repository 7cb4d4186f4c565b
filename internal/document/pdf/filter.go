package pdf

import (
	"bytes"
	"compress/flate"
	"encoding/ascii85"
	"errors"
	"fmt"
	"io"
)

// maxFilters bounds the filters of one stream.
const maxFilters = 4

// decode gives the content of a stream, within what is left of the file's
// budget. A stream that breaks off gives what came before.
func (f *File) decode(s *stream) ([]byte, error) {
	filters, parameters := f.list(s.dict["Filter"]), f.list(s.dict["DecodeParms"])
	if len(filters) > maxFilters {
		return nil, errors.New("too many filters")
	}
	raw := s.raw
	if !f.isPlain(filters, parameters) {
		raw = f.lock.open(s)
	}
	data, err := f.spend(raw)
	for i, filter := range filters {
		kind, _ := f.resolve(filter).(name)
		if err != nil {
			return nil, err
		}
		if data, err = f.apply(kind, data); err != nil {
			return nil, err
		}
		if i < len(parameters) {
			parameter, _ := f.resolve(parameters[i]).(dict)
			data, err = f.unpredict(parameter, data)
		}
	}
	return data, err
}

// isPlain says of a stream whether it is the one that its filter leaves plain in an
// encrypted file.
func (f *File) isPlain(filters, parameters array) bool {
	if len(filters) == 0 || f.resolve(filters[0]) != name("Crypt") {
		return false
	}
	if len(parameters) == 0 {
		return true
	}
	kind := f.resolve(f.dictOf(parameters[0])["Name"])
	return kind == nil || kind == name("Identity")
}

// list gives an array as it is, and any other value but nil as one of one.
func (f *File) list(value any) array {
	switch value := f.resolve(value).(type) {
	case nil:
		return nil
	case array:
		return value
	default:
		return array{value}
	}
}

func (f *File) apply(filter name, data []byte) ([]byte, error) {
	switch filter {
	case "Crypt":
		return data, nil // it was decrypted, if it is
	case "FlateDecode", "Fl":
		return f.inflate(data)
	case "LZWDecode", "LZW":
		return f.spend(unlzw(data, f.budget))
	case "ASCIIHexDecode", "AHx":
		hex := lexer{data: append([]byte("<"), data...)}
		return f.spend([]byte(hex.hex()))
	case "ASCII85Decode", "A85":
		return f.spend(un85(data))
	case "RunLengthDecode", "RL":
		return f.spend(unrun(data, f.budget))
	}
	return nil, fmt.Errorf("no text behind the filter %q", string(filter))
}

// spend takes what was decoded from the budget.
func (f *File) spend(data []byte) ([]byte, error) {
	if f.budget -= len(data); f.budget <= 0 {
		return nil, ErrTooLarge
	}
	return data, nil
}

// inflate passes over the two bytes of a zlib stream's head, and does not look
// at its sum: readers of pdf do not, and writers err.
func (f *File) inflate(data []byte) ([]byte, error) {
	if len(data) < 2 {
		return nil, nil
	}
	plain := flate.NewReader(bytes.NewReader(data[2:]))
	var out bytes.Buffer
	for {
		n, err := io.CopyN(&out, plain, 1<<16)
		if f.budget -= int(n); f.budget <= 0 {
			return nil, ErrTooLarge
		}
		if f.ctx.Err() != nil {
			return nil, f.ctx.Err()
		}
		if err != nil {
			return out.Bytes(), nil
		}
	}
}

func un85(data []byte) []byte {
	data = bytes.TrimSpace(data)
	data = bytes.TrimPrefix(data, []byte("<~"))
	if end := bytes.IndexByte(data, '~'); end >= 0 {
		data = data[:end]
	}
	plain := make([]byte, 4*len(data)+4) // z is four bytes
	n, _, _ := ascii85.Decode(plain, data, true)
	return plain[:n]
}

// unrun decodes runs, up to a limit.
func unrun(data []byte, limit int) []byte {
	var plain []byte
	for len(data) > 1 && data[0] != 128 && len(plain) <= limit {
		if n := int(data[0]) + 1; n <= 128 {
			n = min(n, len(data)-1)
			plain = append(plain, data[1:1+n]...)
			data = data[1+n:]
			continue
		}
		plain = append(plain, bytes.Repeat(data[1:2], 257-int(data[0]))...)
		data = data[2:]
	}
	return plain
}

// unlzw decodes the LZW of pdf, whose codes grow one early, up to a limit.
func unlzw(data []byte, limit int) []byte {
	const clear, end = 256, 257
	type entry struct {
		before int
		last   byte
		length int
	}
	var plain []byte
	table := make([]entry, 258, 4096)
	width, previous, bits, held := 9, -1, 0, uint32(0)
	for _, b := range data {
		held, bits = held<<8|uint32(b), bits+8
		if bits < width {
			continue
		}
		bits -= width
		code := int(held >> bits & (1<<width - 1))
		switch {
		case code == clear:
			table, width, previous = table[:258], 9, -1
			continue
		case code == end || len(plain) > limit:
			return plain
		case code > len(table) || code == len(table) && previous < 0:
			return plain
		}
		// What the code stands for is the entry, or, for the one that is just
		// being made, the previous with its own first byte behind it.
		length, from := 1, code
		if code == len(table) {
			from = previous
		}
		if from > end {
			length = table[from].length
		}
		start := len(plain)
		plain = append(plain, make([]byte, length)...)
		for i, at := length-1, from; i >= 0; i-- {
			if at < clear {
				plain[start+i] = byte(at)
				break
			}
			plain[start+i], at = table[at].last, table[at].before
		}
		if code == len(table) {
			plain = append(plain, plain[start])
		}
		if previous >= 0 && len(table) < 4096 {
			before := 1
			if previous > end {
				before = table[previous].length
			}
			table = append(table, entry{previous, plain[start], before + 1})
		}
		previous = code
		if n := len(table) + 1; n >= 1<<width && width < 12 {
			width++
		}
	}
	return plain
}

// unpredict undoes the PNG predictors, which cross-reference and object streams
// use.
func (f *File) unpredict(parameter dict, data []byte) ([]byte, error) {
	predictor, _ := f.resolve(parameter["Predictor"]).(float64)
	if predictor < 2 {
		return data, nil
	}
	if predictor < 10 {
		return nil, errors.New("no text behind this predictor")
	}
	columns, colors, depth := f.number(parameter["Columns"], 1), f.number(parameter["Colors"], 1), f.number(parameter["BitsPerComponent"], 8)
	if columns < 1 || columns > 1<<20 || colors < 1 || colors > 32 || depth < 1 || depth > 16 {
		return nil, errors.New("broken predictor")
	}
	pixel := max(1, int(colors*depth)/8)
	width := (int(columns)*int(colors)*int(depth) + 7) / 8
	row, plain := make([]byte, width), []byte(nil)
	for len(data) > 1 {
		kind := data[0]
		n := min(width, len(data)-1)
		unfilter(kind, row, data[1:1+n], pixel)
		plain = append(plain, row[:n]...)
		data = data[1+n:]
	}
	return f.spend(plain)
}

// unfilter turns the row above into the row that the filtered bytes say.
func unfilter(kind byte, row, filtered []byte, pixel int) {
	var above, left, corner byte
	ring := make([]byte, pixel)
	for i, b := range filtered {
		above = row[i]
		left, corner = 0, 0
		if i >= pixel {
			left, corner = row[i-pixel], ring[i%pixel]
		}
		ring[i%pixel] = above
		switch kind {
		case 1:
			b += left
		case 2:
			b += above
		case 3:
			b += byte((int(left) + int(above)) / 2)
		case 4:
			b += paeth(left, above, corner)
		}
		row[i] = b
	}
}

func paeth(left, above, corner byte) byte {
	p := int(left) + int(above) - int(corner)
	toLeft, toAbove, toCorner := distance(p, left), distance(p, above), distance(p, corner)
	switch {
	case toLeft <= toAbove && toLeft <= toCorner:
		return left
	case toAbove <= toCorner:
		return above
	}
	return corner
}

func distance(p int, b byte) int { return max(p-int(b), int(b)-p) }
