package utility

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/systems/utility/internal/store"
)

// The bounds of a recalculation.
const (
	reasonLeast = 5
	reasonMost  = 500
	sumMost     = 100_000_000 // kopecks: a million roubles
	absenceMost = 365
)

// A second official decides about a recalculation with which the sums entered for a flat within secondDays go beyond secondFrom:
// many small ones are one large one.
const (
	secondFrom = 1_000_000 // kopecks: ten thousand roubles
	secondDays = 31
)

// How far a recalculation is.
const (
	Entered = "entered" // the bill of its month takes it in
	Waits   = "waits"   // for a second official
)

// check looks at a recalculation before it is kept.
func (r Recalculation) check(f Flat) error {
	switch {
	case !slices.Contains(f.Tariffs, r.Tariff):
		return ErrTariff
	case len([]rune(r.Reason)) < reasonLeast || len([]rune(r.Reason)) > reasonMost:
		return ErrReason
	}
	switch r.Sort {
	case Absence:
		days := 0
		if !r.From.IsZero() && !r.Until.IsZero() {
			days = r.From.DaysUntil(r.Until)
		}
		if days < 6 || days > absenceMost || r.People < 1 || r.People > f.People {
			return ErrDays // five full days at least (point 86 of the Rules), that of leaving and of coming not counted
		}
	case Quality:
		if r.Percent <= 0 || r.Percent > decimal.Of(100) {
			return ErrSum
		}
	case Sum:
		if r.Amount == 0 || r.Amount > sumMost || r.Amount < -sumMost {
			return ErrSum
		}
	default:
		return ErrSum
	}
	return nil
}

// Kept is a recalculation as it is kept.
type Kept struct {
	Recalculation
	Home   id.ID
	Period Period
	State  string
	Author id.ID // zero: an earlier bill carried it over
	At     time.Time
}

func keptOf(keys *vault.Keys, row utilitydb.UtilityRecalculation) (Kept, error) {
	r, err := changeOf(keys, row)
	p, _ := ParsePeriod(row.Period)
	return Kept{Recalculation: r, Home: row.Home, Period: p, State: row.State, Author: row.Author, At: row.At}, err
}

