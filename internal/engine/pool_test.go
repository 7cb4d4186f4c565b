package engine

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// smallSize and bigSize are lengths of weights; a budget for two small ones has no room for a
// small and a big one.
const (
	smallSize = 100 << 20
	bigSize   = 400 << 20
	twoSmall  = 2*(smallSize+fixedBytes) + 8<<20
)

func small(t *testing.T, name string) Model {
	return Model{Weights: weightsFile(t, name, smallSize), Context: 256, Slots: 1}
}

// running returns the weights' names of the children that are ready.
func running(p *Pool) map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := map[string]bool{}
	for m, w := range p.workers {
		if w.child != nil {
			names[m.Weights] = true
		}
	}
	return names
}

func TestAcquireSharesAChild(t *testing.T) {
	p := serverPool(t, 0)
	m := small(t, "a.gguf")
	pids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range pids {
		wg.Go(func() {
			l, err := p.Acquire(t.Context(), m)
			if err != nil {
				t.Error(err)
				return
			}
			defer l.Release()
			if pids[i], err = get(t.Context(), l, "/pid"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, pid := range pids {
		if pid != pids[0] || pid == "" {
			t.Errorf("children %v, want one", pids)
		}
	}
}

func TestLeastRecentlyUsedIdleLeavesFirst(t *testing.T) {
	p := serverPool(t, twoSmall)
	a, b, c := small(t, "a.gguf"), small(t, "b.gguf"), small(t, "c.gguf")
	mustAcquire(t, p, a).Release()
	mustAcquire(t, p, b).Release()
	mustAcquire(t, p, a).Release() // b is now the least recently used
	l := mustAcquire(t, p, c)
	defer l.Release()
	got := running(p)
	if !got[a.Weights] || !got[c.Weights] || got[b.Weights] {
		t.Errorf("running: %v, want a and c", got)
	}
}

func TestHeldChildIsNotStopped(t *testing.T) {
	p := serverPool(t, twoSmall)
	a, b := small(t, "a.gguf"), small(t, "b.gguf")
	held := mustAcquire(t, p, a)
	mustAcquire(t, p, b).Release()
	l := mustAcquire(t, p, small(t, "c.gguf")) // b leaves, although a is older
	defer l.Release()
	if !running(p)[a.Weights] {
		t.Fatal("a was stopped while it was held")
	}
	mustGet(t, held, "/pid")

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.Acquire(ctx, b); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with all held: %v, want the deadline", err)
	}
	held.Release()
	mustAcquire(t, p, b).Release()
}

func TestTooBigAModelRunsAlone(t *testing.T) {
	p := serverPool(t, twoSmall)
	mustAcquire(t, p, small(t, "a.gguf")).Release()
	mustAcquire(t, p, small(t, "b.gguf")).Release()
	big := Model{Weights: weightsFile(t, "big.gguf", 4*bigSize), Context: 256, Slots: 1}
	l := mustAcquire(t, p, big)
	defer l.Release()
	if got := running(p); len(got) != 1 || !got[big.Weights] {
		t.Errorf("running: %v, want the big one alone", got)
	}
}

// Two models that never fit together must both make progress under constant demand.
func TestNoModelStarves(t *testing.T) {
	p := serverPool(t, smallSize+fixedBytes+1<<20)
	models := []Model{small(t, "a.gguf"), small(t, "b.gguf"), small(t, "c.gguf")}
	var wg sync.WaitGroup
	for _, m := range models {
		for range 3 {
			wg.Go(func() {
				for range 2 {
					l, err := p.Acquire(t.Context(), m)
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := get(t.Context(), l, "/pid"); err != nil {
						t.Error(err)
					}
					l.Release()
				}
			})
		}
	}
	wg.Wait()
}

func TestDeadChildIsRestarted(t *testing.T) {
	p := serverPool(t, 0)
	m := small(t, "a.gguf")
	l := mustAcquire(t, p, m)
	first := mustGet(t, l, "/pid")
	inFlight := make(chan error)
	go func() {
		_, err := get(context.Background(), l, "/hang")
		inFlight <- err
	}()
	if _, err := get(t.Context(), l, "/crash"); err == nil {
		t.Error("the request that killed the child got an answer")
	}
	if err := <-inFlight; err == nil {
		t.Error("a request in flight did not see the child's end")
	}
	l.Release()
	again := acquireOther(t, p, m, first)
	defer again.Release()
}

// acquireOther acquires m until its child is another than the one of pid: the pool may need a
// moment to see that a child died.
func acquireOther(t *testing.T, p *Pool, m Model, pid string) *Lease {
	t.Helper()
	for {
		l := mustAcquire(t, p, m)
		if now, err := get(t.Context(), l, "/pid"); err == nil && now != pid {
			return l
		}
		l.Release()
	}
}

func TestBrokenWeights(t *testing.T) {
	p := serverPool(t, 0)
	m := Model{Weights: weightsFile(t, "broken.gguf", 0)}
	_, err := p.Acquire(t.Context(), m)
	start := (*StartError)(nil)
	if !errors.As(err, &start) {
		t.Fatalf("got %v, want a StartError", err)
	}
	if !strings.Contains(err.Error(), "these weights are broken") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("the error tells neither end nor output: %v", err)
	}
	// At once there is no other attempt, but the same answer.
	if _, again := p.Acquire(t.Context(), m); again != err {
		t.Errorf("got %v, want the same error", again)
	}
}

func TestStartTakesTooLong(t *testing.T) {
	p := serverPool(t, 0)
	p.opts.StartTimeout = 100 * time.Millisecond
	_, err := p.Acquire(t.Context(), Model{Weights: weightsFile(t, "silent.gguf", 0)})
	if start := (*StartError)(nil); !errors.As(err, &start) || !errors.Is(err, errTimeout) {
		t.Errorf("got %v", err)
	}
}

func TestAcquireRefuses(t *testing.T) {
	p := serverPool(t, 0)
	text := weightsFile(t, "a.gguf", 0)
	if err := os.WriteFile(text, []byte("no weights"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, m := range []Model{
		{Weights: "/no/such/file.gguf"},
		{Weights: t.TempDir()},
		{Weights: text},
		{Weights: "hf:owner"},
		{Weights: weightsFile(t, "a-00002-of-00003.gguf", 0)},
		{Weights: weightsFile(t, "b.gguf", 0), Context: -1},
	} {
		if _, err := p.Acquire(t.Context(), m); err == nil {
			t.Errorf("%+v: no error", m)
		}
	}
}

func TestStop(t *testing.T) {
	p := serverPool(t, 0)
	l := mustAcquire(t, p, small(t, "a.gguf"))
	waiting := make(chan error)
	go func() {
		_, err := get(context.Background(), l, "/hang")
		waiting <- err
	}()
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err == nil {
		t.Error("a child outlived Stop")
	}
	l.Release()
	l.Release()
	if _, err := p.Acquire(t.Context(), small(t, "a.gguf")); !errors.Is(err, ErrStopped) {
		t.Errorf("got %v, want ErrStopped", err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestStopWhileStarting(t *testing.T) {
	p := serverPool(t, 0)
	m := small(t, "a.gguf")
	result := make(chan error)
	go func() {
		_, err := p.Acquire(context.Background(), m)
		result <- err
	}()
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // kill at once
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil && !errors.Is(err, ErrStopped) {
		t.Errorf("got %v", err)
	}
}

func TestServerArguments(t *testing.T) {
	p := serverPool(t, 0)
	p.opts.Threads = 3
	l := mustAcquire(t, p, Model{Weights: weightsFile(t, "a.gguf", 0), Context: 1000, Slots: 2, Embedding: true})
	defer l.Release()
	if l.Context != 1024 {
		t.Errorf("context %d, want 1024", l.Context)
	}
	args := mustGet(t, l, "/args")
	for _, want := range []string{"--ctx-size 2048", "--parallel 2", "--threads 3", "--embedding", "--ubatch-size 1024"} {
		if !strings.Contains(args, want) {
			t.Errorf("%q is not in %q", want, args)
		}
	}
}

func TestPortHasAKey(t *testing.T) {
	t.Setenv("LLAMA_API_KEY", "the user's own")
	p := serverPool(t, 0)
	e, err := newPort()
	if err != nil {
		t.Fatal(err)
	}
	cmd, err := llamaServer{path: p.opts.Server}.command(plan{weights: "x", context: 256, slots: 1}, e)
	if err != nil {
		t.Fatal(err)
	}
	proc, err := startProcess(cmd)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{process: proc, client: e.client(), baseURL: e.baseURL()}
	defer p.stopChild(c)
	if err := c.waitReady(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	got := mustGet(t, &Lease{Client: c.client, BaseURL: c.baseURL}, "/key")
	if want := e.key + " Bearer " + e.key; got != want || len(e.key) < 20 {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, entry := range childEnv(endpoint{network: "unix", address: "x.sock"}) {
		if strings.HasPrefix(entry, "LLAMA_API_KEY=") {
			t.Error("the user's key reaches a child on a private socket")
		}
	}
}
