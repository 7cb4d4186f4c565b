//go:build unix && !linux

package engine

import (
	"os"
	"os/exec"
	"syscall"
)

// needsGuard says whether a child that does not watch its standard input outlives a killed parent.
const needsGuard = true

// tie ends a child with its parent. These systems offer nothing for it beside the end of the
// child's standard input.
type tie struct{ group }

func (tie) prepare(cmd *exec.Cmd) {
	// A group of its own keeps the terminal's Ctrl-C from it: running answers are to finish.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func (tie) bind(*os.Process) error { return nil }
func (tie) release()               {}
