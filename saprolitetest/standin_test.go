package saprolitetest_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
)

// standIn stands in for the test that starts a server, where there is none and
// where it is to fail.
type standIn struct {
	testing.TB
	folder   string
	cleanups []func()
	failure  string
}

var errFailed = errors.New("the test has failed")

// inTest runs f as a test, and tells what made it fail.
func inTest(f func(testing.TB)) (failure string) {
	folder, err := os.MkdirTemp("", "saprolitetest-*")
	if err != nil {
		return err.Error()
	}
	defer os.RemoveAll(folder)
	t := &standIn{folder: folder}
	defer func() {
		if reason := recover(); reason != nil && reason != any(errFailed) {
			panic(reason)
		}
		for _, end := range t.cleanups {
			end()
		}
		failure = t.failure
	}()
	f(t)
	return ""
}

func (t *standIn) Helper()           {}
func (t *standIn) TempDir() string   { return t.folder }
func (t *standIn) Output() io.Writer { return io.Discard }
func (t *standIn) Cleanup(f func())  { t.cleanups = append(t.cleanups, f) }

func (t *standIn) Errorf(format string, args ...any) { t.failure = fmt.Sprintf(format, args...) }

func (t *standIn) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(errFailed)
}
