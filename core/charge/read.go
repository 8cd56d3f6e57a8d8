package charge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/charge/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Filter narrows a list of charges; the zero one lets all through.
type Filter struct {
	Open    bool // due or paid in part
	Kind    string
	Payee   id.ID
	Subject id.ID
	Service string
	Offered bool // gifts and top-ups that were not paid, too
	Test    bool // those of the sandbox instead
	Most    int  // how many that are settled, of each home; 0: 200. All that are open are listed
	span    span // decided in it
}

func (f Filter) fits(c Charge) bool {
	if offered(c.Kind) && !f.Offered && f.Kind != c.Kind && (c.State == Due || c.State == Cancelled) {
		return false
	}
	return (!f.Open || c.State.Open()) && (f.Kind == "" || c.Kind == f.Kind) && (f.Payee.IsZero() || c.Payee == f.Payee) &&
		(f.Subject.IsZero() || c.Subject == f.Subject) && (f.Service == "" || c.Service == f.Service) && c.Test == f.Test
}

// listMost is how many settled charges of a home a list shows, the newest first; openMost is above what anybody owes at one.
const (
	listMost = 200
	openMost = 10_000
)

// Charge reads one charge in a look of its own; ErrNone.
func (m *Module) Charge(ctx context.Context, a act.Act, home, charge id.ID) (Charge, error) {
	var out Charge
	err := m.look(ctx, a, "charge.look.charge", []id.ID{home}, func(p *store.Personal) error {
		var err error
		out, err = m.Read(p, home, charge)
		return err
	})
	return out, err
}

// look is a look at homes. At homes that the actor's own account watches it is a look at oneself and leaves no record; else
// whoever watches them sees it.
func (m *Module) look(ctx context.Context, a act.Act, what string, homes []id.ID, fn func(*store.Personal) error) error {
	own, others, err := m.sight(ctx, a, homes)
	if err != nil {
		return err
	}
	return m.base.Store.Look(ctx, own, what, func(p *store.Personal) error {
		for _, other := range others {
			p.Saw(other)
		}
		return fn(p)
	})
}

// sight is the act with those of the homes that are the actor's own, and the people who watch the others.
func (m *Module) sight(ctx context.Context, a act.Act, homes []id.ID) (act.Act, []id.ID, error) {
	if a.Actor.Kind == act.System {
		return a, nil, nil
	}
	out := a
	var others []id.ID
	for _, home := range homes {
		if a.Is(home) {
			continue
		}
		watchers, err := m.Watchers(ctx, home)
		switch {
		case err != nil:
			return a, nil, err
		case slices.ContainsFunc(watchers, a.Own):
			out.Also = append(slices.Clip(out.Also), home)
		default:
			others = append(others, watchers...)
		}
	}
	return out, others, nil
}

// Read reads one charge inside somebody's look or Write; ErrNone.
func (m *Module) Read(r store.PersonalReader, home, charge id.ID) (Charge, error) {
	row, err := chargedb.BillByID(r, home, charge)
	if errors.Is(err, store.ErrNone) {
		return Charge{}, ErrNone.Because(err)
	}
	if err != nil {
		return Charge{}, err
	}
	out, err := m.chargeOf(row)
	if err != nil {
		return out, err
	}
	parts, err := chargedb.PartsOf(r, home, charge)
	for _, part := range parts {
		out.Parts = append(out.Parts, partOf(part))
	}
	return out, err
}

// ReadAt reads the charges of one home inside somebody's look or Write, the newest first: all that are open and, unless f says
// otherwise, the newest that are settled.
func (m *Module) ReadAt(r store.PersonalReader, home id.ID, f Filter) ([]Charge, error) {
	rows, err := chargedb.OpenBillsOf(r, chargedb.OpenBillsOfParams{Home: home, Test: f.Test, Begins: f.span.begins(), Ends: f.span.ends(), Most: openMost})
	if err != nil {
		return nil, err
	}
	if !f.Open {
		most := int64(listMost)
		if f.Most > 0 {
			most = int64(f.Most)
		}
		closed, err := chargedb.ClosedBillsOf(r, chargedb.ClosedBillsOfParams{Home: home, Test: f.Test, Begins: f.span.begins(), Ends: f.span.ends(), Most: most})
		if err != nil {
			return nil, err
		}
		rows = append(rows, closed...)
	}
	var out []Charge
	paid := false
	for _, row := range rows {
		c, err := m.chargeOf(row)
		if err != nil {
			return nil, err
		}
		if f.fits(c) {
			out = append(out, c)
			paid = paid || c.Paid > 0 || c.Given > 0
		}
	}
	slices.SortStableFunc(out, func(a, b Charge) int { return b.Issued.Compare(a.Issued) })
	if !paid {
		return out, nil
	}
	return out, addParts(r, home, out)
}

