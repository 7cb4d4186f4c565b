package download

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxFile bounds what a server that tells no length can fill the disk with.
const maxFile = 1 << 40

// partial is the part of a file that is there so far, and its running sum.
type partial struct {
	file      *os.File
	path      string
	size      int64
	sum       hash.Hash
	validator string // strong ETag or Last-Modified of what the bytes come from
}

func openPartial(r resource) (*partial, error) {
	path := r.dest + ".partial"
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	p := &partial{file: f, path: path, sum: sha256.New()}
	if validator, err := os.ReadFile(path + ".etag"); err == nil {
		p.validator = string(validator)
	}
	if p.size, err = io.Copy(p.sum, f); err != nil {
		f.Close()
		return nil, err
	}
	return p, nil
}

// restart empties the partial file.
func (p *partial) restart() error {
	p.size, p.validator = 0, ""
	p.sum.Reset()
	if err := os.Remove(p.path + ".etag"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	_, err := p.file.Seek(0, io.SeekStart)
	return err
}

// accept prepares for the body of resp and returns the length of the whole file, -1 when unknown.
func (p *partial) accept(r resource, resp *http.Response) (total int64, err error) {
	switch resp.StatusCode {
	case http.StatusOK:
		if err := p.restart(); err != nil {
			return 0, err
		}
		return resp.ContentLength, p.remember(resp)
	case http.StatusPartialContent:
		first, total, err := contentRange(resp.Header.Get("Content-Range"))
		if err != nil || first != p.size {
			return 0, errors.Join(p.restart(), fmt.Errorf("%s: unusable Content-Range %q", r.url, resp.Header.Get("Content-Range")))
		}
		return total, nil
	case http.StatusRequestedRangeNotSatisfiable:
		if text, ok := strings.CutPrefix(resp.Header.Get("Content-Range"), "bytes */"); ok && p.size > 0 && text == strconv.FormatInt(p.size, 10) {
			return p.size, nil
		}
		return 0, errors.Join(p.restart(), fmt.Errorf("%s: what is there is longer than the file", r.url))
	}
	return 0, &StatusError{URL: r.url, Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header.Get("Retry-After"))}
}

// remember records what the bytes to come belong to.
func (p *partial) remember(resp *http.Response) error {
	validator := resp.Header.Get("ETag")
	if validator == "" || strings.HasPrefix(validator, "W/") {
		validator = resp.Header.Get("Last-Modified")
	}
	if validator == "" {
		return nil
	}
	p.validator = validator
	return os.WriteFile(p.path+".etag", []byte(validator), 0o600)
}

// append adds the body, which must end where the file of total bytes does.
func (p *partial) append(body io.Reader, total int64) error {
	limit := int64(maxFile)
	if total >= 0 {
		limit = total
	}
	n, err := io.Copy(io.MultiWriter(p.file, p.sum), io.LimitReader(body, limit-p.size))
	p.size += n
	switch {
	case err != nil:
		return err
	case total >= 0 && p.size < total:
		return io.ErrUnexpectedEOF
	case total < 0 && p.size == maxFile:
		return fmt.Errorf("%s: longer than %d bytes", p.path, int64(maxFile))
	}
	return nil
}

// finish verifies the whole file and gives it its name.
func (p *partial) finish(r resource) error {
	got := hex.EncodeToString(p.sum.Sum(nil))
	if r.sum != "" && got != r.sum {
		return errors.Join(p.restart(), &ChecksumError{Name: r.url, Want: r.sum, Got: got})
	}
	if err := p.file.Sync(); err != nil {
		return err
	}
	if err := p.file.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(sumPath(r.dest), []byte(got+"\n"), 0o600); err != nil {
		return err
	}
	if err := os.Rename(p.path, r.dest); err != nil {
		return err
	}
	if err := os.Remove(p.path + ".etag"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// contentRange reads "bytes FIRST-LAST/TOTAL"; an unknown total is -1.
func contentRange(text string) (first, total int64, err error) {
	text, ok := strings.CutPrefix(text, "bytes ")
	span, length, ok2 := strings.Cut(text, "/")
	from, _, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, errors.New("not a byte range")
	}
	if first, err = strconv.ParseInt(from, 10, 64); err != nil {
		return 0, 0, err
	}
	if length == "*" {
		return first, -1, nil
	}
	if total, err = strconv.ParseInt(length, 10, 64); err != nil || total < first || first < 0 {
		return 0, 0, errors.New("not a byte range")
	}
	return first, total, nil
}

// retryAfter reads the seconds of a Retry-After header; a date counts as none.
func retryAfter(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(maxRetryDelay/time.Second))) * time.Second
}

// sumOf reads the file at path and returns its SHA-256 in hex.
func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
