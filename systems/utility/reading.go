package utility

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/systems/utility/internal/store"
)

// Who gave a reading.
const (
	FromResident = "resident"
	FromAgency   = "agency"
	FromImport   = "import"
)

// How far a reading is.
const (
	Taken   = "taken"
	Asked   = "asked"   // the resident is asked whether it is right; it is kept, and counts for nothing
	Review  = "review"  // it is lower than before, and whoever gave it says that it is right: the agency looks at it
	Refused = "refused" // the agency did not take it, or the resident gave another one
)

// Why a reading is odd.
const (
	Lower = "lower" // than the one before
	High  = "high"  // many times the usual
)

// givenMost is how many readings of a dial are kept of a month: nothing that was given is altered.
const givenMost = 20

// valueDigits is how many digits of a reading stand before the point at most.
const valueDigits = 8

// ParseValue reads what a dial shows, as people write it: 00123, 123,456 or 123.4, at most three digits after the point.
// ErrValue.
func ParseValue(text string) (Decimal, error) {
	text = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' {
			return -1
		}
		return r
	}, strings.TrimSpace(text))
	whole, part, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	if len(part) > 3 || len(strings.TrimLeft(whole, "0")) > valueDigits || strings.HasPrefix(text, "-") {
		return 0, ErrValue
	}
	value, err := decimal.Parse(strings.TrimSuffix(strings.Replace(text, ",", ".", 1), "."))
	if err != nil {
		return 0, ErrValue
	}
	return value, nil
}

// Given is a reading as somebody gives it.
type Given struct {
	Meter     id.ID
	Zone      string
	Value     Decimal
	Day       calendar.Date
	Confirmed bool // whoever gives it was asked and says that it is right
}

// Reading is a reading that is kept.
type Reading struct {
	ID     id.ID
	Home   id.ID
	Period Period
	Meter  id.ID
	Zone   string
	Value  Decimal
	Day    calendar.Date
	Source string
	State  string
	Doubt  string
	At     time.Time
}

// DialView is a dial as its flat's page shows it.
type DialView struct {
	Meter    id.ID
	Tariff   string
	Number   string
	Zone     string
	Verified calendar.Date
	Last     Decimal // the last reading that was taken, or what it showed when it was put in
	LastDay  calendar.Date
	Floor    Decimal // no reading is less: Last, or what is billed less what was billed without a reading since, when that is more
	Usual    Decimal // a month
	Known    int     // months of which Usual is the average; 0: none
	History  []used
	Open     *Reading // what was given for the open month; nil: nothing
	Given    int      // how many times something was
}

// Key names the field of a form.
func (d DialView) Key() string { return d.Meter.String() + zoneKey(d.Zone) }

// doubt judges a reading; empty: nothing is odd. odd is how many times the usual is too much. It is pure.
func doubt(value Decimal, d DialView, months int, odd int) string {
	if value < d.Floor {
		return Lower
	}
	usual := max(d.Usual, decimal.One)
	if d.Known > 0 && value-d.Last > usual*Decimal(odd)*Decimal(max(months, 1)) {
		return High
	}
	return ""
}

// decideState is what becomes of a reading: one that is lower is looked at by a second pair of eyes, whoever gave it. It is pure.
func decideState(doubt string, confirmed bool) string {
	switch {
	case doubt == "" || confirmed && doubt == High:
		return Taken
	case confirmed:
		return Review
	}
	return Asked
}

// Dials are a flat's dials with their last readings. The look is recorded.
func (m *Module) Dials(ctx context.Context, a act.Act, home id.ID) ([]DialView, error) {
	u, err := m.utilities()
	if err != nil {
		return nil, err
	}
	return m.dials(ctx, a, home, m.Open(u))
}

