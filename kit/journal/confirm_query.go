package journal

import (
	"fmt"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/witness"
)

// The rows of journal_confirmed.
const (
	newestRow = "newest"
	quorumRow = "quorum"
)

var (
	confirmedRows = store.NewQuery("journal.Confirmed", `SELECT name, size, root, note, confirmed, since, node, until FROM journal_confirmed ORDER BY name`)
	witnessRows   = store.NewQuery("journal.Witnesses", `SELECT witness, size, confirmed, trouble, ahead, since FROM journal_witness ORDER BY witness`)
	beginConfirm  = store.NewQuery("journal.BeginConfirmed", `INSERT INTO journal_confirmed (name, size, root, note, confirmed, since, node, until)
 VALUES ($1, 0, $2, '', NULL, $3, $4, $3) ON CONFLICT (name) DO NOTHING`)
	takeConfirm = store.NewQuery("journal.TakeConfirmed", `UPDATE journal_confirmed SET node = $1, until = $2 WHERE name = $3 AND (node = $1 OR until <= $4)`)
	// A checkpoint that witnesses signed is followed by the same one with newer signatures, or by a larger one; after a
	// restore by any, since then the log is what it is.
	putConfirmed = store.NewQuery("journal.PutConfirmed", `UPDATE journal_confirmed SET size = $1, root = $2, note = $3, confirmed = $4 WHERE name = $5`)
	putWitness   = store.NewQuery("journal.PutWitness", `INSERT INTO journal_witness (witness, size, confirmed, trouble, ahead, since) VALUES ($1, $2, $3, $4, $5, $6)
 ON CONFLICT (witness) DO UPDATE SET size = excluded.size, confirmed = excluded.confirmed, trouble = excluded.trouble, ahead = excluded.ahead, since = excluded.since`)
)

// confirmedRow is a row of journal_confirmed.
type confirmedRow struct {
	Published           // Made: when witnesses signed it last
	since     time.Time // when the city first asked
	node      id.ID
	until     time.Time
}

// standings are what is known of the witnesses, in one view of the database.
type standings struct {
	newest, quorum confirmedRow
	witnesses      map[string]Confirming // by verifier key
}

func readStandings(r store.Reader, origin string) (standings, error) {
	out := standings{witnesses: map[string]Confirming{}}
	err := r.Query(confirmedRows, func(row *store.Row) error {
		root := row.Bytes(2)
		if len(root) != len(tlog.Hash{}) {
			return fmt.Errorf("%w: the root of a confirmed checkpoint has %d bytes", ErrTree, len(root))
		}
		one := confirmedRow{since: row.Time(5), node: row.ID(6), until: row.Time(7)}
		one.Published = Published{tlog.Checkpoint{Origin: origin, Size: row.Int(1), Root: tlog.Hash(root)}, row.Text(3), row.Time(4)}
		if row.Text(0) == quorumRow {
			out.quorum = one
		} else {
			out.newest = one
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	err = r.Query(witnessRows, func(row *store.Row) error {
		out.witnesses[row.Text(0)] = Confirming{
			Size: row.Int(1), At: row.Time(2), Trouble: witness.Trouble(row.Text(3)), Ahead: row.Int(4), Since: row.Time(5),
		}
		return nil
	})
	return out, err
}
