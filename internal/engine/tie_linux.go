package engine

import (
	"os"
	"os/exec"
	"syscall"
)

// needsGuard says whether a child that does not watch its standard input outlives a killed parent.
const needsGuard = false

// tie ends a child with its parent. Linux signals the child when the thread that started it ends.
type tie struct{ group }

func (tie) prepare(cmd *exec.Cmd) {
	// A group of its own keeps the terminal's Ctrl-C from it: running answers are to finish.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

func (tie) bind(*os.Process) error { return nil }
func (tie) release()               {}