// dials are a flat's dials with what was given for a month and before it.
func (m *Module) dials(ctx context.Context, a act.Act, home id.ID, open Period) ([]DialView, error) {
	var meters []utilitydb.UtilityMeter
	var now, past []utilitydb.UtilityReading
	var kept utilitydb.UtilityState
	err := m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		var err error
		if meters, err = utilitydb.MetersOf(p, home); err != nil {
			return err
		}
		if now, err = utilitydb.ReadingsOf(p, home, open.String()); err != nil {
			return err
		}
		if past, err = utilitydb.LastTaken(p, home, open.String(), pastMost); err != nil {
			return err
		}
		if kept, err = utilitydb.StateOf(p, home); isNone(err) {
			err = nil // no bill was made yet
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var s state
	if kept.Content != nil {
		keys, err := m.base.Vault.Keys(ctx, home)
		if err != nil {
			return nil, err
		}
		if err := unseal(keys, "utility_state", "content", kept.Content, &s); err != nil {
			return nil, err
		}
	}
	return dialViews(meters, now, past, s, m.today()), nil
}

// pastMost is among how many readings that were taken the last one of each dial is looked for: years of them.
const pastMost = 500

// dialViews puts a flat's dials together from the readings for the open month and those taken before, the newest first.
func dialViews(meters []utilitydb.UtilityMeter, now, past []utilitydb.UtilityReading, s state, today calendar.Date) []DialView {
	var out []DialView
	for _, row := range meters {
		if until := day(row.Until); !until.IsZero() && until.Before(today) {
			continue
		}
		first := firstOf(row)
		for _, zone := range zonesOf(row) {
			state := s.Dials[dialKey(row.ID, zone)]
			v := DialView{Meter: row.ID, Tariff: row.Tariff, Number: row.Number, Zone: zone, Verified: day(row.Verified), Last: first[zone], LastDay: day(row.Since), History: state.History}
			v.Usual, v.Known = state.usual()
			v.read(now, past)
			v.Floor = max(v.Last, state.sure())
			out = append(out, v)
		}
	}
	return out
}

// read finds the last reading before the open month, however long ago that was, and the one for it.
func (v *DialView) read(now, past []utilitydb.UtilityReading) {
	mine := func(r utilitydb.UtilityReading) bool {
		return r.Meter == v.Meter && r.Zone == v.Zone && r.State != Refused
	}
	for _, r := range now {
		if r.Meter == v.Meter && r.Zone == v.Zone {
			v.Given++
		}
	}
	if at := slices.IndexFunc(now, mine); at >= 0 {
		one := readingOf(now[at])
		v.Open = &one
	}
	if at := slices.IndexFunc(past, mine); at >= 0 {
		v.Last, v.LastDay = Decimal(past[at].Value), day(past[at].Day)
	}
}

func readingOf(r utilitydb.UtilityReading) Reading {
	p, _ := ParsePeriod(r.Period)
	return Reading{ID: r.ID, Home: r.Home, Period: p, Meter: r.Meter, Zone: r.Zone, Value: Decimal(r.Value), Day: day(r.Day), Source: r.Source, State: r.State, Doubt: r.Doubt, At: r.At}
}

// Give keeps readings of a flat for the open month. Each is taken, or kept and asked about: nothing that was given is lost. The
// readings come back in the order of the list. Errors: ErrNone for a meter that is not the flat's, ErrOwn for an official's own
// flat, ErrMany for a dial that was read givenMost times this month.
func (m *Module) Give(ctx context.Context, a act.Act, home id.ID, source string, list []Given) ([]Reading, error) {
	u, err := m.utilities()
	if err != nil {
		return nil, err
	}
	if err := m.notOwn(ctx, a, home); err != nil {
		return nil, err
	}
	dials, err := m.Dials(ctx, a, home)
	if err != nil {
		return nil, err
	}
	out := make([]Reading, len(list))
	for i, g := range list {
		if g.Day.IsZero() {
			g.Day = m.today()
		}
		if out[i], err = weigh(g, dials, m.Open(u), u.Odd); err != nil {
			return nil, err
		}
		out[i].ID, out[i].Home, out[i].Source = id.New(m.base.Clock.Now()), home, source
	}
	return out, m.base.Store.WriteAs(ctx, bare(a, home), func(tx *store.Tx) error {
		for i := range out {
			out[i].At = tx.Now()
			if _, err := utilitydb.InsertReading(tx, out[i].row(a)); err != nil {
				return err
			}
		}
		return nil
	})
}

// weigh says what becomes of a reading for a month. ErrNone for a dial that is not the flat's, ErrMany for one that was read
// too often. It is pure.
func weigh(g Given, dials []DialView, open Period, odd int) (Reading, error) {
	at := slices.IndexFunc(dials, func(d DialView) bool { return d.Meter == g.Meter && d.Zone == g.Zone })
	if at < 0 {
		return Reading{}, ErrNone
	}
	d := dials[at]
	if d.Given >= givenMost {
		return Reading{}, ErrMany
	}
	why := doubt(g.Value, d, monthsBetween(d.LastDay, open), odd)
	return Reading{Period: open, Meter: g.Meter, Zone: g.Zone, Value: g.Value, Day: g.Day, State: decideState(why, g.Confirmed), Doubt: why}, nil
}

func (r Reading) row(a act.Act) utilitydb.InsertReadingParams {
	return utilitydb.InsertReadingParams{
		Home: r.Home, Period: r.Period.String(), ID: r.ID, Meter: r.Meter, Zone: r.Zone, Value: int64(r.Value), Day: dayText(r.Day), Source: r.Source,
		State: r.State, Doubt: r.Doubt, Author: a.Actor.Person, At: r.At,
	}
}

// monthsBetween is for how many months a reading speaks.
func monthsBetween(last calendar.Date, open Period) int {
	if last.IsZero() {
		return 1
	}
	months := (open.year-last.Year())*12 + open.Month() - int(last.Month())
	return max(months, 1)
}

// Judge takes a reading that waits for the agency, or refuses it, and puts that into the journal. Errors: ErrNone when it does not
// wait; ErrOwn for an official's own flat, and when whoever gave the reading would take it.
func (m *Module) Judge(ctx context.Context, a act.Act, r Reading, take bool) error {
	if err := m.notOwn(ctx, a, r.Home); err != nil {
		return err
	}
	f, err := m.Flat(ctx, a, r.Home)
	if err != nil {
		return err
	}
	var row utilitydb.UtilityReading
	err = m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		var err error
		row, err = utilitydb.ReadingByID(p, r.Home, r.Period.String(), r.ID)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNone):
		return ErrNone.Because(err)
	case err != nil:
		return err
	case take && row.Author == a.Actor.Person:
		return ErrOwn
	}
	keys, err := m.base.Vault.Keys(ctx, r.Home)
	if err != nil {
		return err
	}
	to := Refused
	if take {
		to = Taken
	}
	entry, err := m.base.Journal.Prepare(keys, m.judged(a, f, readingOf(row), to))
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := utilitydb.SetReading(tx, utilitydb.SetReadingParams{State: to, Home: r.Home, Period: r.Period.String(), ID: r.ID, Was: Review})
		if err != nil {
			return err
		}
		if n == 0 {
			return tx.Fail(ErrNone)
		}
		_, err = journal.Enter(tx, entry)
		return err
	})
}