func keptAll(keys *vault.Keys, rows []utilitydb.UtilityRecalculation) ([]Kept, error) {
	var out []Kept
	for _, row := range rows {
		one, err := keptOf(keys, row)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// needsSecond tells whether a second official is to decide about a recalculation, as there were others before. It is pure.
func needsSecond(r Recalculation, before []Kept, now time.Time) bool {
	size := func(n int64) int64 { return max(n, -n) }
	if r.Sort != Sum {
		return false // bad quality and absence take off at most what the line comes to
	}
	sum := size(r.Amount)
	for _, was := range before {
		if was.ID != r.ID && was.Sort == Sum && was.State == Entered && !was.Author.IsZero() && now.Sub(was.At) < secondDays*24*time.Hour {
			sum += size(was.Amount)
		}
	}
	return sum > secondFrom
}

// overlaps tells whether by an absence, with those entered before, more people would be away on some days than are registered.
// It is pure.
func overlaps(r Recalculation, before []Kept, people int) bool {
	if r.Sort != Absence {
		return false
	}
	away := r.People
	for _, was := range before {
		if was.ID != r.ID && was.State != Refused && was.Sort == Absence && was.Tariff == r.Tariff && was.From.Before(r.Until) && r.From.Before(was.Until) {
			away += was.People
		}
	}
	return away > people
}

// Months are those whose bill a recalculation may go into, the oldest first: the last one that was billed, which is made again for
// it, and those up to the one for which readings are taken now.
func (m *Module) Months(ctx context.Context, home id.ID) ([]Period, error) {
	out, _, err := m.months(ctx, home)
	return out, err
}

// months are Months, and the last one that was billed; empty: none was.
func (m *Module) months(ctx context.Context, home id.ID) ([]Period, string, error) {
	u, err := m.utilities()
	if err != nil {
		return nil, "", err
	}
	last := ""
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		last, err = utilitydb.LastPeriod(r, home)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	open := m.Open(u)
	from, billed := ParsePeriod(last)
	if !billed || from.Before(open.Add(-1-runPast)) {
		from = open.Add(-1)
	}
	var out []Period
	for p := from; !open.Before(p); p = p.Add(1) {
		out = append(out, p)
	}
	return out, last, nil
}

// Recalculate enters a recalculation, which the bill of the period takes in, and puts it into the journal; a large one waits for a
// second official. It tells how far it is. Whether the flat is the official's to change is the caller's to have asked. An id
// that is given is entered once. Errors: ErrTariff, ErrReason, ErrDays, ErrSum, ErrOverlap, ErrMonthOf for a month that is none of
// Months or was billed this moment, ErrOwn for the official's own flat.
func (m *Module) Recalculate(ctx context.Context, a act.Act, f Flat, p Period, r Recalculation) (string, error) {
	r.Reason = strings.TrimSpace(r.Reason)
	if err := r.check(f); err != nil {
		return "", err
	}
	months, last, err := m.months(ctx, f.Home)
	if err != nil {
		return "", err
	}
	if !slices.Contains(months, p) {
		return "", ErrMonthOf
	}
	if err := m.notOwn(ctx, a, f.Home); err != nil {
		return "", err
	}
	if r.ID.IsZero() {
		r.ID = id.New(m.base.Clock.Now())
	}
	return m.enterChange(ctx, a, f, p, last, r)
}

// enterChange enters a recalculation of a flat whose last billed month is as it was read.
func (m *Module) enterChange(ctx context.Context, a act.Act, f Flat, p Period, last string, r Recalculation) (string, error) {
	keys, err := m.base.Vault.Keys(ctx, f.Home)
	if err != nil {
		return "", err
	}
	details, err := sealed(keys, "utility_recalculation", "details", r)
	if err != nil {
		return "", err
	}
	entries := map[string]*journal.Ready{}
	for state, title := range map[string]string{Entered: "recalculation", Waits: "recalculation_waits"} {
		if entries[state], err = m.base.Journal.Prepare(keys, m.said(a, title, f, p, r)); err != nil {
			return "", err
		}
	}
	state := Entered
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if now, err := utilitydb.LastPeriod(tx, f.Home); err != nil || now != last {
			return cmp.Or(err, tx.Fail(ErrMonthOf))
		}
		rows, err := utilitydb.RecalculationsOf(tx.As(a, lookFlat), f.Home)
		if err != nil {
			return err
		}
		before, err := keptAll(keys, rows)
		if err != nil {
			return err
		}
		if overlaps(r, before, f.People) {
			return tx.Fail(ErrOverlap)
		}
		if state = Entered; needsSecond(r, before, tx.Now()) {
			state = Waits
		}
		n, err := utilitydb.InsertRecalculation(tx, utilitydb.InsertRecalculationParams{
			Home: f.Home, ID: r.ID, Period: p.String(), Details: details, Author: a.Actor.Person, At: tx.Now(), State: state,
		})
		if err != nil || n == 0 {
			return err // a second press of the same button
		}
		_, err = journal.Enter(tx, entries[state])
		return err
	})
	return state, err
}

