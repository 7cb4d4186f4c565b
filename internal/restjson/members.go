package restjson

import (
	"reflect"
	"sync"
)

// place is where a bound member travels.
type place int

const (
	placeLabel place = iota
	placeQuery
	placeHeader
)

// bound is a member outside the body.
type bound struct {
	place place
	name  string
	field int
}

// members is what the struct tags of one shape say.
type members struct {
	bound []bound
	// payload is the field that is the raw body, or -1.
	payload int
	// hasBody says whether any member travels in a JSON body.
	hasBody bool
}

// known caches what was read of each shape; the shapes of the vocabulary are
// few and fixed.
var known sync.Map // of reflect.Type to *members

func membersOf(t reflect.Type) *members {
	if m, ok := known.Load(t); ok {
		return m.(*members)
	}
	m := &members{payload: -1}
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		if tag.Get("json") != "-" {
			m.hasBody = true
		}
		if _, ok := tag.Lookup("payload"); ok {
			m.payload = i
		}
		for key, at := range map[string]place{"label": placeLabel, "query": placeQuery, "header": placeHeader} {
			if name, ok := tag.Lookup(key); ok {
				m.bound = append(m.bound, bound{at, name, i})
			}
		}
	}
	known.Store(t, m)
	return m
}
