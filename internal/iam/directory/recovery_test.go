package directory_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/saprolite/saprolite/internal/iam/directory"
)

// The log tells that nothing is read, and then that it is again.
func TestRunTellsOfTroubleAndItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := mustRing(t)
		s := &source{everybody: people(ring)}
		var log bytes.Buffer
		d, err := directory.New(t.Context(), directory.Options{Source: s, Ring: ring, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { d.Run(ctx); close(ended) }()
		s.set(errors.New("out of order"))
		time.Sleep(3*time.Second + time.Millisecond)
		s.set(nil)
		time.Sleep(3 * time.Second)
		cancel()
		<-ended
		for _, want := range []string{"could not be read anew", "could be read anew"} {
			if got := strings.Count(log.String(), want); got != 1 {
				t.Errorf("%q is told %d times:\n%s", want, got, &log)
			}
		}
	})
}
