package seal

import (
	"context"
	"embed"
	"fmt"

	"posad.city/kit/store"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrations is the schema of this package.
var Migrations = store.Migrations{Module: "seal", Files: schema}

const cityPlace = "city"

var (
	nameOf  = store.NewQuery("seal.NameOf", `SELECT name FROM seal_city WHERE place = $1`)
	putName = store.NewQuery("seal.PutName", `INSERT INTO seal_city (place, name, since) VALUES ($1, $2, $3) ON CONFLICT (place) DO NOTHING`)
)

// Name is the name under which the city of a database signs: the address that it had when it first started. The name stays
// when the city moves to another address, or a copy of it is opened at one, so that what was signed before still holds.
func Name(ctx context.Context, st *store.Store, address string) (string, error) {
	var name string
	read := func(r store.Reader) error {
		return r.Query(nameOf, func(row *store.Row) error { name = row.Text(0); return nil }, cityPlace)
	}
	err := st.Read(ctx, func(r *store.Snapshot) error { return read(r) })
	if err == nil && name == "" {
		err = st.Write(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(putName, cityPlace, address, tx.Now()); err != nil {
				return err
			}
			return read(tx)
		})
	}
	if err != nil {
		return "", fmt.Errorf("seal: the city's name: %w", err)
	}
	return name, nil
}
