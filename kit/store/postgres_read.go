package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"posad.city/kit/clock"
)

// pgReaders are connections that were used for a snapshot lately. The transaction of one stays open until the next
// snapshot on it, which ends it in the round trip of its own first statement: a Read of one statement is one round trip. A
// snapshot that nobody follows is ended after readerOpen, so that it doesn't keep the server from cleaning its tables.
type pgReaders struct {
	pool   *pgxpool.Pool
	most   int // that may wait here
	mu     sync.Mutex
	idle   []*pgReader // the one that came back last is taken first
	closed bool
}

type pgReader struct {
	c    *pgxpool.Conn
	open bool                 // its last transaction stands
	idle func() time.Duration // since it came back
}

const (
	readerOpen = 20 * time.Millisecond  // how long an ended snapshot stays open on the server
	readerIdle = 500 * time.Millisecond // how long a connection is kept for snapshots that don't come
	readerEnd  = 5 * time.Second        // how long the end of a transaction may take
)

func (r *pgReaders) take(ctx context.Context) (*pgReader, error) {
	r.mu.Lock()
	if last := len(r.idle) - 1; last >= 0 {
		out := r.idle[last]
		r.idle = r.idle[:last]
		r.mu.Unlock()
		return out, nil
	}
	r.mu.Unlock()
	c, err := r.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return &pgReader{c: c}, nil
}

// give takes a connection back; one that is not wanted goes to the pool.
func (r *pgReaders) give(one *pgReader, fine bool) {
	if fine && !one.c.Conn().IsClosed() {
		r.mu.Lock()
		if !r.closed && len(r.idle) < r.most {
			one.idle = clock.Measure()
			r.idle = append(r.idle, one)
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
	}
	one.end()
	one.c.Release() // the pool throws away what is closed or still in a transaction
}

func (r *pgReader) end() {
	if !r.open || r.c.Conn().IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), readerEnd)
	defer cancel()
	_, _ = r.c.Exec(ctx, "rollback") // the pool throws away a connection that can't
	r.open = false
}

// tidy ends the snapshots that nobody followed and gives connections back that nobody wants.
func (e *pgEngine) tidy() {
	defer e.done.Done()
	tick := time.NewTicker(readerOpen)
	defer tick.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-tick.C:
		}
		for _, one := range e.readers.stale() {
			waited := one.idle()
			one.end()
			if waited > readerIdle {
				one.c.Release()
			} else {
				e.readers.back(one)
			}
		}
	}
}

// stale takes out what has waited too long for its state.
func (r *pgReaders) stale() []*pgReader {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*pgReader
	kept := r.idle[:0]
	for _, one := range r.idle {
		if waited := one.idle(); one.open && waited > readerOpen || waited > readerIdle {
			out = append(out, one)
		} else {
			kept = append(kept, one)
		}
	}
	clear(r.idle[len(kept):])
	r.idle = kept
	return out
}

// back puts a connection below those that are in use, with the time that it has waited.
func (r *pgReaders) back(one *pgReader) {
	r.mu.Lock()
	fits := !r.closed && len(r.idle) < r.most
	if fits {
		r.idle = append([]*pgReader{one}, r.idle...)
	}
	r.mu.Unlock()
	if !fits {
		one.c.Release()
	}
}

func (r *pgReaders) close() {
	r.mu.Lock()
	list := r.idle
	r.idle, r.closed = nil, true
	r.mu.Unlock()
	for _, one := range list {
		one.end()
		one.c.Release()
	}
}

func (e *pgEngine) read(ctx context.Context, fn func(conn) error) error {
	if e.door.isShut() {
		return ErrClosed
	}
	if err := cancelled(ctx); err != nil {
		return err
	}
	err := e.snapshot(ctx, fn)
	if err != nil && e.door.isShut() {
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	if err != nil {
		if own := cancelled(ctx); own != nil && !errors.Is(err, context.Cause(ctx)) {
			return errors.Join(err, own)
		}
	}
	return err
}

func (e *pgEngine) snapshot(ctx context.Context, fn func(conn) error) error {
	one, err := e.readers.take(ctx)
	if err != nil {
		return fmt.Errorf("store: PostgreSQL: %w", err)
	}
	c := &pgConn{ctx: ctx, c: one.c.Conn(), begin: pgSnapshot, left: one.open, age: clock.Measure()}
	err = protect(func() error { return fn(c) })
	one.open = c.begun || c.left
	e.readers.give(one, err == nil)
	return err
}
