package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"posad.city/kit/clock"
	"zombiezen.com/go/sqlite"
)

// liteReaders are the connections that read. The one that was given back last is taken first: a commit makes every
// connection forget its pages, so that few that are used often read fewer of them again than many that take turns.
type liteReaders struct {
	places chan struct{} // one for each connection on the shelf
	mu     sync.Mutex
	shelf  []*liteConn
	all    []*liteConn
}

func newLiteReaders(list []*liteConn) *liteReaders {
	r := &liteReaders{places: make(chan struct{}, len(list)), all: list}
	for _, c := range list {
		r.give(c)
	}
	return r
}

// pop takes the topmost connection for a place that was taken.
func (r *liteReaders) pop() *liteConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.shelf) - 1
	c := r.shelf[last]
	r.shelf = r.shelf[:last]
	return c
}

func (r *liteReaders) give(c *liteConn) {
	r.mu.Lock()
	r.shelf = append(r.shelf, c)
	r.mu.Unlock()
	r.places <- struct{}{}
}

// takeAll takes every connection in its turn, but waits no longer than told; new snapshots wait behind it. The caller
// gives back what it got.
func (r *liteReaders) takeAll(atMost time.Duration) []*liteConn {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	var taken []*liteConn
	for len(taken) < len(r.all) {
		select {
		case <-r.places:
			taken = append(taken, r.pop())
		case <-timer.C:
			return taken
		}
	}
	return taken
}

// close waits for the snapshots under way.
func (r *liteReaders) close() {
	for range r.all {
		<-r.places
	}
}

// reading is what the watch must know of a connection in use.
type reading struct {
	mu  sync.Mutex
	ctx context.Context // of the snapshot; nil when there is none
	end chan struct{}   // closed to interrupt the connection
	cut bool            // whether it is
}

// watchTick is how long a statement may go on after its caller has left. Asking the driver to wait for each caller by
// itself costs a goroutine and a walk over all prepared statements for every snapshot, more than a short read.
const watchTick = 20 * time.Millisecond

// watch interrupts statements whose callers have left.
func (e *liteEngine) watch() {
	defer e.done.Done()
	tick := time.NewTicker(watchTick)
	defer tick.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-tick.C:
		}
		for _, c := range e.readers.all {
			c.reading.check()
		}
	}
}

func (r *reading) check() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx != nil && !r.cut && r.ctx.Err() != nil {
		r.cut = true
		close(r.end)
	}
}

// enter and leave stand around a snapshot's statements.
func (c *liteConn) enter(ctx context.Context) {
	c.ctx = ctx
	if ctx.Done() == nil {
		return
	}
	c.reading.mu.Lock()
	c.reading.ctx = ctx
	c.reading.mu.Unlock()
}

func (c *liteConn) leave() {
	c.ctx = nil
	c.reading.mu.Lock()
	c.reading.ctx = nil
	cut := c.reading.cut
	c.reading.mu.Unlock()
	if cut {
		c.interruptible()
	}
}

// interruptible makes the connection ready to be interrupted once.
func (c *liteConn) interruptible() {
	end := make(chan struct{})
	c.c.SetInterrupt(end)
	c.reading.mu.Lock()
	c.reading.end, c.reading.cut = end, false
	c.reading.mu.Unlock()
}

var (
	liteBegin    = NewQuery("store.Begin", "BEGIN")
	liteRollback = NewQuery("store.Rollback", "ROLLBACK")
)

func (e *liteEngine) read(ctx context.Context, fn func(conn) error) error {
	if err := cancelled(ctx); err != nil {
		return err
	}
	select {
	case <-e.readers.places:
	case <-ctx.Done():
		return cancelled(ctx)
	case <-e.stop:
		return ErrClosed
	}
	c := e.readers.pop()
	defer e.readers.give(c)
	c.enter(ctx)
	if err := c.run(liteBegin); err != nil {
		c.leave()
		return errors.Join(cancelled(ctx), err)
	}
	c.age = clock.Measure()
	err := protect(func() error { return fn(c) })
	c.leave()
	if err != nil {
		err = errors.Join(err, cancelled(ctx)) // the engine calls a cancelled query interrupted; callers ask for the context's own error
	}
	if end := c.run(liteRollback); end != nil && !c.c.AutocommitEnabled() {
		return errors.Join(err, end)
	}
	return err
}

// statementsMost bounds how many prepared statements a connection finds by their query; more are found by their text.
const statementsMost = 4096

// statement returns the prepared statement of a query, and what ends its use. Its arguments are still those of the last
// use: whoever runs it binds every one.
func (c *liteConn) statement(q *Query) (*sqlite.Stmt, func() error, error) {
	if q.transient {
		stmt, _, err := c.c.PrepareTransient(q.lite)
		if err != nil {
			return nil, nil, err
		}
		return stmt, stmt.Finalize, nil
	}
	if stmt := c.prepared[q]; stmt != nil {
		return stmt, stmt.Reset, nil
	}
	stmt, err := c.c.Prepare(q.lite)
	if err != nil {
		return nil, nil, err
	}
	if c.prepared == nil || len(c.prepared) == statementsMost {
		c.prepared = map[*Query]*sqlite.Stmt{}
	}
	c.prepared[q] = stmt
	return stmt, stmt.Reset, nil
}
