// Package recall remembers for a moment what a store said, for questions that come with
// every request.
package recall

import (
	"context"
	"sync"
	"time"
)

const (
	// life is how long an answer is good.
	life = time.Second
	// maxAnswers bounds those that are remembered.
	maxAnswers = 10_000
	// patience bounds the wait for the store, and shortPatience that where it was known a
	// moment ago.
	patience, shortPatience = 5 * time.Second, 500 * time.Millisecond
)

// Answers are those of a store, by what it was asked. The zero Answers knows none. It is
// safe for concurrent use.
type Answers[K comparable, V any] struct {
	mu    sync.Mutex
	known map[K]answer[V]
}

type answer[V any] struct {
	value V
	until time.Time
}

// Get gives an answer that is a second old at most, or older while the store does not
// give another: what was there a moment ago is no reason to refuse anything. The error is
// that of ask, where nothing is known.
func (a *Answers[K, V]) Get(key K, ask func(context.Context) (V, error)) (V, error) {
	known, ok, fresh := a.look(key)
	if fresh {
		return known, nil
	}
	wait := patience
	if ok {
		wait = shortPatience
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	value, err := ask(ctx)
	switch {
	case err == nil:
		known = value
	case !ok:
		return known, err
	}
	a.put(key, known)
	return known, nil
}

// look gives what is known, and says whether that is fresh. Of those to whom it is not,
// one asks, and the others go on with it: a store that does not answer holds up one of
// them at a time, and not for long.
func (a *Answers[K, V]) look(key K) (value V, ok, fresh bool) {
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	known, ok := a.known[key]
	if !ok || now.Before(known.until) {
		return known.value, ok, ok
	}
	a.known[key] = answer[V]{known.value, now.Add(shortPatience)}
	return known.value, true, false
}

func (a *Answers[K, V]) put(key K, value V) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxAnswers {
		a.known = map[K]answer[V]{}
	}
	a.known[key] = answer[V]{value, time.Now().Add(life)}
}

// Forget has the store asked anew, since the answer has changed.
func (a *Answers[K, V]) Forget(key K) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.known, key)
}
