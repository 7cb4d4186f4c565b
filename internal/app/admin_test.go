package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/saprolite/saprolite/internal/store"
)

// silent is a state that does not answer.
type silent struct{ store.Store }

func (silent) Ping(context.Context) error { return errors.New("no answer: password=secret") }

// A state that does not answer takes the server out of service; why is for the log
// alone.
func TestNotReady(t *testing.T) {
	a := &App{watch: new(watch), state: silent{}, log: slog.New(slog.DiscardHandler)}
	answer := httptest.NewRecorder()
	a.adminServer().Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if got := answer.Body.String(); answer.Code != http.StatusServiceUnavailable || got != "the state does not answer\n" {
		t.Errorf("%d %q", answer.Code, got)
	}
}
