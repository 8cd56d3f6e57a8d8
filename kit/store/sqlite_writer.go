package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"posad.city/kit/clock"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// The shape of a batch. Gathering longer gains little: the fsync that a batch shares takes a few milliseconds itself.
const (
	gatherFor      = 2 * time.Millisecond
	batchMost      = 256
	backgroundMost = batchMost / 4

	// backgroundFor is how long the background part of a batch may hold the writer; the rest waits for the next batch.
	backgroundFor = 5 * time.Millisecond
	// slowClosure is how long one closure may hold the writer, and with it everybody, before the log says so.
	slowClosure = 250 * time.Millisecond
)

// What begins and ends transactions and the Writes in them.
var (
	liteImmediate = NewQuery("store.BeginImmediate", "BEGIN IMMEDIATE")
	liteCommit    = NewQuery("store.Commit", "COMMIT")
	liteSavepoint = NewQuery("store.Savepoint", "SAVEPOINT one")
	liteBack      = NewQuery("store.RollbackTo", "ROLLBACK TO one")
	liteRelease   = NewQuery("store.Release", "RELEASE one")
)

// liteWriter owns the only connection that changes rows.
type liteWriter struct {
	engine      *liteEngine
	conn        *liteConn
	log         *slog.Logger
	interactive chan *liteWrite
	background  chan *liteWrite
	restart     chan struct{}
	crowd       int          // how many Writes the last batch held
	held        []*liteWrite // background Writes that the last batch had no time for
	stats       *counters
}

// liteWrite is one Write waiting for its turn.
type liteWrite struct {
	ctx  context.Context
	fn   func(conn) error
	err  error
	done chan struct{}
	turn atomic.Int32 // queued, running or left
}

// Where a Write stands. Whoever moves it from queued decides: the writer runs it, or its caller leaves.
const (
	queued int32 = iota
	running
	left
)

func newLiteWriter(e *liteEngine, c *liteConn, log *slog.Logger) *liteWriter {
	return &liteWriter{engine: e, conn: c, log: log, stats: new(counters), interactive: make(chan *liteWrite, 4*batchMost), background: make(chan *liteWrite, 4*batchMost), restart: make(chan struct{}, 1)}
}

// submit waits until the Write is durable or has failed. A cancelled context takes it out of the queue at once; when it
// runs it is finished, for its neighbours share its transaction.
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
	select {
	case <-req.done:
		return req.err
	case <-ctx.Done():
	}
	if req.turn.CompareAndSwap(queued, left) {
		return cancelled(ctx)
	}
	<-req.done
	return req.err
}

func (w *liteWriter) loop() {
	defer w.engine.done.Done()
	for {
		select {
		case <-w.restart:
			w.restartLog()
		case <-w.engine.stop:
			w.refuseRest()
			return
		case req := <-w.first():
			w.commit(w.gather(req))
		case req := <-w.background:
			w.commit(w.gather(req))
		}
	}
}

// first is where the next batch may begin. While Writes are held from the last one it begins at once, with none.
func (w *liteWriter) first() <-chan *liteWrite {
	if len(w.held) > 0 {
		return ready
	}
	return w.interactive
}

// ready always gives nil.
var ready = func() <-chan *liteWrite { c := make(chan *liteWrite); close(c); return c }()

