package bench

import (
	"context"
	"fmt"
	"testing"

	"posad.city/core/casework"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// readers is how many read at once: as many as the embedded store has snapshots.
const readers = 8

// writers is how many write at once.
const writers = 64

// The row that is written: like a case's line, narrow, the holder first.
var putRow = store.NewQuery("bench.Row", `INSERT INTO draft_line (holder, id, applicant, service, saved) VALUES ($1, $2, $1, $3, $4)`)

func (t *town) row(n int64) []any {
	return []any{t.people[int(n)%len(t.people)].person, id.Derived("bench row", fmt.Sprint(n)), "city-appeal", t.Clock.Now()}
}

// BenchmarkWrite: one durable row a Write, 64 at once. The prototype gathers by hand (SQLite), or commits one statement a
// transaction (PostgreSQL).
func BenchmarkWrite(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		both(b, writers, func(n int64) error {
			args := t.row(n)
			return t.Base.Store.Write(context.Background(), func(tx *store.Tx) error { _, err := tx.Exec(putRow, args...); return err })
		}, func(n int64) error { return t.bare.write(t.row(n)) })
	})
}

// BenchmarkAppend: the same by Append. The prototype on PostgreSQL pipelines batches of what waits.
func BenchmarkAppend(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		both(b, writers, func(n int64) error {
			return t.Base.Store.Append(context.Background(), store.Stmt{Query: putRow, Args: t.row(n)})
		}, func(n int64) error { return t.bare.append(t.row(n)) })
	})
}

var numberRow = store.NewQuery("bench.NumberRow", `SELECT number, holder, id FROM case_number WHERE number = $1`)

// BenchmarkPointRead: a case by its public number.
func BenchmarkPointRead(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		both(b, readers, func(n int64) error {
			found := 0
			err := t.Base.Store.Read(context.Background(), func(r *store.Snapshot) error {
				found = 0
				return r.Query(numberRow, func(row *store.Row) error { found++; _, _, _ = row.Text(0), row.ID(1), row.ID(2); return nil }, t.number(n))
			})
			return counted(found, 1, err)
		}, func(n int64) error { return t.bare.point(t.number(n)) })
	})
}

// number spreads calls over all cases.
func (t *town) number(n int64) string { return t.numbers[int(n*7919)%len(t.numbers)] }

func (t *town) somebody(n int64) citizen { return t.busy[int(n*7919)%len(t.busy)] }

func counted(got, want int, err error) error {
	if err == nil && got != want {
		return fmt.Errorf("%d rows, want %d", got, want)
	}
	return err
}

var linesRow = store.NewQuery("bench.Lines", `SELECT holder, id, number, service, applicant, revision, stage, status, due, submitted, moved
 FROM case_line WHERE holder = $1 ORDER BY holder, id DESC LIMIT $2`)

// BenchmarkList20: a person's twenty lines by store.Look.
func BenchmarkList20(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		both(b, readers, func(n int64) error {
			c := t.somebody(n)
			var lines []casework.Line
			err := t.Base.Store.Look(context.Background(), c.act(t), "casework.look.list", func(p *store.Personal) error {
				lines = lines[:0]
				return p.Query(linesRow, func(r *store.Row) error {
					p.Saw(r.ID(0))
					lines = append(lines, casework.Line{Holder: r.ID(0), ID: r.ID(1), Number: r.Text(2), Service: r.Text(3), Applicant: r.ID(4), Revision: r.Int(5),
						Stage: casework.Stage(r.Text(6)), Status: casework.Status(r.Text(7)), Due: r.Time(8), Submitted: r.Time(9), Moved: r.Time(10)})
					return nil
				}, c.person, int64(casesOfBusy))
			})
			return counted(len(lines), casesOfBusy, err)
		}, func(n int64) error { return t.bare.list(t.somebody(n).person) })
	})
}

// BenchmarkMine20: the same by core/casework, which looks for the person's children too.
func BenchmarkMine20(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		both(b, readers, func(n int64) error {
			lines, err := t.Modules.Casework.Mine(context.Background(), t.somebody(n).act(t))
			return counted(min(len(lines), casesOfBusy), casesOfBusy, err) // those who have sent a letter meanwhile have more
		}, func(n int64) error { return t.bare.list(t.somebody(n).person) })
	})
}

// clerk is an official; another number is another official, whose looks are new.
func (t *town) clerk(n int64) act.Act {
	return act.Act{
		ID: id.New(t.Clock.Now()), Actor: act.Actor{Kind: act.Official, Person: id.Derived("bench official", fmt.Sprint(n)), Agency: office, Role: "officer"},
		Holder: office, Assurance: act.Verified, Purpose: act.Purpose{Kind: "queue", ID: "letters"}, Channel: act.Desk, Request: "bench", Lang: "ru",
	}
}

const queueRows = 50

func (t *town) queue(a act.Act) error {
	page, err := t.Modules.Casework.Queue(context.Background(), a, casework.QueueQuery{Agency: office, Queues: []string{"letters"}, Limit: queueRows})
	return counted(len(page.Lines), queueRows, err)
}

// BenchmarkQueue50New: an official's list of 50 people whom they have not looked at this hour: up to 50 records are on disk
// before the list is given out. The prototype reads the rows and writes the same records by hand.
func BenchmarkQueue50New(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		both(b, writers, func(n int64) error { return t.queue(t.clerk(n)) }, func(n int64) error { return t.bare.queue(t.clerk(n), true) })
	})
}

// BenchmarkQueue50Again: the same list for an official who has seen it this hour: the records are there.
func BenchmarkQueue50Again(b *testing.B) {
	each(b, func(b *testing.B, t *town) {
		both(b, readers, func(int64) error { return t.queue(t.clerk(-1)) }, func(int64) error { return t.bare.queue(t.clerk(-1), false) })
	})
}
