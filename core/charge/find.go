package charge

import (
	"context"
	"slices"
	"strings"
	"time"

	"posad.city/core/charge/internal/store"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// The bounds of finding without signing in: how often one identifier may be tried.
const (
	guessesMost = 10
	guessesIn   = time.Hour
	foundMost   = 50
)

// Query is what somebody who has not signed in gives to find bills.
type Query struct {
	For    Identifier
	Second string // as the kind asks: the number of a registration certificate; empty for a bill's number
}

// Found is a bill as anybody may see it who knows enough to find it: no name, place or photograph.
type Found struct {
	ID, Home id.ID
	Number   string
	Kind     string
	Title    lang.Text // of the kind
	Payee    id.ID
	Amount   money.Amount
	State    State
	Due      time.Time
	Owed     Owed
}

// Ways are how bills may be found without signing in, by the city's kinds: each identifier once, with the second things asked.
func (m *Module) Ways() []service.ChargeFound {
	city := m.city()
	if city == nil {
		return nil
	}
	var out []service.ChargeFound
	for i := range city.Charges {
		for _, f := range city.Charges[i].Found {
			if f.Open && !slices.ContainsFunc(out, func(o service.ChargeFound) bool { return o.By == f.By }) {
				out = append(out, f)
			}
		}
	}
	return out
}

// Find finds bills that are still to be paid, without signing in, as their kinds let. A bill's number finds one that is paid too, so
// that whoever paid it sees so. Nothing found is no error. Errors: those of identifiers; too many tries of one identifier.
func (m *Module) Find(ctx context.Context, q Query) ([]Found, error) {
	normal, err := q.For.Normal()
	if err != nil {
		return nil, err
	}
	if m.deps.Limit != nil {
		if err := m.deps.Limit(ctx, "charge.find", string(normal.By)+" "+normal.Value, guessesMost, guessesIn); err != nil {
			return nil, err
		}
	}
	var out []Found
	err = m.base.Store.Look(ctx, m.system(), "charge.look.charges", func(p *store.Personal) error {
		list, err := m.candidates(p, normal, q)
		out = out[:0]
		for _, c := range list {
			if kind, ok := m.opens(c, normal); ok && len(out) < foundMost {
				out = append(out, m.shown(c, kind))
			}
		}
		return err
	})
	return out, err
}

// candidates are the charges that the identifier and the second thing name, whatever their kinds let.
func (m *Module) candidates(p *store.Personal, normal Identifier, q Query) ([]Charge, error) {
	var out []Charge
	if normal.By == ByNumber {
		places, err := m.numbered(p, q.For.Value)
		for _, place := range places {
			c, err := m.Read(p, place.Home, place.ID)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		return out, err
	}
	home, err := m.HomeOf(normal)
	if err != nil {
		return nil, err
	}
	proof, ok := m.proof(home, q.Second)
	if !ok {
		return nil, nil
	}
	rows, err := chargedb.OpenBillsOf(p, chargedb.OpenBillsOfParams{Home: home, Begins: everBefore, Ends: everAfter, Most: openMost})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Proof == nil || string(row.Proof) != string(proof) {
			continue
		}
		c, err := m.Read(p, home, row.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// numbered are the charges of a public number, or of a payee's own number, however it is written.
func (m *Module) numbered(r store.Reader, number string) ([]Place, error) {
	plain, _ := plainNumber(number, 1, externalMost)
	asks := []struct {
		find func(store.Reader, string, int64) ([]chargedb.BillHome, error)
		word string
	}{{chargedb.HomesByNumber, plain}, {chargedb.HomesByPlain, plain}, {chargedb.HomesByExternal, strings.TrimSpace(number)}}
	var out []Place
	for _, ask := range asks {
		if ask.word == "" {
			continue
		}
		rows, err := ask.find(r, ask.word, foundMost)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if !slices.ContainsFunc(out, func(p Place) bool { return p.ID == row.ID }) {
				out = append(out, placeOf(row))
			}
		}
	}
	return out, nil
}

// opens tells whether the charge's kind lets anybody find it so.
func (m *Module) opens(c Charge, by Identifier) (*service.ChargeKind, bool) {
	kind, err := m.kindOf(c.Kind)
	if err != nil || kind == nil || c.Test || c.State == Cancelled {
		return nil, false
	}
	return kind, slices.ContainsFunc(kind.Found, func(f service.ChargeFound) bool { return f.Open && By(f.By) == by.By })
}

func (m *Module) shown(c Charge, kind *service.ChargeKind) Found {
	return Found{
		ID: c.ID, Home: c.Home, Number: c.Number, Kind: c.Kind, Title: kind.Title, Payee: c.Payee, Amount: c.Amount, State: c.State, Due: c.Due,
		Owed: c.Owed(m.base.Clock.Now(), m.Zone()),
	}
}
