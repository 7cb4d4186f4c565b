package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"time"
)

const (
	// stopGrace is how long a child may take to end by itself.
	stopGrace = 5 * time.Second
	// pipeGrace is how long the pipes of a child that has ended may stay open in others' hands.
	pipeGrace = 2 * time.Second
)

// process is a child that ends with this process.
type process struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	output *output
	exited chan struct{} // closed when the child has ended
	err    error         // how it ended; read after exited
	tie    tie
}

// startProcess starts cmd so that it ends when this process does, however that ends: its standard
// input ends then (which the managed engine's launcher and Guard watch), and the system is asked
// to end it where it can (see tie).
func startProcess(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, output: &output{}, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	cmd.WaitDelay = pipeGrace
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.stdin = stdin
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		stdin.Close()
		return nil, err
	}
	return p, nil
}

// run starts the child and waits for its end.
func (p *process) run(started chan<- error) {
	// Linux ends the child when the thread that started it ends, so that thread must last.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p.tie.prepare(p.cmd)
	err := p.cmd.Start()
	if err == nil {
		if err = p.tie.bind(p.cmd.Process); err != nil {
			err = errors.Join(err, p.cmd.Process.Kill(), p.cmd.Wait())
		}
	}
	started <- err
	if err != nil {
		return
	}
	p.err = p.cmd.Wait()
	p.tie.release()
	close(p.exited)
}

// stop ends the child and waits for it: gently at first, and by force when stopGrace has passed
// or ctx has ended.
func (p *process) stop(ctx context.Context) {
	select {
	case <-p.exited:
		return // its id may be another's by now
	default:
	}
	// Errors mean that it has ended already; what counts is that it does.
	_ = p.stdin.Close()
	_ = p.tie.terminate(p.cmd.Process)
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-p.exited:
		return
	case <-grace.C:
	case <-ctx.Done():
	}
	_ = p.tie.kill(p.cmd.Process)
	<-p.exited
}

// Guard runs a command until it ends or until alive does, and then kills it. It is the body of
// the command that Options.Guard names; alive is its standard input, which a Pool keeps open.
// The command's output goes to this process's.
func Guard(args []string, alive io.Reader) error {
	if len(args) == 0 {
		return errors.New("no command to guard")
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	// It ends with this process at the latest, which ends when the command does.
	go func() {
		_, _ = io.Copy(io.Discard, alive)
		_ = cmd.Process.Kill()
	}()
	return cmd.Wait()
}