// addParts gives the charges of a home what payments put to them.
func addParts(r store.PersonalReader, home id.ID, list []Charge) error {
	parts, err := chargedb.PartsAt(r, home)
	if err != nil {
		return err
	}
	of := map[id.ID][]PartPaid{}
	for _, part := range parts {
		of[part.Charge] = append(of[part.Charge], partOf(part))
	}
	for i := range list {
		list[i].Parts = of[list[i].ID]
	}
	return nil
}

// OfPerson lists what a person owes and has paid, at every home that their account watches, the newest first.
func (m *Module) OfPerson(ctx context.Context, a act.Act, person id.ID, f Filter) ([]Charge, error) {
	list, err := m.reaches(ctx, a, person)
	if err != nil {
		return nil, err
	}
	homes := make([]id.ID, len(list))
	for i, one := range list {
		homes[i] = one.home
	}
	var out []Charge
	err = m.look(ctx, a, "charge.look.charges", homes, func(p *store.Personal) error {
		out = out[:0]
		p.Saw(person)
		for _, one := range list {
			f.span = one.span
			some, err := m.ReadAt(p, one.home, f)
			if err != nil {
				return err
			}
			out = append(out, some...)
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b Charge) int { return b.Issued.Compare(a.Issued) })
	return out, err
}

// CountOpen is how many charges a person has to pay, at most most; nobody's data is seen.
func (m *Module) CountOpen(ctx context.Context, a act.Act, person id.ID, most int64) (int64, error) {
	list, err := m.reaches(ctx, a, person)
	if err != nil {
		return 0, err
	}
	total := int64(0)
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		total = 0
		for _, one := range list {
			n, err := chargedb.CountOpen(r, chargedb.CountOpenParams{Home: one.home, Begins: one.span.begins(), Ends: one.span.ends(), Most: most})
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	return min(total, most), err
}

// Where finds where a charge lies; ErrNone. It names nobody.
func (m *Module) Where(ctx context.Context, charge id.ID) (Place, error) {
	var out Place
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := chargedb.HomeByID(r, charge)
		out = placeOf(row)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// Details are what is told of a charge beside its sums; none when its data was erased.
func (m *Module) Details(ctx context.Context, a act.Act, home, charge id.ID) ([]Detail, error) {
	var row chargedb.Bill
	err := m.look(ctx, a, "charge.look.charge", []id.ID{home}, func(p *store.Personal) error {
		var err error
		row, err = chargedb.BillByID(p, home, charge)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return nil, ErrNone.Because(err)
	}
	if err != nil || row.Details == nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, home)
	if err != nil {
		return nil, err
	}
	plain, err := keys.Open("bill", "details", row.Details)
	if err != nil {
		return nil, err
	}
	var out []Detail
	if err := json.Unmarshal(plain, &out); err != nil {
		return nil, fmt.Errorf("charge: details of %s: %w", charge, err)
	}
	return out, nil
}

func (m *Module) chargeOf(row chargedb.Bill) (Charge, error) {
	out := Charge{
		ID: row.ID, Home: row.Home, Payee: row.Payee, Subject: row.Subject, Number: row.Number, External: row.External, Kind: row.Kind, Service: row.Service,
		Period: row.Period, Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, Paid: row.Paid, Given: row.Given, Forgiven: row.Forgiven,
		State: State(row.State), Issued: row.Issued, Due: row.Due, Settled: row.Settled, Test: row.Test, Revision: row.Revision,
		Decided: row.Decided,
	}
	if err := json.Unmarshal([]byte(row.Title), &out.Title); err != nil {
		return out, fmt.Errorf("charge: title of %s: %w", row.ID, err)
	}
	if kind, _ := m.kindOf(out.Kind); kind != nil && kind.Period == service.PeriodYear && monthForm.MatchString(out.Period) {
		out.Period = out.Period[:4] // it was issued before the kind said so
	}
	if row.Terms != "" {
		if err := json.Unmarshal([]byte(row.Terms), &out.Terms); err != nil {
			return out, fmt.Errorf("charge: terms of %s: %w", row.ID, err)
		}
	}
	if p := out.Terms.Penalty; p != nil {
		out.Rates = ratesOf(m.city(), p.Rate)
	}
	return out, nil
}

func partOf(row chargedb.BillPart) PartPaid {
	return PartPaid{Payment: row.Payment, Amount: row.Amount, Given: row.Given, Forgiven: row.Forgiven, Reversed: row.Reversed, At: row.At}
}

func placeOf(row chargedb.BillHome) Place {
	return Place{ID: row.ID, Home: row.Home, Payee: row.Payee, Kind: row.Kind, Service: row.Service, Number: row.Number, Test: row.Test, Decided: row.Decided}
}
