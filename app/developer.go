package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/developer"
	"posad.city/core/notice"
	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// guard tells, inside a Write, whether an act still may: a person's session and mandate, or a program's key.
func (m *Modules) guard(tx *store.Tx, a act.Act) error {
	if a.Actor.Kind == act.Program {
		return m.Developer.Guard(tx, a)
	}
	return m.Mandate.Guard(tx, a)
}

// agencyKeys are the city's agencies by key, in the order of its files.
func (m *Modules) agencyKeys() []string {
	city := m.Service.Current()
	if city == nil {
		return nil
	}
	out := make([]string, len(city.Agencies))
	for i, a := range city.Agencies {
		out[i] = a.Key
	}
	return out
}

// provideDeveloper gives core/developer what stands above it.
func (m *Modules) provideDeveloper() {
	m.Developer.Provide(m.whoseEvent, trials{m})
	m.Developer.ProvidePaused(m.tellPaused)
}

// whoseEvent tells which agency an event of a charge or of a payment is for, and what it may know.
func (m *Modules) whoseEvent(ctx context.Context, event string, holder, object id.ID) ([]developer.About, error) {
	if strings.HasPrefix(event, "pay.") {
		return m.whosePayment(ctx, holder, object)
	}
	place, err := m.Charge.Where(ctx, object)
	if errors.Is(err, charge.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []developer.About{{Agency: place.Payee, Test: place.Test, Data: developer.Data{Charge: object, Number: place.Number}}}, nil
}

// whosePayment tells whose charges a payment paid: each payee learns of its own. Nobody looks at anybody, and no word of the
// payer leaves.
func (m *Modules) whosePayment(ctx context.Context, payer, payment id.ID) ([]developer.About, error) {
	p, err := m.Pay.Payment(ctx, act.ByJob(id.New(m.now()), act.Purpose{Kind: "webhook"}), payer, payment)
	if errors.Is(err, pay.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []developer.About
	for _, l := range p.Lines {
		i := slices.IndexFunc(out, func(a developer.About) bool { return a.Agency == l.Payee })
		if i < 0 {
			i = len(out)
			out = append(out, developer.About{Agency: l.Payee, Data: developer.Data{Payment: p.ID}})
		}
		out[i].Data.Charges = append(out[i].Data.Charges, l.Charge)
	}
	return out, nil
}

// trials are the sandbox's charges, paid without money. Nobody looks at anybody: what is there is no person's.
type trials struct{ m *Modules }

// Trial implements developer.Sandbox.
func (t trials) Trial(ctx context.Context, a act.Act, of, one id.ID) (developer.Trial, error) {
	place, err := t.m.Charge.Where(ctx, one)
	if errors.Is(err, charge.ErrNone) || err == nil && (!place.Test || place.Payee != of) {
		return developer.Trial{}, developer.ErrMissing
	}
	if err != nil {
		return developer.Trial{}, err
	}
	c, err := t.m.Charge.Charge(ctx, ofSandbox(a, of), place.Home, one)
	if err != nil {
		return developer.Trial{}, err
	}
	left := money.Amount{Minor: c.Owed(t.m.now(), t.m.Charge.Zone()).Left, Currency: c.Amount.Currency}
	return developer.Trial{Agency: of, Home: place.Home, Charge: one, Number: place.Number, Left: left}, nil
}

// Pay implements developer.Sandbox.
func (t trials) Pay(tx *store.Tx, a act.Act, one developer.Trial, payment id.ID, amount int64, at time.Time) error {
	_, err := t.m.Charge.Settle(tx, ofSandbox(a, one.Agency), one.Home, one.Charge, charge.PartPayment{Payment: payment, Amount: amount, At: at})
	return err
}

// GiveBack implements developer.Sandbox.
func (t trials) GiveBack(tx *store.Tx, a act.Act, one developer.Trial, payment id.ID, amount int64) error {
	return t.m.Charge.GiveBack(tx, ofSandbox(a, one.Agency), one.Home, one.Charge, payment, amount)
}

func ofSandbox(a act.Act, of id.ID) act.Act {
	return act.ByJob(a.ID, act.Purpose{Kind: "sandbox", ID: of.String()})
}

// tellPaused tells each head of an agency that an endpoint of theirs was paused.
func (m *Modules) tellPaused(ctx context.Context, e developer.Endpoint) ([]func(*store.Tx) error, error) {
	officials, err := m.Agency.Officials(ctx, e.Agency)
	if err != nil {
		return nil, err
	}
	var out []func(*store.Tx) error
	for _, o := range officials {
		if o.Role != agency.Head && o.Role != agency.Admin {
			continue
		}
		told, err := m.Notice.Prepare(ctx, notice.Notice{
			Key: "developer.paused/" + e.ID.String() + "/" + e.Failing.UTC().Format("2006-01-02T15:04:05"), To: o.Person, Topic: notice.Cases, Kind: "developer.told.paused",
			Params: map[string]any{"name": e.Name}, Path: "/desk/programs/endpoints/" + e.ID.String(),
		})
		if err != nil {
			return nil, err
		}
		out = append(out, told.Put)
	}
	return out, nil
}
