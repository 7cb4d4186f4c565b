package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// enginePrompt makes the default model talk as long as it may.
const enginePrompt = "Count from one to five hundred in words, separated by commas."

// engineRounds is the number of paired answers.
const engineRounds = 12

// engineHouse is Saprolite with its embedded engine.
type engineHouse struct {
	saprolite, engine *process
	// tokens is the length of every answer.
	tokens int
	direct *http.Client
}

// measureEngine asks the embedded engine for the same answer through Saprolite
// and directly, over its own socket, in turns, and compares the tokens for each
// second of time and for each second of processor: the engine's, and through
// Saprolite both programs'.
func measureEngine(ctx context.Context, o options, dir string) error {
	h, err := startEngine(ctx, o, dir)
	if err != nil {
		return err
	}
	defer h.saprolite.end()
	through := newTarget("through saprolite", h.saprolite, h.saprolite.url+"/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse-stream", converseEngine(o.tokens), false)
	direct := newTarget("engine directly", h.engine, "http://engine/v1/chat/completions", chatEngine(o.tokens), false)
	direct.client = h.direct
	targets := []*target{direct, through}
	loads := make([]load, len(targets))
	for _, t := range targets {
		if err := t.prepare(); err != nil {
			return err
		}
		// The engine keeps the prompt's state, so that all the answers that count
		// begin alike.
		if _, err := t.call(ctx); err != nil {
			return err
		}
	}
	for round := range engineRounds {
		for i := range targets {
			at := (i + round) % len(targets)
			if err := h.measure(ctx, targets[at], &loads[at]); err != nil {
				return err
			}
		}
	}
	fmt.Printf("\n%-20s %12s %8s %18s %8s\n", fmt.Sprintf("%d tokens", h.tokens), "tokens/s", "ratio", "tokens/CPU-second", "ratio")
	tokens := float64(h.tokens)
	for i, t := range targets {
		l, base := loads[i], loads[0]
		perCPU := tokens * float64(l.calls) / l.cpu.Seconds()
		fmt.Printf("%-20s %12.1f %8.3f %18.1f %8.3f\n", t.name, tokens*l.perSecond(), l.perSecond()/base.perSecond(),
			perCPU, perCPU/(tokens*float64(base.calls)/base.cpu.Seconds()))
	}
	return nil
}

// measure makes one call; the processor time is that of the engine and of
// Saprolite, which does nothing while the engine is called directly.
func (h *engineHouse) measure(ctx context.Context, t *target, sum *load) error {
	before, err := h.cpu()
	if err != nil {
		return err
	}
	took, err := t.call(ctx)
	if err != nil {
		return err
	}
	after, err := h.cpu()
	sum.calls++
	sum.time += took.whole
	sum.cpu += after - before
	return err
}

func (h *engineHouse) cpu() (time.Duration, error) {
	engine, err := cpu(h.engine.cmd.Process.Pid)
	if err != nil {
		return 0, err
	}
	saprolite, err := cpu(h.saprolite.cmd.Process.Pid)
	return engine + saprolite, err
}

// startEngine starts Saprolite as it comes, without a configuration, and finds the
// engine that its first call starts.
func startEngine(ctx context.Context, o options, dir string) (*engineHouse, error) {
	args := []string{"serve", "--listen", "127.0.0.1:0", "--auth", "none"}
	if o.data != "" {
		args = append(args, "--data", o.data)
	}
	cmd := exec.Command(o.program, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	saprolite, err := start(cmd)
	if err != nil {
		return nil, err
	}
	first := newTarget("saprolite", saprolite, saprolite.url+"/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse", converseEngine(o.tokens), false)
	first.size = 1
	h := &engineHouse{saprolite: saprolite, tokens: o.tokens}
	err = errors.Join(first.prepare(), answers(ctx, first, o.tokens))
	if err == nil {
		h.engine, h.direct, err = findEngine(dir, saprolite.cmd.Process.Pid)
	}
	if err != nil {
		saprolite.end()
		return nil, err
	}
	return h, nil
}

// answers sees to it that the model talks as long as it may, without which the
// answers would not compare.
func answers(ctx context.Context, t *target, tokens int) error {
	request, err := t.request(ctx)
	if err != nil {
		return err
	}
	response, err := t.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && !bytes.Contains(body, fmt.Appendf(nil, `"outputTokens":%d,`, tokens)) {
		err = fmt.Errorf("the answer has not %d tokens: %s", tokens, body)
	}
	return err
}

// findEngine finds the child of Saprolite and its socket.
func findEngine(dir string, parent int) (*process, *http.Client, error) {
	sockets, err := filepath.Glob(filepath.Join(dir, "*", "*.sock"))
	if err != nil || len(sockets) != 1 {
		return nil, nil, fmt.Errorf("found the sockets %q: %w", sockets, err)
	}
	pid, err := childOf(parent)
	if err != nil {
		return nil, nil, err
	}
	child, err := os.FindProcess(pid)
	if err != nil {
		return nil, nil, err
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", sockets[0])
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, DisableCompression: true, DisableKeepAlives: true}, Timeout: time.Minute}
	return &process{cmd: &exec.Cmd{Process: child}}, client, nil
}

// childOf finds the only child of a process; the threads of a process list their
// children apart.
func childOf(parent int) (int, error) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil {
		return 0, err
	}
	var children []string
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			return 0, err
		}
		children = append(children, strings.Fields(string(text))...)
	}
	children = slices.Compact(children)
	if len(children) != 1 {
		return 0, fmt.Errorf("process %d has the children %q", parent, children)
	}
	return strconv.Atoi(children[0])
}

func converseEngine(tokens int) []byte {
	return fmt.Appendf(nil, `{"inferenceConfig":{"maxTokens":%d,"temperature":0},"messages":[{"content":[{"text":%q}],"role":"user"}]}`, tokens, enginePrompt)
}

// chatEngine is what Saprolite makes of that.
func chatEngine(tokens int) []byte {
	return fmt.Appendf(nil, `{"model":"default","messages":[{"role":"system","content":""},{"role":"user","content":%q}],`+
		`"max_tokens":%d,"temperature":0,"stream":true,"stream_options":{"include_usage":true}}`, enginePrompt, tokens)
}
