package journal

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
)

// treeName is the name of the one row of journal_tree.
const treeName = "city"

var (
	insertTree = store.NewQuery("journal.InsertTree", `INSERT INTO journal_tree (name, origin, size, root, note, made, node, until)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING`)
	treeNow = store.NewQuery("journal.Tree", `SELECT origin, size, root, note, made, node, until FROM journal_tree WHERE name = $1`)
	// A node moves the tree on when it stands where the node saw it, and nobody else holds the lease.
	moveTree = store.NewQuery("journal.MoveTree", `UPDATE journal_tree SET size = $1, root = $2, note = $3, made = $4, node = $5, until = $6
 WHERE name = $7 AND size = $8 AND root = $9 AND (node = $5 OR until <= $4)`)
	// A row whose leaf is none was changed: it waits for ever, and keeps nobody else from their place. Check names it.
	waitingEntries = store.NewQuery("journal.Waiting", `SELECT holder, id, leaf FROM journal_entry WHERE position = -1 AND length(leaf) = 32 ORDER BY position, id LIMIT $1`)
	overdueEntries = store.NewQuery("journal.Overdue", `SELECT id FROM journal_entry WHERE position = -1 AND made < $1 ORDER BY position, id LIMIT $2`)
	overdueCount   = store.NewQuery("journal.CountOverdue", `SELECT COUNT(*) FROM journal_entry WHERE position = -1 AND made < $1`)
	placeEntry     = store.NewQuery("journal.Place", `UPDATE journal_entry SET position = $1 WHERE holder = $2 AND id = $3 AND position = -1`)
	// The same for ten entries that get places one after another, since each statement is a journey to PostgreSQL. The sum
	// keeps both engines off the index by position, which would find all that wait.
	placeTen = store.NewQuery("journal.PlaceTen", `UPDATE journal_entry SET position = $1 + CASE id WHEN $3 THEN 0 WHEN $5 THEN 1 WHEN $7 THEN 2 WHEN $9 THEN 3 WHEN $11 THEN 4 WHEN $13 THEN 5 WHEN $15 THEN 6 WHEN $17 THEN 7 WHEN $19 THEN 8 WHEN $21 THEN 9 ELSE -1 END
 WHERE position + 0 = -1 AND ((holder = $2 AND id = $3) OR (holder = $4 AND id = $5) OR (holder = $6 AND id = $7) OR (holder = $8 AND id = $9) OR (holder = $10 AND id = $11)
  OR (holder = $12 AND id = $13) OR (holder = $14 AND id = $15) OR (holder = $16 AND id = $17) OR (holder = $18 AND id = $19) OR (holder = $20 AND id = $21))`)
	putTile = store.NewQuery("journal.PutTile", `INSERT INTO journal_tile (level, number, hashes) VALUES ($1, $2, $3)
 ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes`)
	tileAt    = store.NewQuery("journal.Tile", `SELECT hashes FROM journal_tile WHERE level = $1 AND number = $2`)
	tilesFrom = store.NewQuery("journal.Tiles", `SELECT number, hashes FROM journal_tile WHERE level = $1 AND number >= $2 AND number < $3 ORDER BY level, number`)
	putDay    = store.NewQuery("journal.PutDay", `INSERT INTO journal_day (day, entries, size, root) VALUES ($1, $2, $3, $4)
 ON CONFLICT (day) DO UPDATE SET entries = journal_day.entries + excluded.entries, size = excluded.size, root = excluded.root`)
	lastDays   = store.NewQuery("journal.Days", `SELECT day, entries, size, root FROM journal_day ORDER BY day DESC LIMIT $1`)
	placeOf    = store.NewQuery("journal.PlaceOf", `SELECT position, holder, id FROM journal_entry WHERE leaf = $1 ORDER BY position DESC LIMIT 1`)
	lostOf     = store.NewQuery("journal.LostOf", `SELECT position, leaf FROM journal_lost WHERE position >= $1 AND position < $2 ORDER BY position`)
	lostAt     = store.NewQuery("journal.LostAt", `SELECT position FROM journal_lost WHERE leaf = $1 ORDER BY position LIMIT 1`)
	insertLost = store.NewQuery("journal.InsertLost", `INSERT INTO journal_lost (position, leaf) VALUES ($1, $2)`)
	placed     = store.NewQuery("journal.Placed", `SELECT position, id, leaf FROM journal_entry WHERE position >= $1 AND position < $2 ORDER BY position, id`)
	aboutOf    = store.NewQuery("journal.AboutOf", `SELECT `+rowColumns+` FROM journal_entry WHERE holder = $1 AND object = $2 ORDER BY id LIMIT 10000`)
	entriesAt  = store.NewQuery("journal.EntriesAt", `SELECT `+rowColumns+` FROM journal_entry WHERE position >= $1 AND position < $2 ORDER BY position, id`)
)

// rowsOf is a page of a table of things, each with whether the journal has an entry of a kind about it.
func rowsOf(table string) *store.Query {
	return store.NewQuery("journal.Rows."+table, `SELECT t.holder, t.id, CAST(CASE WHEN EXISTS
 (SELECT 1 FROM journal_entry AS e WHERE e.holder = t.holder AND e.object = t.id AND e.kind = $1) THEN 1 ELSE 0 END AS BIGINT)
 FROM `+table+` AS t WHERE t.holder >= $2 AND (t.holder > $2 OR t.id > $3) ORDER BY t.holder, t.id LIMIT $4`)
}

