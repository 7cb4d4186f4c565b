package document

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// xlsReader reads xls, Excel 97 to 2003: each sheet under its name, rows as
// lines, cells parted by tabulators. The layout is that of Microsoft's [MS-XLS].
// Nothing well kept reads it in Go; the compound file below it is read by a
// library.
type xlsReader struct{}

// Read implements Reader.
func (xlsReader) Read(ctx context.Context, data []byte, out *Output) error {
	streams, err := openStreams(data, "Workbook", "Book")
	if err != nil {
		return err
	}
	stream := streams["Workbook"]
	if stream == nil {
		return errors.New("no workbook of Excel 97 or later in the file")
	}
	book, err := readWorkbook(stream)
	if err != nil {
		return err
	}
	for _, sheet := range book.sheets {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if uint64(sheet.at) >= uint64(len(stream)) {
			return errBrokenXls
		}
		if err := book.writeSheet(sheet, records{rest: stream[sheet.at:]}, out); err != nil {
			return err
		}
	}
	return nil
}

var errBrokenXls = errors.New("a record is broken")

// workbook is what the cells refer to.
type workbook struct {
	strings []string
	sheets  []xlsSheet
	// formats are those that cells have, by number: true for dates. custom are
	// the formats that the file itself defines.
	formats []uint16
	custom  map[uint16]string
	since   bool // dates count from 1904
}

type xlsSheet struct {
	name string
	at   uint32
}

// readWorkbook reads the globals, which come first.
func readWorkbook(stream []byte) (*workbook, error) {
	book := &workbook{custom: map[uint16]string{}}
	all := records{rest: stream}
	for {
		record, ok := all.next()
		if !ok {
			return nil, errBrokenXls
		}
		var err error
		switch body := record.body; record.kind {
		case recordEOF:
			return book, nil
		case recordFilePass:
			return nil, errors.New("it is encrypted")
		case recordDateMode:
			book.since = len(body) >= 2 && body[0] == 1
		case recordBoundSheet:
			err = book.addSheet(body)
		case recordXF:
			if len(body) >= 4 {
				book.formats = append(book.formats, binary.LittleEndian.Uint16(body[2:]))
			}
		case recordFormat:
			if len(body) >= 5 {
				text := xlsText{chunks: [][]byte{body[4:]}}
				book.custom[binary.LittleEndian.Uint16(body)], err = text.chars(int(binary.LittleEndian.Uint16(body[2:])))
			}
		case recordSST:
			book.strings, err = readSharedStrings(append([][]byte{body}, all.continued()...))
		}
		if err != nil {
			return nil, err
		}
	}
}

func (b *workbook) addSheet(body []byte) error {
	const worksheet = 0
	if len(body) < 8 || body[5] != worksheet {
		return nil
	}
	text := xlsText{chunks: [][]byte{body[7:]}}
	name, err := text.chars(int(body[6]))
	b.sheets = append(b.sheets, xlsSheet{name, binary.LittleEndian.Uint32(body)})
	return err
}

// writeSheet writes the cells of a sheet in the order of the file.
func (b *workbook) writeSheet(sheet xlsSheet, all records, out *Output) error {
	rows := xlsRows{out: out}
	if err := out.Write("# " + sheet.name + "\n"); err != nil {
		return err
	}
	depth := 0
	for {
		record, ok := all.next()
		switch {
		case !ok:
			return errBrokenXls
		case record.kind == recordBOF:
			depth++
		case record.kind == recordEOF:
			if depth--; depth <= 0 {
				return out.Write("\n\n"[:1+rows.open()])
			}
		case depth == 1:
			if err := b.writeCells(record, &rows); err != nil {
				return err
			}
		}
	}
}

