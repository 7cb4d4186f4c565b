package engine

import (
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// needsGuard says whether a child that does not watch its standard input outlives a killed parent.
const needsGuard = false

// tie ends a child with its parent: Windows ends all of a job when the last handle to it is closed.
type tie struct{ job windows.Handle }

func (*tie) prepare(cmd *exec.Cmd) {
	// A group of its own keeps the console's Ctrl-C from it: running answers are to finish.
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

func (t *tie) bind(p *os.Process) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return err
	}
	t.job = job
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		return err
	}
	const access = windows.PROCESS_SET_QUOTA | windows.PROCESS_TERMINATE
	handle, err := windows.OpenProcess(access, false, uint32(p.Pid))
	if err != nil {
		return err
	}
	defer windows.CloseHandle(handle)
	return windows.AssignProcessToJobObject(job, handle)
}

func (t *tie) release() {
	if t.job != 0 {
		_ = windows.CloseHandle(t.job)
	}
}

// terminate is no gentler than kill: Windows has no signal that says please.
func (t *tie) terminate(p *os.Process) error { return t.kill(p) }

func (t *tie) kill(*os.Process) error { return windows.TerminateJobObject(t.job, 1) }
