package document

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
)

// docReader reads doc, Word 97 to 2003: the characters of the main story, of
// notes and of text boxes, by the piece table. The layout is that of Microsoft's
// [MS-DOC]. Nothing well kept reads it in Go; the compound file below it is read
// by a library.
type docReader struct{}

// Places in the file information block, [MS-DOC] 2.5.
const (
	fibMagic     = 0xA5EC
	fibFlags     = 10
	fibEncrypted = 0x0100
	fibTable1    = 0x0200
	fibCounts    = 64 // FibRgLw97
	fibClx       = 154 + 33*8
)

var errBrokenDoc = errors.New("the file information block or the piece table is broken")

// Read implements Reader.
func (docReader) Read(_ context.Context, data []byte, out *Output) error {
	streams, err := openStreams(data, "WordDocument", "0Table", "1Table")
	if err != nil {
		return err
	}
	main := streams["WordDocument"]
	if len(main) < fibClx+8 || binary.LittleEndian.Uint16(main) != fibMagic {
		return errBrokenDoc
	}
	flags := binary.LittleEndian.Uint16(main[fibFlags:])
	if flags&fibEncrypted != 0 {
		return errors.New("it is encrypted")
	}
	table := streams["0Table"]
	if flags&fibTable1 != 0 {
		table = streams["1Table"]
	}
	clx, ok := span(table, binary.LittleEndian.Uint32(main[fibClx:]), binary.LittleEndian.Uint32(main[fibClx+4:]))
	if !ok {
		return errBrokenDoc
	}
	pieces, err := findPieces(clx)
	if err != nil {
		return err
	}
	return writeStories(main, pieces, out)
}

// span gives a part of a stream.
func span(stream []byte, from, length uint32) ([]byte, bool) {
	if end := uint64(from) + uint64(length); end > uint64(len(stream)) {
		return nil, false
	}
	return stream[from : from+length], true
}

// findPieces gives the PlcPcd of a Clx, behind the property lists that may come
// first.
func findPieces(clx []byte) ([]byte, error) {
	for len(clx) >= 5 {
		switch clx[0] {
		case 1:
			skip := 3 + int(binary.LittleEndian.Uint16(clx[1:]))
			if skip > len(clx) {
				return nil, errBrokenDoc
			}
			clx = clx[skip:]
		case 2:
			pieces, ok := span(clx, 5, binary.LittleEndian.Uint32(clx[1:]))
			if !ok || len(pieces) < 16 {
				return nil, errBrokenDoc
			}
			return pieces, nil
		default:
			return nil, errBrokenDoc
		}
	}
	return nil, errBrokenDoc
}

// writeStories writes the stories that a reader of the document reads, which lie
// one behind the other in character positions: the text, footnotes, then (not
// written) headers, macros and comments, endnotes and text boxes.
func writeStories(main, pieces []byte, out *Output) error {
	var at uint64
	for i, written := range []bool{true, true, false, false, false, true, true} {
		length := binary.LittleEndian.Uint32(main[fibCounts+12+4*i:])
		end := at + uint64(length)
		if written && length > 0 {
			if err := writeStory(main, pieces, at, end, out); err != nil {
				return err
			}
		}
		at = end
	}
	return nil
}

// writeStory writes the characters from and up to a position.
func writeStory(main, pieces []byte, from, to uint64, out *Output) error {
	n := (len(pieces) - 4) / 12
	story := wordStory{out: out}
	for i := range n {
		start := uint64(binary.LittleEndian.Uint32(pieces[4*i:]))
		end := uint64(binary.LittleEndian.Uint32(pieces[4*i+4:]))
		first, last := max(start, from), min(end, to)
		if first >= last {
			continue
		}
		place := binary.LittleEndian.Uint32(pieces[4*(n+1)+8*i+2:])
		text, err := pieceText(main, place, first-start, last-first)
		if err != nil {
			return err
		}
		if err := story.write(text); err != nil {
			return err
		}
	}
	return nil
}

// pieceText gives the characters of a piece: bytes of Windows-1252 where the
// place says that they are compressed, else UTF-16.
func pieceText(main []byte, place uint32, skip, length uint64) (string, error) {
	const compressed = 1 << 30
	offset := uint64(place &^ (3 << 30))
	if place&compressed != 0 {
		offset = offset/2 + skip
		if offset+length > uint64(len(main)) {
			return "", errBrokenDoc
		}
		return charmap.Windows1252.NewDecoder().String(string(main[offset : offset+length]))
	}
	offset += 2 * skip
	if offset+2*length > uint64(len(main)) {
		return "", errBrokenDoc
	}
	units := make([]uint16, length)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(main[offset+2*uint64(i):])
	}
	return string(utf16.Decode(units)), nil
}

// wordStory writes the characters of one story, without those that are none.
type wordStory struct {
	out *Output
	// fields are the nested fields, each true while its instruction passes.
	fields []bool
	// afterCell tells that the last character ended a cell: another end ends the
	// row. A row thus breaks at an empty cell, which is told apart only by
	// properties that are not read.
	afterCell bool
}

// The special characters of [MS-DOC] 2.4.1 and 2.8.25.
const (
	wordCell       = '\x07'
	wordLine       = '\x0B'
	wordPage       = '\x0C'
	wordParagraph  = '\r'
	fieldBegin     = '\x13'
	fieldSeparator = '\x14'
	fieldEnd       = '\x15'
	wordHyphen     = '\x1E'
)

func (s *wordStory) write(text string) error {
	var plain strings.Builder
	for _, r := range text {
		switch r {
		case fieldBegin:
			if len(s.fields) < maxDepth {
				s.fields = append(s.fields, true)
			}
		case fieldSeparator:
			if len(s.fields) > 0 {
				s.fields[len(s.fields)-1] = false
			}
		case fieldEnd:
			if len(s.fields) > 0 {
				s.fields = s.fields[:len(s.fields)-1]
			}
		default:
			if len(s.fields) == 0 || !s.fields[len(s.fields)-1] {
				s.writeRune(&plain, r)
			}
		}
	}
	return s.out.Write(plain.String())
}

func (s *wordStory) writeRune(to *strings.Builder, r rune) {
	afterCell := s.afterCell
	s.afterCell = r == wordCell && !afterCell
	switch r {
	case wordParagraph, wordLine, wordPage:
		to.WriteByte('\n')
	case wordCell:
		if afterCell {
			to.WriteByte('\n')
		} else {
			to.WriteByte('\t')
		}
	case wordHyphen:
		to.WriteByte('-')
	default:
		if r >= ' ' || r == '\t' {
			to.WriteRune(r)
		}
	}
}
