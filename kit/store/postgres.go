package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pgEngine is PostgreSQL: one SERIALIZABLE transaction a Write (READ COMMITTED a Swap), run again when two cross; Appends of many callers
// pipelined into one transaction.
type pgEngine struct {
	pool    *pgxpool.Pool
	readers *pgReaders
	log     *slog.Logger
	low     chan struct{} // places for background Writes: a quarter of the pool
	appends chan *pgAppend
	counts  counters
	door    door
	stop    chan struct{}
	done    sync.WaitGroup
	closing sync.Once
}

const (
	pgConnections = 24
	pgTries       = 64 // crossings of one Write before the store gives up with ErrBusy
	pgLost        = 3  // connections that one Write may lose before its COMMIT
	// writeMost bounds a Write that has begun, which its caller's context no longer ends.
	writeMost = time.Minute
)

func openPostgres(ctx context.Context, o Options) (engine, error) {
	config, err := pgxpool.ParseConfig(o.Postgres)
	if err != nil {
		return nil, fmt.Errorf("store: the PostgreSQL address can't be read: %w", err)
	}
	if config.MaxConns < pgConnections && !strings.Contains(o.Postgres, "pool_max_conns") {
		config.MaxConns = pgConnections
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["default_transaction_isolation"] = "serializable"
	config.ConnConfig.RuntimeParams["application_name"] = "posad"
	// A scan of a whole table in a SERIALIZABLE transaction crosses with every writer of that table, and the planner
	// likes to scan tables while they are small; compiling a statement takes longer than any of ours.
	config.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	config.ConnConfig.RuntimeParams["jit"] = "off"
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = strconv.FormatInt(writeMost.Milliseconds(), 10)
	if o.Schema != "" {
		config.ConnConfig.RuntimeParams["search_path"] = o.Schema
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("store: PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("store: PostgreSQL does not answer: %w", err)
	}
	readers := &pgReaders{pool: pool, most: int(config.MaxConns / 3)}
	e := &pgEngine{pool: pool, readers: readers, log: o.Log, low: make(chan struct{}, max(1, config.MaxConns/4)), appends: make(chan *pgAppend, 4*batchMost), stop: make(chan struct{})}
	e.done.Add(1)
	go e.tidy()
	for range pgAppenders {
		e.done.Add(1)
		go e.appendLoop()
	}
	return e, nil
}

func (e *pgEngine) name() string { return "postgres" }

func (e *pgEngine) close() error {
	e.closing.Do(func() {
		e.door.shut()
		close(e.stop)
		e.done.Wait()
		e.readers.close()
		e.pool.Close() // waits for the connections in use
	})
	return nil
}

func (e *pgEngine) write(ctx context.Context, fn func(conn) error) error {
	if inBackground(ctx) {
		select {
		case e.low <- struct{}{}:
			defer func() { <-e.low }()
		case <-ctx.Done():
			return cancelled(ctx)
		}
	}
	e.counts.writes.Add(1)
	var err error
	lost := 0
	for try := range pgTries {
		if e.door.isShut() {
			return ErrClosed
		}
		e.counts.batches.Add(1)
		err = e.writeOnce(ctx, fn)
		if errors.Is(err, errLostEarly) && lost < pgLost {
			lost++
		} else if !crossed(err) {
			return err
		}
		e.counts.retries.Add(1)
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrBusy, err)
}

func (e *pgEngine) writeOnce(ctx context.Context, fn func(conn) error) error {
	c, err := e.pool.Acquire(ctx)
	switch {
	case err != nil && e.door.isShut():
		return ErrClosed
	case err != nil && ctx.Err() != nil:
		return cancelled(ctx)
	case err != nil:
		return fmt.Errorf("store: PostgreSQL: %w", err)
	}
	defer c.Release()
	// A context that ends while COMMIT is on its way would leave the outcome unknown, so a Write that began runs to its end.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), writeMost, ErrSlow)
	defer cancel()
	return e.transact(ctx, c.Conn(), fn)
}

// errLostEarly says that the connection was lost before COMMIT was sent: nothing was changed, and the Write may run again.
var errLostEarly = errors.New("store: the connection to PostgreSQL was lost")

func (e *pgEngine) transact(ctx context.Context, c *pgx.Conn, fn func(conn) error) error {
	tx := &pgConn{ctx: ctx, c: c, begin: beginOf(ctx)}
	err := protect(func() error { return fn(tx) })
	if err != nil {
		tx.rollback()
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	case err != nil && c.IsClosed():
		return fmt.Errorf("%w: %w", errLostEarly, err)
	case err != nil:
		return err
	}
	if err := tx.commit(); err != nil {
		return committed(err)
	}
	return nil
}

// committed sorts the errors of a COMMIT: what the server refused was not kept; of anything else nobody knows.
func committed(err error) error {
	if refused(err) {
		return uniform("store: commit", err)
	}
	return fmt.Errorf("%w: %w", ErrOutcome, err)
}

// refused tells whether the server itself said no and lives on.
func refused(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, pgx.ErrTxCommitRollback) || errors.As(err, &pg) && pg.Severity == "ERROR"
}

// pause waits a little longer after each crossing, by chance, so that the same two don't cross again.
func pause(ctx context.Context, try int) error {
	most := min(time.Millisecond<<min(try, 7), 100*time.Millisecond)
	timer := time.NewTimer(time.Duration(rand.Int64N(int64(most)) + 1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return cancelled(ctx)
	}
}

func (e *pgEngine) migrate(ctx context.Context, script []string) error {
	return e.write(ctx, func(c conn) error {
		for _, statement := range script {
			if _, err := c.(*pgConn).run(statement); err != nil {
				return fmt.Errorf("%w in: %s", err, statement)
			}
		}
		return nil
	})
}

var pgTypes = map[string]string{"TEXT": `TEXT COLLATE "C"`, "SEALED": "BYTEA", "KEYED": "BYTEA"}

func (e *pgEngine) dialect(statement string, _ Decl) string {
	if tableComment.MatchString(statement) {
		return statement
	}
	return types(statement, pgTypes)
}

// pgAppenders is how many batches of Appends may be on their way at once: while one waits for the disk, the next
// gathers.
const pgAppenders = 4

type pgAppend struct {
	ctx   context.Context
	stmts []Stmt
	err   chan error
	turn  atomic.Int32 // queued, running or left
}

func (e *pgEngine) append(ctx context.Context, stmts []Stmt) error {
	if inBackground(ctx) {
		return e.write(ctx, func(c conn) error { return runAll(c, stmts) })
	}
	req := &pgAppend{ctx: ctx, stmts: stmts, err: make(chan error, 1)}
	err := e.door.through(func() error {
		select {
		case e.appends <- req:
			return nil
		case <-ctx.Done():
			return cancelled(ctx)
		}
	})
	if err != nil {
		return err
	}
	select {
	case err := <-req.err:
		return err
	case <-ctx.Done():
	}
	if req.turn.CompareAndSwap(queued, left) {
		return cancelled(ctx)
	}
	return <-req.err
}

func (e *pgEngine) appendLoop() {
	defer e.done.Done()
	for {
		select {
		case req := <-e.appends:
			e.appendBatch(e.gatherAppends(req))
		case <-e.stop:
			e.refuseAppends()
			return
		}
	}
}

func (e *pgEngine) refuseAppends() {
	for {
		select {
		case req := <-e.appends:
			req.err <- ErrClosed
		default:
			return
		}
	}
}

func (e *pgEngine) gatherAppends(first *pgAppend) []*pgAppend {
	batch := []*pgAppend{first}
	for len(batch) < batchMost {
		select {
		case req := <-e.appends:
			batch = append(batch, req)
		default:
			return batch
		}
	}
	return batch
}

func (e *pgEngine) appendBatch(batch []*pgAppend) {
	batch = slices.DeleteFunc(batch, func(req *pgAppend) bool { return !req.turn.CompareAndSwap(queued, running) })
	if len(batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), writeMost, ErrSlow)
	defer cancel()
	err := e.pipeline(ctx, batch)
	if err != nil && !refused(err) && !pgconn.SafeToRetry(err) && !errors.Is(err, ErrValue) {
		err = fmt.Errorf("%w: %w", ErrOutcome, err)
	}
	if err == nil || errors.Is(err, ErrOutcome) {
		e.counts.batches.Add(1)
		e.counts.writes.Add(int64(len(batch)))
		for _, req := range batch {
			req.err <- err
		}
		return
	}
	e.counts.lost.Add(1)
	e.log.Debug("store: a batch of appends failed and is run singly", "appends", len(batch), "error", err)
	for _, req := range batch {
		req.err <- e.write(ctx, func(c conn) error { return runAll(c, req.stmts) })
	}
}

func (e *pgEngine) pipeline(ctx context.Context, batch []*pgAppend) error {
	b := new(pgx.Batch)
	for _, req := range batch {
		for _, s := range req.stmts {
			args, err := pgArgs(s.Query, s.Args)
			if err != nil {
				return fmt.Errorf("%s: %w", s.Query.name, err)
			}
			b.Queue(s.Query.pg, args...)
		}
	}
	// One simple batch is one implicit transaction: no BEGIN and COMMIT of its own, one round trip.
	return e.pool.SendBatch(ctx, b).Close()
}
