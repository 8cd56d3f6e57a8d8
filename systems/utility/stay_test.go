package utility

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/utility/internal/store"
)

// Who moved out sees the bills of their own time and nothing later; who moved in nothing of before.
func TestEverybodySeesTheirOwnTime(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	bill := func(p string) string { return billPath(s.home, month(t, p)) }
	at(s.clock, time.Date(2026, 10, 26, 12, 0, 0, 0, moscow))
	sold := account("5299014001")
	sold.Residents = []id.ID{folk["vera"]}
	s.enter(sold)
	s.month("2026-10")
	s.month("2026-11")

	former := s.browser("anna", "ru")
	former.says("/flats", http.StatusOK, "до 26 октября 2026")
	former.says(path(s.home), http.StatusOK, "Вы жили здесь до 26 октября 2026", "Счёт за октябрь 2026")
	former.says(bill("2026-10"), http.StatusOK, "Холодная вода")
	page := former.says(path(s.home), http.StatusOK)
	for _, later := range []string{"ноябрь 2026", "Показания счётчиков", "readings"} {
		if strings.Contains(page, later) {
			t.Errorf("a former resident reads %q", later)
		}
	}
	if strings.Contains(former.says(bill("2026-10"), http.StatusOK), "1/2") {
		t.Error("a former resident reads who owns it now")
	}
	for _, p := range []string{bill("2026-11"), bill("2026-11") + "/pdf", bill("2026-11") + "/check", "/api/v1/utility/flats/" + s.home.String() + "/bills/2026-11", path(s.home) + "/readings"} {
		if got, _ := former.send(http.MethodGet, p, "", ""); got != http.StatusNotFound {
			t.Errorf("a former resident at %s: %d", p, got)
		}
	}
	for p, theirs := range map[string]string{"bills": "2026-10", "readings": "2026-09"} {
		if _, text := former.send(http.MethodGet, "/api/v1/utility/flats/"+s.home.String()+"/"+p, "", ""); strings.Contains(text, "2026-11") || !strings.Contains(text, theirs) {
			t.Errorf("%s of a former resident: %s", p, text)
		}
	}
	if seen := must[[]charge.Charge](t)(s.deps.Charges.OfPerson(ctx, act.Act{Actor: act.Actor{Kind: act.Person, Person: folk["vera"]}}, folk["vera"], charge.Filter{})); len(seen) != 2 {
		t.Errorf("a new resident owes %d bills", len(seen))
	}
	next := s.browser("vera", "ru")
	next.says(bill("2026-11"), http.StatusOK, "Холодная вода")
	next.says(bill("2026-10"), http.StatusOK)
	next.says(bill("2026-09"), http.StatusNotFound)
	if text := next.says(path(s.home), http.StatusOK, "Показания счётчиков"); strings.Contains(text, "bills/2026-09") {
		t.Error("a new resident reads the bills of those before")
	}
}

func TestDecideMoves(t *testing.T) {
	t.Parallel()
	a, b, c := id.Derived("p", "a"), id.Derived("p", "b"), id.Derived("p", "c")
	today, since := calendar.MustDate("2026-10-20"), calendar.MustDate("2025-01-01")
	for name, test := range map[string]struct {
		residents, there, before []id.ID
		fresh                    bool
		old, came, gone, were    []id.ID
	}{
		"a new flat":              {residents: []id.ID{a, b}, fresh: true, old: []id.ID{a, b}},
		"nobody moves":            {residents: []id.ID{a, b}, there: []id.ID{b, a}},
		"one for another":         {residents: []id.ID{b}, there: []id.ID{a}, came: []id.ID{b}, gone: []id.ID{a}},
		"a child gets an account": {residents: []id.ID{a, c}, there: []id.ID{a}, came: []id.ID{c}},
		"before stays were kept":  {residents: []id.ID{a, b}, before: []id.ID{a}, old: []id.ID{a}, came: []id.ID{b}},
		"they left since":         {residents: []id.ID{b}, before: []id.ID{a}, came: []id.ID{b}, were: []id.ID{a}},
		"everybody leaves":        {there: []id.ID{a, b}, gone: []id.ID{a, b}},
	} {
		got := decideMoves(Account{Flat: Flat{Since: since}, Residents: test.residents}, test.there, test.before, test.fresh, today)
		if !slices.Equal(got[0].came, test.old) || !slices.Equal(got[1].came, test.came) || !slices.Equal(got[1].gone, test.gone) || got[0].since != since || got[1].since != today || got[0].gone != nil || !slices.Equal(got[0].were, test.were) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func (r *rig) stays(person, home id.ID) stays {
	r.t.Helper()
	a := act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person}
	return must[map[id.ID]stays](r.t)(r.staysOf(ctx, a, person))[home]
}

// Who saved the account before the register named them sees no more than any other who comes.
func TestASavedAccountIsNoStay(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := account(annasFlat)
		home := r.enter(a)[0]
		r.month("2026-10")
		flat := charge.Identifier{By: charge.ByFlat, Value: annasFlat}
		if err := r.deps.Charges.Save(ctx, anna, flat, r.chargeOf(home, month(t, "2026-10")).Number); err != nil {
			t.Fatal(err)
		}
		at(r.clock, month(t, "2026-11").Day(5).Start(moscow))
		a.Residents = []id.ID{anna}
		r.enter(a)
		if got := r.stays(anna, home); len(got) != 1 || got[0].Since != calendar.MustDate("2026-11-05") {
			t.Errorf("a flat that nobody was named of: %+v", got)
		}
		a.Residents = nil
		r.enter(a) // the flat stands empty
		oleg := id.Derived("person", "oleg")
		if err := r.deps.Charges.Save(ctx, oleg, flat, r.chargeOf(home, month(t, "2026-10")).Number); err != nil {
			t.Fatal(err)
		}
		at(r.clock, month(t, "2026-11").Day(9).Start(moscow))
		a.Residents = []id.ID{oleg}
		r.enter(a)
		if got := r.stays(oleg, home); len(got) != 1 || got[0].Since != calendar.MustDate("2026-11-09") {
			t.Errorf("a flat that stood empty: %+v", got)
		}
	})
}

