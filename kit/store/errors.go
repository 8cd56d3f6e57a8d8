package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"zombiezen.com/go/sqlite"

	"posad.city/kit/fault"
)

// The errors that a caller may act on. Everything else is the engine's own trouble.
var (
	// ErrNone says that a query for one row found none.
	ErrNone = errors.New("store: no such row")
	// ErrExists says that a unique key is taken.
	ErrExists = errors.New("store: the key is taken")
	// ErrCheck says that a CHECK, NOT NULL or REFERENCES of the schema refused the row, for example a balance below zero.
	ErrCheck = errors.New("store: the row breaks a rule of its table")
	// ErrSpoiled says that a Write went on after a statement of it had failed; the first failure is wrapped beside it.
	ErrSpoiled = errors.New("store: the write has failed already")
	// ErrClosed says that the store is closed or closing.
	ErrClosed = errors.New("store: closed")
	// ErrBusy says that a Write lost to others so often that the store gave up; nothing was changed.
	ErrBusy = fault.New(fault.Unavailable, "store.busy", "seconds", "2")
	// ErrValue says that an argument can't be kept by both engines: a text with a zero character or not in UTF-8, a moment
	// outside the years 1 to 9999, more than 16 MiB, a wrong number of arguments, a type that no column has.
	ErrValue = errors.New("store: a value that no column takes")
	// ErrNested says that the store was called from inside one of its closures: a Write would wait for itself. Use the
	// closure's own Tx or Snapshot. It is found in tests (Options.RunTwice); in production such a call may hang.
	ErrNested = errors.New("store: called from inside a closure of the store")
	// ErrSlow says that a closure held its snapshot or its transaction for too long; read in pages.
	ErrSlow = errors.New("store: the transaction took too long")
	// ErrOutcome says that the connection was lost while the Write was being committed: it may be durable or not. Read
	// again before it is repeated.
	ErrOutcome = errors.New("store: it is not known whether the change was kept")
	// ErrLook says that the records of a look could not be kept, so that the data was not given out.
	ErrLook = errors.New("store: the look could not be recorded")
)

// uniform turns an engine's error into the store's own, keeping the engine's words as the cause.
func uniform(query string, err error) error {
	if err == nil {
		return nil
	}
	if kind := known(err); kind != nil {
		return fmt.Errorf("%s: %w: %w", query, kind, err)
	}
	return fmt.Errorf("%s: %w", query, err)
}

func known(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "23505":
			return ErrExists
		case "23514", "23502", "23503":
			return ErrCheck
		}
		return nil
	}
	switch sqlite.ErrCode(err) {
	case sqlite.ResultConstraintUnique, sqlite.ResultConstraintPrimaryKey, sqlite.ResultConstraintRowID:
		return ErrExists
	case sqlite.ResultConstraintCheck, sqlite.ResultConstraintNotNull, sqlite.ResultConstraintForeignKey:
		return ErrCheck
	}
	return nil
}

// crossed tells whether PostgreSQL asks for the transaction to be run again: a serialization failure or a deadlock.
func crossed(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

func cancelled(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: %w", context.Cause(ctx))
	}
	return nil
}
