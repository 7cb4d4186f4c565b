package sts

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// maxDocument bounds, in bytes, what a provider answers.
	maxDocument = 1 << 20
	// patience is the least time between two requests for the same document. Without
	// it, whoever sends tokens with unknown keys would have them asked for each time.
	// Where one failed, the next may follow sooner.
	patience        = 5 * time.Second
	patienceOfFault = time.Second
)

// bounded keeps requests for the same document apart in time, and their answers
// short.
type bounded struct {
	next http.RoundTripper
	now  func() time.Time

	mu sync.Mutex
	// asked is when each document was last asked for: a provider has two of them.
	asked map[string]time.Time
}

// RoundTrip implements [http.RoundTripper].
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	document := r.URL.String()
	b.mu.Lock()
	now, last := b.now(), b.asked[document]
	soon := !last.IsZero() && now.Sub(last) < patience
	if !soon {
		if len(b.asked) > 16 {
			clear(b.asked)
		}
		b.asked[document] = now
	}
	b.mu.Unlock()
	if soon {
		return nil, fmt.Errorf("%s was asked for less than %v ago", document, patience)
	}
	response, err := b.next.RoundTrip(r)
	if err != nil || response.StatusCode >= http.StatusInternalServerError {
		// From now, not from the question: whoever waited for a provider that hangs is not
		// to wait for it again.
		b.mu.Lock()
		b.asked[document] = b.now().Add(patienceOfFault - patience)
		b.mu.Unlock()
	}
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxDocument), response.Body}
	return response, nil
}
