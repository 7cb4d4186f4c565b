package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// process is a program that serves on a loopback address.
type process struct {
	cmd *exec.Cmd
	// stdin ends the roles of this program when it closes.
	stdin io.Closer
	url   string
	// ready is the time from its start to the line that tells its address.
	ready time.Duration
}

// startTime bounds a start.
const startTime = time.Minute

// start runs a program that prints a line "... listens on URL".
func start(cmd *exec.Cmd) (*process, error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, stdin: stdin}
	slow := time.AfterFunc(startTime, func() { cmd.Process.Kill() })
	defer slow.Stop()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), " listens on "); ok {
			p.url, p.ready = url, time.Since(begin)
			go io.Copy(io.Discard, stdout)
			return p, nil
		}
	}
	p.end()
	return nil, fmt.Errorf("%s did not say where it listens", filepath.Base(cmd.Path))
}

// end ends the process and waits for it.
func (p *process) end() {
	p.stdin.Close()
	p.cmd.Process.Signal(os.Interrupt)
	slow := time.AfterFunc(10*time.Second, func() { p.cmd.Process.Kill() })
	defer slow.Stop()
	p.cmd.Wait()
}

// program is the one to measure: the given one, or one that is built.
func program(ctx context.Context, path, dir string) (string, error) {
	if path != "" {
		return path, nil
	}
	path = filepath.Join(dir, "saprolite")
	// As "make build" does.
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "github.com/saprolite/saprolite/cmd/saprolite")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	return path, build.Run()
}

// cpu is the processor time that a process has used, in all of its threads, to a
// hundredth of a second.
func cpu(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold blanks. utime and stime are fields 14
	// and 15 of the line, so 12 and 13 behind it; see proc_pid_stat(5).
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	const user, system, ticksPerSecond = 11, 12, 100
	var ticks int64
	for _, field := range []int{user, system} {
		n, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond, nil
}

// memory is what a process holds in memory, in KiB.
func memory(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(text), "VmRSS:")
	if !ok {
		return 0, fmt.Errorf("process %d has no VmRSS", pid)
	}
	return strconv.Atoi(strings.Fields(rest)[0])
}
