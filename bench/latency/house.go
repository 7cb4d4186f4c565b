package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// house is everything that is measured, running.
type house struct {
	upstream, translator, open, signed *process
}

const configuration = `listen: 127.0.0.1:0
auth: %s
providers:
  upstream: {type: openai, url: "%s/v1", model: bench}
`

// build starts the processes, and tells how Saprolite started.
func build(o options, dir string) (*house, error) {
	h := &house{}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if h.upstream, err = start(exec.Command(self, "role", "upstream")); err != nil {
		return nil, err
	}
	if h.translator, err = start(exec.Command(self, "role", "translator", h.upstream.url)); err != nil {
		h.end()
		return nil, err
	}
	for auth, p := range map[string]**process{"none": &h.open, "sigv4": &h.signed} {
		if *p, err = startSaprolite(o, dir, auth, h.upstream.url); err != nil {
			h.end()
			return nil, err
		}
	}
	rss, err := memory(h.signed.cmd.Process.Pid)
	if err != nil {
		h.end()
		return nil, err
	}
	fmt.Printf("saprolite listens %.0f ms after its start and holds %.1f MiB\n",
		float64(h.signed.ready.Microseconds())/1000, float64(rss)/1024)
	return h, nil
}

// startSaprolite starts the program with its default settings; only the lines of
// its log go nowhere.
func startSaprolite(o options, dir, auth, upstream string) (*process, error) {
	config := filepath.Join(dir, auth+".yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, configuration, auth, upstream), 0o600); err != nil {
		return nil, err
	}
	return start(exec.Command(o.program, "serve", "--config", config, "--data", dir))
}

// end ends what was started, the callers first.
func (h *house) end() {
	for _, p := range []*process{h.signed, h.open, h.translator, h.upstream} {
		if p != nil {
			p.end()
		}
	}
}

// targets are the ways to the upstream, the direct one first.
func (h *house) targets(stream bool) []*target {
	path := "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse"
	if stream {
		path += "-stream"
	}
	return []*target{
		newTarget("upstream", h.upstream, h.upstream.url+"/v1/chat/completions", chatBody(stream), false),
		newTarget("translator", h.translator, h.translator.url+path, converseBody, false),
		newTarget("saprolite, no auth", h.open, h.open.url+path, converseBody, false),
		newTarget("saprolite, SigV4", h.signed, h.signed.url+path, converseBody, true),
	}
}
