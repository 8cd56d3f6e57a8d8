package register

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/document"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// line is what a document says under a key.
func line(d document.Result, key string) lang.Text {
	at := slices.IndexFunc(d.Facts, func(f document.Fact) bool { return f.Key == key })
	if at < 0 {
		return lang.Text{}
	}
	return d.Facts[at].Value
}

func (r *rig) paper(t testing.TB, holder, which id.ID) document.Result {
	t.Helper()
	return must[document.Result](t)(r.papers.Result(t.Context(), act.ByJob(which, act.Purpose{}), holder, which))
}

// TestACorrectionIssuesTheDocumentAnew: entry and document never say two things, and one change is one version.
func TestACorrectionIssuesTheDocumentAnew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		r.issue(t, result("zone", anna, "new-zone", "А417МО52", "106"))
		r.drain(t)
		c := Correction{Register: "permits", Entry: e.ID, Version: 2, Reason: "Everything was mistyped", Values: map[string]lang.Text{
			"plate": text("b202kx52"), "fee": text("4 500,50"), "second": text("да"), "last": text("2027-06-30"), "person": {RU: "Иванова Анна", EN: "Anna Ivanova"},
		}}
		p := must[*Prepared](t)(r.PrepareCorrection(t.Context(), withID(head, "a"), c))
		r.write(t, p.Put)
		r.drain(t)
		now := must[Entry](t)(r.entry(t.Context(), anna, e.ID))
		old, anew := r.paper(t, anna, e.Source), r.paper(t, anna, now.Source)
		if now.Version != 3 || now.Source == e.Source || now.Number != anew.Number || now.Values["number"].RU != anew.Number || old.Replaced != anew.Number || old.Revoked.IsZero() || anew.Replaces != old.Number {
			t.Fatalf("entry %+v rests on %s, the old document is replaced by %q", now, anew.Number, old.Replaced)
		}
		if anew.Until != calendar.MustDate("2027-06-30") || now.Until != anew.Until {
			t.Errorf("until %s and %s", anew.Until, now.Until)
		}
		want := map[string]lang.Text{
			"plate": text("В 202 КХ 52"), "zone": {RU: "106", EN: "106 (en)"}, "fee": {RU: "4 500,50 ₽", EN: "4,500.50 ₽"}, "second": {RU: "да", EN: "yes"},
			"person": {RU: "Иванова Анна", EN: "Anna Ivanova"},
		}
		for key, value := range want {
			got := line(anew, key)
			if plain(got.RU) != plain(value.RU) || plain(got.EN) != plain(value.EN) {
				t.Errorf("the new document says %s: %q, want %q", key, got, value)
			}
		}
		r.fits(t, now)
		if got := r.history(t, now); len(got) != 3 || got[2].Document != anew.Number || got[2].Official != head.Actor.Person {
			t.Errorf("history %+v", got)
		}
		if _, err := r.Open(t.Context(), "permits", anew.Number); err != nil {
			t.Errorf("it is not found by its new number: %v", err)
		}
	})
}

// TestAnEndRevokesTheDocument, by the head alone.
func TestAnEndRevokesTheDocument(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.city.OwnRegisters[0].Corrects = []string{"officer", "head"}
		e := r.permit(t, "one", anna, "А417МО52", "105")
		end := Ending{Register: "permits", Entry: e.ID, Version: 1, Reason: "The car was sold"}
		if _, err := r.PrepareEnd(t.Context(), withID(officer, "a"), end); !errors.Is(err, ErrRole) {
			t.Errorf("by an officer: %v", err)
		}
		p := must[*Prepared](t)(r.PrepareEnd(t.Context(), withID(head, "b"), end))
		r.write(t, p.Put)
		r.drain(t)
		now, d := must[Entry](t)(r.entry(t.Context(), anna, e.ID)), r.paper(t, anna, e.Source)
		if d.Revoked.IsZero() || d.Reason.RU != end.Reason || now.Ended.IsZero() || now.Version != 2 {
			t.Errorf("the document %+v, the entry %+v", d.Revoked, now)
		}
	})
}

