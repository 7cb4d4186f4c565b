package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/saprolite/saprolite/internal/audit"
	"github.com/saprolite/saprolite/internal/store"
)

// silent is a state that answers by its error.
type silent struct {
	store.Store
	err error
}

func (s *silent) Ping(context.Context) error { return s.err }

// A state that does not answer takes the server out of service; why is for the log
// alone, which hears it once, and when it is over.
func TestNotReady(t *testing.T) {
	var log bytes.Buffer
	state := &silent{err: errors.New("no answer: password=secret")}
	a := &App{watch: new(watch), state: state, log: slog.New(slog.NewTextHandler(&log, nil))}
	probe := func(status int, text string) {
		t.Helper()
		answer := httptest.NewRecorder()
		a.adminServer().Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if got := answer.Body.String(); answer.Code != status || got != text {
			t.Errorf("%d %q", answer.Code, got)
		}
	}
	probe(http.StatusServiceUnavailable, "the state does not answer\n")
	probe(http.StatusServiceUnavailable, "the state does not answer\n")
	state.err = nil
	probe(http.StatusOK, "ok\n")
	probe(http.StatusOK, "ok\n")
	text := log.String()
	if strings.Count(text, "\n") != 2 || !strings.Contains(text, "password=secret") || !strings.Contains(text, "the state answers again") {
		t.Errorf("the log has\n%s", text)
	}
}

// full takes nothing as long as it is full.
type full struct{ full bool }

func (f *full) Write(p []byte) (int, error) {
	if f.full {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

// A trail without which nothing is answered takes the server out of service too, and
// brings it back though nobody asks for anything.
func TestNotReadyWithoutTrail(t *testing.T) {
	disk := &full{full: true}
	trail, err := audit.Open(audit.Options{Writer: disk, OnFailure: audit.Refuse})
	if err != nil {
		t.Fatal(err)
	}
	a := &App{watch: &watch{trail: trail}, log: slog.New(slog.DiscardHandler)}
	ready := func(want int) {
		t.Helper()
		answer := httptest.NewRecorder()
		a.adminServer().Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if answer.Code != want {
			t.Errorf("%d %q", answer.Code, answer.Body)
		}
	}
	ready(http.StatusOK)
	if trail.Changed(audit.Change{Verb: audit.Delete}) == nil {
		t.Fatal("the disk is not full")
	}
	ready(http.StatusServiceUnavailable)
	disk.full = false
	ready(http.StatusOK)
}
