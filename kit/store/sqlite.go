package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"posad.city/kit/id"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// liteEngine is the embedded engine: one writer connection owned by one goroutine, a pool of readers, and checkpoints
// that the store drives itself, because readers that hold snapshots would let the log grow without bound.
type liteEngine struct {
	dir                         string
	lock                        *os.File
	readers                     *liteReaders
	all                         []*liteConn
	writer                      *liteWriter
	checkpointFrom, restartFrom int64
	putOff                      int64 // restarts put off, as the checkpointer last saw
	careful                     bool  // every Write has a savepoint of its own: what tests that run each twice go back to
	door                        door
	stop                        chan struct{}
	done                        sync.WaitGroup
	closing                     sync.Once
}

// snapshotMost is how long a snapshot may be used: while it is open, the log of either engine can't be cleaned.
const snapshotMost = 30 * time.Second

const liteFile = "posad.db"

// litePragmas: full durability, no memory map on a file that is written (it is dropped after every commit), the store's
// own checkpoints. ANALYZE is never run: with its statistics every bound value would prepare the statement anew.
var litePragmas = []string{
	"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON", "PRAGMA mmap_size = 0",
	"PRAGMA wal_autocheckpoint = 0", "PRAGMA cache_size = -16000", "PRAGMA temp_store = MEMORY", "PRAGMA trusted_schema = OFF",
}

func openSQLite(_ context.Context, o Options) (engine, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: data folder: %w", err)
	}
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	e := &liteEngine{dir: o.Dir, lock: lock, readers: newLiteReaders(nil), stop: make(chan struct{}), checkpointFrom: checkpointFrom, restartFrom: restartFrom, careful: o.RunTwice}
	if o.logMost > 0 {
		e.checkpointFrom, e.restartFrom = o.logMost/16, o.logMost
	}
	main, err := e.connect()
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	e.writer = newLiteWriter(e, main, o.Log)
	var readers []*liteConn
	for range o.Readers {
		reader, err := e.connect()
		if err != nil {
			return nil, errors.Join(err, e.close())
		}
		if err := pragma(reader.c, "PRAGMA query_only = ON"); err != nil {
			return nil, errors.Join(err, e.close())
		}
		reader.interruptible()
		readers = append(readers, reader)
	}
	e.readers = newLiteReaders(readers)
	checkpointer, err := e.connect()
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	e.done.Add(3)
	go e.writer.loop()
	go e.checkpoint(checkpointer)
	go e.watch()
	return e, nil
}

// lockFolder makes sure that one process at a time works on the folder: two would each believe to be the only writer.
func lockFolder(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		who, _ := os.ReadFile(path)
		return nil, errors.Join(fmt.Errorf("store: %s is in use by process %s; stop it first, or give another folder", dir, strings.TrimSpace(string(who))), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid()))); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

func (e *liteEngine) connect() (*liteConn, error) {
	c, err := sqlite.OpenConn(filepath.Join(e.dir, liteFile), sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return nil, fmt.Errorf("store: open: %w", err)
	}
	c.SetBusyTimeout(10 * time.Second)
	for _, pragma := range litePragmas {
		if err := sqlitex.ExecuteTransient(c, pragma, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("store: %s: %w", pragma, err), c.Close())
		}
	}
	out := &liteConn{c: c}
	e.all = append(e.all, out)
	return out, nil
}

func (e *liteEngine) name() string { return "sqlite" }

func (e *liteEngine) close() error {
	var err error
	e.closing.Do(func() {
		e.door.shut()
		close(e.stop)
		e.done.Wait()
		e.readers.close()
		for _, c := range e.all {
			err = errors.Join(err, c.c.Close())
		}
		err = errors.Join(err, e.lock.Close())
	})
	return err
}

func (e *liteEngine) write(ctx context.Context, fn func(conn) error) error {
	return e.writer.submit(ctx, fn)
}

func (e *liteEngine) append(ctx context.Context, stmts []Stmt) error {
	return e.writer.submit(ctx, func(c conn) error { return runAll(c, stmts) })
}

func runAll(c conn, stmts []Stmt) error {
	for _, s := range stmts {
		if _, err := c.exec(s.Query, s.Args); err != nil {
			return uniform(s.Query.name, err)
		}
	}
	return nil
}

func (e *liteEngine) migrate(ctx context.Context, script []string) error {
	return e.write(ctx, func(c conn) error {
		lite := c.(*liteConn)
		lite.changed++ // no rows, but a failure is to be undone
		for _, statement := range script {
			if err := sqlitex.ExecuteTransient(lite.c, statement, nil); err != nil {
				return fmt.Errorf("%w in: %s", err, statement)
			}
		}
		return nil
	})
}

