package document

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// set changes one column of the rows that a column finds, past the program.
func set(table, column, by string) *store.Query {
	return store.NewQuery("document.test."+table+"."+column, "UPDATE "+table+" SET "+column+" = $1 WHERE "+by+" = $2")
}

var (
	setRevoked  = set("document_result", "revoked", "number")
	setUntil    = set("document_result", "valid_until", "number")
	setService  = set("document_result", "service", "number")
	setID       = set("document_result", "id", "number")
	setEnded    = set("document_entry", "ended", "number")
	setPlace    = set("document_place", "revoked", "result")
	setLeads    = set("document_number", "result", "number")
	deleteByNum = store.NewQuery("document.test.Delete", "DELETE FROM document_result WHERE number = $1")
)

// tamper changes a row past the program.
func (r *rig) tamper(t testing.TB, q *store.Query, args ...any) {
	t.Helper()
	r.write(t, func(tx *store.Tx) error {
		n, err := tx.Exec(q, args...)
		if err == nil && n != 1 {
			t.Errorf("%d rows were changed", n)
		}
		return err
	})
}

// check is the deep check of the public log.
func (r *rig) check(t testing.TB) journal.CheckReport {
	t.Helper()
	log := journal.OpenLog(journal.LogOptions{Store: r.base.Store, Seal: r.base.Seal, Clock: r.clock})
	if err := log.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	return must[journal.CheckReport](t)(log.Check(t.Context(), journal.CheckOptions{Journal: r.base.Journal,
		Keys: func(ctx context.Context, holder id.ID) (*vault.Keys, error) { return r.base.Vault.Keys(ctx, holder) }}))
}

func (r *rig) revoke(t testing.TB, one Result) {
	t.Helper()
	r.write(t, must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), Revocation{Holder: one.Holder, ID: one.ID, Reason: Same("ошибка")})).Put)
}

// TestARowBesideTheLogIsCompared changes each row that says how a document stands, and expects the check to name it.
func TestARowBesideTheLogIsCompared(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.withLists()
		good, bad := r.issue(t, permit(anna)), r.issue(t, entry(anna, "stalls", 1))
		wrong := r.issue(t, permit(boris))
		if _, _, err := r.Credential(t.Context(), own, anna, bad.ID, nil); err != nil {
			t.Fatal(err)
		}
		mended := must[*PreparedCorrection](t)(r.PrepareCorrection(t.Context(), Correction{ID: id.Derived("result", "mended"), Holder: boris, Old: wrong.ID, Reason: Same("опечатка")}))
		r.write(t, mended.Put)
		corrected := r.clock.Now()
		r.clock.Move(time.Hour)
		r.revoke(t, bad)
		revoked := r.clock.Now()
		if report := r.check(t); len(report.Faults) != 0 || report.Compared != 4 {
			t.Fatalf("nothing was changed: %+v", report)
		}
		other, never := id.Derived("result", "other"), time.Time{}
		for _, c := range []struct {
			name     string
			do       *store.Query
			by       any
			to, undo any
			want     []string // trouble, table, column
			wantOf   Result
		}{
			{"its revocation is taken away", setRevoked, bad.Number, never, revoked, []string{"differs document_result revoked"}, bad},
			{"a corrected one is made good again", setRevoked, wrong.Number, never, corrected, []string{"differs document_result revoked"}, wrong},
			{"its line is put back", setEnded, bad.Number, "", r.day(revoked).String(), []string{"differs document_entry ended"}, bad},
			{"its credential is good again", setPlace, bad.ID, false, true, []string{"differs document_place revoked"}, bad},
			{"it is made longer", setUntil, good.Number, "2040-01-01", good.Until.String(), []string{"differs document_result valid_until"}, good},
			{"it is of another service", setService, good.Number, "other", good.Service, []string{"differs document_result SHA-256"}, good},
			{"it is revoked quietly", setRevoked, good.Number, revoked, never, []string{"unsaid document_result revoked"}, good},
			{"its number leads elsewhere", setLeads, good.Number, other, good.ID, []string{"differs document_number result"}, good},
			{"it is another one", setID, good.Number, other, good.ID, []string{"removed document_result ", "unsaid document_result issued"}, good},
		} {
			r.tamper(t, c.do, c.to, c.by)
			got := r.named(t, c.wantOf.Number)
			r.tamper(t, c.do, c.undo, c.by)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
		if report := r.check(t); len(report.Faults) != 0 {
			t.Errorf("all is as it was: %+v", report.Faults)
		}
		r.write(t, func(tx *store.Tx) error { return r.base.Vault.Erase(tx, boris) })
		r.base.Vault.Forget(boris)
		if report := r.check(t); len(report.Faults) != 0 || report.Erased == 0 {
			t.Errorf("a person was erased: %+v", report)
		}
		r.tamper(t, setRevoked, time.Time{}, wrong.Number)
		if got := r.named(t, wrong.Number); !slices.Equal(got, []string{"differs document_result revoked"}) {
			t.Errorf("an erased person's document is made good again: %v", got)
		}
		r.tamper(t, setRevoked, corrected, wrong.Number)
		r.tamper(t, deleteByNum, good.Number)
		if got := r.named(t, good.Number); !slices.Equal(got, []string{"removed document_result "}) {
			t.Errorf("it is removed: %v", got)
		}
	})
}

