package recall_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/saprolite/saprolite/internal/recall"
)

// An answer is good for a second, and until there is another.
func TestGet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answers recall.Answers[string, int]
		asked, trouble := 0, error(nil)
		get := func(want int, wantErr error) {
			t.Helper()
			got, err := answers.Get("a", func(context.Context) (int, error) {
				asked++
				return asked, trouble
			})
			if err != wantErr || err == nil && got != want {
				t.Errorf("got %d, %v; want %d, %v", got, err, want, wantErr)
			}
		}
		trouble = errors.New("out of order")
		get(0, trouble)
		trouble = nil
		get(2, nil)
		get(2, nil)
		time.Sleep(time.Second)
		get(3, nil)
		trouble = errors.New("out of order")
		time.Sleep(time.Second)
		get(3, nil)
		if asked != 4 {
			t.Errorf("asked %d times", asked)
		}
		answers.Forget("a")
		get(0, trouble)
	})
}

// A store that does not answer holds up one question at a time, and not for good.
func TestGetOfSilentStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answers recall.Answers[string, string]
		if _, err := answers.Get("a", func(context.Context) (string, error) { return "known", nil }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		start := time.Now()
		var held atomic.Int64
		var asking sync.WaitGroup
		for range 10 {
			asking.Go(func() {
				got, err := answers.Get("a", func(ctx context.Context) (string, error) {
					<-ctx.Done()
					return "", ctx.Err()
				})
				if got != "known" || err != nil {
					t.Errorf("%q, %v", got, err)
				}
				if time.Since(start) > 0 {
					held.Add(1)
				}
			})
		}
		asking.Wait()
		if n, took := held.Load(), time.Since(start); n != 1 || took > time.Second {
			t.Errorf("%d were held up, for %v", n, took)
		}
	})
}

// Callers choose what is asked, and fill no memory by it.
func TestGetIsBounded(t *testing.T) {
	var answers recall.Answers[string, int]
	asked := 0
	for i := range 10_001 {
		if _, err := answers.Get(strconv.Itoa(i), func(context.Context) (int, error) { return i, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := answers.Get("0", func(context.Context) (int, error) { asked++; return 0, nil }); err != nil || asked != 1 {
		t.Errorf("asked %d times, %v: the first answer is still there", asked, err)
	}
}
