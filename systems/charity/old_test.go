package charity

import (
	"io/fs"
	"os"
	"path"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/systems/charity/internal/store"
)

// The rows as they stood before sums were kept.
var (
	oldEntry = store.NewQuery("test.charity.entry", `INSERT INTO charity_entry (fund, id, part, kind, appeal, place, amount, line, at, day, shown)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	oldPurse  = store.NewQuery("test.charity.purse", `INSERT INTO charity_purse (fund, appeal, given, gifts, asked, paid, told, place) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	oldPayout = store.NewQuery("test.charity.payout", `INSERT INTO charity_payout (fund, id, appeal, line, amount, body, state, asked, decided, revision)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, $9)`)
)

// kept is what the module keeps beside the rows of before.
type kept struct {
	Ahead map[id.ID]int64 // of each gift
	Came  map[id.ID]int64 // into each purse
	Lines map[id.ID][]charitydb.CharityLine
	Days  []charitydb.DaysOfRow
}

// readKept reads what is kept, and the rows of which it is made as they stood before.
func readKept(t *testing.T, s *store.Store, aims ...id.ID) (kept, []store.Stmt) {
	t.Helper()
	var out kept
	var rows []store.Stmt
	add := func(q *store.Query, args ...any) { rows = append(rows, store.Stmt{Query: q, Args: args}) }
	err := s.Read(ctx, func(r *store.Snapshot) error {
		out, rows = kept{Ahead: map[id.ID]int64{}, Came: map[id.ID]int64{}, Lines: map[id.ID][]charitydb.CharityLine{}}, nil
		for _, aim := range aims {
			for _, kind := range []EntryKind{EntryGift, EntryBack, EntryPayout, EntryReturn} {
				list, err := charitydb.MovesOfPurse(r, river, aim, string(kind))
				if err != nil {
					return err
				}
				for _, e := range list {
					add(oldEntry, e.Fund, e.ID, e.Part, e.Kind, e.Appeal, e.Place, e.Amount, e.Line, e.At, e.Day, e.Shown)
					if kind == EntryGift {
						out.Ahead[id.Derived("part", e.ID.String()+string(rune('0'+e.Part)))] = e.Ahead
					}
				}
			}
			p, err := charitydb.PurseOf(r, river, aim)
			if err != nil {
				return err
			}
			add(oldPurse, p.Fund, p.Appeal, p.Given, p.Gifts, p.Asked, p.Paid, p.Told, p.Place)
			out.Came[aim] = p.Came
			if out.Lines[aim], err = charitydb.LinesOf(r, river, aim); err != nil {
				return err
			}
		}
		payouts, err := charitydb.PayoutsOf(r, river, listMost)
		if err != nil {
			return err
		}
		for _, p := range payouts {
			add(oldPayout, p.Fund, p.ID, p.Appeal, p.Line, p.Amount, p.Body, p.State, p.Asked, p.Revision)
		}
		out.Days, err = charitydb.DaysOf(r, river, "2000-01-01", "2100-01-01")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, rows
}

// What a store of before sums were kept has in its rows comes to the very sums that would have been kept: gifts of one and of
// several parts, those that went back, and payouts in every state.
func TestSumsOfTheTimeBefore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		first, other := r.appeal(OverSimilar, 1000_00).ID, r.appeal(OverStays, 800_00).ID
		r.give(first, 300_00)
		gone := r.give(first, 100_00)
		r.give(first, 1200_00) // in parts
		r.give(river, 70_00)
		if err := r.GiveBack(ctx, self, anna, gone.ID); err != nil {
			t.Fatal(err)
		}
		r.drain()
		r.give(first, 50_00)
		paid := r.payOutNow(first, "a", 120_00)
		r.payOutNow(first, "b", 30_00)
		r.payOutNow(river, "", 20_00)
		must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(first, "a", 40_00)))
		refused := must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(first, "a", 60_00)))
		must[bool](t)(r.DecidePayout(ctx, r.desk(), refused, false, "Нет"))
		taken := must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(other, "a", 10_00)))
		if err := r.TakeBackPayout(ctx, member, taken); err != nil {
			t.Fatal(err)
		}
		r.till.write(func(tx *store.Tx) error {
			return r.base.Jobs.Emit(tx, jobs.Event{Name: eventCameBack, Holder: river, Object: paid})
		})
		r.drain()
		want, rows := readKept(t, r.base.Store, first, other, river)
		for name, o := range stores(t) {
			o.Clock = clock.At(storetest.Start)
			got, _ := readKept(t, migrated(t, o, rows), first, other, river)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// stores are fresh stores of both engines.
func stores(t *testing.T) map[string]store.Options {
	t.Helper()
	out := map[string]store.Options{"sqlite": {Dir: t.TempDir()}}
	if os.Getenv(storetest.PostgresEnv) != "" {
		out["postgres"] = storetest.Postgres(t, store.Options{})
	}
	return out
}

// migrated is a store with rows of before, opened with the module as it is.
func migrated(t *testing.T, o store.Options, rows []store.Stmt) *store.Store {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"001_charity.sql", "002_monthly.sql"} {
		name = path.Join("schema", name)
		files[name] = &fstest.MapFile{Data: must[[]byte](t)(fs.ReadFile(Migrations.Files, name))}
	}
	before := must[*store.Store](t)(store.Open(ctx, o, store.Migrations{Module: Migrations.Module, Files: files}))
	if err := before.Append(ctx, rows...); err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	after := must[*store.Store](t)(store.Open(ctx, o, Migrations))
	t.Cleanup(func() {
		if err := after.Close(); err != nil {
			t.Error(err)
		}
	})
	return after
}
