package mydata

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

var (
	dropLooks  = store.NewQuery("mydata.test.DropLooks", "DELETE FROM look WHERE person = $1 AND hour = $2")
	moveLooks  = store.NewQuery("mydata.test.MoveLooks", "UPDATE look SET actor = $1 WHERE person = $2 AND hour = $3 AND actor = $4")
	renameLook = store.NewQuery("mydata.test.RenameLook", "UPDATE look SET role = $1 WHERE person = $2 AND hour = $3")
)

// TestALookThatWasTakenOutIsNamed: the sum of each hour's looks stands in the public log, and the check names the hour whose
// looks are others.
func TestALookThatWasTakenOutIsNamed(t *testing.T) {
	each(t, func(r *rig) {
		look := func(by id.ID, office string, at ...id.ID) {
			a := act.Act{Actor: act.Actor{Kind: act.Official, Person: by, Agency: agency.ID(office), Role: "officer"}, Purpose: act.Purpose{Kind: "case", ID: "1"}}
			if office == "" {
				a.Actor = act.Actor{Kind: act.Person, Person: by}
			}
			r.must(r.base.Store.Look(ctx, a, "test.look", func(p *store.Personal) error {
				for _, person := range at {
					p.Saw(person)
				}
				return nil
			}))
		}
		check := func() []string {
			log := journal.OpenLog(journal.LogOptions{Store: r.base.Store, Seal: r.base.Seal, Clock: r.clock})
			r.must(log.Round(ctx))
			report, err := log.Check(ctx, journal.CheckOptions{Journal: r.base.Journal,
				Keys: func(ctx context.Context, holder id.ID) (*vault.Keys, error) { return r.base.Vault.Keys(ctx, holder) }})
			r.must(err)
			out := []string{}
			for _, f := range report.Faults {
				out = append(out, f.Table+" "+f.Column+" "+f.Number)
				for _, l := range []lang.Language{lang.Russian, lang.English} {
					if said := f.Tell(func(key string, args ...any) string { return r.base.Texts.Text(l, key, args...) }); !strings.Contains(said, f.Number) {
						r.t.Errorf("it says: %s", said)
					}
				}
			}
			slices.Sort(out)
			return out
		}
		r.clock.Move(r.clock.Now().Truncate(time.Hour).Add(time.Hour).Sub(r.clock.Now()))
		first := r.clock.Now().UTC()
		look(ruleva, "housing", anna, misha)
		look(chief, "road-police", anna)
		look(anna, "", misha)
		r.clock.Move(time.Hour)
		second := r.clock.Now().UTC()
		look(ruleva, "housing", anna)
		r.clock.Move(time.Hour + looksAfter)
		for range 2 {
			r.must(r.sumLooks(ctx, jobs.Job{}))
			r.summed.Store(0) // as after a start
		}
		look(ruleva, "housing", old)
		if got := check(); len(got) > 0 {
			r.t.Fatalf("nothing was changed: %v", got)
		}
		tamper := func(q *store.Query, args ...any) {
			r.must(r.base.Store.Write(ctx, func(tx *store.Tx) error {
				n, err := tx.Exec(q, args...)
				if err == nil && n == 0 {
					r.t.Error("nothing was changed")
				}
				return err
			}))
		}
		hour := func(at time.Time) int64 { return at.Unix() / 3600 }
		tamper(renameLook, "head", anna, hour(second))
		if got, want := check(), []string{"look SHA-256 " + second.Format(time.RFC3339)}; !slices.Equal(got, want) {
			r.t.Errorf("a role was changed: %v, want %v", got, want)
		}
		tamper(renameLook, "officer", anna, hour(second))
		tamper(moveLooks, chief, misha, hour(first), ruleva)
		if got, want := check(), []string{"look SHA-256 " + first.Format(time.RFC3339)}; !slices.Equal(got, want) {
			r.t.Errorf("another one looked: %v, want %v", got, want)
		}
		tamper(moveLooks, ruleva, misha, hour(first), chief)
		if got := check(); len(got) > 0 {
			r.t.Fatalf("all is as it was: %v", got)
		}
		tamper(dropLooks, misha, hour(first))
		tamper(dropLooks, anna, hour(second))
		if got, want := check(), []string{"look COUNT " + first.Format(time.RFC3339), "look COUNT " + second.Format(time.RFC3339)}; !slices.Equal(got, want) {
			r.t.Errorf("looks were taken out: %v, want %v", got, want)
		}
	})
}
