package utility

import (
	"context"
	"errors"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/systems/utility/internal/store"
)

// Data tells which flats a person is a resident of, and what the bills of these hold. A flat's account is the house's, not the
// person's: it outlives them, and an erasure takes the person's tie to it away (core/charge).
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

const holdFlats = "utility.flats"

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"utility_flat": holdFlats, "utility_meter": holdFlats, "utility_reading": holdFlats, "utility_state": holdFlats, "utility_benefit": holdFlats,
		"utility_recalculation": holdFlats, "utility_bill": holdFlats, "utility_stay": holdFlats,
		"utility_import": "- an official's act of office: the file is the agency's",
		"utility_run":    "- an official's act: who began the making of a month's bills",
		"utility_fault":  "- of which flats a month's run made no bill, by the flat's home alone",
	}
}

// Forget implements module.Data: nothing says any more where the person lived.
func (h held) Forget(ctx context.Context, person id.ID) error {
	return h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return utilitydb.DeleteStays(tx, person) })
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	if _, err := h.m.utilities(); err != nil {
		return nil, nil // a city that makes no bills
	}
	flats, err := h.m.myFlats(ctx, a, person)
	if err != nil {
		return nil, err
	}
	out := module.Holding{Key: holdFlats, Edit: "/flats"}
	for _, f := range flats {
		if len(f.Stays) == 0 {
			continue
		}
		item, err := h.item(ctx, a, f)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, item)
	}
	if most > 0 && len(out.Items) > most {
		out.Items, out.More = out.Items[:most], true
	}
	return []module.Holding{out}, nil
}

// item is a flat with what the person sees of it: of one that they left, the bills of their time.
func (h held) item(ctx context.Context, a act.Act, mine myFlat) (module.Item, error) {
	home := mine.Home
	if a.Actor.Kind == act.Person {
		a = own(a, home)
	}
	out := module.Item{ID: home, At: mine.Watch.Since, Path: path(home)}
	f, err := h.m.Flat(ctx, a, home)
	if errors.Is(err, ErrNone) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Title = f.Address
	fact := func(key, value string) module.Fact {
		label := func(l lang.Language) string { return h.m.base.Texts.Text(l, "utility.fact."+key) }
		return module.Fact{Key: key, Label: lang.Text{RU: label(lang.Russian), EN: label(lang.English)}, Value: value}
	}
	out.Facts = []module.Fact{fact("account", f.Account), fact("area", f.Area.String())}
	for _, one := range mine.Stays {
		out.Facts = append(out.Facts, fact("stay", dayText(one.Since)+" – "+dayText(one.Until)))
	}
	if mine.Stays.now() {
		out.Facts = append(out.Facts, fact("people", itoa(f.People)))
		dials, err := h.m.Dials(ctx, a, home)
		if err != nil {
			return out, err
		}
		for _, d := range dials {
			out.Facts = append(out.Facts, fact("meter", d.Number+zoneKey(d.Zone)+": "+d.Last.String()))
		}
	}
	bills, err := h.m.Bills(ctx, a, home, PeriodOf(h.m.today()).Add(-36))
	for _, b := range mine.Stays.bills(bills) {
		out.Facts = append(out.Facts, fact("bill", b.Period.String()+": "+kopecks(b.Total)))
	}
	return out, err
}