// Residents of before stays were kept have their own time, also who has left by the first entry.
func TestResidentsOfBeforeKeepTheirTime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		oleg, a := id.Derived("person", "oleg"), account(annasFlat)
		a.Residents = []id.ID{anna, oleg}
		home := r.enter(a)[0]
		err := r.base.Store.Write(ctx, func(tx *store.Tx) error { // as it was before
			return errors.Join(utilitydb.DeleteStays(tx, anna), utilitydb.DeleteStays(tx, oleg))
		})
		if err != nil {
			t.Fatal(err)
		}
		a.Residents = []id.ID{anna}
		r.enter(a)
		if got := r.stays(anna, home); len(got) != 1 || got[0].Since != a.Since || !got.now() {
			t.Errorf("who stays: %+v", got)
		}
		if got := r.stays(oleg, home); len(got) != 1 || got[0].Since != a.Since || got.last() != r.today() {
			t.Errorf("who has left: %+v", got)
		}
	})
}

// A flat is never there without its people: whoever enters it again after a crash would take them for new ones.
func TestAnEntryThatBrokeOffTakesNobodysBills(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := account(annasFlat)
		a.Residents = []id.ID{anna}
		broken, kill := context.WithCancel(ctx)
		asked := 0
		r.deps.Zone = func() *time.Location {
			if asked++; asked == 2 { // what day it is, once for who came and once for the people's Write
				kill()
			}
			return moscow
		}
		if err := r.Enter(broken, []Account{a}); !errors.Is(err, context.Canceled) {
			t.Fatalf("entered: %v", err)
		}
		home := r.enter(a)[0]
		if got := r.stays(anna, home); len(got) != 1 || got[0].Since != a.Since {
			t.Errorf("at the repeat: %+v", got)
		}
	})
}

// Who acts is asked again in the Write, and a flat is none of the accounts that were merged into the actor's.
func TestAReadingIsKeptUnderTheActorsOwnAct(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := account(annasFlat)
		a.Residents = []id.ID{anna}
		home := r.enter(a)[0]
		r.base.Store.SetGuard(func(_ *store.Tx, a act.Act) error {
			if len(a.Also) > 0 {
				return errors.New("not the session's")
			}
			return nil
		})
		dial := must[[]DialView](t)(r.Dials(ctx, r.system(), home))[0]
		got, err := r.Give(ctx, own(annaAct, home), home, FromResident, []Given{{Meter: dial.Meter, Value: dial.Last}})
		if err != nil || got[0].State != Taken {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// A house stands nowhere as it is called.
func TestTheHouseIsKeyed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		f := must[Flat](t)(r.Flat(ctx, clerkAct, home))
		if f.House != "rechnaya:14" || f.houseKey != r.houseKey("rechnaya:14") || strings.Contains(f.houseKey, "rechnaya") {
			t.Errorf("%q stands as %q", f.House, f.houseKey)
		}
	})
}

// Flats of which nobody told the house are compared with none: the whole city is not a house.
func TestFlatsWithoutAHouseAreNotAlike(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		var list []Account
		for n := range 12 {
			a := account("52990000" + itoa(10+n))
			a.House = ""
			list = append(list, a)
		}
		home, p := r.enter(list...)[0], month(t, "2026-10")
		r.month("2026-10")
		f, bill := must[Flat](t)(r.Flat(ctx, clerkAct, home)), must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p))[0]
		if got, enough, err := r.Similar(ctx, f, p, bill.Bill); err != nil || enough || got.Flats != 0 {
			t.Errorf("%+v, %v, %v", got, enough, err)
		}
		err := r.base.Store.Read(ctx, func(s *store.Snapshot) error {
			rows, err := utilitydb.SimilarOf(s, f.houseKey, int64(f.Class), p.String())
			if len(rows) > 0 {
				t.Errorf("%d sums of no house", len(rows))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Whoever has the bill has its number and its code, and core/charge knows both.
func TestTheCodeOfABillOpensItsFlat(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		homes := r.enter(account(annasFlat), account("5299000001"))
		p := month(t, "2026-10")
		// What a crash leaves: bills without charges. The next try issues them with the codes that stand.
		b := &batch{m: r.Module, city: plainCity(), period: p}
		if err := b.do(ctx); err != nil {
			t.Fatal(err)
		}
		r.month("2026-10")
		r.recalculate(homes[0], p, -10000)
		v := r.again(homes[0], p)
		old := must[[]Issued](t)(r.Versions(ctx, clerkAct, homes[0], p))[1]
		neighbour := must[[]Issued](t)(r.Versions(ctx, clerkAct, homes[1], p))[0]
		if len(v.Code) != codeDigits || v.Code != old.Code || v.Code == neighbour.Code {
			t.Fatalf("codes: %q, before %q, the neighbour's %q", v.Code, old.Code, neighbour.Code)
		}
		flat := charge.Identifier{By: charge.ByFlat, Value: annasFlat}
		for second, want := range map[string]bool{v.Code: true, showCode(v.Code): true, r.chargeOf(homes[0], p).Number: true, neighbour.Code: false, "000000000000": false} {
			err := r.deps.Charges.Save(ctx, id.Derived("person", second), flat, second)
			if (err == nil) != want {
				t.Errorf("%s: %v", second, err)
			}
		}
	})
}
