package vault

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Rows names sealed values of a holder that must outlive the holder's own key: the SEALED columns of a table, in the rows
// where every column of Where has its value. The first of Where is the table's holder.
type Rows struct {
	Table   string
	Columns []string
	Where   []Where
	Year    int // at whose end the values are destroyed
}

// Where is one condition of Rows: the column has the value.
type Where struct {
	Column string
	Value  any
}

// plainName is what a table or a column may be called.
var plainName = regexp.MustCompile(`^[a-z][a-z_]{0,62}$`)

// ErrRows says that Rows are not complete.
var ErrRows = errors.New("vault: rows to keep need a table, columns, and the holder first in their condition")

// ErrUnkept says that a value went on changing while it was to be kept.
var ErrUnkept = errors.New("vault: a value that must be kept is not kept yet")

func (r Rows) check(holder id.ID) error {
	if !plainName.MatchString(r.Table) || len(r.Columns) == 0 || len(r.Where) == 0 || r.Where[0].Value != any(holder) {
		return ErrRows
	}
	for _, name := range r.Columns {
		if !plainName.MatchString(name) {
			return ErrRows
		}
	}
	for _, w := range r.Where {
		if !plainName.MatchString(w.Column) {
			return ErrRows
		}
	}
	return nil
}

// keptQueries are the statements that Keep has made, one a shape: a prepared statement lives as long as its Query.
var keptQueries sync.Map

// query makes a statement of the names of a module's own tables.
// Safety: every name has passed plainName; values are arguments.
func (r Rows) query(column, form string, first int) *store.Query {
	conditions := make([]string, len(r.Where))
	for i, w := range r.Where {
		conditions[i] = fmt.Sprintf("%s = $%d", w.Column, first+i)
	}
	sql := strings.NewReplacer("{table}", r.Table, "{column}", column, "{where}", strings.Join(conditions, " AND ")).Replace(form)
	made, _ := keptQueries.LoadOrStore(sql, store.NewQuery("vault.Keep."+r.Table, sql))
	query, _ := made.(*store.Query)
	return query
}

func (r Rows) arguments() []any {
	out := make([]any, len(r.Where))
	for i, w := range r.Where {
		out[i] = w.Value
	}
	return out
}

const (
	readSealed = "SELECT {column} FROM {table} WHERE {where} AND {column} IS NOT NULL"
	keepSealed = "UPDATE {table} SET {column} = $1 WHERE {column} = $2 AND {where}"
)

// keepRounds is how often Keep looks again for values that changed meanwhile; keepChunk is how many it writes at once.
const (
	keepRounds = 4
	keepChunk  = 50
)

// Keep seals the values anew by the holder's kept keys, which MakeKept has made, in writes of its own. It may be repeated
// and cut short: a value that is kept already stays as it is, and both are read alike. It returns when nothing is left
// that the holder's own key alone would open, and how many values it kept.
func (v *Vault) Keep(ctx context.Context, holder id.ID, rows []Rows) (int, error) {
	for _, one := range rows {
		if err := one.check(holder); err != nil {
			return 0, fmt.Errorf("%s: %w", one.Table, err)
		}
	}
	kept := 0
	for range keepRounds {
		keys, err := v.Keys(ctx, holder)
		if err != nil {
			return kept, err
		}
		stmts, err := v.keepAll(ctx, keys, rows)
		if err != nil {
			return kept, fmt.Errorf("vault: keep: %w", err)
		}
		if len(stmts) == 0 {
			return kept, nil
		}
		for start := 0; start < len(stmts); start += keepChunk {
			if err := v.store.Append(ctx, stmts[start:min(start+keepChunk, len(stmts))]...); err != nil {
				return kept, fmt.Errorf("vault: keep: %w", err)
			}
		}
		kept += len(stmts)
	}
	return kept, ErrUnkept
}

func (v *Vault) keepAll(ctx context.Context, keys *Keys, rows []Rows) ([]store.Stmt, error) {
	var out []store.Stmt
	for _, one := range rows {
		for _, column := range one.Columns {
			values, err := v.readValues(ctx, one, column)
			if err != nil {
				return nil, err
			}
			for _, value := range values {
				stmt, err := keys.keep(one, column, value)
				if err != nil {
					return nil, err
				}
				out = append(out, stmt)
			}
		}
	}
	return out, nil
}

// readValues reads the values that are sealed by the holder's own key.
func (v *Vault) readValues(ctx context.Context, r Rows, column string) ([]Sealed, error) {
	var out []Sealed
	err := v.store.Read(ctx, func(s *store.Snapshot) error {
		out = nil
		return s.Query(r.query(column, readSealed, 1), func(row *store.Row) error {
			value := row.Bytes(0)
			if _, kept := yearOf(value); !kept && value != nil {
				out = append(out, Sealed(value))
			}
			return nil
		}, r.arguments()...)
	})
	return out, err
}

func (k *Keys) keep(r Rows, column string, value Sealed) (store.Stmt, error) {
	plain, err := k.Open(r.Table, column, value)
	if err != nil {
		return store.Stmt{}, err
	}
	sealed, err := k.SealKept(r.Year, r.Table, column, plain)
	if err != nil {
		return store.Stmt{}, err
	}
	return store.Stmt{Query: r.query(column, keepSealed, 3), Args: append([]any{sealed, value}, r.arguments()...)}, nil
}
