package register

import (
	"errors"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/document"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/web"
	"posad.city/ui"
)

func equal(a, b Entry) bool { return reflect.DeepEqual(a, b) }

// withID is an act of its own.
func withID(a act.Act, name string) act.Act {
	a.ID = id.Derived("act", name)
	return a
}

func keysOf(v Values) []string { return slices.Sorted(maps.Keys(v)) }

func texts(t testing.TB, modules []module.Module) *lang.Catalogue {
	t.Helper()
	files := []fs.FS{ui.Locale, page.Locale, web.Locale, blob.Locale, journal.Locale}
	for _, m := range modules {
		if l := m.Locales(); l != nil {
			files = append(files, l)
		}
	}
	return must[*lang.Catalogue](t)(lang.Load(files...)).Reporting(func(err error) { t.Error(err) })
}

// TestAResultBecomesAnEntry: the facts are its fields, and a second telling changes nothing.
func TestAResultBecomesAnEntry(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		want := Values{"plate": text("А417МО52"), "zone": {RU: "105", EN: "105 (en)"}, "person": text("Смирнова Анна"), "last": text("2027-11-20"), "fee": text("3000.00 RUB"), "second": text("no"), "number": text(e.Number)}
		if diff := cmp.Diff(want, e.Values); diff != "" || e.Version != 1 || e.Standing(r.today()) != Valid {
			t.Errorf("entry %+v\n%s", e, diff)
		}
		r.fits(t, e)
		r.write(t, func(tx *store.Tx) error {
			return r.base.Jobs.Emit(tx, jobs.Event{Name: document.EventIssued, Holder: anna, Object: e.Source, Version: 2})
		})
		r.drain(t)
		if again := r.ofDocument(t, e.Source, anna); again.Version != 1 {
			t.Errorf("told twice it has version %d", again.Version)
		}
		if len(r.heard) != 1 || r.heard[0].Object != e.ID || r.heard[0].Version != 1 {
			t.Errorf("heard %+v", r.heard)
		}
	})
}

// TestDocumentsChangeTheEntry: a correction corrects it, another service alters it, the last day ends it, and nothing of the
// history goes.
func TestDocumentsChangeTheEntry(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		c := must[*document.PreparedCorrection](t)(r.papers.PrepareCorrection(t.Context(), document.Correction{
			ID: id.Derived("result", "two"), Holder: anna, Old: e.Source, Reason: text("wrong plate"),
			Facts: []document.Fact{{Key: "plate", Label: text("plate"), Value: text("В202КХ52")}, {Key: "zone", Label: text("zone"), Value: text("105")}},
		}))
		r.write(t, c.Put)
		r.drain(t)
		r.issue(t, result("three", anna, "new-zone", "в 202 кх 52", "106"))
		r.drain(t)
		now := must[Entry](t)(r.entry(t.Context(), anna, e.ID))
		if now.Version != 3 || now.Values["plate"].RU != "В202КХ52" || now.Values["zone"].RU != "106" || now.Number != c.Result().Number || !now.Ended.IsZero() {
			t.Errorf("after a correction and another zone: %+v", now)
		}
		if history := r.history(t, e); !Overtaken(history) || Overtaken(history[:2]) {
			t.Error("what another result altered is not told from what its own document says")
		}
		r.clock.Move(366 * 24 * time.Hour)
		r.drain(t)
		over := must[Entry](t)(r.entry(t.Context(), anna, e.ID))
		if over.Ended.IsZero() || over.Standing(r.today()) != Over {
			t.Errorf("after its last day: %+v", over)
		}
		r.fits(t, over)
		var changes []Change
		for _, v := range r.history(t, e) {
			changes = append(changes, v.Change)
		}
		if diff := cmp.Diff([]Change{Entered, Corrected, Altered, Ended}, changes); diff != "" {
			t.Error(diff)
		}
		if first := r.history(t, e)[0]; first.Values["plate"].RU != "А417МО52" {
			t.Errorf("the first version was overwritten: %+v", first)
		}
	})
}

// TestARevokedOrReturnedPermitEnds, and an event that comes before another finds its way.
func TestARevokedOrReturnedPermitEnds(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		d := r.issue(t, result("one", anna, "permit", "А417МО52", "105"))
		p := must[*document.PreparedRevoke](t)(r.papers.PrepareRevoke(t.Context(), document.Revocation{Holder: anna, ID: d.ID, Reason: text("sold the car")}))
		r.write(t, p.Put)
		r.drain(t)
		e := r.ofDocument(t, d.ID, anna)
		if history := r.history(t, e); e.Ended.IsZero() || len(history) != 2 || history[1].Reason.RU != "sold the car" {
			t.Errorf("revoked: %+v", e)
		}
		other := r.permit(t, "two", anna, "В202КХ52", "105")
		r.issue(t, result("back", anna, "give-back", "В202КХ52", ""))
		r.drain(t)
		if e := r.ofDocument(t, other.Source, anna); e.Ended.IsZero() {
			t.Errorf("given back: %+v", e)
		}
		if got := r.find(t, head, Query{keeping, "plate", "А417МО52"}); len(got) != 1 || got[0].Standing(r.today()) != Over {
			t.Errorf("an ended entry is still found: %+v", got)
		}
	})
}