// TestWhatTheDocumentMakesIsNotCorrected: its number; and its days change and do not go.
func TestWhatTheDocumentMakesIsNotCorrected(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		for key, typed := range map[string]string{"number": "1234567890", "last": "", "fee": "much", "second": "perhaps"} {
			c := Correction{Register: "permits", Entry: e.ID, Version: 1, Reason: "Everything was mistyped", Values: map[string]lang.Text{key: text(typed)}}
			if _, err := r.PrepareCorrection(t.Context(), withID(head, key), c); !errors.Is(err, ErrValue) {
				t.Errorf("%s %q: %v", key, typed, err)
			}
		}
	})
}

// TestMoneyAndYesNoAreTyped in the entry, in words, and in a certificate's answer.
func TestMoneyAndYesNoAreTyped(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		if e.Values["fee"] != same("3000.00 RUB") || e.Values["second"] != same(no) {
			t.Errorf("kept as %v and %v", e.Values["fee"], e.Values["second"])
		}
		fee, _ := r.city.OwnRegisters[0].Field("fee")
		second, _ := r.city.OwnRegisters[0].Field("second")
		if got := r.show(fee, e.Values["fee"], lang.English) + " " + r.show(second, e.Values["second"], lang.Russian); plain(got) != "3,000 ₽ нет" {
			t.Errorf("in words %q", got)
		}
		told := record(&r.city.Registers[0], &r.city.OwnRegisters[0], e)
		if diff := cmp.Diff(map[string]any{"fee": int64(300000), "second": false}, map[string]any{"fee": told["fee"], "second": told["second"]}); diff != "" {
			t.Error(diff)
		}
	})
}

// TestRefusalsAreOnRecord: who, for what and why, once an hour, for the head of the agency that keeps the register alone.
func TestRefusalsAreOnRecord(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		for range 2 {
			_, _, err := r.Read(t.Context(), patrol, keeping, e.ID)
			_, searched := r.Search(t.Context(), officer, Query{Reading{Register: "permits", Purpose: "curiosity"}, "plate", "А417МО52"})
			_, changed := r.PrepareCorrection(t.Context(), withID(officer, "x"), Correction{Register: "permits", Entry: e.ID, Version: 1})
			if !errors.Is(err, ErrNotYours) || !errors.Is(searched, ErrNoPurpose) || !errors.Is(changed, ErrRole) {
				t.Fatal(err, searched, changed)
			}
		}
		if _, err := r.Refusals(t.Context(), officer, "permits", 10); !errors.Is(err, ErrRole) {
			t.Errorf("an officer reads refusals: %v", err)
		}
		var got []string
		for _, one := range must[[]Refusal](t)(r.Refusals(t.Context(), head, "permits", 10)) {
			named := ""
			if !one.Entry.IsZero() {
				named = " of an entry"
			}
			got = append(got, one.Why+" "+one.Role+" "+one.Purpose+named)
		}
		slices.Sort(got)
		want := []string{"register.no_purpose officer ", "register.not_role officer  of an entry", "register.not_yours officer keeping of an entry"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestBothLanguagesAreCorrected: one text stays one, and words of one language are not left behind.
func TestBothLanguagesAreCorrected(t *testing.T) {
	r := &theCity().OwnRegisters[0]
	before := Values{"person": text("Смирнова Анна"), "zone": {RU: "105", EN: "105 (en)"}}
	for name, c := range map[string]struct {
		typed lang.Text
		key   string
		want  lang.Text // zero: refused
	}{
		"one text, the other as it was": {lang.Text{RU: "Иванова Анна", EN: "Смирнова Анна"}, "person", text("Иванова Анна")},
		"one text alone":                {lang.Text{RU: "Иванова Анна"}, "person", text("Иванова Анна")},
		"now two":                       {lang.Text{RU: "Иванова Анна", EN: "Anna Ivanova"}, "person", lang.Text{RU: "Иванова Анна", EN: "Anna Ivanova"}},
		"one of two":                    {lang.Text{RU: "106", EN: "105 (en)"}, "zone", lang.Text{}},
		"the other of two":              {lang.Text{RU: "105", EN: "105, centre"}, "zone", lang.Text{RU: "105", EN: "105, centre"}},
		"as it was":                     {lang.Text{RU: "105", EN: "105 (en)"}, "zone", before["zone"]},
	} {
		got, err := corrected(r, before, map[string]lang.Text{c.key: c.typed})
		if got[c.key] != c.want || (err != nil) != c.want.IsZero() {
			t.Errorf("%s: %v, %v", name, got[c.key], err)
		}
	}
}