var liteTypes = map[string]string{
	"UUID": "BLOB", "TEXT": "TEXT", "BIGINT": "INTEGER", "BOOLEAN": "INTEGER", "TIMESTAMPTZ": "INTEGER", "BYTEA": "BLOB", "SEALED": "BLOB", "KEYED": "BLOB",
}

func (e *liteEngine) dialect(statement string, d Decl) string {
	if tableComment.MatchString(statement) {
		return ""
	}
	statement = types(statement, liteTypes)
	if createTable.MatchString(statement) {
		statement += " STRICT"
		if d.Narrow {
			statement += ", WITHOUT ROWID"
		}
	}
	return statement
}

// liteConn is one connection, used by one goroutine at a time. Prepared statements are kept by the connection.
type liteConn struct {
	c        *sqlite.Conn
	prepared map[*Query]*sqlite.Stmt
	inRows   bool                 // inside the rows of a query
	changed  int64                // rows, since the connection was opened
	age      func() time.Duration // of the snapshot; nil on the writer
	ctx      context.Context      // of the snapshot; nil on the writer
	reading  reading
}

// run runs a statement that begins or ends something.
func (c *liteConn) run(q *Query) error {
	stmt, end, err := c.statement(q)
	if err != nil {
		return fmt.Errorf("%s: %w", q.name, err)
	}
	if _, err = stmt.Step(); err != nil {
		return errors.Join(err, end())
	}
	return end()
}

// prepare returns the statement with its arguments, and what ends its use.
func (c *liteConn) prepare(q *Query, args []any) (*sqlite.Stmt, func() error, error) {
	if len(args) != q.params {
		return nil, nil, q.miscounted(args)
	}
	stmt, end, err := c.statement(q)
	if err != nil {
		return nil, nil, err
	}
	for i, v := range args {
		if err := bindLite(stmt, i+1, v); err != nil {
			return nil, nil, errors.Join(fmt.Errorf("argument %d: %w", i+1, err), end())
		}
	}
	return stmt, end, nil
}

// bindLite binds the types that arguments nearly always have, and any other after it was made plain.
func bindLite(stmt *sqlite.Stmt, i int, v any) error {
	switch x := v.(type) {
	case nil:
		stmt.BindNull(i)
	case int64:
		stmt.BindInt64(i, x)
	case int:
		stmt.BindInt64(i, int64(x))
	case bool:
		stmt.BindBool(i, x)
	case string:
		if err := textFault(x); err != nil {
			return err
		}
		stmt.BindText(i, x)
	case []byte:
		if err := bytesFault(x); err != nil {
			return err
		}
		stmt.BindBytes(i, x)
	case id.ID:
		stmt.BindBytes(i, x[:])
	case time.Time:
		if err := timeFault(x); err != nil {
			return err
		}
		stmt.BindInt64(i, x.UnixMicro())
	default:
		made, err := plain(v)
		if err != nil {
			return err
		}
		return bindLite(stmt, i, made)
	}
	return nil
}

func (c *liteConn) query(q *Query, each func(*Row) error, args []any) error {
	if c.inRows {
		return fmt.Errorf("%w: a query inside the rows of another", ErrNested)
	}
	if c.age != nil && c.age() > snapshotMost {
		return ErrSlow
	}
	if c.ctx != nil && c.ctx.Err() != nil {
		return cancelled(c.ctx)
	}
	stmt, end, err := c.prepare(q, args)
	if err != nil {
		return err
	}
	c.inRows = true
	defer func() {
		c.inRows = false
		_ = end() // repeats the error of the last step, which is returned already
	}()
	if !q.reads {
		c.changed++
	}
	row := Row{lite: stmt}
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return err
		}
		if err := each(&row); err != nil {
			return err
		}
	}
}

func (c *liteConn) exec(q *Query, args []any) (int64, error) {
	if c.inRows {
		return 0, fmt.Errorf("%w: a change inside the rows of a query", ErrNested)
	}
	stmt, end, err := c.prepare(q, args)
	if err != nil {
		return 0, err
	}
	for more := true; more && err == nil; {
		more, err = stmt.Step()
	}
	n := int64(c.c.Changes())
	if err != nil {
		_ = end() // repeats the error of the step
		return 0, err
	}
	c.changed += n
	return n, end()
}

func (c *liteConn) execAll(stmts []Stmt) ([]int64, int, error) {
	out := make([]int64, len(stmts))
	for i, s := range stmts {
		n, err := c.exec(s.Query, s.Args)
		if err != nil {
			return nil, i, err
		}
		out[i] = n
	}
	return out, 0, nil
}

func (c *liteConn) again(fn func(conn) error) error {
	if err := errors.Join(c.run(liteBack), c.run(liteRelease), c.run(liteSavepoint)); err != nil {
		return err
	}
	return fn(c)
}
