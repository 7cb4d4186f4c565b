package document

import (
	"bytes"
	"context"
	"strings"

	"github.com/xuri/excelize/v2"
)

// xlsxReader reads xlsx: each sheet under its name, rows as lines, cells as they
// are shown, parted by tabulators.
type xlsxReader struct{}

// Read implements Reader.
func (xlsxReader) Read(ctx context.Context, data []byte, out *Output) error {
	if _, err := openPackage(ctx, data); err != nil {
		return err
	}
	// The two limits are one, so that nothing goes to temporary files.
	book, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked,
	})
	if err != nil {
		return err
	}
	defer book.Close()
	for _, sheet := range book.GetSheetList() {
		if err := readSheet(ctx, book, sheet, out); err != nil {
			return err
		}
	}
	return nil
}

func readSheet(ctx context.Context, book *excelize.File, sheet string, out *Output) error {
	rows, err := book.Rows(sheet)
	if err != nil {
		if _, chart := err.(excelize.ErrSheetNotExist); chart {
			return nil
		}
		return err
	}
	defer rows.Close()
	if err := out.Write("# " + sheet + "\n"); err != nil {
		return err
	}
	for rows.Next() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		cells, err := rows.Columns()
		if err != nil {
			return err
		}
		if err := writeRow(cells, out); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return err
	}
	return out.Write("\n")
}

// writeRow writes a row, unless it is empty.
func writeRow(cells []string, out *Output) error {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	if len(cells) == 0 {
		return nil
	}
	return out.Write(strings.Join(cells, "\t") + "\n")
}
