package journal

import (
	"embed"
	"errors"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

//go:embed schema/*.sql
var schema embed.FS

// Migrations is the journal's schema, for the list in app.
var Migrations = store.Migrations{Module: "journal", Files: schema}

// Row is an entry as it lies in the database; Journal.Open makes an Entered of it.
type Row struct {
	Holder, ID, Act, Object id.ID
	Kind                    string
	Made                    time.Time
	Leaf                    []byte
	Salt, Body              vault.Sealed
	Position                int64 // in the public tree; -1 while it waits
}

const rowColumns = `holder, id, act, kind, object, made, leaf, salt, body, position`

var (
	insertEntry = store.NewQuery("journal.InsertEntry",
		`INSERT INTO journal_entry (`+rowColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, -1)`)
	entryByID = store.NewQuery("journal.EntryByID",
		`SELECT `+rowColumns+` FROM journal_entry WHERE holder = $1 AND id = $2`)
	entriesOf = store.NewQuery("journal.EntriesOf",
		`SELECT `+rowColumns+` FROM journal_entry WHERE holder = $1 AND object = $2 ORDER BY id LIMIT 200`)
	firstOf = store.NewQuery("journal.FirstOf",
		`SELECT made FROM journal_entry WHERE holder = $1 AND object = $2 AND kind = $3 ORDER BY id LIMIT 1`)
	firstOfAll = store.NewQuery("journal.FirstOfAll",
		`SELECT object, made FROM journal_entry WHERE holder = $1 AND kind = $2 ORDER BY id DESC LIMIT 10000`)
	latestOf = store.NewQuery("journal.LatestOf",
		`SELECT `+rowColumns+` FROM journal_entry WHERE holder = $1 ORDER BY id DESC LIMIT $2`)
)

// ErrNone says that the holder has no such entry.
var ErrNone = errors.New("journal: no such entry")

// EntryByID reads one entry, or ErrNone.
func EntryByID(r store.PersonalReader, holder, entry id.ID) (Row, error) {
	rows, err := readRows(r, entryByID, holder, entry)
	if err != nil {
		return Row{}, err
	}
	if len(rows) == 0 {
		return Row{}, ErrNone
	}
	return rows[0], nil
}

// EntriesOf reads the entries about an object of the holder, oldest first, at most 200.
func EntriesOf(r store.PersonalReader, holder, object id.ID) ([]Row, error) {
	return readRows(r, entriesOf, holder, object)
}

// Since is when the first entry of a kind about an object of the holder was made; the zero time: there is none. It says
// nothing about a person that asking for the object does not.
func Since(r store.Reader, holder, object id.ID, kind string) (time.Time, error) {
	var made time.Time
	err := r.Query(firstOf, func(row *store.Row) error {
		made = row.Time(0)
		return nil
	}, holder, object, kind)
	return made, err
}

// SinceAll is Since of all objects of a holder that have an entry of the kind.
func SinceAll(r store.Reader, holder id.ID, kind string) (map[id.ID]time.Time, error) {
	out := map[id.ID]time.Time{}
	err := r.Query(firstOfAll, func(row *store.Row) error {
		out[row.ID(0)] = row.Time(1)
		return nil
	}, holder, kind)
	return out, err
}

// Latest reads the holder's newest entries, newest first.
func Latest(r store.PersonalReader, holder id.ID, most int64) ([]Row, error) {
	return readRows(r, latestOf, holder, most)
}

func readRows(r store.PersonalReader, q *store.Query, args ...any) ([]Row, error) {
	var out []Row
	err := r.Query(q, func(row *store.Row) error {
		one := Row{
			Holder: row.ID(0), ID: row.ID(1), Act: row.ID(2), Kind: row.Text(3), Object: row.ID(4), Made: row.Time(5),
			Leaf: row.Bytes(6), Salt: row.Bytes(7), Body: row.Bytes(8), Position: row.Int(9),
		}
		r.Saw(one.Holder)
		out = append(out, one)
		return nil
	}, args...)
	return out, err
}
