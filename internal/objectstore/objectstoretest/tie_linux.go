package objectstoretest

import (
	"os/exec"
	"syscall"
)

// tie ends a child with this process, also where no cleanup runs any more.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
