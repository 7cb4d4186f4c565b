package document

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
)

// The bounds of the packages that docx and xlsx are.
const (
	// maxUnpacked bounds all the files of a package together, unpacked.
	maxUnpacked = 32 << 20
	// maxFiles bounds their number.
	maxFiles = 4096
)

// openPackage opens a zip archive that unfolds to a sane size. Sizes are
// measured: what the directory says of them is the author's word.
func openPackage(ctx context.Context, data []byte) (*zip.Reader, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	if len(archive.File) > maxFiles {
		return nil, fmt.Errorf("%w: %d files in the package", ErrTooLarge, len(archive.File))
	}
	left := int64(maxUnpacked)
	for _, file := range archive.File {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if file.UncompressedSize64 > uint64(left) {
			return nil, fmt.Errorf("%w: the package unfolds to too much", ErrTooLarge)
		}
		n, err := measure(file, left)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		if left -= n; left <= 0 {
			return nil, fmt.Errorf("%w: the package unfolds to too much", ErrTooLarge)
		}
	}
	return archive, nil
}

// measure unpacks a file to nowhere, up to the limit.
func measure(file *zip.File, limit int64) (int64, error) {
	r, err := file.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	return io.Copy(io.Discard, io.LimitReader(r, limit))
}
