package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"posad.city/kit/clock"
	"posad.city/kit/id"
)

// restoreModule is the name under which a restore that goes on keeps how far it is, in the list of schema files. It
// commits with the rows, so that a restore that was cut off goes on exactly where it was.
const restoreModule = "restore"

// State is what a restore finds where it wants to put a database.
type State int

// The states.
const (
	StateEmpty      State = iota // nothing is there
	StateUnfinished              // a restore was begun there and not finished
	StateUsed                    // a database is there
)

// ErrUnfinished says that a restore into the database was begun and not finished.
var ErrUnfinished = errors.New("store: a restore into this database was begun and not finished: run the same posad restore again")

var (
	listTables = map[string]*Query{
		"sqlite":   NewQuery("store.Tables", `SELECT name FROM sqlite_master WHERE type = 'table'`),
		"postgres": NewQuery("store.Tables", `SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema()`),
	}
	// Indexes that no constraint owns, with the statement that makes each.
	listIndexes = map[string]*Query{
		"sqlite": NewQuery("store.Indexes", `SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL`),
		"postgres": NewQuery("store.Indexes", `SELECT c.relname::text, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
 AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)`),
	}
	readMarks = NewQuery("store.RestoreMarks", `SELECT name, sha FROM store_migration WHERE module = 'restore' ORDER BY name`)
	putMark   = NewQuery("store.RestoreMark", `INSERT INTO store_migration (module, name, sha) VALUES ('restore', $1, $2)
 ON CONFLICT (module, name) DO UPDATE SET sha = excluded.sha`)
	dropMark  = NewQuery("store.RestoreUnmark", `DELETE FROM store_migration WHERE module = 'restore' AND name = $1`)
	dropMarks = NewQuery("store.RestoreEnd", `DELETE FROM store_migration WHERE module = 'restore'`)
)

// Marks of a restore.
const (
	markOf    = "unfinished" // which copy is restored
	markReady = "ready"      // tables are made and empty, indexes are put aside
	markTable = "table/"     // how many parts of a table are in
	markIndex = "index/"     // the statement of an index that was put aside
)

// Inspect tells what is where the options point, and of an unfinished restore, which copy it is of. It changes nothing
// but makes the folder of the embedded engine.
func Inspect(ctx context.Context, o Options) (State, string, error) {
	e, err := openEngine(ctx, &o)
	if err != nil {
		return 0, "", err
	}
	state, of, err := inspect(ctx, e)
	return state, of, errors.Join(err, e.close())
}

func inspect(ctx context.Context, e engine) (State, string, error) {
	state, of := StateEmpty, ""
	err := e.read(ctx, func(c conn) error {
		state, of = StateEmpty, ""
		known := false
		err := c.query(listTables[e.name()], func(row *Row) error {
			known = known || row.Text(0) == "store_migration"
			state = StateUsed
			return nil
		}, nil)
		if err != nil || !known {
			return err
		}
		marks, err := restoreMarks(c)
		if mark, ok := marks[markOf]; err == nil && ok {
			state, of = StateUnfinished, mark
		}
		return err
	})
	return state, of, err
}

func openEngine(ctx context.Context, o *Options) (engine, error) {
	if o.Clock == nil {
		o.Clock = new(clock.System)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Readers == 0 {
		o.Readers = 2
	}
	if o.Postgres != "" {
		return openPostgres(ctx, *o)
	}
	return openSQLite(ctx, *o)
}

func restoreMarks(c conn) (map[string]string, error) {
	out := map[string]string{}
	err := c.query(readMarks, func(row *Row) error { out[row.Text(0)] = row.Text(1); return nil }, nil)
	return out, uniform(readMarks.name, err)
}

// bulk is an engine that runs a long transaction of a restore.
type bulk interface {
	bulk(ctx context.Context, fn func(conn) error) error
}

func (e *liteEngine) bulk(ctx context.Context, fn func(conn) error) error { return e.write(ctx, fn) }

func (e *pgEngine) bulk(ctx context.Context, fn func(conn) error) error {
	return pgx.BeginTxFunc(ctx, e.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		for _, statement := range []string{"SET LOCAL idle_in_transaction_session_timeout = 0", "SET LOCAL enable_seqscan = on", "SET LOCAL maintenance_work_mem = '256MB'"} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("store: restore: %w", err)
			}
		}
		return fn(&pgConn{ctx: ctx, c: tx.Conn(), begun: true})
	})
}

// Importer fills an empty database with a copy. It is used by one goroutine.
type Importer struct {
	store   *Store
	modules []Migrations // with the schema files of the copy alone
	tables  []Table
	marks   map[string]string
}

