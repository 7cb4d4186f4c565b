package engine

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/saprolite/saprolite/internal/download"
)

// launcher is the program that Python runs for the managed engine.
//
//go:embed launcher.py
var launcher string

const (
	// maxConnections is how many requests a child works on or keeps waiting at once; further ones
	// wait for a connection. Each holds one of the server's threads, which cost little memory.
	maxConnections = 64
	httpThreads    = maxConnections + 8

	// batchTokens bounds how much of a prompt is worked on before other requests get their turn,
	// and before a cancelled one is noticed. Prefill was as fast as with llama.cpp's 2048.
	batchTokens = 256

	// imageBatchTokens is batchTokens for a model with a projector: llama.cpp's own.
	imageBatchTokens = 2048

	// promptCacheMiB bounds the memory in which a child keeps prompts that lost their slot;
	// llama.cpp's own bound is 8 GiB.
	promptCacheMiB = 256

	// warnings is llama.cpp's verbosity that prints warnings and errors only.
	warnings = 2
)

// The managed engine: xllamacpp, MIT, of the Xinference project; llama.cpp build 11549.
const (
	managedName    = "xllamacpp"
	managedVersion = "2026.10.11549"
)

// managedSums are the SHA-256 sums of its wheels by GOOS/GOARCH.
func managedSums() map[string]string {
	return map[string]string{
		"linux/amd64":   "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261",
		"linux/arm64":   "e2a3e79e775515de4ad197e667f874070446ef9ac9cf2044bc9866bc4c72289e",
		"darwin/arm64":  "4ecda27a308b2403aa13c9d04b270befab95edc556c24ed00b2f8a98bd7f6781",
		"windows/amd64": "1b76730ab9af47ec8d05a3d55154305fa92642f694dd9ad87d9e5a5e9956a59d",
	}
}

// managedWheelSize is about the length of each wheel, for the progress shown.
const managedWheelSize = 33_827_498

// program is an engine that can be run.
type program interface {
	// command returns what serves the plan at the endpoint.
	command(p plan, e endpoint) (*exec.Cmd, error)
	// String tells the user which engine it is.
	String() string
}

// locate finds the engine, or fetches it.
func locate(ctx context.Context, opts Options) (program, error) {
	if opts.Server != "" {
		path, err := exec.LookPath(opts.Server)
		if err != nil {
			return nil, fmt.Errorf("the configured engine: %w", err)
		}
		return llamaServer{path: path, guard: opts.Guard}, nil
	}
	if path, err := exec.LookPath("llama-server"); err == nil {
		return llamaServer{path: path, guard: opts.Guard}, nil
	}
	return locateManaged(ctx, opts)
}

func locateManaged(ctx context.Context, opts Options) (program, error) {
	platform := runtime.GOOS + "/" + runtime.GOARCH
	sum, ok := managedSums()[platform]
	if !ok {
		return nil, &NotFoundError{fmt.Errorf("llama-server is not on PATH, and there is no managed engine for %s", platform)}
	}
	python, err := exec.LookPath(opts.Cache.Interpreter())
	if err != nil {
		return nil, &NotFoundError{fmt.Errorf("neither llama-server nor %s is on PATH", opts.Cache.Interpreter())}
	}
	dir, err := opts.Cache.Package(ctx, download.Package{
		Name: managedName, Version: managedVersion, SHA256: sum, Size: managedWheelSize,
		Members: []download.Member{{Path: managedName + "/"}},
		Label:   "Engine (llama.cpp)",
	})
	if pip := (*download.PipError)(nil); errors.As(err, &pip) {
		return nil, &NotFoundError{err}
	}
	if err != nil {
		return nil, fmt.Errorf("fetch the managed engine: %w", err)
	}
	return managed{python: python, dir: dir}, nil
}

// llamaServer is the user's own build of llama.cpp's server.
type llamaServer struct {
	path  string
	guard []string
}

func (s llamaServer) String() string { return s.path }

// command gives what every build knows as flags, and the rest in the environment, which an older
// build ignores (llama.cpp's server README names the variable of each option).
func (s llamaServer) command(p plan, e endpoint) (*exec.Cmd, error) {
	host, port := e.hostPort()
	args := []string{s.path, "--model", p.weights, "--host", host, "--port", strconv.Itoa(port),
		"--ctx-size", strconv.Itoa(p.context * p.slots), "--parallel", strconv.Itoa(p.slots),
		"--threads", strconv.Itoa(p.threads)}
	if p.projector != "" {
		args = append(args, "--mmproj", p.projector)
	}
	if p.embedding {
		args = append(args, "--embedding", "--batch-size", strconv.Itoa(p.context), "--ubatch-size", strconv.Itoa(p.context))
	}
	if needsGuard {
		args = slices.Concat(s.guard, args)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = childEnv(e,
		"LLAMA_ARG_JINJA=1",
		"LLAMA_ARG_ENDPOINT_METRICS=1",
		"LLAMA_ARG_THREADS_HTTP="+strconv.Itoa(httpThreads),
		"LLAMA_ARG_CACHE_RAM="+strconv.Itoa(promptCacheMiB),
		"LLAMA_ARG_LOG_VERBOSITY="+strconv.Itoa(warnings))
	return cmd, nil
}

// managed is the package's server, run by Python.
type managed struct {
	python string
	dir    string // where the package is unpacked
}

func (managed) String() string { return managedName + " " + managedVersion + " (managed)" }

func (m managed) command(p plan, e endpoint) (*exec.Cmd, error) {
	host, port := e.hostPort()
	params := map[string]any{
		"n_ctx": p.context * p.slots, "n_parallel": p.slots, "kv_unified": false,
		"n_batch": batchTokens, "cache_ram_mib": promptCacheMiB, "n_threads_http": httpThreads,
		"hostnames": []string{host}, "port": port,
		"use_jinja": true, "endpoint_metrics": true, "ui": false, "verbosity": warnings,
	}
	if p.projector != "" {
		// Some models see an image at once.
		params["n_batch"] = imageBatchTokens
	}
	if p.embedding {
		// An embedding sees its whole text at once.
		params["embedding"], params["n_batch"], params["n_ubatch"] = true, p.context, p.context
	}
	options, err := json.Marshal(map[string]any{
		"package": m.dir, "model": p.weights, "projector": p.projector, "threads": p.threads, "params": params,
	})
	if err != nil {
		return nil, err
	}
	// -I keeps the user's PYTHON variables and site folders out of it.
	cmd := exec.Command(m.python, "-I", "-c", launcher, string(options))
	cmd.Env = childEnv(e)
	return cmd, nil
}

// childEnv returns this process's environment with the endpoint's key in place of any other, and
// with settings. A key in the environment is seen by fewer than one among the arguments.
func childEnv(e endpoint, settings ...string) []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "LLAMA_API_KEY=") })
	if e.key != "" {
		env = append(env, "LLAMA_API_KEY="+e.key)
	}
	return append(env, settings...)
}
