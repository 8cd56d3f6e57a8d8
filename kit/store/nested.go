package store

import (
	"bytes"
	"runtime"
	"sync"
)

// nesting finds calls of the store from inside its own closures: on SQLite such a Write would wait for itself for ever,
// and a Read may. A closure is known by its goroutine; asking which goroutine runs is too dear for production, so this
// works where Writes run twice, in tests, which run every closure there is.
type nesting struct {
	on     bool
	inside sync.Map // goroutine → struct{}
}

// outside returns ErrNested when the present goroutine is inside a closure.
func (n *nesting) outside() error {
	if !n.on {
		return nil
	}
	if _, inside := n.inside.Load(goroutine()); inside {
		return ErrNested
	}
	return nil
}

// during runs fn as a closure of the store.
func (n *nesting) during(fn func() error) error {
	if !n.on {
		return fn()
	}
	me := goroutine()
	n.inside.Store(me, struct{}{})
	defer n.inside.Delete(me)
	return fn()
}

// goroutine is the number in the first line of a stack: "goroutine 42 [running]:".
func goroutine() string {
	buffer := make([]byte, 64)
	words := bytes.Fields(buffer[:runtime.Stack(buffer, false)])
	return string(words[1])
}