// state is the row of journal_tree.
type state struct {
	origin      string
	size        int64
	root        tlog.Hash
	note        string
	made, until time.Time
	node        id.ID
}

func (s state) checkpoint() tlog.Checkpoint {
	return tlog.Checkpoint{Origin: s.origin, Size: s.size, Root: s.root}
}

// errNoTree says that no node has begun the tree.
var errNoTree = errors.New("journal: the tree is not begun")

func readState(r store.Reader) (state, error) {
	var out state
	found := false
	err := r.Query(treeNow, func(row *store.Row) error {
		found = true
		root := row.Bytes(2)
		if len(root) != len(out.root) {
			return fmt.Errorf("%w: the root has %d bytes", ErrTree, len(root))
		}
		out = state{origin: row.Text(0), size: row.Int(1), root: tlog.Hash(root), note: row.Text(3), made: row.Time(4), node: row.ID(5), until: row.Time(6)}
		return nil
	}, treeName)
	if err == nil && !found {
		err = errNoTree
	}
	return out, err
}

// waiting is an entry without a place, and the place that it is to get.
type waiting struct {
	holder, id id.ID
	leaf       tlog.Entry
	at         int64
}

func readWaiting(r store.Reader, most int) ([]waiting, error) {
	var out []waiting
	err := r.Query(waitingEntries, func(row *store.Row) error {
		one := waiting{holder: row.ID(0), id: row.ID(1)}
		leaf := row.Bytes(2)
		if len(leaf) != len(one.leaf) {
			return fmt.Errorf("%w: entry %s has a leaf of %d bytes", ErrRow, one.id, len(leaf))
		}
		one.leaf = tlog.Entry(leaf)
		out = append(out, one)
		return nil
	}, most)
	return out, err
}

// tilesOf reads tiles of the database, each exactly as wide as it is named.
func tilesOf(r store.Reader) tlog.Reader {
	return func(tiles []tlog.Tile) ([][]byte, error) {
		out := make([][]byte, 0, len(tiles))
		for _, t := range tiles {
			data, err := readTile(r, t)
			if err != nil {
				return nil, err
			}
			out = append(out, data)
		}
		return out, nil
	}
}

func readTile(r store.Reader, t tlog.Tile) ([]byte, error) {
	var data []byte
	err := r.Query(tileAt, func(row *store.Row) error {
		data = bytes.Clone(row.Bytes(0))
		return nil
	}, t.Level, t.Number)
	if err != nil {
		return nil, err
	}
	want := t.Width * len(tlog.Hash{})
	if len(data) < want {
		return nil, fmt.Errorf("%w: %s has %d bytes, want %d", ErrTree, t.Path(), len(data), want)
	}
	return data[:want], nil
}

// readLeaves reads the leaves of a tree of the size from one index to another, out of the bundles.
func readLeaves(r store.Reader, from, to int64) ([]tlog.Entry, error) {
	var out []tlog.Entry
	next := from / tlog.Width
	err := r.Query(tilesFrom, func(row *store.Row) error {
		hashes, err := tlog.Split(row.Bytes(1))
		if err != nil || row.Int(0) != next {
			return fmt.Errorf("%w: %s", ErrTree, tlog.Tile{Level: tlog.Entries, Number: next, Width: tlog.Width}.Path())
		}
		for i, h := range hashes {
			if at := next*tlog.Width + int64(i); at >= from && at < to {
				out = append(out, tlog.Entry(h))
			}
		}
		next++
		return nil
	}, tlog.Entries, from/tlog.Width, (to+tlog.Width-1)/tlog.Width)
	if err == nil && int64(len(out)) != to-from {
		err = fmt.Errorf("%w: leaves %d to %d are not all there", ErrTree, from, to)
	}
	return out, err
}

// found is where a leaf stands.
type found struct {
	position   int64 // -1: it waits
	holder, id id.ID // zero for an act that was lost
}

// findLeaf looks for a leaf among the acts of the database; ErrNone when there is no such act.
func findLeaf(r store.Reader, leaf tlog.Entry) (found, error) {
	out, known := found{}, false
	err := r.Query(placeOf, func(row *store.Row) error {
		out, known = found{row.Int(0), row.ID(1), row.ID(2)}, true
		return nil
	}, leaf[:])
	if err == nil && !known {
		err = ErrNone
	}
	return out, err
}

// findLost looks for a leaf among those whose acts were lost; ErrNone when it is none of them.
func findLost(r store.Reader, leaf tlog.Entry) (found, error) {
	out, known := found{}, false
	err := r.Query(lostAt, func(row *store.Row) error {
		out.position, known = row.Int(0), true
		return nil
	}, leaf[:])
	if err == nil && !known {
		err = ErrNone
	}
	return out, err
}

// Day is how the public log grew on a day.
type Day struct {
	Day     string // 2026-11-22, in the city's zone
	Entries int64
	Size    int64 // of the log, after the day's last entry
	Root    tlog.Hash
}

func readDays(r store.Reader, most int) ([]Day, error) {
	var out []Day
	err := r.Query(lastDays, func(row *store.Row) error {
		one := Day{Day: row.Text(0), Entries: row.Int(1), Size: row.Int(2)}
		copy(one.Root[:], row.Bytes(3))
		out = append(out, one)
		return nil
	}, most)
	return out, err
}
