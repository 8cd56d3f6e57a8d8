package crash

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"zombiezen.com/go/sqlite"

	"posad.city/kit/id"
)

// books are the city's tables, read as they lie, on either engine.
type books struct {
	t    *testing.T
	lite *sqlite.Conn
	pg   *pgx.Conn
}

// openBooks opens the tables of a city; folder is that of the embedded database.
func openBooks(t *testing.T, c *city, folder string) *books {
	t.Helper()
	b := &books{t: t}
	var err error
	if c.database == "" {
		b.lite, err = sqlite.OpenConn(filepath.Join(folder, liteFile), sqlite.OpenReadWrite)
	} else {
		b.pg, err = pgx.Connect(t.Context(), c.database)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const liteFile = "posad.db"

func (b *books) close() {
	b.t.Helper()
	var err error
	if b.lite != nil {
		err = b.lite.Close()
	} else {
		err = b.pg.Close(context.WithoutCancel(b.t.Context()))
	}
	if err != nil {
		b.t.Error(err)
	}
}

// checkDead looks at what a killed city has left, before it is started again: on SQLite at a copy, so that the city finds
// its own files as the kill left them.
func checkDead(t *testing.T, c *city) {
	t.Helper()
	copied := t.TempDir()
	for _, name := range []string{liteFile, liteFile + "-wal"} {
		content, err := os.ReadFile(filepath.Join(c.folder(), name))
		if err == nil {
			err = os.WriteFile(filepath.Join(copied, name), content, 0o600)
		}
		if err != nil && (c.database == "" || !errors.Is(err, os.ErrNotExist)) {
			t.Fatal(err)
		}
	}
	b := openBooks(t, c, copied)
	defer b.close()
	checkRules(t, b, always)
	if err := os.RemoveAll(copied); err != nil {
		t.Error(err)
	}
}

// row is one row, its values brought to the few types that both engines have: int64 (microseconds for a moment), string,
// []byte (an id too), nil.
type row []any

func (r row) int(i int) int64    { n, _ := r[i].(int64); return n }
func (r row) text(i int) string  { s, _ := r[i].(string); return s }
func (r row) bytes(i int) []byte { b, _ := r[i].([]byte); return b }

func (r row) id(i int) id.ID {
	var out id.ID
	copy(out[:], r.bytes(i))
	return out
}

func (r row) String() string {
	var out []string
	for i, v := range r {
		if b, ok := v.([]byte); ok && len(b) == len(id.ID{}) {
			v = r.id(i)
		}
		out = append(out, fmt.Sprint(v))
	}
	return strings.Join(out, " ")
}

// rows runs a query that is the same on both engines.
func (b *books) rows(sql string) []row {
	b.t.Helper()
	read := b.liteRows
	if b.pg != nil {
		read = b.pgRows
	}
	out, err := read(sql)
	if err != nil {
		b.t.Fatalf("%v in %s", err, sql)
	}
	return out
}

func (b *books) liteRows(sql string) ([]row, error) {
	stmt, _, err := b.lite.PrepareTransient(sql)
	if err != nil {
		return nil, err
	}
	var out []row
	more, err := stmt.Step()
	for ; more && err == nil; more, err = stmt.Step() {
		one := make(row, stmt.ColumnCount())
		for i := range one {
			one[i] = liteValue(stmt, i)
		}
		out = append(out, one)
	}
	if err != nil {
		_ = stmt.Finalize() // repeats the error
		return nil, err
	}
	return out, stmt.Finalize()
}

func liteValue(stmt *sqlite.Stmt, i int) any {
	switch stmt.ColumnType(i) {
	case sqlite.TypeInteger:
		return stmt.ColumnInt64(i)
	case sqlite.TypeText:
		return stmt.ColumnText(i)
	case sqlite.TypeBlob:
		out := make([]byte, stmt.ColumnLen(i))
		stmt.ColumnBytes(i, out)
		return out
	}
	return nil
}

func (b *books) pgRows(sql string) ([]row, error) {
	rows, err := b.pg.Query(b.t.Context(), sql)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (row, error) {
		values, err := r.Values()
		for i, v := range values {
			switch x := v.(type) {
			case [16]byte:
				values[i] = x[:]
			case time.Time:
				values[i] = x.UnixMicro()
			case bool:
				values[i] = map[bool]int64{true: 1}[x]
			case int32:
				values[i] = int64(x)
			}
		}
		return values, err
	})
}

// settleWithin is how long a city may take to come to rest once the faults have ended, its clock moved on by minutes.
const settleWithin = 3 * time.Minute

// settle waits until nothing is left to be done: no job is due, claimed or to be tried again, no case stands at a step
// that the program takes, no attempt is open that the bank has ended.
func settle(t *testing.T, c *city, w *world, b *books) {
	t.Helper()
	w.bank.Wait()
	deadline := time.Now().Add(settleWithin)
	var left []string
	for time.Now().Before(deadline) {
		c.moveClock(20 * time.Second)
		pause(t.Context(), 700*time.Millisecond)
		if left = unsettled(c, w, b); len(left) == 0 {
			return
		}
	}
	t.Errorf("the city does not come to rest within %v: %d things, first %s\n%s", settleWithin, len(left), left[0], c.tail())
}

func unsettled(c *city, w *world, b *books) []string {
	now := time.Now().Add(c.moved).UnixMicro()
	var out []string
	for _, job := range b.rows(`SELECT handler, due, claim, failure, attempt, event, object FROM job WHERE state = 'open'`) {
		if job.int(1) <= now || job[2] != nil || job.text(3) != "" {
			out = append(out, "job "+job.String())
		}
	}
	for _, line := range b.rows(`SELECT number, status FROM case_line WHERE status IN ('checking', 'deciding', 'issuing')`) {
		out = append(out, "case "+line.String())
	}
	bank := w.bank.Payments()
	for _, at := range b.rows(`SELECT id, state FROM attempt WHERE state IN ('started', 'open')`) {
		if p, known := bank[at.id(0).String()]; known && p.State != "open" {
			out = append(out, "attempt "+at.String()+", at the bank "+p.State)
		}
	}
	return out
}