// ToDecide are the recalculations that wait for a second official.
func (m *Module) ToDecide(ctx context.Context, a act.Act, most int) ([]Kept, error) {
	var rows []utilitydb.UtilityRecalculation
	err := m.base.Store.Look(ctx, a, lookDesk, func(p *store.Personal) error {
		var err error
		rows, err = utilitydb.RecalculationsToDecide(p, int64(most))
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	var homes []id.ID
	for _, row := range rows { // they come by home
		homes = append(homes, row.Home)
	}
	keys, err := m.base.Vault.KeysMany(ctx, slices.Compact(homes))
	if err != nil {
		return nil, err
	}
	var out []Kept
	for _, row := range rows {
		one, err := keptOf(keys[row.Home], row)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// Decide enters a recalculation that waits, or refuses it, and puts that into the journal. The bill of its month, when that is the
// last one that was billed, is made again in the same Write. What waited until another month was billed, or can't go into its bill
// any more, goes into that of the open month: nothing that was approved stays without a bill. Errors: ErrNone when it does not wait; ErrOwn for an official's own
// flat and for whoever entered it.
func (m *Module) Decide(ctx context.Context, a act.Act, home, which id.ID, take bool) error {
	if err := m.notOwn(ctx, a, home); err != nil {
		return err
	}
	u, err := m.utilities()
	if err != nil {
		return err
	}
	f, err := m.Flat(ctx, a, home)
	if err != nil {
		return err
	}
	keys, err := m.base.Vault.Keys(ctx, home)
	if err != nil {
		return err
	}
	one, err := m.waiting(ctx, a, keys, home, which)
	if err != nil {
		return err
	}
	if a.Is(one.Author) {
		return ErrOwn
	}
	state, title := Refused, "recalculation_refused"
	if take {
		state, title = Entered, "recalculation_second"
	}
	entry, err := m.base.Journal.Prepare(keys, m.said(a, title, f, one.Period, one.Recalculation))
	if err != nil {
		return err
	}
	enter := func(tx *store.Tx, p Period) error {
		n, err := utilitydb.SetRecalculation(tx, utilitydb.SetRecalculationParams{State: state, Period: p.String(), Home: home, ID: which})
		if err != nil || n == 0 {
			return cmp.Or(err, tx.Fail(ErrNone))
		}
		_, err = journal.Enter(tx, entry)
		return err
	}
	if take {
		billed, err := m.again(ctx, a, home, one.Period, &late{one.Recalculation, func(tx *store.Tx) error { return enter(tx, one.Period) }})
		if billed || err != nil && !errors.Is(err, ErrNone) {
			return err
		}
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		last, err := utilitydb.LastPeriod(tx, home)
		if err != nil {
			return err
		}
		p := one.Period
		if take && p.String() <= last {
			p = m.Open(u)
		}
		return enter(tx, p)
	})
}

// waiting reads a recalculation that waits; ErrNone.
func (m *Module) waiting(ctx context.Context, a act.Act, keys *vault.Keys, home, which id.ID) (Kept, error) {
	var row utilitydb.UtilityRecalculation
	err := m.base.Store.Look(ctx, a, lookFlat, func(p *store.Personal) error {
		var err error
		row, err = utilitydb.RecalculationByID(p, home, which)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNone):
		return Kept{}, ErrNone.Because(err)
	case err != nil:
		return Kept{}, err
	case row.State != Waits:
		return Kept{}, ErrNone
	}
	return keptOf(keys, row)
}

// said is a recalculation as the journal has it, under the title of what was done.
func (m *Module) said(a act.Act, title string, f Flat, p Period, r Recalculation) journal.Entry {
	t := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	facts := []journal.Fact{
		{Name: "account", Label: t("utility.fact.account"), Value: f.Account}, {Name: "period", Label: t("utility.fact.period"), Value: p.String()},
		{Name: "sort", Label: t("utility.fact.sort"), Value: t("utility.sort." + r.Sort)}, {Name: "tariff", Label: t("utility.fact.tariff"), Value: r.Tariff},
		{Name: "reason", Label: t("utility.fact.reason"), Value: r.Reason},
	}
	switch r.Sort {
	case Sum:
		facts = append(facts, journal.Fact{Name: "amount", Label: t("utility.fact.amount"), Value: kopecks(r.Amount)})
	case Quality:
		facts = append(facts, journal.Fact{Name: "percent", Label: t("utility.fact.percent"), Value: r.Percent.String()})
	case Absence:
		facts = append(facts, journal.Fact{Name: "days", Label: t("utility.fact.days"), Value: r.From.String() + " – " + r.Until.String()})
	}
	return journal.Entry{Act: a.ID, Kind: "utility.recalculation", Title: t("utility.journal." + title), Object: r.ID, Facts: facts}
}