// OpenImport makes the tables of a copy in an empty database, or goes on with an unfinished restore of the same copy.
// applied are the schema files that the copy was made with, of is its name. Errors: ErrNewer.
func OpenImport(ctx context.Context, o Options, of string, applied []Applied, modules ...Migrations) (*Importer, error) {
	some, err := only(append([]Migrations{own}, modules...), applied)
	if err != nil {
		return nil, err
	}
	tables, err := Tables(some...)
	if err != nil {
		return nil, err
	}
	e, err := openEngine(ctx, &o)
	if err != nil {
		return nil, err
	}
	s := &Store{engine: e, clock: o.Clock, log: o.Log, seen: newSeenLooks(), decls: map[string]Decl{}}
	im := &Importer{store: s, modules: some, tables: tables}
	if err := im.prepare(ctx, of); err != nil {
		return nil, errors.Join(fmt.Errorf("store: restore: %w", err), e.close())
	}
	return im, nil
}

// Tables are the tables that wait for rows.
func (im *Importer) Tables() []Table { return im.tables }

func (im *Importer) prepare(ctx context.Context, of string) error {
	if err := im.begin(ctx, of); err != nil {
		return err
	}
	applied := map[string]string{}
	err := im.store.engine.read(ctx, func(c conn) error {
		return c.query(appliedMigrations, func(row *Row) error {
			applied[row.Text(0)+"/"+row.Text(1)] = row.Text(2)
			return nil
		}, nil)
	})
	if err != nil {
		return err
	}
	for _, m := range im.modules {
		if err := im.store.migrateModule(ctx, m, applied); err != nil {
			return fmt.Errorf("schema of %s: %w", m.Module, err)
		}
	}
	if im.marks[markReady] != "" {
		return nil
	}
	return im.tx(ctx, im.empty)
}

// begin marks the database as one of an unfinished restore before anything else is in it.
func (im *Importer) begin(ctx context.Context, of string) error {
	state, was, err := inspect(ctx, im.store.engine)
	switch {
	case err != nil:
		return err
	case state == StateUsed:
		return errors.New("the database is not empty")
	case state == StateUnfinished && was != of:
		return fmt.Errorf("a restore of another copy (%s) was begun there", was)
	}
	return im.tx(ctx, func(c conn) error {
		create := passing("store.Migrations", im.store.engine.dialect(migrationTable, Decl{}))
		if _, err := c.exec(create, nil); err != nil {
			return err
		}
		_, err := c.exec(putMark, []any{markOf, of})
		return err
	})
}

// empty removes what schema files themselves have put in, and puts the indexes aside: rows come faster without them.
func (im *Importer) empty(c conn) error {
	for _, t := range im.tables {
		if _, err := c.exec(passing("store.Empty."+t.Name, "DELETE FROM "+t.Name), nil); err != nil {
			return err
		}
	}
	indexes := map[string]string{}
	err := c.query(listIndexes[im.store.engine.name()], func(row *Row) error { indexes[row.Text(0)] = row.Text(1); return nil }, nil)
	if err != nil {
		return err
	}
	for name, statement := range indexes {
		if _, err := c.exec(putMark, []any{markIndex + name, statement}); err != nil {
			return err
		}
		if _, err := c.exec(passing("store.DropIndex", "DROP INDEX "+name), nil); err != nil {
			return err
		}
	}
	_, err = c.exec(putMark, []any{markReady, "1"})
	return err
}

// tx runs fn in one transaction and reads the marks anew.
func (im *Importer) tx(ctx context.Context, fn func(conn) error) error {
	var marks map[string]string
	b, ok := im.store.engine.(bulk)
	if !ok {
		return errors.New("this engine can't be restored into")
	}
	err := b.bulk(ctx, func(c conn) error {
		err := fn(c)
		if err == nil {
			marks, err = restoreMarks(c)
		}
		return err
	})
	if err == nil {
		im.marks = marks
	}
	return err
}

// Parts is how many parts of a table are in.
func (im *Importer) Parts(t Table) int {
	n, _ := strconv.Atoi(im.marks[markTable+t.Name]) // no mark: none
	return n
}

