package provider_test

import (
	"errors"
	"testing"

	"github.com/saprolite/saprolite/internal/provider"
)

// A log learns which server it was and how it went, and not what the server said.
func TestBrief(t *testing.T) {
	for status, want := range map[int]string{
		0:   "http://gpu: said",
		200: "http://gpu: the answer ended with an error, or cannot be understood",
		400: "http://gpu: status 400",
	} {
		e := &provider.UpstreamError{Upstream: "http://gpu", Status: status, Err: errors.New("said")}
		if got := e.Brief(); got != want {
			t.Errorf("%d: %q", status, got)
		}
	}
}
