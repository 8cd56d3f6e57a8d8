package store

import "sync"

// door lets calls through until it is shut, and shutting waits for those that are on the threshold: nobody can put work
// into a queue that is no longer read.
type door struct {
	mu     sync.RWMutex
	closed bool
}

func (d *door) through(enter func() error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return ErrClosed
	}
	return enter()
}

func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
}

func (d *door) isShut() bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.closed
}