// TestNobodyReadsWithoutAPurpose: each refusal has its kind, and each answer a look.
func TestNobodyReadsWithoutAPurpose(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		r.permit(t, "two", boris, "В202КХ52", "105")
		for name, c := range map[string]struct {
			by   act.Act
			read Reading
			want error
		}{
			"no purpose":            {officer, Reading{Register: "permits"}, ErrNoPurpose},
			"an invented purpose":   {officer, Reading{Register: "permits", Purpose: "curiosity"}, ErrNoPurpose},
			"another agency's":      {patrol, keeping, ErrNotYours},
			"another role":          {official("x", transport, "clerk"), keeping, ErrNotYours},
			"a person":              {own, keeping, ErrNotYours},
			"a case without judges": {patrol, Reading{Register: "permits", Purpose: PurposeCase, Case: caseID}, ErrNoCase},
			"another register":      {officer, Reading{Register: "pets", Purpose: "keeping"}, ErrNone},
		} {
			if _, err := r.Search(t.Context(), c.by, Query{c.read, "plate", "А417МО52"}); !errors.Is(err, c.want) {
				t.Errorf("%s, search: %v", name, err)
			}
			if _, _, err := r.Read(t.Context(), c.by, c.read, e.ID); !errors.Is(err, c.want) {
				t.Errorf("%s, entry: %v", name, err)
			}
		}
		if got := r.looks(t, anna); len(got) != 0 {
			t.Errorf("refusals left looks: %v", got)
		}
		found := r.find(t, patrol, Query{Reading{Register: "permits", Purpose: "street"}, "plate", " a417mo 52 "})
		if len(found) != 1 || found[0].ID != e.ID || len(found[0].Values) != 2 || found[0].Values["person"] != (lang.Text{}) {
			t.Errorf("found %+v", found)
		}
		if diff := cmp.Diff([]string{"official register.look.permits.street permits/street"}, r.looks(t, anna)); diff != "" {
			t.Error(diff)
		}
		if words, ok := r.LookText("register.look.permits.street", lang.English); !ok || words != "Register of permits: Check in the street" {
			t.Errorf("look in words: %q", words)
		}
		if got := r.looks(t, boris); len(got) != 0 {
			t.Errorf("boris was not found and has looks: %v", got)
		}
		if _, err := r.Search(t.Context(), officer, Query{keeping, "zone", "105"}); !errors.Is(err, ErrField) {
			t.Errorf("search by a field that is not searched: %v", err)
		}
		if _, err := r.Search(t.Context(), officer, Query{keeping, "plate", "А4*"}); !errors.Is(err, ErrValue) {
			t.Errorf("search by a part: %v", err)
		}
	})
}

// TestALiveCaseIsAPurpose while it lives, for its agency, its people, and what the certificate tells.
func TestALiveCaseIsAPurpose(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		other := r.permit(t, "two", boris, "В202КХ52", "105")
		read := Reading{Register: "permits", Purpose: PurposeCase, Case: caseID}
		r.Provide(lives(true), caseOf)
		got, history, err := r.Read(t.Context(), patrol, read, e.ID)
		if err != nil || len(history) != 0 {
			t.Fatal(err, history)
		}
		if diff := cmp.Diff([]string{"fee", "plate", "second", "zone"}, keysOf(got.Values)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"official register.look.permits.case " + caseID.String()}, r.looks(t, anna)); diff != "" {
			t.Error(diff)
		}
		if _, _, err := r.Read(t.Context(), patrol, read, other.ID); !errors.Is(err, ErrNone) {
			t.Errorf("of somebody who is not of the case: %v", err)
		}
		if got := r.find(t, patrol, Query{read, "plate", "В202КХ52"}); len(got) != 0 {
			t.Errorf("found somebody who is not of the case: %v", got)
		}
		if _, _, err := r.Read(t.Context(), officer, read, e.ID); !errors.Is(err, ErrNoCase) {
			t.Errorf("another agency's case: %v", err)
		}
		r.Provide(lives(false), caseOf)
		if _, _, err := r.Read(t.Context(), patrol, read, e.ID); !errors.Is(err, ErrNoCase) {
			t.Errorf("a case that is over: %v", err)
		}
	})
}