func (w *liteWriter) refuseRest() {
	for _, req := range w.held {
		req.err = ErrClosed
		close(req.done)
	}
	w.held = nil
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
// that there is a crowd. A lone writer never waits. Interactive Writes stand before background ones.
func (w *liteWriter) gather(first *liteWrite) []*liteWrite {
	batch, low := w.held, len(w.held)
	w.held = nil
	if first != nil {
		batch = append(batch, first)
		if inBackground(first.ctx) {
			low++
		}
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
	batch = w.share(batch, low)
	w.crowd = len(batch)
	slices.SortStableFunc(batch, func(a, b *liteWrite) int { return lane(a) - lane(b) })
	return batch
}

// backgroundLeast is how many background Writes a full batch takes along when it has none, so that they never starve.
const backgroundLeast = 8

func (w *liteWriter) share(batch []*liteWrite, low int) []*liteWrite {
	for low < backgroundLeast {
		select {
		case req := <-w.background:
			batch = append(batch, req)
			low++
		default:
			return batch
		}
	}
	return batch
}

func lane(req *liteWrite) int {
	if inBackground(req.ctx) {
		return 1
	}
	return 0
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
	ran, err := w.transact(batch)
	if err != nil {
		w.stats.lost.Add(1)
		ran = w.singly(batch, err)
	}
	w.stats.batches.Add(1)
	w.stats.writes.Add(int64(ran))
	for _, req := range batch[:ran] {
		close(req.done)
	}
	w.held = batch[ran:]
}

func (w *liteWriter) singly(batch []*liteWrite, why error) int {
	if len(batch) > 1 {
		w.log.Warn("store: a batch was lost and is run singly", "writes", len(batch), "error", why)
	}
	for _, req := range batch {
		req.err = nil
		if _, err := w.transact([]*liteWrite{req}); err != nil {
			req.err = uniform("store: commit", err)
		}
	}
	return len(batch)
}

// errUndo says that a Write without a savepoint has failed after it changed something.
var errUndo = errors.New("store: the batch is to be run again with savepoints")

// transact runs the batch, or as much of it as there is time for, and tells how many Writes it ran. Savepoints cost a tenth
// of a batch, copies of pages above all, and hardly any Write fails after it has changed something: they are made only when
// the batch was run without them and one did.
func (w *liteWriter) transact(batch []*liteWrite) (int, error) {
	ran, err := w.transactOnce(batch, w.engine.careful)
	if errors.Is(err, errUndo) {
		w.stats.retries.Add(1)
		ran, err = w.transactOnce(batch, true)
	}
	return ran, err
}

func (w *liteWriter) transactOnce(batch []*liteWrite, careful bool) (int, error) {
	if err := w.abandon(); err != nil { // what an earlier failure may have left open
		return 0, err
	}
	if err := w.conn.run(liteImmediate); err != nil {
		return 0, err
	}
	ran, err := w.runAll(batch, careful)
	if err != nil {
		return 0, errors.Join(err, w.abandon())
	}
	if err := w.conn.run(liteCommit); err != nil {
		return 0, errors.Join(err, w.abandon())
	}
	return ran, nil
}

// runAll runs the interactive Writes and then, as long as the time allows, the background ones.
func (w *liteWriter) runAll(batch []*liteWrite, careful bool) (int, error) {
	var since func() time.Duration
	for i, req := range batch {
		if lane(req) == 1 {
			if since == nil {
				since = clock.Measure()
			} else if since() > backgroundFor {
				return i, nil
			}
		}
		if err := w.runOne(req, careful); err != nil {
			return 0, err
		}
	}
	return len(batch), nil
}

func (w *liteWriter) abandon() error {
	if w.conn.c.AutocommitEnabled() {
		return nil // the engine has rolled back by itself
	}
	return w.conn.run(liteRollback)
}

// runOne runs one Write, careful or not under a savepoint. It returns an error only when the whole transaction is lost.
func (w *liteWriter) runOne(req *liteWrite, careful bool) error {
	if !req.turn.CompareAndSwap(queued, running) && req.turn.Load() == left {
		return nil
	}
	if req.err = cancelled(req.ctx); req.err != nil {
		return nil
	}
	if careful {
		if err := w.conn.run(liteSavepoint); err != nil {
			return err
		}
	}
	before := w.conn.changed
	w.runTimed(req)
	if w.conn.c.AutocommitEnabled() {
		return fmt.Errorf("store: the engine gave the transaction up: %w", req.err)
	}
	switch {
	case careful && req.err != nil:
		return errors.Join(w.conn.run(liteBack), w.conn.run(liteRelease))
	case careful:
		return w.conn.run(liteRelease)
	case req.err != nil && w.conn.changed != before:
		return errUndo
	}
	return nil
}

func (w *liteWriter) runTimed(req *liteWrite) {
	took := clock.Measure()
	req.err = protect(func() error { return req.fn(w.conn) })
	if spent := took(); spent > slowClosure {
		w.log.Warn("store: a closure held the only writer; move its work before the Write, or cut it into chunks", "for", spent.String())
	}
}

// Bounds of the log: passive checkpoints while it grows, a short pause of all readers for a restart from restartFrom on.
// Pages that every batch changes lie in the log many times and are moved once a checkpoint, so that one is made only after
// the log has grown by checkpointFrom, or when it has rested for checkpointRest.
const (
	checkpointFrom = 16 << 20
	restartFrom    = 64 << 20
	checkpointTick = 100 * time.Millisecond
	checkpointRest = 10 // ticks
	restartRest    = 10 // ticks of rest after a restart that a slow reader put off
)

// checkpoint moves the log into the database file in the background. Passive checkpoints disturb nobody but can't
// reuse the log while somebody reads its end; when it grows all the same, the writer restarts it between two batches.
func (e *liteEngine) checkpoint(c *liteConn) {
	defer e.done.Done()
	tick := time.NewTicker(checkpointTick)
	defer tick.Stop()
	var moved progress
	for rest := 0; ; {
		select {
		case <-e.stop:
			return
		case <-tick.C:
		}
		size := e.logSize()
		due := moved.due(size, e.writer.stats.batches.Load(), e.checkpointFrom)
		if rest--; rest > 0 || !due && size < e.restartFrom {
			continue
		}
		if err := pragma(c.c, "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
			e.writer.log.Warn("store: checkpoint", "error", err)
		}
		if size < e.restartFrom {
			continue
		}
		put := e.writer.stats.restartsPutOff.Load()
		select {
		case e.writer.restart <- struct{}{}:
		default:
		}
		if rest = 0; put > e.putOff {
			e.putOff, rest = put, restartRest // a slow reader: don't hold everybody again at once
		}
	}
}

// progress is how far the log has been moved into the database file.
type progress struct {
	size    int64 // of the log's file at the last checkpoint
	batches int64 // committed by then
	ticks   int   // since then
}

// due tells at each tick whether it is time for a checkpoint. The file keeps its size when the log begins again in it, so
// that the number of batches tells whether there is anything to move.
func (p *progress) due(size, batches, from int64) bool {
	p.ticks++
	if size < p.size {
		p.size = 0 // it was emptied
	}
	grown := size-p.size >= from
	if !grown && (batches == p.batches || p.ticks < checkpointRest) {
		return false
	}
	*p = progress{size: size, batches: batches}
	return true
}

func (e *liteEngine) logSize() int64 {
	info, err := os.Stat(filepath.Join(e.dir, liteFile+"-wal"))
	if err != nil {
		return 0 // no log yet
	}
	return info.Size()
}

// restartWait is how long the writer waits for the snapshots under way to end before it puts the restart off. New ones
// wait behind it, so a slow reader can't hold anybody for longer than this.
const restartWait = 25 * time.Millisecond

// restartLog empties the log while nobody reads: it takes all reading connections, in their turn, for a moment.
func (w *liteWriter) restartLog() {
	readers := w.engine.readers
	taken := readers.takeAll(restartWait)
	defer func() {
		for _, c := range taken {
			readers.give(c)
		}
	}()
	if len(taken) < len(readers.all) {
		w.stats.restartsPutOff.Add(1)
		return
	}
	if err := pragma(w.conn.c, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		w.log.Warn("store: restart of the log", "error", err)
		return
	}
	w.stats.restarts.Add(1)
}

func pragma(c *sqlite.Conn, text string) error {
	return sqlitex.ExecuteTransient(c, text, nil)
}
