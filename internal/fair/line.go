// Package fair lets those who wait for the same thing take turns: of the callers who
// wait, each gets one before any gets two, however many they ask for.
package fair

import "slices"

// Line is the order in which callers get what they wait for: each in turn has the first
// of its own served. Who leaves loses no turn by it. The zero Line is empty. It is not
// safe for concurrent use.
type Line[T any] struct {
	// callers are those who wait, the one whose turn it is first.
	callers []*queue[T]
	known   map[string]*queue[T]
	length  int
}

// queue are the places of one caller, never none.
type queue[T any] struct {
	caller string
	places []*Place[T]
}

// Place is a place in a line.
type Place[T any] struct {
	// Value is what the place was taken with.
	Value T
	queue *queue[T]
}

// Len is the number of places.
func (l *Line[T]) Len() int { return l.length }

// Join takes a place.
func (l *Line[T]) Join(caller string, value T) *Place[T] {
	q := l.known[caller]
	if q == nil {
		if l.known == nil {
			l.known = map[string]*queue[T]{}
		}
		q = &queue[T]{caller: caller}
		l.known[caller] = q
		l.callers = append(l.callers, q)
	}
	p := &Place[T]{Value: value, queue: q}
	q.places = append(q.places, p)
	l.length++
	return p
}

// First is the place whose turn it is, or nil.
func (l *Line[T]) First() *Place[T] {
	if l.length == 0 {
		return nil
	}
	return l.callers[0].places[0]
}

// Serve removes the first place: its caller has had a turn.
func (l *Line[T]) Serve() {
	q := l.callers[0]
	l.remove(q, 0)
	if len(q.places) > 0 {
		l.callers = append(l.callers[1:], q)
	}
}

// Leave removes a place whose turn did not come; one that is gone is left.
func (l *Line[T]) Leave(p *Place[T]) {
	if at := slices.Index(p.queue.places, p); at >= 0 {
		l.remove(p.queue, at)
	}
}

// remove removes a place, and the caller who has no other.
func (l *Line[T]) remove(q *queue[T], at int) {
	q.places = slices.Delete(q.places, at, at+1)
	l.length--
	if len(q.places) == 0 {
		at := slices.Index(l.callers, q)
		l.callers = slices.Delete(l.callers, at, at+1)
		delete(l.known, q.caller)
	}
}