// judged is a judgement as the journal has it.
func (m *Module) judged(a act.Act, f Flat, r Reading, to string) journal.Entry {
	t := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	return journal.Entry{Act: a.ID, Kind: "utility.reading", Title: t("utility.journal." + to), Object: r.ID, Facts: []journal.Fact{
		{Name: "account", Label: t("utility.fact.account"), Value: f.Account}, {Name: "period", Label: t("utility.fact.period"), Value: r.Period.String()},
		{Name: "meter", Label: t("utility.fact.meter"), Value: r.Meter.String() + zoneKey(r.Zone)}, {Name: "value", Label: t("utility.desk.value"), Value: r.Value.String()},
	}}
}

// Readings are a flat's readings of the last year, the newest first.
func (m *Module) Readings(ctx context.Context, a act.Act, home id.ID) ([]Reading, error) {
	var out []Reading
	err := m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		rows, err := utilitydb.ReadingsOf(p, home, PeriodOf(m.today()).Add(-12).String())
		out = out[:0]
		for _, r := range rows {
			out = append(out, readingOf(r))
		}
		return err
	})
	return out, err
}

// ToReview are the readings that wait for the agency.
func (m *Module) ToReview(ctx context.Context, a act.Act, most int) ([]Reading, error) {
	var out []Reading
	err := m.base.Store.Look(ctx, a, lookDesk, func(p *store.Personal) error {
		rows, err := utilitydb.ReadingsToReview(p, int64(most))
		out = out[:0]
		for _, r := range rows {
			out = append(out, readingOf(r))
		}
		return err
	})
	return out, err
}
