package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"
)

// child is a process that is ready to serve.
type child struct {
	process *process
	client  *http.Client
	baseURL string
	started time.Time
}

// startChild runs the plan and waits until the child answers. label is what errors call it.
func (p *Pool) startChild(ctx context.Context, engine program, pl plan, label string) (*child, error) {
	e, err := p.newEndpoint()
	if err != nil {
		return nil, err
	}
	cmd, err := engine.command(pl, e)
	if err != nil {
		return nil, err
	}
	proc, err := startProcess(cmd)
	if err != nil {
		return nil, &StartError{Weights: label, Cause: err}
	}
	task := p.opts.Progress.Start("Loading "+filepath.Base(pl.weights), -1)
	c := &child{process: proc, client: e.client(), baseURL: e.baseURL()}
	err = c.waitReady(ctx, p.opts.StartTimeout)
	task.Done(err)
	if err != nil {
		p.stopChild(c)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &StartError{Weights: label, Cause: err, Output: proc.output.last(maxOutputLines / 2)}
	}
	c.started = time.Now()
	return c, nil
}

// stopChild ends c and its connections.
func (p *Pool) stopChild(c *child) {
	c.process.stop(p.hurry)
	c.client.CloseIdleConnections()
}

var errTimeout = errors.New("it did not answer in time")

// waitReady asks for the child's health until that is good, or the child ended, or time is up.
func (c *child) waitReady(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	for delay := 10 * time.Millisecond; ; delay = min(2*delay, 250*time.Millisecond) {
		if c.healthy(ctx) {
			return nil
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-c.process.exited:
			timer.Stop()
			return fmt.Errorf("it ended: %w", orEnded(c.process.err))
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// orEnded gives an end without an error a name.
func orEnded(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

// healthy says whether GET /health is answered 200: it is 503 while the model is loading
// (llama.cpp's server README).
func (c *child) healthy(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.baseURL+"/health", nil)
	if err != nil {
		return false
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	return resp.StatusCode == http.StatusOK
}
