package document

import (
	"context"
	"errors"
	"fmt"

	"github.com/saprolite/saprolite/internal/document/pdf"
)

// pdfReader reads pdf, page by page.
type pdfReader struct{}

// Read implements Reader.
func (pdfReader) Read(ctx context.Context, data []byte, out *Output) error {
	file, err := pdf.Open(ctx, data)
	if err != nil {
		return sized(err)
	}
	return sized(file.Pages(func(text string) error {
		if err := out.Write(text); err != nil {
			return err
		}
		return out.EndPage()
	}))
}

// sized says of an error of the reader's budget that it is one of size.
func sized(err error) error {
	if errors.Is(err, pdf.ErrTooLarge) {
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return err
}
