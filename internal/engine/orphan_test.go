//go:build unix

package engine

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// parentOf runs a program with a pool of its own and returns it with its child's id.
func parentOf(t *testing.T, env ...string) (parent *exec.Cmd, child int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent = exec.Command(self)
	parent.Env = append(os.Environ(), append(env, roleVariable+"=parent")...)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	text, ok := strings.CutPrefix(strings.TrimSpace(line), "child ")
	if !ok {
		rest, _ := io.ReadAll(lines)
		t.Fatalf("the parent said %q %s, %v; it ended: %v", line, rest, err, parent.Wait())
	}
	child, err = strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return parent, child
}

// killParent kills the parent and waits until the child is gone.
func killParent(t *testing.T, parent *exec.Cmd, child int) {
	t.Helper()
	if !alive(child) {
		t.Fatal("there is no child")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	waitGone(t, child)
}

// waitGone fails when the process is still there after a time that is long for any machine.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); alive(pid); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			t.Fatalf("process %d is an orphan", pid)
		}
	}
}

// alive says whether a process runs; one that ended and that nobody has waited for does not.
func alive(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	if runtime.GOOS != "linux" {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

// The played server never looks at its standard input, as a real llama-server does not.
func TestServerEndsWithKilledParent(t *testing.T) {
	if needsGuard {
		t.Skip("this system needs a guard")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent, child := parentOf(t, "PARENT_SERVER="+self, "PARENT_CACHE="+t.TempDir(), "PARENT_WEIGHTS="+weightsFile(t, "a.gguf", 0))
	killParent(t, parent, child)
}

func TestGuardKillsWhenItsInputEnds(t *testing.T) {
	sleeper := []string{"sleep", "1000"}
	alive, kill := io.Pipe()
	ended := make(chan error)
	go func() { ended <- Guard(sleeper, alive) }()
	kill.Close()
	exit := (*exec.ExitError)(nil)
	if err := <-ended; !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("it ended by %v, want to be killed", err)
	}
}

func TestGuardEndsWithItsCommand(t *testing.T) {
	alive, kill := io.Pipe()
	defer kill.Close()
	exit := (*exec.ExitError)(nil)
	if err := Guard([]string{"sh", "-c", "exit 7"}, alive); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("got %v, want exit status 7", err)
	}
	if err := Guard(nil, alive); err == nil {
		t.Error("no error without a command")
	}
}

func TestFoldersOfTheKilledAreRemoved(t *testing.T) {
	base := t.TempDir()
	t.Setenv("TMPDIR", base)
	killed, living := &endpoints{}, &endpoints{}
	for _, e := range []*endpoints{killed, living} {
		if _, err := e.next(); err != nil {
			t.Fatal(err)
		}
	}
	if err := killed.owner.Close(); err != nil { // as the end of a process does
		t.Fatal(err)
	}
	other := &endpoints{}
	if _, err := other.next(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(killed.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of a killed process is left: %v", err)
	}
	if info, err := os.Stat(living.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of a living one: %v, %v", info, err)
	}
	for _, e := range []*endpoints{living, other} {
		if err := e.close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(base); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
