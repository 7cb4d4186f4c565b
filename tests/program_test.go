package tests

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// startTimeout bounds the wait for the server to say where it is.
	startTimeout = time.Minute
	// stopTimeout is longer than a server that nobody asks anything needs, and
	// shorter than one that waits for a running answer: limits.drainTimeout.
	stopTimeout = 20 * time.Second
)

// build compiles the program, as tests are compiled: with the race detector where
// they have it.
func build(t *testing.T) (binary string) {
	t.Helper()
	binary = filepath.Join(t.TempDir(), "saprolite")
	args := append([]string{"build", "-o", binary}, buildFlags...)
	out, err := exec.CommandContext(t.Context(), "go", append(args, "../cmd/saprolite")...).CombinedOutput()
	if err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return binary
}

// program is a running "saprolite serve".
type program struct {
	cmd *exec.Cmd
	log *logWatch
	// read is closed when the program has ended.
	read chan struct{}
	// environment is what the greeting tells to paste into a shell, as KEY=value.
	environment []string
}

// serve starts the program with arguments of its serve command, and ends it with
// the test. It listens on a free port of this machine.
func serve(t *testing.T, binary string, args ...string) *program {
	t.Helper()
	p := start(t, binary, args...)
	t.Cleanup(func() {
		if err := p.stop(p.read); err != nil {
			t.Errorf("end the program: %v", err)
		}
	})
	return p
}

// start is serve without the orderly end: the test ends the program, or it is killed.
func start(t *testing.T, binary string, args ...string) *program {
	t.Helper()
	p := &program{log: newLogWatch(), read: make(chan struct{})}
	p.cmd = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	p.cmd.Stderr = p.log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	greeted := make(chan []string, 1)
	go func() {
		defer close(p.read)
		readGreeting(stdout, greeted)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the log of the program:\n%s", p.log)
		}
	})
	select {
	case p.environment = <-greeted:
	case <-p.read:
		t.Fatal("the program ended before it listened")
	case <-time.After(startTimeout):
		t.Fatalf("the program does not listen after %v", startTimeout)
	}
	return p
}

// readGreeting hands over the environment of the greeting, at the first line after
// it, and reads on: the program must not wait for a reader.
func readGreeting(stdout io.Reader, greeted chan<- []string) {
	var environment []string
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		variable, ok := strings.CutPrefix(lines.Text(), "export ")
		switch {
		case ok:
			environment = append(environment, variable)
		case len(environment) > 0:
			greeted <- environment
			environment = nil
		}
	}
}

// stop asks the program to end and reports how it did. Every answer is over by
// then, and every client that left was noticed: there is nothing to wait for.
func (p *program) stop(read <-chan struct{}) error {
	err := p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(stopTimeout, func() { p.cmd.Process.Kill() })
	<-read
	err = errors.Join(err, p.cmd.Wait())
	if !late.Stop() {
		return fmt.Errorf("a request ran on %v after its client: %w", stopTimeout, err)
	}
	return err
}

// kill ends the program at once, if it runs.
func (p *program) kill() {
	p.cmd.Process.Kill()
	<-p.read
	p.cmd.Wait()
}

// variable gives the value of a variable of the greeting.
func (p *program) variable(t *testing.T, name string) string {
	t.Helper()
	for _, variable := range p.environment {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value
		}
	}
	t.Fatalf("the greeting does not tell %s", name)
	return ""
}

// ended waits until the program logs the end of a request.
func (p *program) ended(ctx context.Context, requestID string) error {
	return p.log.wait(ctx, "requestId="+requestID)
}

// dataDir is the cache that all tests, and the program itself, share.
func dataDir(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("SAPROLITE_DATA"); dir != "" {
		return dir
	}
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(base, "saprolite")
}

// missing skips the test, or fails it where everything must be there.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
