package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"posad.city/kit/id"
)

// What begins the three kinds of transaction.
const (
	pgSerializable = "begin isolation level serializable"
	pgSwap         = "begin isolation level read committed"
	pgSnapshot     = "begin isolation level repeatable read read only"
)

func beginOf(ctx context.Context) string {
	if ctx.Value(swapKey{}) != nil {
		return pgSwap
	}
	return pgSerializable
}

// pgConn is one transaction. It begins with its first statement, in the same round trip.
type pgConn struct {
	ctx    context.Context
	c      *pgx.Conn
	begin  string               // what begins it
	begun  bool                 // whether that was sent
	left   bool                 // an older transaction stands open on the connection and ends first
	inRows bool                 // inside the rows of a query
	age    func() time.Duration // of the snapshot; nil in a Write
}

func pgArgs(q *Query, args []any) ([]any, error) {
	out, err := q.arguments(args)
	if err != nil {
		return nil, err
	}
	for i, v := range out {
		if x, ok := v.(id.ID); ok {
			out[i] = [16]byte(x)
		}
	}
	return out, nil
}

// first sends what begins the transaction and its first statement together. The results that it returns stand before
// those of the statement.
func (c *pgConn) first(sql string, args []any) (pgx.BatchResults, error) {
	b := new(pgx.Batch)
	if c.left {
		b.Queue("rollback")
	}
	b.Queue(c.begin)
	b.Queue(sql, args...)
	c.begun, c.left = true, false
	results := c.c.SendBatch(c.ctx, b)
	for range b.Len() - 1 {
		if _, err := results.Exec(); err != nil {
			return nil, errors.Join(err, results.Close())
		}
	}
	return results, nil
}

func (c *pgConn) query(q *Query, each func(*Row) error, args []any) error {
	if c.inRows {
		return fmt.Errorf("%w: a query inside the rows of another", ErrNested)
	}
	if c.age != nil && c.age() > snapshotMost {
		return ErrSlow
	}
	bound, err := pgArgs(q, args)
	if err != nil {
		return err
	}
	c.inRows = true
	defer func() { c.inRows = false }()
	if c.begun {
		rows, err := c.c.Query(c.ctx, q.pg, append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, bound...)...)
		if err != nil {
			return err
		}
		return c.each(rows, each)
	}
	results, err := c.first(q.pg, bound)
	if err != nil {
		return err
	}
	// The driver reads these rows in the format that it likes best, which is binary for every type of ours; a text is the
	// same in both.
	rows, err := results.Query()
	if err == nil {
		err = c.each(rows, each)
	}
	if end := results.Close(); err == nil {
		err = end
	}
	return err
}

func (c *pgConn) each(rows pgx.Rows, each func(*Row) error) error {
	defer rows.Close()
	var row Row
	for rows.Next() {
		row.pg = rows.RawValues()
		if err := each(&row); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (c *pgConn) exec(q *Query, args []any) (int64, error) {
	if c.inRows {
		return 0, fmt.Errorf("%w: a change inside the rows of a query", ErrNested)
	}
	bound, err := pgArgs(q, args)
	if err != nil {
		return 0, err
	}
	return c.run(q.pg, bound...)
}

func (c *pgConn) run(sql string, args ...any) (int64, error) {
	if c.begun {
		tag, err := c.c.Exec(c.ctx, sql, args...)
		return tag.RowsAffected(), err
	}
	results, err := c.first(sql, args)
	if err != nil {
		return 0, err
	}
	tag, err := results.Exec()
	if end := results.Close(); err == nil {
		err = end
	}
	return tag.RowsAffected(), err
}

// execAll sends the statements together, behind what begins the transaction when they are its first.
func (c *pgConn) execAll(stmts []Stmt) ([]int64, int, error) {
	if c.inRows {
		return nil, 0, fmt.Errorf("%w: a change inside the rows of a query", ErrNested)
	}
	b := new(pgx.Batch)
	if c.left {
		b.Queue("rollback")
	}
	if !c.begun {
		b.Queue(c.begin)
	}
	before := b.Len()
	for i, s := range stmts {
		bound, err := pgArgs(s.Query, s.Args)
		if err != nil {
			return nil, i, err
		}
		b.Queue(s.Query.pg, bound...)
	}
	if len(stmts) == 0 {
		return nil, 0, nil
	}
	c.begun, c.left = true, false
	results := c.c.SendBatch(c.ctx, b)
	counts, at, err := counted(results, before, len(stmts))
	if end := results.Close(); err == nil {
		err = end
	}
	return counts, at, err
}

// counted reads how many rows each statement of a batch touched, behind so many that begin the transaction.
func counted(results pgx.BatchResults, before, stmts int) ([]int64, int, error) {
	out := make([]int64, stmts)
	for i := -before; i < stmts; i++ {
		tag, err := results.Exec()
		if err != nil {
			return nil, max(i, 0), err
		}
		if i >= 0 {
			out[i] = tag.RowsAffected()
		}
	}
	return out, 0, nil
}

// again starts the whole transaction anew: the first run was not under a savepoint, and nothing else is in it.
func (c *pgConn) again(fn func(conn) error) error {
	c.rollback()
	return fn(c)
}

// rollback ends the transaction if it has begun. A connection that can't roll back is thrown away by the pool.
func (c *pgConn) rollback() {
	if !c.begun && !c.left {
		return
	}
	_, _ = c.c.Exec(c.ctx, "rollback")
	c.begun, c.left = false, false
}

// commit ends the transaction. One that has sent nothing has nothing to keep.
func (c *pgConn) commit() error {
	if !c.begun {
		return nil
	}
	tag, err := c.c.Exec(c.ctx, "commit")
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}
