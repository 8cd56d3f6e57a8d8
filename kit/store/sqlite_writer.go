package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// The shape of a batch. Gathering longer gains little: the fsync that a batch shares takes a few milliseconds itself.
const (
	gatherFor      = 2 * time.Millisecond
	batchMost      = 256
	backgroundMost = batchMost / 4
)

// liteWriter owns the only connection that changes rows.
type liteWriter struct {
	engine      *liteEngine
	conn        *liteConn
	log         *slog.Logger
	interactive chan *liteWrite
	background  chan *liteWrite
	restart     chan struct{}
	crowd       int // how many Writes the last batch held
}

// liteWrite is one Write waiting for its turn.
type liteWrite struct {
	ctx  context.Context
	fn   func(conn) error
	err  error
	done chan struct{}
}

func newLiteWriter(e *liteEngine, c *liteConn, log *slog.Logger) *liteWriter {
	return &liteWriter{engine: e, conn: c, log: log, interactive: make(chan *liteWrite, 4*batchMost), background: make(chan *liteWrite, 4*batchMost), restart: make(chan struct{}, 1)}
}

// submit waits until the Write is durable or has failed. A cancelled context takes it out of the queue; once it runs it
// is finished, for its neighbours share its transaction.
func (w *liteWriter) submit(ctx context.Context, fn func(conn) error) error {
	req := &liteWrite{ctx: ctx, fn: fn, done: make(chan struct{})}
	lane := w.interactive
	if inBackground(ctx) {
		lane = w.background
	}
	err := w.engine.door.through(func() error {
		select {
		case lane <- req:
			return nil
		case <-ctx.Done():
			return cancelled(ctx)
		}
	})
	if err != nil {
		return err
	}
	<-req.done
	return req.err
}

func (w *liteWriter) loop() {
	defer w.engine.done.Done()
	for {
		select {
		case req := <-w.interactive:
			w.commit(w.gather(req))
		case req := <-w.background:
			w.commit(w.gather(req))
		case <-w.restart:
			w.restartLog()
		case <-w.engine.stop:
			w.refuseRest()
			return
		}
	}
}

func (w *liteWriter) refuseRest() {
	for {
		select {
		case req := <-w.interactive:
			req.err = ErrClosed
			close(req.done)
		case req := <-w.background:
			req.err = ErrClosed
			close(req.done)
		default:
			return
		}
	}
}

// gather collects Writes for one commit: what waits already, and what comes within gatherFor when the last batch showed
// that there is a crowd. A lone writer never waits.
func (w *liteWriter) gather(first *liteWrite) []*liteWrite {
	batch, low := []*liteWrite{first}, 0
	if inBackground(first.ctx) {
		low = 1
	}
	var timeout <-chan time.Time
	if w.crowd > 1 {
		timer := time.NewTimer(gatherFor)
		defer timer.Stop()
		timeout = timer.C
	}
	for len(batch) < batchMost {
		if req := w.next(low, timeout); req == nil {
			break
		} else {
			batch = append(batch, req)
			if inBackground(req.ctx) {
				low++
			}
		}
		if timeout != nil && len(batch) >= w.crowd && len(w.interactive) == 0 {
			break // everybody who was here last time is here again
		}
	}
	w.crowd = len(batch)
	return batch
}

func (w *liteWriter) next(low int, timeout <-chan time.Time) *liteWrite {
	select {
	case req := <-w.interactive:
		return req
	default:
	}
	background := w.background
	if low >= backgroundMost {
		background = nil
	}
	if timeout == nil {
		select {
		case req := <-background:
			return req
		default:
			return nil
		}
	}
	select {
	case req := <-w.interactive:
		return req
	case req := <-background:
		return req
	case <-timeout:
		return nil
	}
}

// commit runs the batch in one transaction. If the transaction itself is lost, not just one Write of it, each is run
// again alone, so that whoever caused the loss bears it alone.
func (w *liteWriter) commit(batch []*liteWrite) {
	if err := w.transact(batch); err != nil {
		w.log.Warn("store: a batch was lost and is run singly", "writes", len(batch), "error", err)
		for _, req := range batch {
			req.err = nil
			if err := w.transact([]*liteWrite{req}); err != nil {
				req.err = fmt.Errorf("store: commit: %w", err)
			}
		}
	}
	for _, req := range batch {
		close(req.done)
	}
}

func (w *liteWriter) transact(batch []*liteWrite) error {
	if err := w.conn.run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for _, req := range batch {
		if err := w.runOne(req); err != nil {
			return errors.Join(err, w.abandon())
		}
	}
	if err := w.conn.run("COMMIT"); err != nil {
		return errors.Join(err, w.abandon())
	}
	return nil
}

func (w *liteWriter) abandon() error {
	if w.conn.c.AutocommitEnabled() {
		return nil // the engine has rolled back by itself
	}
	return w.conn.run("ROLLBACK")
}

// runOne runs one Write under a savepoint. It returns an error only when the whole transaction is lost.
func (w *liteWriter) runOne(req *liteWrite) error {
	if req.err = cancelled(req.ctx); req.err != nil {
		return nil
	}
	if err := w.conn.run("SAVEPOINT one"); err != nil {
		return err
	}
	req.err = protect(func() error { return req.fn(w.conn) })
	if w.conn.c.AutocommitEnabled() {
		return fmt.Errorf("store: the engine gave the transaction up: %w", req.err)
	}
	if req.err != nil {
		if err := w.conn.run("ROLLBACK TO one"); err != nil {
			return err
		}
	}
	return w.conn.run("RELEASE one")
}

// Bounds of the log: passive checkpoints from the first, a short pause of all readers for a restart from the second.
const (
	checkpointFrom = 4 << 20
	restartFrom    = 64 << 20
	checkpointTick = 100 * time.Millisecond
)

// checkpoint moves the log into the database file in the background. Passive checkpoints disturb nobody but can't
// reuse the log while somebody reads its end; when it grows all the same, the writer restarts it between two batches.
func (e *liteEngine) checkpoint(c *liteConn) {
	defer e.done.Done()
	tick := time.NewTicker(checkpointTick)
	defer tick.Stop()
	for {
		select {
		case <-e.stop:
			return
		case <-tick.C:
		}
		info, err := os.Stat(filepath.Join(e.dir, liteFile+"-wal"))
		if err != nil || info.Size() < checkpointFrom {
			continue
		}
		if err := pragma(c.c, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
			e.writer.log.Warn("store: checkpoint", "error", err)
		}
		if info.Size() >= restartFrom {
			select {
			case e.writer.restart <- struct{}{}:
			default:
			}
		}
	}
}

func (w *liteWriter) restartLog() {
	w.engine.gate.Lock()
	defer w.engine.gate.Unlock()
	if err := pragma(w.conn.c, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		w.log.Warn("store: restart of the log", "error", err)
	}
}

func pragma(c *sqlite.Conn, text string) error {
	return sqlitex.ExecuteTransient(c, text, nil)
}