// named are the faults of the check, each of which has to name the document of the number, in both languages.
func (r *rig) named(t testing.TB, number string) []string {
	t.Helper()
	var out []string
	for _, f := range r.check(t).Faults {
		out = append(out, string(f.Trouble)+" "+f.Table+" "+f.Column)
		for _, l := range []lang.Language{lang.Russian, lang.English} {
			said := f.Tell(func(key string, args ...any) string { return r.base.Texts.Text(l, key, args...) })
			if !strings.Contains(said, id.FormatNumber(number)) || !strings.Contains(said, f.Table) || !strings.Contains(said, f.Entry.String()) && f.Trouble != journal.TroubleUnsaid {
				t.Errorf("it says: %s", said)
			}
		}
	}
	return out
}

// TestARevocationOutlivesItsRow: the public check, the holder's page and a gate ask the journal too.
func TestARevocationOutlivesItsRow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		pass, other := permit(anna), permit(boris)
		pass.Form, pass.Opens, pass.From, other.From = FormAccess, "gate", r.today(), r.today()
		bad, good := r.issue(t, pass), r.issue(t, other)
		r.revoke(t, bad)
		r.tamper(t, setRevoked, time.Time{}, bad.Number)
		for name, got := range map[string]Checked{
			"the code":   must[Checked](t)(r.Check(t.Context(), nobody, bad.Token)),
			"the number": must[Checked](t)(r.CheckNumber(t.Context(), nobody, bad.Number)),
		} {
			if got.Standing != Revoked || got.Revoked.IsZero() {
				t.Errorf("by %s it is %s since %v", name, got.Standing, got.Revoked)
			}
		}
		if page := r.as(t, "", "GET", "/check?q="+bad.Number, nil); strings.Contains(page.body, `data-standing="valid"`) || !strings.Contains(page.body, "revoked") {
			t.Error("the page of the check does not say that it was revoked")
		}
		if one := must[Result](t)(r.Result(t.Context(), own, anna, bad.ID)); one.Revoked.IsZero() {
			t.Error("its holder reads that it is good")
		}
		if one := must[Access](t)(r.Access(t.Context(), own, anna, "gate")); one.Open {
			t.Error("the gate opens")
		}
		if _, _, err := r.Credential(t.Context(), own, anna, bad.ID, nil); !errors.Is(err, ErrNoCredential) {
			t.Errorf("a credential is made of it: %v", err)
		}
		if got := must[Checked](t)(r.CheckNumber(t.Context(), nobody, good.Number)); got.Standing != Valid {
			t.Errorf("another one is %s", got.Standing)
		}
	})
}
