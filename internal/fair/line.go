// Package fair lets those who wait for the same thing take turns: of the callers who
// wait, each gets one before any gets two, however many they ask for.
package fair

import "slices"

// Line is the order in which callers get what they wait for: round by round, in each
// round one of each caller's, and among these the first to come. The zero Line is
// empty. It is not safe for concurrent use.
type Line[T any] struct {
	places []*Place[T]
	// round is that of the place that was served last.
	round int64
	// last are the rounds of the callers' newest places. One that is not after round
	// says nothing.
	last map[string]int64
}

// Place is a place in a line.
type Place[T any] struct {
	// Value is what the place was taken with.
	Value  T
	caller string
	round  int64
}

// Len is the number of places.
func (l *Line[T]) Len() int { return len(l.places) }

// Join takes a place.
func (l *Line[T]) Join(caller string, value T) *Place[T] {
	p := &Place[T]{Value: value, caller: caller, round: max(l.round, l.last[caller]) + 1}
	if l.last == nil {
		l.last = map[string]int64{}
	}
	l.last[caller] = p.round
	at := len(l.places)
	for at > 0 && l.places[at-1].round > p.round {
		at--
	}
	l.places = slices.Insert(l.places, at, p)
	return p
}

// First is the place whose turn it is, or nil.
func (l *Line[T]) First() *Place[T] {
	if len(l.places) == 0 {
		return nil
	}
	return l.places[0]
}

// Serve removes the first place: its caller has had a turn.
func (l *Line[T]) Serve() {
	l.round = l.places[0].round
	l.places = slices.Delete(l.places, 0, 1)
	l.forget()
}

// Leave removes a place whose turn did not come; one that is gone is left.
func (l *Line[T]) Leave(p *Place[T]) {
	if at := slices.Index(l.places, p); at >= 0 {
		l.places = slices.Delete(l.places, at, at+1)
		l.forget()
	}
}

// forget keeps what is known of callers from outgrowing the line.
func (l *Line[T]) forget() {
	if len(l.places) == 0 {
		l.round, l.last = 0, nil
		return
	}
	if len(l.last) <= 2*len(l.places)+16 {
		return
	}
	for caller, round := range l.last {
		if round <= l.round {
			delete(l.last, caller)
		}
	}
}
