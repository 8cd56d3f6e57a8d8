package utility

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/charge"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

// Issued is a bill that was issued.
type Issued struct {
	ID      id.ID
	Home    id.ID
	Period  Period
	Version int
	At      time.Time
	Code    string // beside the number on paper: whoever knows both has the bill; empty: it has none
	Input   Input  // without tariffs, unless Whole was asked
	Bill
	tariffs []string
}

func issuedOf(row utilitydb.UtilityBill, keys *vault.Keys) (Issued, error) {
	plain, err := keys.Open("utility_bill", "content", row.Content)
	if err != nil {
		return Issued{}, err
	}
	var k kept
	if err := unpacked(plain, &k); err != nil {
		return Issued{}, err
	}
	code, err := codeOf(keys, row.Code)
	if err != nil {
		return Issued{}, err
	}
	return Issued{ID: row.ID, Home: row.Home, Code: code, Period: k.Input.Period, Version: int(row.Version), At: row.Issued, Input: k.Input, Bill: k.Bill, tariffs: k.Tariffs}, nil
}

// Bills are a flat's bills from a month on, the newest month first, of each the last version. The look is recorded.
func (m *Module) Bills(ctx context.Context, a act.Act, home id.ID, from Period) ([]Issued, error) {
	var rows []utilitydb.UtilityBill
	err := m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		var err error
		rows, err = utilitydb.BillsOf(p, home, from.String(), billsMost)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, home)
	if err != nil {
		return nil, err
	}
	var out []Issued
	for _, row := range rows {
		if len(out) > 0 && out[len(out)-1].Period.String() == row.Period {
			continue // an earlier version
		}
		b, err := issuedOf(row, keys)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// billsMost bounds a list of bills: three years of months with some corrected.
const billsMost = 60

// Versions are all versions of a flat's bill of a month, the newest first. ErrNone.
func (m *Module) Versions(ctx context.Context, a act.Act, home id.ID, p Period) ([]Issued, error) {
	var rows []utilitydb.UtilityBill
	err := m.base.Store.Look(ctx, a, lookFlat, func(r *store.Personal) error {
		var err error
		rows, err = utilitydb.BillsOfPeriod(r, home, p.String())
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, ErrNone
	}
	keys, err := m.base.Vault.Keys(ctx, home)
	if err != nil {
		return nil, err
	}
	var out []Issued
	for _, row := range rows {
		b, err := issuedOf(row, keys)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// Whole gives a bill's inputs back what the city's version holds.
func (m *Module) Whole(ctx context.Context, b Issued) (Input, error) {
	city, err := m.version(ctx, b.Input.Version)
	if err != nil {
		return Input{}, err
	}
	return kept{Input: b.Input, Tariffs: b.tariffs}.whole(city)
}

func (m *Module) version(ctx context.Context, hash string) (*service.City, error) {
	if city := m.deps.Services.Current(); city != nil && string(city.Hash()) == hash {
		return city, nil
	}
	city, err := m.deps.Services.Version(ctx, service.Hash(hash))
	if err != nil {
		return nil, fmt.Errorf("utility: version of a bill: %w", err)
	}
	return city, nil
}

// Charges are the charges of a flat's bills, by month.
func (m *Module) Charges(ctx context.Context, a act.Act, home id.ID) (map[string]charge.Charge, error) {
	u, err := m.utilities()
	if err != nil {
		return nil, err
	}
	out := map[string]charge.Charge{}
	err = m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		clear(out)
		list, err := m.deps.Charges.ReadAt(p, home, charge.Filter{Kind: u.Charge, Most: billsMost})
		for _, c := range list {
			if !c.Test && c.Payee == m.agencyID() {
				out[c.Period] = c
			}
		}
		return err
	})
	return out, err
}

// Debt is what a flat owes, month by month, the oldest first.
type Debt struct {
	Months  []DebtMonth
	Left    int64
	Penalty int64
}

// DebtMonth is one month's charge.
type DebtMonth struct {
	Period Period
	Charge charge.Charge
	Owed   charge.Owed
}

// debtOf sums up what is open at a moment.
func (m *Module) debtOf(charges map[string]charge.Charge, now time.Time) Debt {
	var out Debt
	first, last := "", ""
	for period := range charges {
		if first == "" || period < first {
			first = period
		}
		last = max(last, period)
	}
	from, ok := ParsePeriod(first)
	for p := from; ok && p.String() <= last; p = p.Add(1) {
		c, there := charges[p.String()]
		if !there || !c.State.Open() {
			continue
		}
		owed := c.Owed(now, m.deps.Zone())
		out.Months = append(out.Months, DebtMonth{p, c, owed})
		out.Left, out.Penalty = out.Left+owed.Left, out.Penalty+owed.Penalty
	}
	return out
}

// Similar is what other flats like this one came to in a month.
type Similar struct {
	Flats int64
	Total int64            // average, kopecks
	Kinds map[string]int64 // average by kind of service, of those kinds that the flat has too
}

// kindsOf sums a bill up by kind of service.
func kindsOf(b Bill) map[string]int64 {
	out := map[string]int64{}
	for _, l := range b.Lines {
		out[l.Kind] += l.Total
	}
	return out
}

// Similar compares a bill with those of the other flats of the same house and class of area; false when they are too few to tell of
// nobody, or nobody told the house.
func (m *Module) Similar(ctx context.Context, f Flat, p Period, mine Bill) (Similar, bool, error) {
	u, err := m.utilities()
	if err != nil {
		return Similar{}, false, err
	}
	if f.House == "" {
		return Similar{}, false, nil
	}
	out, kinds := Similar{Kinds: map[string]int64{}}, kindsOf(mine)
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := utilitydb.SimilarOf(r, f.houseKey, int64(f.Class), p.String())
		for _, row := range rows {
			others := row.Flats - 1
			if others < 1 {
				continue
			}
			own, has := kinds[row.Kind]
			if row.Kind == "" {
				out.Flats, out.Total = others, (row.Total-mine.Total)/others
			} else if has && others >= int64(u.Similar) {
				out.Kinds[row.Kind] = (row.Total - own) / others
			}
		}
		return err
	})
	return out, out.Flats >= int64(u.Similar), err
}
