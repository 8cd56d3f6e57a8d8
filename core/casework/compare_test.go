package casework

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// setOf changes one column of the row of an id, past the program.
func setOf(table, column, by string) *store.Query {
	return store.NewQuery("casework.test."+table+"."+column, "UPDATE "+table+" SET "+column+" = $1 WHERE "+by+" = $2")
}

var (
	setStage   = setOf("case_file", "stage", "id")
	setDecided = setOf("case_file", "decided", "id")
	setGround  = setOf("case_file", "ground", "id")
	setNumber  = setOf("case_file", "number", "id")
	setService = setOf("case_file", "service", "id")
	setStatus  = setOf("case_line", "status", "id")
	setShown   = setOf("case_line", "stage", "id")
	setLeads   = setOf("case_number", "id", "id")
	setUndone  = setOf("case_round", "stage", "case_id")
	deleteCase = store.NewQuery("casework.test.Delete", "DELETE FROM case_file WHERE id = $1")
	deleteLine = store.NewQuery("casework.test.DeleteLine", "DELETE FROM case_line WHERE id = $1")
)

func (r *rig) tamper(q *store.Query, args ...any) {
	r.t.Helper()
	r.must(r.store.Write(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(q, args...)
		if err == nil && n != 1 {
			r.t.Errorf("%d rows were changed", n)
		}
		return err
	}))
}

// named are the faults of the log's deep check, each of which has to name the case of the number in both languages.
func (r *rig) named(number string) []string {
	r.t.Helper()
	log := journal.OpenLog(journal.LogOptions{Store: r.store, Seal: r.base.Seal, Clock: r.clock})
	r.must(log.Round(ctx))
	report, err := log.Check(ctx, journal.CheckOptions{Journal: r.base.Journal,
		Keys: func(ctx context.Context, holder id.ID) (*vault.Keys, error) { return r.base.Vault.Keys(ctx, holder) }})
	r.must(err)
	if report.Compared == 0 {
		r.t.Error("nothing was compared")
	}
	var out []string
	for _, f := range report.Faults {
		out = append(out, string(f.Trouble)+" "+f.Table+" "+f.Column)
		for _, l := range []lang.Language{lang.Russian, lang.English} {
			if said := f.Tell(func(key string, args ...any) string { return theTexts().Text(l, key, args...) }); !strings.Contains(said, id.FormatNumber(number)) || !strings.Contains(said, f.Table) {
				r.t.Errorf("it says: %s", said)
			}
		}
	}
	return out
}

// TestARowOfACaseIsComparedWithTheLog changes each row that says how a case stands, and expects the check to name it. What
// happens by the law (a decision, an appeal that opens the case anew, a correction) is no fault.
func TestARowOfACaseIsComparedWithTheLog(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		open := r.open("city-appeal", "pothole", anna)
		ref, s := r.refuseWorks()
		_, err := r.Reopen(ctx, officer(boss, "housing", agency.Head), s, "Новые сведения")
		r.must(err)
		if got := r.named(ref.Number); len(got) > 0 {
			t.Fatalf("opened anew: %v", got)
		}
		r.run(time.Minute)
		again, _ := r.refuseWorks()
		if got := r.named(ref.Number); len(got) > 0 {
			t.Fatalf("nothing was changed: %v", got)
		}
		decided := r.read(again).Decided
		other := id.Derived("case", "other")
		for _, c := range []struct {
			name     string
			of       Ref
			do       *store.Query
			to, undo any
			want     []string
		}{
			{"its status in the list", again, setStatus, "approved", "refused", []string{"differs case_line status"}},
			{"its stage in the list", again, setShown, "approved", "refused", []string{"differs case_line stage"}},
			{"the decision", again, setStage, "approved", "refused", []string{"differs case_file stage", "differs case_line stage", "differs case_line status"}},
			{"that it was decided", again, setStage, "withdrawn", "refused", []string{"differs case_file stage", "differs case_line stage", "differs case_line status"}},
			{"when it was decided", again, setDecided, decided.Add(-time.Hour), decided, []string{"differs case_file decided"}},
			{"the ground", again, setGround, "", "harmful", []string{"differs case_file ground"}},
			{"its number", again, setNumber, open.Number, again.Number, []string{"differs case_file number", "differs case_line number", "differs case_number id"}},
			{"its service", again, setService, "city-appeal", "agree-works", []string{"differs case_file service", "differs case_file ground", "differs case_line service"}},
			{"its status while it is open", open, setStatus, "refused", string(r.read(open).Status), []string{"differs case_line status"}},
			{"a decision that nobody made", open, setStage, "approved", "open", []string{"unsaid case_file stage", "differs case_line stage", "differs case_line status"}},
			{"a decision that was undone", ref, setUndone, "approved", "refused", []string{"differs case_round stage"}},
		} {
			r.tamper(c.do, c.to, c.of.ID)
			number := c.of.Number
			if c.do == setNumber {
				number = c.to.(string)
			}
			got := r.named(number)
			r.tamper(c.do, c.undo, c.of.ID)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s was changed: %v, want %v", c.name, got, c.want)
			}
		}
		r.tamper(setLeads, other, open.ID)
		if got := r.named(open.Number); !slices.Equal(got, []string{"differs case_number id"}) {
			t.Errorf("its number leads elsewhere: %v", got)
		}
		r.tamper(setLeads, open.ID, other)
		if got := r.named(ref.Number); len(got) > 0 {
			t.Errorf("all is as it was: %v", got)
		}
		r.tamper(deleteLine, again.ID)
		if got := r.named(again.Number); !slices.Equal(got, []string{"removed case_line "}) {
			t.Errorf("its line is removed: %v", got)
		}
		r.tamper(deleteCase, again.ID)
		if got := r.named(again.Number); !slices.Equal(got, []string{"removed case_file "}) {
			t.Errorf("it is removed: %v", got)
		}
	})
}

// TestDecisionsAreNamedByKnownWords: entries name a decision in words, which the check has to understand for ever.
func TestDecisionsAreNamedByKnownWords(t *testing.T) {
	t.Parallel()
	for _, stage := range []Stage{Approved, Refused} {
		for _, l := range lang.All() {
			if words := theTexts().Text(l, "casework.status."+string(stage)); decisionWords[words] != stage {
				t.Errorf("%q is not in decisionWords", words)
			}
		}
	}
}
