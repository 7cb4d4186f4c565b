package engine

import (
	"context"
	"math"
	"sync"
	"time"
)

// memoryShare is the part of the available memory that children may take by default.
const memoryShare = 0.75

// Pool runs a child for each model in use. Its methods may be called concurrently.
type Pool struct {
	opts   Options
	ctx    context.Context // ends when the pool is stopped
	cancel context.CancelCauseFunc
	hurry  context.Context // ends when children are to be killed
	kill   context.CancelFunc
	wg     sync.WaitGroup // workers
	memory func() int64   // the budget in bytes
	locate func(context.Context, Options) (program, error)
	// admission is held by the one worker that is making room for itself.
	admission chan struct{}

	mu       sync.Mutex
	stopped  bool
	changed  chan struct{} // closed and replaced whenever something below changed
	workers  map[Model]*worker
	failures map[Model]*failure
	places   endpoints
}

// failure is what a pool remembers of a model's children that died.
type failure struct {
	backoff
	err   error     // of the last start that failed
	until time.Time // when another start may be tried
}

// NewPool returns a pool without children. It starts nothing and needs no network.
func NewPool(opts Options) (*Pool, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	p := &Pool{
		opts:      opts,
		locate:    locate,
		admission: make(chan struct{}, 1),
		changed:   make(chan struct{}),
		workers:   map[Model]*worker{},
		failures:  map[Model]*failure{},
	}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.hurry, p.kill = context.WithCancel(context.Background())
	p.memory = sync.OnceValue(func() int64 { return memoryBudget(opts.Memory) })
	return p, nil
}

// memoryBudget returns the configured budget, else the default share of what there is.
func memoryBudget(configured int64) int64 {
	if configured > 0 {
		return configured
	}
	available, known := availableMemory()
	if !known {
		return math.MaxInt64
	}
	return int64(memoryShare * float64(available))
}

// Fetch makes sure that the engine and the model's weights are on this machine, so that a later
// Acquire needs no network. Errors: as Acquire's, without StartError.
func (p *Pool) Fetch(ctx context.Context, m Model) error {
	_, _, err := p.prepare(ctx, m)
	return err
}

// prepare finds or fetches the engine and the weights, and plans how to run them.
func (p *Pool) prepare(ctx context.Context, m Model) (program, plan, error) {
	engine, err := p.locate(ctx, p.opts)
	if err != nil {
		return nil, plan{}, err
	}
	files, err := fetchFiles(ctx, p.opts.Cache, m)
	if err != nil {
		return nil, plan{}, err
	}
	pl, err := makePlan(m, files, p.opts.Threads, p.memory())
	return engine, pl, err
}

// Acquire returns a lease on a child that serves the model and is ready. It starts one when there
// is none, fetching what is missing and, when memory is short, stopping the least recently used
// child that nobody holds; it waits until there is room or ctx ends. A start that is under way goes
// on when ctx ends: the next caller profits from it.
//
// Errors: ctx's; ErrStopped; *NotFoundError when there is no engine and no means to fetch one;
// *StartError when the child ended or did not answer in time, for a while without another attempt
// when that happens again and again; those of package download.
func (p *Pool) Acquire(ctx context.Context, m Model) (*Lease, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		w, err := p.workerFor(ctx, m)
		if err != nil {
			return nil, err
		}
		w.waiting++
		for err == nil && w.child == nil && !w.ended {
			err = p.await(ctx)
		}
		w.waiting--
		switch {
		case err != nil:
			p.dismiss(w)
			return nil, err
		case w.child != nil:
			return p.lease(w), nil
		case w.err != nil:
			return nil, w.err
		}
		// It left to make room: the next one gets its turn.
	}
}

// workerFor returns the worker of m that takes callers, a new one when there is none.
// p.mu is held.
func (p *Pool) workerFor(ctx context.Context, m Model) (*worker, error) {
	for {
		if p.stopped {
			return nil, ErrStopped
		}
		w := p.workers[m]
		if w == nil {
			if f := p.failures[m]; f != nil && time.Now().Before(f.until) {
				return nil, f.err
			}
			w = &worker{pool: p, model: m, leave: make(chan struct{})}
			p.workers[m] = w
			p.wg.Go(w.run)
		}
		if !w.leaving {
			return w, nil
		}
		if err := p.await(ctx); err != nil {
			return nil, err
		}
	}
}

// lease counts one more user of w. p.mu is held.
func (p *Pool) lease(w *worker) *Lease {
	w.leases++
	w.used = time.Now()
	return &Lease{
		Client:        w.child.client,
		BaseURL:       w.child.baseURL,
		Context:       w.plan.context,
		Embedding:     w.plan.embedding,
		ControlTokens: w.plan.control,
		slots:         w.slots,
		release: sync.OnceFunc(func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			w.leases--
			w.used = time.Now()
			p.dismiss(w)
			p.notify()
		}),
	}
}

// await lets others work until something changed. p.mu is held before and after.
func (p *Pool) await(ctx context.Context) error {
	changed := p.changed
	p.mu.Unlock()
	defer p.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// notify wakes all who await. p.mu is held.
func (p *Pool) notify() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Stop ends every child and waits for them; when ctx ends first, they are killed.
// Leases become useless, and later calls return ErrStopped.
func (p *Pool) Stop(ctx context.Context) error {
	p.mu.Lock()
	p.stopped = true
	p.cancel(ErrStopped)
	p.notify()
	p.mu.Unlock()

	ended := make(chan struct{})
	go func() { p.wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
		p.kill()
		<-ended
	}
	p.kill()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.places.close()
}

// newEndpoint returns where the next child listens.
func (p *Pool) newEndpoint() (endpoint, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.places.next()
}
