package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// File is a file at an http or https address.
type File struct {
	URL string
	// SHA256 is the expected sum in hex; empty means that the transport alone is trusted.
	SHA256 string
}

// File makes sure that f is in the cache and returns its path.
// Errors: *ChecksumError, *StatusError, those of the network and the file system, ctx's.
func (c *Cache) File(ctx context.Context, f File) (string, error) {
	u, err := url.Parse(f.URL)
	if err != nil {
		return "", err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("%s: not an http or https address", f.URL)
	}
	key := sha256.Sum256([]byte(f.URL))
	dest := filepath.Join(c.Dir, "url", hex.EncodeToString(key[:8]), safeName(path.Base(u.Path)))
	sum, err := normalSum(f.SHA256)
	if err != nil {
		return "", err
	}
	err = c.locked(ctx, dest, func() (bool, error) { return verified(dest, sum) }, func() error {
		return c.transfer(ctx, resource{url: f.URL, sum: sum, dest: dest, label: safeName(path.Base(u.Path))})
	})
	return dest, err
}

// safeName makes a file name of what a stranger called it.
func safeName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	if strings.Trim(name, "._ ") == "" {
		return "file"
	}
	return name
}

// verified says whether the file at dest is whole and is the one of the sum. Files are renamed to
// dest only after they were verified, so it compares the recorded sum and reads the file itself
// only when there is no record, as for a file that someone put there by hand.
func verified(dest, sum string) (bool, error) {
	ok, err := exists(dest)
	if !ok || err != nil || sum == "" {
		return ok, err
	}
	if recorded, err := os.ReadFile(sumPath(dest)); err == nil {
		return strings.TrimSpace(string(recorded)) == sum, nil
	}
	got, err := sumOf(dest)
	if err != nil || got != sum {
		return false, err
	}
	return true, os.WriteFile(sumPath(dest), []byte(sum+"\n"), 0o600)
}

// sumPath is where the sum of the file at dest is recorded.
func sumPath(dest string) string { return dest + ".sha256" }

func (c *Cache) get(ctx context.Context, r resource, offset int64, validator string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, err
	}
	// A compressed answer could neither be resumed nor counted.
	req.Header.Set("Accept-Encoding", "identity")
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	if offset > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		if validator != "" {
			req.Header.Set("If-Range", validator)
		}
	}
	return c.client().Do(req)
}
