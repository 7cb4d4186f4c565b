package document

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// The records of an Excel 97 workbook that hold what a person reads, and those
// that frame them, [MS-XLS] 2.3.
const (
	recordFormula    = 0x0006
	recordEOF        = 0x000A
	recordDateMode   = 0x0022
	recordFilePass   = 0x002F
	recordContinue   = 0x003C
	recordBoundSheet = 0x0085
	recordMulRK      = 0x00BD
	recordRString    = 0x00D6
	recordXF         = 0x00E0
	recordSST        = 0x00FC
	recordLabelSST   = 0x00FD
	recordNumber     = 0x0203
	recordLabel      = 0x0204
	recordBoolErr    = 0x0205
	recordString     = 0x0207
	recordRK         = 0x027E
	recordFormat     = 0x041E
	recordBOF        = 0x0809
)

func isCell(kind uint16) bool {
	switch kind {
	case recordFormula, recordMulRK, recordRString, recordLabelSST, recordNumber, recordLabel, recordBoolErr, recordRK:
		return true
	}
	return false
}

type xlsRecord struct {
	kind uint16
	body []byte
}

// records walks over records.
type records struct{ rest []byte }

func (r *records) next() (xlsRecord, bool) {
	if len(r.rest) < 4 {
		return xlsRecord{}, false
	}
	kind, length := binary.LittleEndian.Uint16(r.rest), int(binary.LittleEndian.Uint16(r.rest[2:]))
	if len(r.rest) < 4+length {
		return xlsRecord{}, false
	}
	record := xlsRecord{kind, r.rest[4 : 4+length]}
	r.rest = r.rest[4+length:]
	return record, true
}

// continued takes the records that continue the one before.
func (r *records) continued() [][]byte {
	var bodies [][]byte
	for len(r.rest) >= 4 && binary.LittleEndian.Uint16(r.rest) == recordContinue {
		record, ok := r.next()
		if !ok {
			break
		}
		bodies = append(bodies, record.body)
	}
	return bodies
}

// xlsText reads strings from the bodies of a record and of those that continue
// it.
type xlsText struct{ chunks [][]byte }

// take gives the next n bytes, which may lie in several bodies.
func (t *xlsText) take(n int) ([]byte, error) {
	t.settle()
	if len(t.chunks) > 0 && len(t.chunks[0]) >= n {
		taken := t.chunks[0][:n]
		t.chunks[0] = t.chunks[0][n:]
		return taken, nil
	}
	var taken []byte
	for len(taken) < n {
		if t.settle(); len(t.chunks) == 0 {
			return nil, errBrokenXls
		}
		m := min(n-len(taken), len(t.chunks[0]))
		taken = append(taken, t.chunks[0][:m]...)
		t.chunks[0] = t.chunks[0][m:]
	}
	return taken, nil
}

// settle drops bodies that are used up.
func (t *xlsText) settle() {
	for len(t.chunks) > 0 && len(t.chunks[0]) == 0 {
		t.chunks = t.chunks[1:]
	}
}

// chars gives a string of n characters that begins with its flags.
func (t *xlsText) chars(n int) (string, error) {
	flags, err := t.take(1)
	if err != nil {
		return "", err
	}
	return t.units(n, flags[0])
}

// units gives n characters. Where a string goes on in the next body, that begins
// with the flag of its width anew.
func (t *xlsText) units(n int, flags byte) (string, error) {
	const wide = 1
	units := make([]uint16, 0, min(n, 1<<15))
	for len(units) < n {
		if len(t.chunks) > 0 && len(t.chunks[0]) == 0 && len(t.chunks) > 1 {
			t.settle()
			again, err := t.take(1)
			if err != nil {
				return "", err
			}
			flags = again[0]
			continue
		}
		unit, err := t.take(1 + int(flags&wide))
		if err != nil {
			return "", err
		}
		if flags&wide != 0 {
			units = append(units, binary.LittleEndian.Uint16(unit))
		} else {
			units = append(units, uint16(unit[0]))
		}
	}
	return string(utf16.Decode(units)), nil
}

// readSharedStrings reads the table of strings that cells refer to.
func readSharedStrings(bodies [][]byte) ([]string, error) {
	text := xlsText{chunks: bodies}
	head, err := text.take(8)
	if err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[4:])
	var all []string
	for range n {
		one, err := text.rich()
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// rich gives a string with what may follow it: formatting and phonetics.
func (t *xlsText) rich() (string, error) {
	const extended, formatted = 4, 8
	head, err := t.take(3)
	if err != nil {
		return "", err
	}
	length, flags, follows := int(binary.LittleEndian.Uint16(head)), head[2], 0
	if flags&formatted != 0 {
		runs, err := t.take(2)
		if err != nil {
			return "", err
		}
		follows += 4 * int(binary.LittleEndian.Uint16(runs))
	}
	if flags&extended != 0 {
		size, err := t.take(4)
		if err != nil {
			return "", err
		}
		follows += int(binary.LittleEndian.Uint32(size))
	}
	value, err := t.units(length, flags)
	if err != nil {
		return "", err
	}
	return value, t.skip(follows)
}

// skip passes over n bytes.
func (t *xlsText) skip(n int) error {
	for n > 0 {
		if t.settle(); len(t.chunks) == 0 {
			return errBrokenXls
		}
		m := min(n, len(t.chunks[0]))
		t.chunks[0] = t.chunks[0][m:]
		n -= m
	}
	return nil
}

// xlsRows writes cells as lines.
type xlsRows struct {
	out         *Output
	row, column uint16
	begun       bool
	// pendingRow and pendingColumn are the place of the last cell, whose value
	// may come in the next record.
	pendingRow, pendingColumn uint16
}

// maxGap bounds the empty cells that are written before one with a value.
const maxGap = 256

func (r *xlsRows) cell(row, column uint16, value string) error {
	gap := ""
	switch {
	case r.begun && row == r.row && column > r.column:
		gap = strings.Repeat("\t", min(int(column-r.column), maxGap))
	case r.begun:
		gap = "\n" + strings.Repeat("\t", min(int(column), maxGap))
	default:
		gap = strings.Repeat("\t", min(int(column), maxGap))
	}
	r.begun, r.row, r.column = true, row, column
	return r.out.Write(gap + value)
}

// open is 1 while a line is not ended.
func (r *xlsRows) open() int {
	if r.begun {
		return 1
	}
	return 0
}
