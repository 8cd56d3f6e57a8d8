package reconcile

import (
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// forget takes away what was expected, as if the event had been lost.
func forget(expected id.ID) func(*store.Tx) error {
	return func(tx *store.Tx) error { return plant(tx, "DELETE FROM reconcile_expected WHERE id = $1", expected) }
}

// plant changes a row behind everybody's back.
func plant(tx *store.Tx, sql string, args ...any) error {
	_, err := tx.Exec(store.NewQuery("reconcile.plant", sql), args...)
	return err
}
