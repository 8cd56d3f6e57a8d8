package utility

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/charge"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

// The faults of this module.
var (
	ErrNone     = fault.New(fault.Missing, "utility.none")
	ErrNoDesk   = fault.New(fault.Denied, "utility.no_desk")
	ErrNoCity   = fault.New(fault.Unavailable, "utility.no_city")
	ErrValue    = fault.New(fault.Invalid, "utility.value_fault")
	ErrPeriod   = fault.New(fault.Invalid, "utility.period_fault")
	ErrRunning  = fault.New(fault.Conflict, "utility.running_fault")
	ErrTariff   = fault.New(fault.Invalid, "utility.tariff_fault")
	ErrDays     = fault.New(fault.Invalid, "utility.days_fault")
	ErrReason   = fault.New(fault.Invalid, "utility.reason_fault")
	ErrSum      = fault.New(fault.Invalid, "utility.sum_fault")
	ErrNothing  = fault.New(fault.Invalid, "utility.nothing_fault")
	ErrOwn      = fault.New(fault.Denied, "utility.own_fault")
	ErrOverlap  = fault.New(fault.Invalid, "utility.overlap_fault")
	ErrMonth    = fault.New(fault.Invalid, "utility.run_period_fault")
	ErrMonthOf  = fault.New(fault.Invalid, "utility.change_period_fault")
	ErrMany     = fault.New(fault.TooMany, "utility.many_fault")
	ErrTooEarly = fault.New(fault.Invalid, "utility.early_fault")
)

// Flat is an account of a flat.
type Flat struct {
	Home     id.ID
	Account  string // number, as the charges' module normalises it
	House    string // of the address register: street:house; sealed
	Number   string // of the flat
	Address  lang.Text
	Class    int // of the area, from 0
	Area     Decimal
	People   int // registered
	NoMeter  bool
	Tariffs  []string // keys
	Owners   []Owner
	Since    calendar.Date // first day of its bills
	Until    calendar.Date // last day; zero: none
	Revision int64
	houseKey string // as the house stands open: it tells nobody which one it is
}

// Owner is an owner of a flat with their share.
type Owner struct {
	Name  string `json:"name"`
	Share Share  `json:"share"`
}

// NewMeter is a meter to be entered.
type NewMeter struct {
	Tariff, Number string
	Zones          []string           // day, night; none: one dial
	First          map[string]Decimal // what the dials showed when it was put in, by zone
	Verified       calendar.Date      // until when its verification is good
	Since          calendar.Date
	Until          calendar.Date // when it was taken out; zero: it is there
}

// NewBenefit is a benefit to be entered.
type NewBenefit struct {
	Key          string
	People       int
	Since, Until calendar.Date // Until zero: without an end
}

// Account is a flat with all that its bills need.
type Account struct {
	Flat
	Meters    []NewMeter
	Benefits  []NewBenefit
	Residents []id.ID // whose accounts see it, by a register: all of them; whoever is not named sees their own time and nothing later
}

// sealedFlat is what of a flat is sealed.
type sealedFlat struct {
	Account string    `json:"account"`
	House   string    `json:"house,omitempty"`
	Number  string    `json:"number"`
	Address lang.Text `json:"address,omitzero"`
	Owners  []Owner   `json:"owners,omitempty"`
}

// Enter enters flats, or brings those that are there up to what is given. It may be repeated.
func (m *Module) Enter(ctx context.Context, accounts []Account) error {
	u, err := m.utilities()
	if err != nil {
		return err
	}
	for part := range slices.Chunk(accounts, batchMost) {
		if err := m.enter(ctx, u, part); err != nil {
			return fmt.Errorf("utility: enter flats: %w", err)
		}
	}
	return nil
}

