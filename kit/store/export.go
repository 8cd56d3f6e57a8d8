package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Export is one consistent view of every table, for a backup. It reads rows as they lie: what is sealed stays sealed, so
// nobody's data is seen and no look is recorded. It may be used for as long as it takes; on SQLite it holds one of the
// reading connections, and the log can't be emptied meanwhile, on PostgreSQL it holds back the cleaning of old rows.
type Export struct {
	conn     conn
	snapshot *Snapshot
	tables   []Table
	applied  []Applied
}

var errColumns = errors.New("store: the database was changed by hand")

// exporter is an engine that gives a snapshot without a limit of time.
type exporter interface {
	export(ctx context.Context, fn func(conn) error) error
}

// Export runs fn on one snapshot of the whole database. Everything that was acknowledged before the call is in it. The
// modules are those that the store was opened with. Errors: ErrNewer, or fn's own.
func (s *Store) Export(ctx context.Context, modules []Migrations, fn func(*Export) error) error {
	e, ok := s.engine.(exporter)
	if !ok {
		return errors.New("store: this engine has no export")
	}
	now := s.clock.Now()
	return e.export(ctx, func(c conn) error {
		x := &Export{conn: c, snapshot: &Snapshot{conn: c, now: now, decls: s.decls}}
		if err := x.read(append([]Migrations{own}, modules...)); err != nil {
			return err
		}
		return fn(x)
	})
}

// read learns what the database has.
func (x *Export) read(modules []Migrations) error {
	err := x.conn.query(appliedMigrations, func(row *Row) error {
		if a := (Applied{row.Text(0), row.Text(1), row.Text(2)}); a.Module != restoreModule {
			x.applied = append(x.applied, a)
		}
		return nil
	}, nil)
	if err != nil {
		return uniform(appliedMigrations.name, err)
	}
	slices.SortFunc(x.applied, func(a, b Applied) int {
		return strings.Compare(a.Module+" "+a.Name, b.Module+" "+b.Name)
	})
	some, err := only(modules, x.applied)
	if err != nil {
		return err
	}
	if x.tables, err = Tables(some...); err != nil {
		return err
	}
	return x.whole()
}

var listColumns = map[bool]*Query{
	true:  NewQuery("store.Columns", `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`),
	false: NewQuery("store.Columns", `SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = current_schema()`),
}

// whole makes sure that every column that the engine has is one that the schema files make: a column that was added by
// hand would be left out of a copy without a word.
func (x *Export) whole() error {
	has := map[string][]string{}
	_, lite := x.conn.(*liteConn)
	q := listColumns[lite]
	if err := x.conn.query(q, func(row *Row) error { has[row.Text(0)] = append(has[row.Text(0)], row.Text(1)); return nil }, nil); err != nil {
		return uniform(q.name, err)
	}
	for _, t := range x.tables {
		want := names(t)
		slices.Sort(want)
		if slices.Sort(has[t.Name]); !slices.Equal(want, has[t.Name]) {
			return fmt.Errorf("%w: the schema files make the columns %s of the table %s, the database has %s", errColumns, strings.Join(want, ", "), t.Name, strings.Join(has[t.Name], ", "))
		}
	}
	return nil
}

// Tables are the tables of the database, without the store's own list of schema files.
func (x *Export) Tables() []Table { return x.tables }

// Applied are the schema files that the database has, in the order of module and name.
func (x *Export) Applied() []Applied { return x.applied }

// Snapshot reads plain tables in the same view.
func (x *Export) Snapshot() *Snapshot { return x.snapshot }

// Count counts a table's rows.
func (x *Export) Count(t Table) (int64, error) {
	var out int64
	q := passing("store.Count."+t.Name, "SELECT COUNT(*) FROM "+t.Name)
	err := x.conn.query(q, func(row *Row) error { out = row.Int(0); return nil }, nil)
	return out, uniform(q.name, err)
}

// Rows gives every row of a table, encoded, in the order in which the engine reads it fastest. The bytes are valid
// during the call of each only; its error ends the reading.
func (x *Export) Rows(t Table, each func(row []byte) error) error {
	// Safety: names of tables and columns are those of the program's own schema files.
	q := passing("store.Export."+t.Name, "SELECT "+strings.Join(names(t), ", ")+" FROM "+t.Name)
	var row []byte
	return x.conn.query(q, func(r *Row) error {
		row = appendRow(row[:0], t.Columns, r)
		return each(row)
	}, nil)
}

// passing is a query that is used once.
func passing(name, sql string) *Query {
	q := NewQuery(name, sql)
	q.transient = true
	return q
}

func (e *liteEngine) export(ctx context.Context, fn func(conn) error) error {
	return e.read(ctx, func(c conn) error {
		c.(*liteConn).age = nil // set again at the connection's next use
		return fn(c)
	})
}

// pgExport makes a session fit to read everything once: in the order of the heap, without the limit on idle transactions.
var pgExport = []string{"SET LOCAL enable_seqscan = on", "SET LOCAL enable_indexscan = off", "SET LOCAL enable_bitmapscan = off", "SET LOCAL idle_in_transaction_session_timeout = 0", "SET LOCAL statement_timeout = 0"}

func (e *pgEngine) export(ctx context.Context, fn func(conn) error) error {
	if e.door.isShut() {
		return ErrClosed
	}
	// Deferrable: a moment at which all that is committed fits one order, so that the view is not only of one time but one
	// that could have been; it takes no locks that writers cross with.
	how := pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}
	return pgx.BeginTxFunc(ctx, e.pool, how, func(tx pgx.Tx) error {
		for _, statement := range pgExport {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return fmt.Errorf("store: export: %w", err)
			}
		}
		return protect(func() error { return fn(&pgConn{ctx: ctx, c: tx.Conn(), begun: true}) })
	})
}

func shaOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