// writeCells writes the cells of a record, if it is one of cells.
func (b *workbook) writeCells(record xlsRecord, rows *xlsRows) error {
	body := record.body
	if record.kind == recordString {
		text := xlsText{chunks: [][]byte{body[min(2, len(body)):]}}
		if len(body) < 2 {
			return errBrokenXls
		}
		value, err := text.chars(int(binary.LittleEndian.Uint16(body)))
		if err != nil {
			return err
		}
		return rows.cell(rows.pendingRow, rows.pendingColumn, value)
	}
	if len(body) < 6 || !isCell(record.kind) {
		return nil
	}
	row, column := binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[2:])
	if record.kind == recordMulRK {
		for at := 4; at+6 <= len(body)-2; at += 6 {
			value := b.number(binary.LittleEndian.Uint16(body[at:]), rkNumber(binary.LittleEndian.Uint32(body[at+2:])))
			if err := rows.cell(row, column, value); err != nil {
				return err
			}
			column++
		}
		return nil
	}
	rows.pendingRow, rows.pendingColumn = row, column
	value, err := b.value(record.kind, binary.LittleEndian.Uint16(body[4:]), body[6:])
	if err != nil || value == "" {
		return err
	}
	return rows.cell(row, column, value)
}

// value gives what a record of one cell shows.
func (b *workbook) value(kind, xf uint16, body []byte) (string, error) {
	switch {
	case kind == recordLabelSST && len(body) >= 4:
		if i := binary.LittleEndian.Uint32(body); uint64(i) < uint64(len(b.strings)) {
			return b.strings[i], nil
		}
	case (kind == recordLabel || kind == recordRString) && len(body) >= 2:
		text := xlsText{chunks: [][]byte{body[2:]}}
		return text.chars(int(binary.LittleEndian.Uint16(body)))
	case kind == recordNumber && len(body) >= 8:
		return b.number(xf, math.Float64frombits(binary.LittleEndian.Uint64(body))), nil
	case kind == recordRK && len(body) >= 4:
		return b.number(xf, rkNumber(binary.LittleEndian.Uint32(body))), nil
	case kind == recordBoolErr && len(body) >= 2:
		return boolOrError(body[0], body[1]), nil
	case kind == recordFormula && len(body) >= 8:
		return b.result(xf, body[:8]), nil
	}
	return "", errBrokenXls
}

// result is the value that a formula had when the file was written. A text comes
// in a record of its own.
func (b *workbook) result(xf uint16, value []byte) string {
	if value[6] != 0xFF || value[7] != 0xFF {
		return b.number(xf, math.Float64frombits(binary.LittleEndian.Uint64(value)))
	}
	switch value[0] {
	case 1:
		return boolOrError(value[2], 0)
	case 2:
		return boolOrError(value[2], 1)
	}
	return ""
}

func boolOrError(value, isError byte) string {
	switch {
	case isError != 0:
		return "#ERR"
	case value != 0:
		return "TRUE"
	}
	return "FALSE"
}

// rkNumber unpacks a number of 30 bits: an integer or the head of a float, in
// hundredths or whole.
func rkNumber(rk uint32) float64 {
	value := math.Float64frombits(uint64(rk&^3) << 32)
	if rk&2 != 0 {
		value = float64(int32(rk) >> 2)
	}
	if rk&1 != 0 {
		value /= 100
	}
	return value
}

// number shows a number as its cell's format wants it, as far as that makes it
// another thing: a date.
func (b *workbook) number(xf uint16, value float64) string {
	if int(xf) >= len(b.formats) || !b.isDate(b.formats[xf]) {
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	at, err := excelize.ExcelDateToTime(value, b.since)
	switch {
	case err != nil:
		return strconv.FormatFloat(value, 'f', -1, 64)
	case value < 1:
		return at.Format(time.TimeOnly)
	case value == math.Trunc(value):
		return at.Format(time.DateOnly)
	}
	return at.Format(time.DateTime)
}

func (b *workbook) isDate(format uint16) bool {
	if format >= 14 && format <= 22 || format >= 45 && format <= 47 {
		return true
	}
	text, ok := b.custom[format]
	if !ok {
		return false
	}
	quoted := false
	return strings.ContainsFunc(text, func(r rune) bool {
		switch r {
		case '"', '[', ']':
			quoted = (r == '"') != quoted && r != ']'
		}
		return !quoted && strings.ContainsRune("ymdhsYMDHS", r)
	})
}
