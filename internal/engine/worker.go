package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/saprolite/saprolite/internal/fair"
)

// worker keeps one model's child running, from its first request until it must make room, cannot
// be started, or the pool stops. The pool's lock guards its fields below the first three.
type worker struct {
	pool  *Pool
	model Model
	leave chan struct{} // closed when it may leave

	plan    plan
	slots   *fair.Gate
	child   *child // nil while none is ready
	need    int64  // bytes that are reserved for it
	used    time.Time
	leases  int
	waiting int  // callers that wait for the child
	leaving bool // asked to make room: takes no further callers
	left    bool // leave is closed
	ended   bool
	err     error // why it ended, nil when it made room
}

func (w *worker) run() {
	err := w.serve(w.pool.ctx)
	p := w.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	w.ended, w.err, w.need = true, err, 0
	delete(p.workers, w.model)
	p.notify()
}

// serve returns nil when it left to make room.
func (w *worker) serve(ctx context.Context) error {
	engine, plan, err := w.pool.prepare(ctx, w.model)
	if err != nil {
		return err
	}
	w.plan = plan
	w.slots = fair.NewGate(plan.slots, maxWaiting)
	if err := w.pool.reserve(ctx, w); err != nil {
		return err
	}
	for {
		c, err := w.pool.startChild(ctx, engine, plan, w.model.Weights)
		if err != nil {
			w.pool.remember(w.model, err)
			return err
		}
		w.log().Info("engine ready", "engine", engine.String(), "context", plan.context, "slots", plan.slots, "threads", plan.threads, "memory", plan.need)
		w.publish(c)
		died := w.watch(ctx, c)
		w.publish(nil)
		w.pool.stopChild(c)
		if !died {
			return context.Cause(ctx)
		}
		served := time.Since(c.started)
		pause := w.pool.pause(w.model, served)
		// What it printed stays out of the log: it may hold what it was asked.
		w.log().Warn("engine died", "end", orEnded(c.process.err), "served", served.Round(time.Millisecond), "restart_in", pause)
		if !w.sleep(ctx, pause) {
			return context.Cause(ctx)
		}
	}
}

func (w *worker) log() *slog.Logger { return w.pool.opts.Log.With("weights", w.model.Weights) }

func (w *worker) publish(c *child) {
	w.pool.mu.Lock()
	defer w.pool.mu.Unlock()
	w.child = c
	w.used = time.Now()
	w.pool.notify()
}

// watch returns true when the child died, false when the worker is to end.
func (w *worker) watch(ctx context.Context, c *child) (died bool) {
	select {
	case <-c.process.exited:
		return ctx.Err() == nil
	case <-w.leave:
	case <-ctx.Done():
	}
	return false
}

// sleep returns false when the worker is to end instead.
func (w *worker) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.leave:
	case <-ctx.Done():
	}
	return false
}

// reserve waits until w's need fits beside that of the others, asking them to make room.
// Workers that need room queue, so that none waits for ever behind smaller ones.
func (p *Pool) reserve(ctx context.Context, w *worker) error {
	select {
	case p.admission <- struct{}{}:
		defer func() { <-p.admission }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		used := p.reserved()
		if used == 0 || used <= p.memory()-w.plan.need {
			w.need = w.plan.need
			return nil
		}
		p.askForRoom()
		if err := p.await(ctx); err != nil {
			return err
		}
	}
}

// reserved is the need of all children. p.mu is held.
func (p *Pool) reserved() int64 {
	var sum int64
	for _, w := range p.workers {
		sum += w.need
	}
	return sum
}

// askForRoom asks one worker to leave, unless one is already asked: an idle one rather than one in
// use, and the least recently used of those. Its callers keep what they have, and those that wait
// for it are served first. p.mu is held.
func (p *Pool) askForRoom() {
	var chosen *worker
	for _, w := range p.workers {
		switch {
		case w.need == 0:
		case w.leaving:
			return
		case chosen == nil || w.before(chosen):
			chosen = w
		}
	}
	if chosen != nil {
		chosen.leaving = true
		p.dismiss(chosen)
	}
}

// idle says that nobody holds or awaits w's child.
func (w *worker) idle() bool { return w.leases == 0 && w.waiting == 0 }

// before says whether w should make room rather than other.
func (w *worker) before(other *worker) bool {
	if w.idle() != other.idle() {
		return w.idle()
	}
	return w.used.Before(other.used)
}

// dismiss lets w go when it was asked to and nobody holds or awaits it. p.mu is held.
func (p *Pool) dismiss(w *worker) {
	if w.leaving && w.idle() && !w.left {
		w.left = true
		close(w.leave)
	}
}

// remember notes that a start failed, so that the next is not tried at once.
func (p *Pool) remember(m Model, err error) {
	if start := (*StartError)(nil); !errors.As(err, &start) {
		return
	}
	pause := p.pause(m, 0)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failures[m].err, p.failures[m].until = err, time.Now().Add(pause)
}

// pause returns how long to wait before the next start.
func (p *Pool) pause(m Model, served time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.failures[m]
	if f == nil {
		f = &failure{}
		p.failures[m] = f
	}
	return f.next(served)
}
