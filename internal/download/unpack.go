package download

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds of an archive, against one that is made to fill the disk.
const (
	maxUnpackedBytes = 8 << 30
	maxArchiveFiles  = 10_000
)

// unpack writes the members of the zip archive at src below dest. Every member must be there.
// A name that leads out of dest, a link or a device is an error.
func unpack(ctx context.Context, src, dest string, members []Member) error {
	archive, err := zip.OpenReader(src)
	if err != nil {
		return err
	}
	defer archive.Close()
	if len(archive.File) > maxArchiveFiles {
		return fmt.Errorf("more than %d files", maxArchiveFiles)
	}
	root, err := os.OpenRoot(dest)
	if err != nil {
		return err
	}
	defer root.Close()
	u := unpacker{root: root, left: maxUnpackedBytes}
	for _, m := range members {
		if err := u.member(ctx, archive.File, m); err != nil {
			return err
		}
	}
	return nil
}

type unpacker struct {
	root *os.Root // refuses names that lead out of it, through links too
	left int64    // bytes that may yet be written
}

// member writes the file, or all files of the folder, that m names.
func (u *unpacker) member(ctx context.Context, files []*zip.File, m Member) error {
	found := false
	for _, f := range files {
		folder := strings.HasSuffix(m.Path, "/")
		if f.Name != m.Path && !(folder && strings.HasPrefix(f.Name, m.Path)) || strings.HasSuffix(f.Name, "/") {
			continue
		}
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		sum, err := u.file(f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if m.SHA256 != "" && sum != strings.ToLower(m.SHA256) {
			return &ChecksumError{Name: f.Name, Want: m.SHA256, Got: sum}
		}
		found = true
	}
	if !found {
		return fmt.Errorf("there is no %s in it", m.Path)
	}
	return nil
}

// file writes one file and returns its SHA-256 in hex.
func (u *unpacker) file(f *zip.File) (string, error) {
	if !f.Mode().IsRegular() || f.Name != path.Clean(f.Name) || !filepath.IsLocal(filepath.FromSlash(f.Name)) {
		return "", errors.New("not a plain file inside the archive")
	}
	if err := u.root.MkdirAll(path.Dir(f.Name), 0o700); err != nil {
		return "", err
	}
	src, err := f.Open()
	if err != nil {
		return "", err
	}
	defer src.Close()
	dst, err := u.root.OpenFile(f.Name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	defer dst.Close()
	h := sha256.New()
	// The length in the archive's directory is a claim, so what is really written counts.
	n, err := io.Copy(io.MultiWriter(dst, h), io.LimitReader(src, u.left+1))
	if err != nil {
		return "", err
	}
	if u.left -= n; u.left < 0 {
		return "", fmt.Errorf("the archive unpacks to more than %d bytes", int64(maxUnpackedBytes))
	}
	if err := dst.Sync(); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), dst.Close()
}
