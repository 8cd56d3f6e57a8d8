package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/clock"
)

// Options say where the rows lie. Exactly one of Dir and Postgres is given.
type Options struct {
	Dir      string // folder of the embedded database, made when missing; one process at a time
	Postgres string // postgres://… address of a database that belongs to Posad alone
	Clock    clock.Clock
	Log      *slog.Logger

	// Readers is how many snapshots may be open at once; 0 means 8.
	Readers int
	// RunTwice makes every Write run twice, the first run rolled back. Tests set it, so that a closure with an effect
	// that it should not have is found.
	RunTwice bool
	// Trace, when given, hears what each committed Write and Append changed. Tests set it.
	Trace func(TraceRecord)
	// Schema names the PostgreSQL schema to work in; tests use one each. Empty means public.
	Schema string

	logMost int64 // bound of SQLite's log, for this package's tests; 0 means restartFrom
}

// Store is an open database. All methods are safe for concurrent use.
type Store struct {
	engine engine
	clock  clock.Clock
	log    *slog.Logger
	twice  bool
	trace  func(TraceRecord)
	nested nesting
	guard  func(*Tx, act.Act) error
	decls  map[string]Decl
	seen   *seenLooks
}

// engine is what the two databases have in common. Both hand the closures a conn that is valid during the call only.
type engine interface {
	// read runs fn on one snapshot.
	read(ctx context.Context, fn func(conn) error) error
	// write runs fn all or nothing and returns after it is durable. fn may run several times; only the last run counts.
	write(ctx context.Context, fn func(conn) error) error
	// append runs the statements all or nothing, batched with others', and returns after they are durable.
	append(ctx context.Context, stmts []Stmt) error
	// migrate runs statements of a schema in one transaction, before anything else uses the store.
	migrate(ctx context.Context, script []string) error
	// dialect adapts one statement of a schema.
	dialect(statement string, d Decl) string
	name() string
	stats() Stats
	close() error
}

// conn runs statements inside a transaction of either engine.
type conn interface {
	query(q *Query, each func(*Row) error, args []any) error
	exec(q *Query, args []any) (int64, error)
	// execAll runs statements in order until one fails, whose place it tells then; in one round trip where there are any.
	execAll(stmts []Stmt) ([]int64, int, error)
	// again rolls back what fn did and runs it once more: the double run of tests.
	again(fn func(conn) error) error
}