// Put puts a part's rows in, all or nothing. Parts are numbered from 0 and come in order; one that is in already is left
// alone. rows gives every row to its argument and may be called again. Errors: ErrRow, ErrExists.
func (im *Importer) Put(ctx context.Context, t Table, part int, rows func(func(row []byte) error) error) error {
	if part < im.Parts(t) {
		return nil
	}
	if !slices.ContainsFunc(im.tables, func(own Table) bool { return own.Name == t.Name && slices.Equal(own.Columns, t.Columns) }) {
		return fmt.Errorf("store: restore: the schema has no table %s of this shape", t.Name)
	}
	err := im.tx(ctx, func(c conn) error {
		l, ok := c.(loader)
		if !ok {
			return errors.New("this engine takes no rows")
		}
		if err := l.load(t, rows); err != nil {
			return err
		}
		_, err := c.exec(putMark, []any{markTable + t.Name, strconv.Itoa(part + 1)})
		return err
	})
	if err != nil {
		return uniform("store: restore "+t.Name, err)
	}
	return nil
}

// loader is a conn that takes many rows of a table.
type loader interface {
	load(t Table, rows func(func([]byte) error) error) error
}

func names(t Table) []string {
	out := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.Name
	}
	return out
}

func (c *liteConn) load(t Table, rows func(func([]byte) error) error) error {
	marks := strings.TrimSuffix(strings.Repeat("?,", len(t.Columns)), ",")
	// Safety: names of tables and columns are those of the program's own schema files.
	stmt, err := c.c.Prepare("INSERT INTO " + t.Name + " (" + strings.Join(names(t), ", ") + ") VALUES (" + marks + ")")
	if err != nil {
		return err
	}
	var args []any
	return rows(func(row []byte) error {
		c.changed++ // a failure is to be undone
		if args, err = parseRow(args, t.Columns, row); err != nil {
			return err
		}
		if err := stmt.Reset(); err != nil {
			return err
		}
		for i, v := range args {
			if err := bindLite(stmt, i+1, v); err != nil {
				return err
			}
		}
		_, err := stmt.Step()
		return err
	})
}

// load gives the rows to COPY one by one, so that the server takes them while the next are read.
func (c *pgConn) load(t Table, rows func(func([]byte) error) error) error {
	// A part and the mark that it is in are kept or lost together, so that none needs to wait for the disk: the last
	// transaction of a restore does, and all that came before it is on disk then.
	if _, err := c.c.Exec(c.ctx, "SET LOCAL synchronous_commit = off"); err != nil {
		return err
	}
	var args []any
	var fault error
	next, stop := iter.Pull(func(yield func([]any) bool) {
		fault = rows(func(row []byte) error {
			var err error
			if args, err = parseRow(args, t.Columns, row); err != nil {
				return err
			}
			for i, v := range args {
				if x, ok := v.(id.ID); ok {
					args[i] = [16]byte(x)
				}
			}
			if !yield(args) {
				return errLeft
			}
			return nil
		})
	})
	_, err := c.c.CopyFrom(c.ctx, pgx.Identifier{t.Name}, names(t), pgx.CopyFromFunc(func() ([]any, error) {
		if row, more := next(); more {
			return row, nil
		}
		return nil, fault
	}))
	stop()
	if fault != nil && !errors.Is(fault, errLeft) {
		return fault // the driver tells it as text
	}
	return err
}

// errLeft says that the server took no more rows.
var errLeft = errors.New("store: restore: the rows were left")

// Finish makes the indexes again. Afterwards the tables are as the schema files leave them; the database stays marked as
// unfinished until Close(ctx, true). tell is called before each index.
func (im *Importer) Finish(ctx context.Context, tell func(done, total int)) error {
	var left []string
	for name := range im.marks {
		if strings.HasPrefix(name, markIndex) {
			left = append(left, name)
		}
	}
	slices.Sort(left)
	for i, name := range left {
		tell(i, len(left))
		statement := im.marks[name]
		err := im.tx(ctx, func(c conn) error {
			// Safety: the statement is what this engine itself said of an index of our schema.
			if _, err := c.exec(passing("store.CreateIndex", statement), nil); err != nil {
				return err
			}
			_, err := c.exec(dropMark, []any{name})
			return err
		})
		if err != nil {
			return fmt.Errorf("store: restore: %s: %w", strings.TrimPrefix(name, markIndex), err)
		}
	}
	if im.store.engine.name() == "postgres" { // the planner would think every table empty
		return im.tx(ctx, func(c conn) error { _, err := c.exec(passing("store.Analyze", "ANALYZE"), nil); return err })
	}
	return nil
}

// Export reads what is in, like Store.Export.
func (im *Importer) Export(ctx context.Context, fn func(*Export) error) error {
	return im.store.Export(ctx, im.modules[1:], fn)
}

// Close closes the database; whole says that everything is in and was checked, and takes the mark away.
func (im *Importer) Close(ctx context.Context, whole bool) error {
	var err error
	if whole {
		err = im.tx(ctx, func(c conn) error { _, err := c.exec(dropMarks, nil); return err })
	}
	return errors.Join(err, im.store.engine.close())
}