func (m *Module) enter(ctx context.Context, u *service.Utilities, accounts []Account) error {
	var homes []id.ID
	for i := range accounts {
		home, err := m.deps.Charges.HomeOf(charge.Identifier{By: charge.ByFlat, Value: accounts[i].Account})
		if err != nil {
			return err
		}
		accounts[i].Home, accounts[i].Class, accounts[i].houseKey = home, classOf(u, accounts[i].Area), m.houseKey(accounts[i].House)
		homes = append(homes, home)
	}
	keys, err := m.base.Vault.KeysMany(ctx, homes)
	if err != nil {
		return err
	}
	changes, since, err := m.moves(ctx, accounts)
	if err != nil {
		return err
	}
	watches := map[id.ID][]*charge.PreparedWatch{}
	var stmts []store.Stmt
	for _, a := range accounts {
		more, err := a.statements(keys[a.Home])
		if err != nil {
			return err
		}
		stmts = append(stmts, more...)
		for _, person := range a.Residents {
			w, err := m.deps.Charges.PrepareWatch(ctx, person, charge.Identifier{By: charge.ByFlat, Value: a.Account}, charge.SourceResident)
			if err != nil {
				return err
			}
			if came := since[whose{a.Home, person}]; came.After(a.Since) {
				w = w.From(came.Start(m.deps.Zone())) // what was billed before is not theirs
			}
			watches[a.Home] = append(watches[a.Home], w)
		}
	}
	today := m.today()
	// The people come first: were a flat there without its own, those who repeat this would take them for new ones.
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, one := range changes {
			if err := one.put(tx, today); err != nil {
				return err
			}
		}
		for _, home := range homes {
			if err := m.deps.Charges.Residents(tx, home, watches[home]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return m.base.Store.Append(ctx, stmts...)
}

// MeterID is the id of a flat's meter.
func MeterID(home id.ID, tariff, number string) id.ID {
	return id.Derived("utility meter", home.String()+"/"+tariff+"/"+number)
}

// statements write the account down.
func (a Account) statements(keys *vault.Keys) ([]store.Stmt, error) {
	plain, err := json.Marshal(sealedFlat{a.Account, a.House, a.Number, a.Address, a.Owners})
	if err != nil {
		return nil, err
	}
	out := []store.Stmt{utilitydb.PutFlatStmt(utilitydb.PutFlatParams{
		Home: a.Home, House: a.houseKey, Class: int64(a.Class), Area: int64(a.Area), People: int64(a.People), NoMeter: a.NoMeter,
		Tariffs: strings.Join(a.Tariffs, " "), Details: keys.Seal("utility_flat", "details", plain), Since: dayText(a.Since), Until: dayText(a.Until),
	})}
	for _, n := range a.Meters {
		first, err := json.Marshal(n.First)
		if err != nil {
			return nil, err
		}
		out = append(out, utilitydb.PutMeterStmt(utilitydb.PutMeterParams{
			Home: a.Home, ID: MeterID(a.Home, n.Tariff, n.Number), Tariff: n.Tariff, Number: n.Number, Zones: strings.Join(n.Zones, " "), First: string(first),
			Verified: dayText(n.Verified), Since: dayText(n.Since), Until: dayText(n.Until),
		}))
	}
	for _, b := range a.Benefits {
		plain, err := json.Marshal(sealedBenefit{b.Key, b.People})
		if err != nil {
			return nil, err
		}
		out = append(out, utilitydb.PutBenefitStmt(utilitydb.PutBenefitParams{
			Home: a.Home, ID: id.Derived("utility benefit", a.Home.String()+"/"+b.Key+"/"+dayText(b.Since)), Since: dayText(b.Since), Until: dayText(b.Until),
			Details: keys.Seal("utility_benefit", "details", plain),
		}))
	}
	return out, nil
}

type sealedBenefit struct {
	Key    string `json:"key"`
	People int    `json:"people"`
}

// houseKey is a house as it stands open in tables: made of the keyed name, as homes are.
func (m *Module) houseKey(house string) string {
	return id.Derived("utility house", string(m.base.Vault.Keyed("utility.house", house))).String()
}

// classOf is the class of an area: how many of the bounds it has reached.
func classOf(u *service.Utilities, area Decimal) int {
	class := 0
	for _, bound := range u.Classes {
		if area >= decimal.Of(int64(bound)) {
			class++
		}
	}
	return class
}

// flatOf opens a row.
func (m *Module) flatOf(row utilitydb.UtilityFlat, keys *vault.Keys) (Flat, error) {
	plain, err := keys.Open("utility_flat", "details", row.Details)
	if err != nil {
		return Flat{}, err
	}
	var s sealedFlat
	if err := json.Unmarshal(plain, &s); err != nil {
		return Flat{}, fmt.Errorf("utility: flat: %w", err)
	}
	return Flat{
		Home: row.Home, Account: s.Account, House: s.House, houseKey: row.House, Number: s.Number, Address: s.Address, Class: int(row.Class), Area: Decimal(row.Area),
		People: int(row.People), NoMeter: row.NoMeter, Tariffs: strings.Fields(row.Tariffs), Owners: s.Owners, Since: day(row.Since), Until: day(row.Until), Revision: row.Revision,
	}, nil
}

// day reads a day of a row; none is zero.
func day(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		return calendar.Date{}
	}
	return d
}

// Flat reads a flat; ErrNone. The look is recorded.
func (m *Module) Flat(ctx context.Context, a act.Act, home id.ID) (Flat, error) {
	var row utilitydb.UtilityFlat
	err := m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		var err error
		row, err = utilitydb.FlatByHome(p, home)
		return err
	})
	if isNone(err) {
		return Flat{}, ErrNone.Because(err)
	}
	if err != nil {
		return Flat{}, err
	}
	keys, err := m.base.Vault.Keys(ctx, home)
	if err != nil {
		return Flat{}, err
	}
	return m.flatOf(row, keys)
}

func isNone(err error) bool { return errors.Is(err, store.ErrNone) }

// HomeOf is the home of an account number; a fault says what is wrong with the number.
func (m *Module) HomeOf(account string) (id.ID, error) {
	return m.deps.Charges.HomeOf(charge.Identifier{By: charge.ByFlat, Value: account})
}

// notOwn refuses an official who is of the flat themselves. ErrOwn.
func (m *Module) notOwn(ctx context.Context, a act.Act, home id.ID) error {
	if a.Actor.Kind != act.Official {
		return nil
	}
	watchers, err := m.deps.Charges.Watchers(ctx, home)
	if err == nil && slices.ContainsFunc(watchers, a.Is) {
		return ErrOwn
	}
	return err
}