// Open opens or makes the database and brings its schema up to date.
func Open(ctx context.Context, o Options, modules ...Migrations) (*Store, error) {
	if (o.Dir == "") == (o.Postgres == "") {
		return nil, errors.New("store: give either a data folder or a PostgreSQL address")
	}
	if o.Clock == nil {
		o.Clock = new(clock.System)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Readers == 0 {
		o.Readers = 8
	}
	open := openSQLite
	if o.Postgres != "" {
		open = openPostgres
	}
	e, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Store{engine: e, clock: o.Clock, log: o.Log, twice: o.RunTwice, trace: o.Trace, nested: nesting{on: o.RunTwice}, seen: newSeenLooks()}
	if err := s.migrate(ctx, append([]Migrations{own}, modules...)); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return s, nil
}

// Close waits for the Writes under way and closes the database. Later calls return ErrClosed.
func (s *Store) Close() error { return s.engine.close() }

// Engine is "sqlite" or "postgres", for the operator's page and benchmarks.
func (s *Store) Engine() string { return s.engine.name() }

// SetGuard gives the check that WriteAs makes inside its transaction: that the session is still open and the mandate
// still holds. It is called once, before the first WriteAs.
func (s *Store) SetGuard(guard func(*Tx, act.Act) error) { s.guard = guard }

// Reader runs generated queries on plain tables: *Snapshot, *Tx and *Personal are Readers.
type Reader interface {
	// Query calls each for every row, in the order of the statement; an error from each ends it.
	Query(q *Query, each func(*Row) error, args ...any) error
	// Now is the moment of the transaction, the same throughout.
	Now() time.Time
}

// Snapshot is a consistent view of the plain tables.
type Snapshot struct {
	conn  conn
	now   time.Time
	decls map[string]Decl
}

// declarer is a Reader that knows what the tables declare.
type declarer interface{ declared() map[string]Decl }

func declared(r Reader, table string) (Decl, bool) {
	known, ok := r.(declarer)
	if !ok {
		return Decl{}, false
	}
	d, ok := known.declared()[table]
	return d, ok
}

func (r *Snapshot) declared() map[string]Decl { return r.decls }

// Query implements Reader.
func (r *Snapshot) Query(q *Query, each func(*Row) error, args ...any) error {
	return uniform(q.name, r.conn.query(q, each, args))
}

// Now implements Reader.
func (r *Snapshot) Now() time.Time { return r.now }

// Read runs fn on one snapshot. fn must not keep the Snapshot.
func (s *Store) Read(ctx context.Context, fn func(*Snapshot) error) error {
	if err := s.nested.outside(); err != nil {
		return err
	}
	now := s.clock.Now()
	return s.engine.read(ctx, func(c conn) error {
		return s.nested.during(func() error { return fn(&Snapshot{conn: c, now: now, decls: s.decls}) })
	})
}

// Tx is one Write under way.
type Tx struct {
	store   *Store
	conn    conn
	now     time.Time
	failed  error
	after   []func()
	looks   []*Personal
	touched []Touch
}

func (tx *Tx) declared() map[string]Decl { return tx.store.decls }

// Query implements Reader.
func (tx *Tx) Query(q *Query, each func(*Row) error, args ...any) error {
	if tx.failed != nil {
		return fmt.Errorf("%s: %w: %w", q.name, ErrSpoiled, tx.failed)
	}
	broke := false
	err := tx.conn.query(q, func(r *Row) error {
		err := each(r)
		broke = broke || err != nil
		return err
	}, args)
	if err != nil && !broke {
		err = uniform(q.name, err)
		tx.failed = err
	}
	return err
}

// Exec runs a statement that changes and tells how many rows it touched.
func (tx *Tx) Exec(q *Query, args ...any) (int64, error) {
	if tx.failed != nil {
		return 0, fmt.Errorf("%s: %w: %w", q.name, ErrSpoiled, tx.failed)
	}
	n, err := tx.conn.exec(q, args)
	if err != nil {
		tx.failed = uniform(q.name, err)
	}
	if tx.store.trace != nil && n > 0 {
		if touch, ok := tx.store.touch(q, args); ok {
			tx.touched = append(tx.touched, touch)
		}
	}
	return n, tx.failed
}

// ExecAll runs statements that change, in order, and tells how many rows each touched. On PostgreSQL it is one round trip.
func (tx *Tx) ExecAll(stmts ...Stmt) ([]int64, error) {
	if tx.failed != nil {
		return nil, fmt.Errorf("store: %w: %w", ErrSpoiled, tx.failed)
	}
	counts, at, err := tx.conn.execAll(stmts)
	if err != nil {
		tx.failed = uniform(stmts[at].Query.name, err)
		return nil, tx.failed
	}
	for i, s := range stmts {
		if tx.store.trace == nil || counts[i] == 0 {
			continue
		}
		if touch, ok := tx.store.touch(s.Query, s.Args); ok {
			tx.touched = append(tx.touched, touch)
		}
	}
	return counts, nil
}

// Fail spoils the Write with err and returns it: the Write rolls back and ends with err even when its closure goes on and
// returns nil. It is for a verb that must not be swallowed.
func (tx *Tx) Fail(err error) error {
	if tx.failed == nil {
		tx.failed = err
	}
	return err
}

// Now implements Reader: one moment for the whole Write, at which it began to run; of its last run when it crossed with another.
func (tx *Tx) Now() time.Time { return tx.now }

// AfterCommit has fn run once, after the Write is durable, in the caller's goroutine. It is the place for effects.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Write runs fn all or nothing and returns nil only after the change is on disk. fn may run twice; see the package
// comment for what it may hold. An error from fn rolls back and is returned as it is.
func (s *Store) Write(ctx context.Context, fn func(*Tx) error) error {
	if err := s.nested.outside(); err != nil {
		return err
	}
	var last *Tx
	var now time.Time
	run := func(c conn) error {
		last = &Tx{store: s, conn: c, now: now}
		return s.nested.during(func() error { return s.runOnce(last, fn) })
	}
	body := func(c conn) error {
		now = s.clock.Now() // of each try: a Write may wait for long before it, and what it writes is not of before
		if err := run(c); err != nil || !s.twice {
			return err
		}
		return c.again(run)
	}
	if err := s.engine.write(ctx, body); err != nil {
		return err
	}
	s.seen.keep(last.looks, now)
	if s.trace != nil {
		s.trace(TraceRecord{last.touched})
	}
	for _, effect := range last.after {
		effect()
	}
	return nil
}

// WriteAs is Write for an edge that acts for somebody: the guard re-checks the act's session and mandate inside the
// transaction first.
func (s *Store) WriteAs(ctx context.Context, a act.Act, fn func(*Tx) error) error {
	return s.Write(ctx, func(tx *Tx) error {
		if s.guard != nil {
			if err := s.guard(tx, a); err != nil {
				return err
			}
		}
		return fn(tx)
	})
}

// Swap is a Write whose every statement changes rows by their whole key and compares what it finds there, so that it can
// be neither wrong nor in the way beside others: on PostgreSQL it is READ COMMITTED and crosses with no Write that only
// came near the same rows. What it reads by Query may change before it commits.
func (s *Store) Swap(ctx context.Context, fn func(*Tx) error) error {
	return s.Write(context.WithValue(ctx, swapKey{}, true), fn)
}

type swapKey struct{}

func (s *Store) runOnce(tx *Tx, fn func(*Tx) error) error {
	if err := protect(func() error { return fn(tx) }); err != nil {
		if tx.failed != nil && !errors.Is(err, tx.failed) {
			// The closure hid what the engine said, which may be that the Write should run again.
			return fmt.Errorf("%w: %w", err, tx.failed)
		}
		return err
	}
	if tx.failed != nil {
		return tx.failed
	}
	for _, p := range tx.looks {
		for _, stmt := range p.records(s.seen) {
			if _, err := tx.Exec(stmt.Query, stmt.Args...); err != nil {
				return fmt.Errorf("%w: %w", ErrLook, err)
			}
		}
	}
	return nil
}

// protect turns a panic in a closure into an error, so that one Write's bug cannot end the writer that all share.
func protect(fn func() error) error {
	var panicked error
	err := func() error {
		defer func() {
			if p := recover(); p != nil {
				panicked = fmt.Errorf("store: panic in a transaction: %v\n%s", p, stack())
			}
		}()
		return fn()
	}()
	if panicked != nil {
		return panicked
	}
	return err
}

func stack() string {
	lines := strings.Split(string(debug.Stack()), "\n")
	return strings.Join(lines[:min(len(lines), 24)], "\n")
}

// Append runs a fixed list of statements all or nothing and returns nil only after they are on disk. The store batches
// the lists of many callers into one commit and runs each singly if one of them fails.
func (s *Store) Append(ctx context.Context, stmts ...Stmt) error {
	if err := s.nested.outside(); err != nil {
		return err
	}
	if err := s.engine.append(ctx, stmts); err != nil {
		return err
	}
	if s.trace != nil {
		s.traceAll(stmts)
	}
	return nil
}

func (s *Store) traceAll(stmts []Stmt) {
	var record TraceRecord
	for _, stmt := range stmts {
		if touch, ok := s.touch(stmt.Query, stmt.Args); ok {
			record.Touched = append(record.Touched, touch)
		}
	}
	s.trace(record)
}

type laneKey struct{}

// Background marks work that gives way: jobs, sweeps, bulk loads. Its Writes get at most a quarter of the writer while
// others wait.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, laneKey{}, true)
}

func inBackground(ctx context.Context) bool {
	return ctx.Value(laneKey{}) != nil
}
