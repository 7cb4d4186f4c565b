package quotatest

import (
	"os/exec"
	"syscall"
)

// endWithParent lets a server end with this process, however that ends.
func endWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
