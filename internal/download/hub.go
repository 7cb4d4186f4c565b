package download

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	defaultHub      = "https://huggingface.co"
	defaultRevision = "main"
	maxHubRedirects = 5
)

// HubFile is a file of a repository on a hub.
type HubFile struct {
	Owner, Repo string
	// Revision is a branch, a tag or a commit; empty means main.
	Revision string
	// Path is the file's path in the repository, with slashes.
	Path string
	// SHA256 is the expected sum in hex. Empty means the sum that the hub tells, when it does.
	SHA256 string
}

// ParseHub reads "hf:owner/repo/path/to/file", optionally followed by "@revision" and by
// "#sha256=HEX".
func ParseHub(ref string) (HubFile, error) {
	rest, ok := strings.CutPrefix(ref, "hf:")
	if !ok {
		return HubFile{}, fmt.Errorf(`%q is no hub file, which begins with "hf:"`, ref)
	}
	rest, sum, pinned := strings.Cut(rest, "#sha256=")
	rest, revision, versioned := strings.Cut(rest, "@")
	sum, err := normalSum(sum)
	if err != nil {
		return HubFile{}, fmt.Errorf("%q: %w", ref, err)
	}
	parts := strings.SplitN(rest, "/", 3)
	if len(parts) < 3 || (pinned && sum == "") || (versioned && revision == "") {
		return HubFile{}, fmt.Errorf("%q is not of the form hf:owner/repo/file[@revision][#sha256=HEX]", ref)
	}
	f := HubFile{Owner: parts[0], Repo: parts[1], Path: parts[2], Revision: revision, SHA256: sum}
	for _, part := range append(strings.Split(f.Path, "/"), f.Owner, f.Repo) {
		if part != safeName(part) {
			return HubFile{}, fmt.Errorf("%q: %q cannot be a name in a repository", ref, part)
		}
	}
	return f, nil
}

// String returns the reference that ParseHub reads.
func (f HubFile) String() string {
	s := "hf:" + path.Join(f.Owner, f.Repo, f.Path)
	if f.Revision != "" {
		s += "@" + f.Revision
	}
	if f.SHA256 != "" {
		s += "#sha256=" + f.SHA256
	}
	return s
}

// Hub makes sure that f is in the cache and returns its path. A file that is there is not looked
// up again, whatever its revision has come to mean since.
// Errors: *ChecksumError, *StatusError, those of the network and the file system, ctx's.
func (c *Cache) Hub(ctx context.Context, f HubFile) (string, error) {
	sum, err := normalSum(f.SHA256)
	if err != nil {
		return "", err
	}
	revision := cmp.Or(f.Revision, defaultRevision)
	dest := filepath.Join(c.Dir, "hub", f.Owner, f.Repo, safeName(revision), filepath.FromSlash(f.Path))
	if !filepath.IsLocal(filepath.Join(f.Owner, f.Repo, filepath.FromSlash(f.Path))) {
		return "", fmt.Errorf("%s: not a path in a repository", f)
	}
	err = c.locked(ctx, dest, func() (bool, error) { return verified(dest, sum) }, func() error {
		r := resource{url: c.hubURL(f, revision), sum: sum, token: c.hubToken(), dest: dest, label: path.Base(f.Path)}
		if sum == "" {
			if r.sum, err = c.hubSum(ctx, r); err != nil {
				return err
			}
		}
		return c.transfer(ctx, r)
	})
	return dest, err
}

func (c *Cache) hubURL(f HubFile, revision string) string {
	base := strings.TrimRight(cmp.Or(c.HubEndpoint, os.Getenv("HF_ENDPOINT"), defaultHub), "/")
	segments := []string{f.Owner, f.Repo, "resolve", revision}
	segments = append(segments, strings.Split(f.Path, "/")...)
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return base + "/" + strings.Join(segments, "/")
}

func (c *Cache) hubToken() string { return cmp.Or(c.HubToken, os.Getenv("HF_TOKEN")) }

// hubSum asks the hub for the file's SHA-256; empty when the hub does not tell. The hub tells it
// for large files, as X-Linked-ETag of the answer that redirects to where the bytes are (seen in
// huggingface_hub's file_download.py, which reads the same headers).
func (c *Cache) hubSum(ctx context.Context, r resource) (string, error) {
	client := *c.client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	address := r.url
	for range maxHubRedirects {
		resp, err := c.head(ctx, &client, address, r.token)
		if err != nil {
			return "", err
		}
		if sum := sumInETag(resp.Header); sum != "" {
			return sum, nil
		}
		next, err := resp.Location()
		if resp.StatusCode >= 300 && resp.StatusCode < 400 && err == nil && next.Host == resp.Request.URL.Host {
			address = next.String() // a repository that was renamed
			continue
		}
		if resp.StatusCode >= 400 && resp.StatusCode != http.StatusMethodNotAllowed {
			return "", &StatusError{URL: address, Status: resp.StatusCode}
		}
		return "", nil
	}
	return "", fmt.Errorf("%s: more than %d redirects", r.url, maxHubRedirects)
}

// head asks for a resource's headers, again while the failure may pass.
func (c *Cache) head(ctx context.Context, client *http.Client, address, token string) (*http.Response, error) {
	delay := c.retryDelay()
	for attempt := 1; ; attempt++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Accept-Encoding", "identity")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
			if status := (&StatusError{URL: address, Status: resp.StatusCode}); !status.Transient() {
				return resp, nil
			} else {
				err = status
			}
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if attempt == fruitlessAttempts || permanent(err) {
			return nil, err
		}
		if err := sleep(ctx, delay); err != nil {
			return nil, err
		}
		delay = min(2*delay, maxRetryDelay)
	}
}

// sumInETag returns the SHA-256 that a hub's headers carry, or "". The ETag of a small file is
// the hash of a git object, which is shorter.
func sumInETag(h http.Header) string {
	for _, name := range []string{"X-Linked-Etag", "Etag"} {
		tag := strings.Trim(strings.TrimPrefix(h.Get(name), "W/"), `"`)
		if sum, err := normalSum(tag); err == nil && sum != "" {
			return sum
		}
	}
	return ""
}
