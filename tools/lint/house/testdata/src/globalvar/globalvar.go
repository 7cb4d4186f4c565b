// Package globalvar is a test.
package globalvar

import (
	"errors"
	"sync"
	"sync/atomic"

	"globalvar/table"
)

var (
	err     = errors.New("constant")
	fixed   = map[string]int{"a": 1}
	lazy    = sync.OnceValue(func() int { return 1 })
	count   int
	names   []string
	byName  = map[string]int{}
	state   struct{ on bool }
	address *int
	_       = func() bool { return fixed["a"] == 1 }()
)

var (
	lock    sync.Mutex            // want `lock is made to change`
	seen    sync.Map              // want `seen is made to change`
	total   atomic.Int64          // want `total is made to change`
	guarded struct{ sync.Mutex }  // want `guarded is made to change`
	four    [4]atomic.Bool        // want `four is made to change`
	queue   = make(chan int)      // want `queue is made to change`
	node    linked                // a pointer to itself ends nowhere
	pool    = sync.Pool{New: nil} //house:allow globalvar nobody sees what it holds
)

type linked struct {
	next *linked
	name string
}

func change() {
	count = 1                       // want `count changes here`
	count++                         // want `count changes here`
	names = append(names)           // want `names changes here`
	byName["a"] = 1                 // want `byName changes here`
	state.on = true                 // want `state changes here`
	*address = 2                    // want `address changes here`
	delete(byName, "a")             // want `byName changes here`
	clear(byName)                   // want `byName changes here`
	copy(names[1:], names)          // want `names changes here`
	table.Table["a"] = 1            // want `Table changes here`
	for _, count = range []int{1} { // want `count changes here`
	}
	count := 2
	count = 3
	local := fixed
	local["a"] = count
}

func shadow(byName map[string]int) {
	byName["a"] = 1
	delete := func(map[string]int) {}
	delete(fixed)
}
