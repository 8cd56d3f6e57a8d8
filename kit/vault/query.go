package vault

import (
	"embed"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrations is the vault's schema, for the list in app.
var Migrations = store.Migrations{Module: "vault", Files: schema}

type cityKeyRow struct {
	purpose         Purpose
	number          int64
	starts, retired time.Time
	kek             string
	wrapped, public []byte
}

type holderKeyRow struct {
	holder  id.ID
	cityKey int64
	wrapped []byte
}

var (
	cityKeys = store.NewQuery("vault.CityKeys",
		`SELECT purpose, number, starts, retired, kek, wrapped, public FROM city_key ORDER BY purpose, number DESC`)
	insertCityKey = store.NewQuery("vault.InsertCityKey",
		`INSERT INTO city_key (purpose, number, starts, retired, kek, wrapped, public) VALUES ($1, $2, $3, NULL, $4, $5, $6)
 ON CONFLICT (purpose, number) DO NOTHING`)
	rewrapCityKey = store.NewQuery("vault.RewrapCityKey",
		`UPDATE city_key SET kek = $1, wrapped = $2 WHERE purpose = $3 AND number = $4 AND kek = $5 AND wrapped IS NOT NULL`)
	retireCityKey = store.NewQuery("vault.RetireCityKey",
		`UPDATE city_key SET wrapped = NULL, retired = $1 WHERE purpose = $2 AND number = $3 AND wrapped IS NOT NULL`)

	holderKey = store.NewQuery("vault.HolderKey",
		`SELECT holder, city_key, wrapped FROM holder_key WHERE holder = $1`)
	insertHolderKey = store.NewQuery("vault.InsertHolderKey",
		`INSERT INTO holder_key (holder, city_key, wrapped, erased) VALUES ($1, $2, $3, NULL) ON CONFLICT (holder) DO NOTHING`)
	holderKeysBefore = store.NewQuery("vault.HolderKeysBefore",
		`SELECT holder, city_key, wrapped FROM holder_key WHERE city_key < $1 AND wrapped IS NOT NULL ORDER BY city_key, holder LIMIT $2`)
	holderKeysUnder = store.NewQuery("vault.HolderKeysUnder",
		`SELECT holder FROM holder_key WHERE city_key = $1 AND wrapped IS NOT NULL LIMIT 1`)
	rewrapHolderKey = store.NewQuery("vault.RewrapHolderKey",
		`UPDATE holder_key SET city_key = $1, wrapped = $2 WHERE holder = $3 AND city_key = $4 AND wrapped IS NOT NULL`)
	eraseHolderKey = store.NewQuery("vault.EraseHolderKey",
		`INSERT INTO holder_key (holder, city_key, wrapped, erased) VALUES ($1, 0, NULL, $2)
 ON CONFLICT (holder) DO UPDATE SET city_key = 0, wrapped = NULL, erased = COALESCE(holder_key.erased, excluded.erased)`)
)

func readCityKeys(r store.Reader) ([]cityKeyRow, error) {
	var out []cityKeyRow
	err := r.Query(cityKeys, func(row *store.Row) error {
		out = append(out, cityKeyRow{
			purpose: Purpose(row.Text(0)), number: row.Int(1), starts: row.Time(2), retired: row.Time(3),
			kek: row.Text(4), wrapped: row.Bytes(5), public: row.Bytes(6),
		})
		return nil
	})
	return out, err
}

func readHolderKeys(r store.Reader, q *store.Query, args ...any) ([]holderKeyRow, error) {
	var out []holderKeyRow
	err := r.Query(q, func(row *store.Row) error {
		out = append(out, holderKeyRow{holder: row.ID(0), cityKey: row.Int(1), wrapped: row.Bytes(2)})
		return nil
	}, args...)
	return out, err
}
