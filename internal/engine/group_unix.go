//go:build unix

package engine

import (
	"os"
	"syscall"
)

// group signals a child and all that it started.
type group struct{}

func (group) terminate(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGTERM) }
func (group) kill(p *os.Process) error      { return syscall.Kill(-p.Pid, syscall.SIGKILL) }
