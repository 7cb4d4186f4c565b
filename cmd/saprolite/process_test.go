package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds every wait on a process.
const patience = time.Minute

// process is a program that a script has started.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	stdin          io.WriteCloser
	exited         chan struct{}
}

// output is what a process has printed so far.
type output struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and replaced by every write
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed != nil {
		close(o.changed)
		o.changed = nil
	}
	return o.text.Write(p)
}

// now gives the text, and what is closed when there is more.
func (o *output) now() (string, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.changed == nil {
		o.changed = make(chan struct{})
	}
	return o.text.String(), o.changed
}

// background is what a script has beside it.
type background struct {
	env       *testscript.Env
	processes map[string]*process
	hub       *fakeHub
}

func of(ts *testscript.TestScript) *background { return ts.Value(background{}.key()).(*background) }

func (background) key() any { return "background" }

// process gives what the script has started by a name.
func (b *background) process(ts *testscript.TestScript, name string) *process {
	p := b.processes[name]
	if p == nil {
		ts.Fatalf("there is no process %s", name)
	}
	return p
}

// environ is the environment as the script has made it.
func (b *background) environ(ts *testscript.TestScript) []string {
	var environ []string
	for _, entry := range b.env.Vars {
		name, _, _ := strings.Cut(entry, "=")
		environ = append(environ, name+"="+ts.Getenv(name))
	}
	return environ
}

// start NAME ARGS...
// starts the program in the background. Its standard input stays open.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start name [args...]")
	}
	program := filepath.Join(ts.Getenv("PROGRAM_DIR"), "saprolite")
	p := &process{cmd: exec.Command(program, args[1:]...), exited: make(chan struct{})}
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Env = of(ts).environ(ts)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	var err error
	p.stdin, err = p.cmd.StdinPipe()
	ts.Check(err)
	ts.Check(p.cmd.Start())
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	ts.Defer(func() {
		p.cmd.Process.Kill()
		<-p.exited
		p.stdin.Close()
	})
	of(ts).processes[args[0]] = p
}

// await NAME REGEXP
// waits until the program has printed what matches. The groups of the expression
// that have a name become variables.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await name regexp")
	}
	p := of(ts).process(ts, args[0])
	want := regexp.MustCompile("(?m)" + args[1])
	deadline := time.After(patience)
	for {
		stdout, more := p.stdout.now()
		stderr, moreErrors := p.stderr.now()
		if match := want.FindStringSubmatch(stdout + stderr); match != nil {
			for i, name := range want.SubexpNames() {
				if name != "" {
					ts.Setenv(name, match[i])
				}
			}
			return
		}
		select {
		case <-more:
		case <-moreErrors:
		case <-p.exited:
			ts.Fatalf("%s ended without printing %s:\n%s%s", args[0], args[1], stdout, stderr)
		case <-deadline:
			ts.Fatalf("%s does not print %s:\n%s%s", args[0], args[1], stdout, stderr)
		}
	}
}

// say NAME TEXT
// writes a line to the program's standard input.
func say(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: say name text")
	}
	_, err := io.WriteString(of(ts).process(ts, args[0]).stdin, args[1]+"\n")
	ts.Check(err)
}

// interrupt NAME
// is Ctrl-C.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: interrupt name")
	}
	ts.Check(of(ts).process(ts, args[0]).cmd.Process.Signal(os.Interrupt))
}

// ended NAME CODE
// waits for the end of the program, whose exit code must be that, or "signal".
// What it printed is in the files NAME.stdout and NAME.stderr.
func ended(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: ended name code")
	}
	p := of(ts).process(ts, args[0])
	select {
	case <-p.exited:
	case <-time.After(patience):
		ts.Fatalf("%s does not end", args[0])
	}
	stdout, _ := p.stdout.now()
	stderr, _ := p.stderr.now()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".stdout"), []byte(stdout), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".stderr"), []byte(stderr), 0o600))
	code := strconv.Itoa(p.cmd.ProcessState.ExitCode())
	if code == "-1" {
		code = "signal"
	}
	if code != args[1] {
		ts.Fatalf("%s ended with %s:\n%s%s", args[0], code, stdout, stderr)
	}
}

// paste FILE
// sets the variables that a file exports, as pasting it into a shell does.
func paste(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: paste file")
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "="); ok {
			ts.Setenv(name, value)
		}
	}
}

// until REGEXP ARGS...
// runs the program again and again until it prints what matches. It must have told
// so before a minute is over: what changes in the state is known after a second.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until regexp args...")
	}
	want := regexp.MustCompile("(?m)" + args[0])
	for deadline := time.Now().Add(patience); ; {
		err := ts.Exec("saprolite", args[1:]...)
		printed := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		if want.MatchString(printed) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%q does not print %s, but ends with %v:\n%s", args[1:], args[0], err, printed)
		}
	}
}