// TestAnOfficialCorrects with a reason; the person is told, and a second official who saw the old version is not heard.
func TestAnOfficialCorrects(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		good := Correction{Register: "permits", Entry: e.ID, Version: 1, Values: map[string]lang.Text{"plate": text("b202kx52")}, Reason: "The plate was mistyped"}
		for name, c := range map[string]struct {
			by     act.Act
			change func(*Correction)
			want   error
		}{
			"an officer":       {officer, func(*Correction) {}, ErrRole},
			"another agency":   {patrol, func(*Correction) {}, ErrRole},
			"no reason":        {head, func(c *Correction) { c.Reason = " so " }, ErrReason},
			"a wrong plate":    {head, func(c *Correction) { c.Values = map[string]lang.Text{"plate": text("B2")} }, ErrValue},
			"nothing new":      {head, func(c *Correction) { c.Values = map[string]lang.Text{"plate": text("А417МО52")} }, ErrSame},
			"an unknown field": {head, func(c *Correction) { c.Values = map[string]lang.Text{"colour": text("red")} }, ErrField},
			"an old version":   {head, func(c *Correction) { c.Version = 0 }, ErrChanged},
			"an unknown entry": {head, func(c *Correction) { c.Entry = caseID }, ErrNone},
		} {
			wrong := good
			c.change(&wrong)
			if _, err := r.PrepareCorrection(t.Context(), c.by, wrong); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		first := must[*Prepared](t)(r.PrepareCorrection(t.Context(), withID(head, "a"), good))
		second := must[*Prepared](t)(r.PrepareEnd(t.Context(), withID(head, "b"), Ending{Register: "permits", Entry: e.ID, Version: 1, Reason: "The car was sold"}))
		r.write(t, first.Put)
		if err := r.base.Store.Write(t.Context(), second.Put); !errors.Is(err, ErrChanged) {
			t.Errorf("the second of two: %v", err)
		}
		now := must[Entry](t)(r.entry(t.Context(), anna, e.ID))
		r.fits(t, now)
		if got := r.history(t, now)[1]; now.Values["plate"].RU != "В202КХ52" || got.Official != head.Actor.Person || got.Reason.RU != good.Reason || got.Role != "head" {
			t.Errorf("corrected: %+v %+v", now, got)
		}
		if got := r.find(t, head, Query{keeping, "plate", "А417МО52"}); len(got) != 0 {
			t.Errorf("it is still found by what it does not hold: %v", got)
		}
		box := must[notice.Page](t)(r.notices.Inbox(t.Context(), own, anna, id.ID{}, 10))
		if !slices.ContainsFunc(box.Messages, func(m notice.Message) bool { return m.Kind == "register.told.anew" }) {
			t.Errorf("the person was not told: %+v", box.Messages)
		}
	})
}

// TestHistoryReplays: any sequence of changes comes to the state, and no version is lost.
func TestHistoryReplays(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		name := "run " + string(rune('0'+run%10)) + time.Duration(run).String()
		plates := rapid.SampledFrom([]string{"А417МО52", "В202КХ52", "Е300ОР52"})
		e := r.permit(t, name, id.Derived("person", name), plates.Draw(rt, "plate"), "105")
		for i := range rapid.IntRange(0, 6).Draw(rt, "changes") {
			e = r.random(t, rt, e, name+string(rune('a'+i)), c)
			r.fits(t, e)
		}
		for i, v := range r.history(t, e) {
			if v.Number != int64(i)+1 {
				rt.Fatalf("version %d stands at %d", v.Number, i)
			}
		}
	})
}

// random makes one change, or an attempt that is refused.
func (r *rig) random(t *testing.T, rt *rapid.T, e Entry, name string, c *clock.Fixed) Entry {
	t.Helper()
	c.Move(time.Minute)
	plate := rapid.SampledFrom([]string{"А417МО52", "В202КХ52", "Е300ОР52"}).Draw(rt, "to")
	switch rapid.SampledFrom([]string{"alter", "correct", "document", "end", "return"}).Draw(rt, "change") {
	case "alter":
		r.issue(t, result(name, e.Holder, "new-zone", e.Values["plate"].RU, name))
	case "return":
		r.issue(t, result(name, e.Holder, "give-back", e.Values["plate"].RU, ""))
	case "document":
		p, err := r.papers.PrepareCorrection(t.Context(), document.Correction{ID: id.Derived("result", name), Holder: e.Holder, Old: e.Source, Reason: text("a mistake"),
			Facts: []document.Fact{{Key: "plate", Label: text("plate"), Value: text(plate)}}})
		if err == nil {
			r.write(t, p.Put)
		}
	case "correct":
		p, err := r.PrepareCorrection(t.Context(), withID(head, name), Correction{Register: "permits", Entry: e.ID, Version: e.Version, Values: map[string]lang.Text{"plate": text(plate)}, Reason: "It was mistyped"})
		if err == nil {
			r.write(t, p.Put)
		}
	case "end":
		p, err := r.PrepareEnd(t.Context(), withID(head, name), Ending{Register: "permits", Entry: e.ID, Version: e.Version, Reason: "The car was sold"})
		if err == nil {
			r.write(t, p.Put)
		}
	}
	r.drain(t)
	return must[Entry](t)(r.entry(t.Context(), e.Holder, e.ID))
}
