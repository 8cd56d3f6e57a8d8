package charity

import (
	"context"
	"errors"
	"time"

	"posad.city/core/notice"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// Monthly is a gift that is given each month until its giver stops it.
type Monthly struct {
	Giver, ID, Fund, Appeal id.ID
	Amount                  int64
	Day                     int // of the month, 1 to 28
	Card                    id.ID
	On                      bool
	Next                    calendar.Date
	Misses                  int
	Made, Ended             time.Time
	Why                     string // it ended: giver, card, fund
}

// NewMonthly is what a giver asks for.
type NewMonthly struct {
	Giver, Fund, Appeal id.ID
	Amount              int64
	Day                 int
	Card                id.ID
	Key                 id.ID // names it for ever: pressed twice, it is one; zero: a new one
}

// id is the monthly gift that it will be.
func (n NewMonthly) id(now time.Time) id.ID {
	if n.Key.IsZero() {
		return id.New(now)
	}
	return id.Derived("charity monthly of key", n.Giver.String()+"/"+n.Key.String())
}

// Monthly gifts.
const (
	soonDays   = 3  // told so many days ahead
	monthlyDay = 28 // the last day of a month that every month has
	missesMost = 3  // declines in a row after which a monthly gift ends
	monthlyAt  = 10 // o'clock in the city
	lateMost   = 3  // days after its day on which a gift may still be taken; later, it waits for the next month
	toldAhead  = 24 * time.Hour
	tryAgain   = time.Hour // after an answer of the bank that says nothing
	lateGifts  = 1000      // that one sweep plans anew
)

// nextDay is the first day of giving after a date.
func nextDay(after calendar.Date, day int) calendar.Date {
	at := calendar.DateOf(time.Date(after.Year(), after.Month(), day, 12, 0, 0, 0, time.UTC), time.UTC)
	for !at.After(after) {
		at = at.AddMonths(1)
	}
	return at
}

func (m *Module) hourOf(day calendar.Date) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), monthlyAt, 0, 0, 0, m.deps.Zone()).UTC()
}

// StartMonthly begins a monthly gift by a saved card; the first is given on the next such day. One that its key
// names already stays as it is. Errors: ErrForm, ErrClosed, ErrNone.
func (m *Module) StartMonthly(ctx context.Context, a act.Act, n NewMonthly) (Monthly, error) {
	if n.Day < 1 || n.Day > monthlyDay {
		return Monthly{}, ErrForm.With(field("day", "day"))
	}
	if _, err := m.promised(ctx, NewGift{Giver: n.Giver, Fund: n.Fund, Appeal: n.Appeal, Amount: n.Amount}); err != nil {
		return Monthly{}, err
	}
	cards, err := m.payments.Cards(ctx, a, n.Giver)
	if err != nil {
		return Monthly{}, err
	}
	if !holds(cards, n.Card) {
		return Monthly{}, ErrForm.With(field("card", "card"))
	}
	out := Monthly{Giver: n.Giver, ID: n.id(m.now()), Fund: n.Fund, Appeal: n.Appeal, Amount: n.Amount, Day: n.Day, Card: n.Card, On: true, Next: nextDay(m.today(), n.Day)}
	return out, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		fresh, err := charitydb.InsertMonthly(tx, charitydb.InsertMonthlyParams{
			Giver: n.Giver, ID: out.ID, Fund: n.Fund, Appeal: n.Appeal, Amount: n.Amount, Day: int64(n.Day), Card: n.Card, State: "on", Next: out.Next.String(), Made: tx.Now(),
		})
		if err != nil || fresh == 0 {
			return err
		}
		return m.plan(tx, out)
	})
}

func holds(cards []Card, card id.ID) bool {
	for _, c := range cards {
		if c.ID == card {
			return true
		}
	}
	return false
}

// plan puts the word ahead of the next gift, which then plans the giving: what was not told is not taken. The payload is the
// day, so that a stale one is dropped.
func (m *Module) plan(tx *store.Tx, one Monthly) error {
	return m.base.Jobs.Put(tx, jobs.New{
		Handler: jobTellSoon, Holder: one.Giver, Object: one.ID, At: m.hourOf(one.Next.AddDays(-soonDays)), Key: one.ID.String() + "/" + one.Next.String(), Payload: one.Next.String(),
	})
}

// tooLate tells whether a gift of a day is not to be taken at a moment any more.
func (m *Module) tooLate(day calendar.Date, at time.Time) bool {
	return calendar.DateOf(at, m.deps.Zone()).After(day.AddDays(lateMost))
}

// skip leaves out a day that went by: the next one is told and taken as ever.
func (m *Module) skip(ctx context.Context, j jobs.Job, one Monthly) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.next(tx, one, one.Misses); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// sweep plans those monthly gifts anew whose day went by without their job: it was given up, or the clock was moved.
func (m *Module) sweep(ctx context.Context, _ jobs.Job) error {
	var rows []charitydb.MonthliesLateRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = charitydb.MonthliesLate(r, m.today().AddDays(-lateMost).String(), lateGifts)
		return err
	})
	for _, row := range rows {
		if err != nil {
			break
		}
		var one Monthly
		if one, err = m.monthly(ctx, m.system(row.ID), row.Giver, row.ID); err == nil {
			err = m.base.Store.Write(ctx, func(tx *store.Tx) error { return m.next(tx, one, one.Misses) })
		}
	}
	return wrap("sweep", err)
}

// Monthlies lists a person's monthly gifts, the newest first.
func (m *Module) Monthlies(ctx context.Context, a act.Act, person id.ID) ([]Monthly, error) {
	var out []Monthly
	err := m.base.Store.Look(ctx, a, lookGifts, func(p *store.Personal) error {
		out = nil
		for _, one := range a.Records(person) {
			rows, err := charitydb.MonthliesOf(p, one, listMost)
			if err != nil {
				return err
			}
			for _, row := range rows {
				one, err := monthlyOf(row)
				if err != nil {
					return err
				}
				out = append(out, one)
			}
		}
		return nil
	})
	return out, wrap("monthly gifts", err)
}

func monthlyOf(row charitydb.CharityMonthly) (Monthly, error) {
	next, err := calendar.ParseDate(row.Next)
	return Monthly{
		Giver: row.Giver, ID: row.ID, Fund: row.Fund, Appeal: row.Appeal, Amount: row.Amount, Day: int(row.Day), Card: row.Card, On: row.State == "on",
		Next: next, Misses: int(row.Misses), Made: row.Made, Ended: row.Ended, Why: row.Why,
	}, err
}

func (m *Module) monthly(ctx context.Context, a act.Act, giver, monthly id.ID) (Monthly, error) {
	var out Monthly
	err := m.base.Store.Look(ctx, a, lookGifts, func(p *store.Personal) error {
		row, err := charitydb.MonthlyByID(p, giver, monthly)
		if err != nil {
			return err
		}
		out, err = monthlyOf(row)
		return err
	})
	return out, err
}

// StopMonthly ends a monthly gift at once; a second time changes nothing.
func (m *Module) StopMonthly(ctx context.Context, a act.Act, giver, monthly id.ID) error {
	if _, err := m.monthly(ctx, a, giver, monthly); err != nil {
		return none(err)
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return endMonthly(tx, giver, monthly, "giver") })
}

func endMonthly(tx *store.Tx, giver, monthly id.ID, why string) error {
	_, err := charitydb.EndMonthly(tx, charitydb.EndMonthlyParams{Ended: tx.Now(), Why: why, Giver: giver, ID: monthly})
	return err
}

// due reads the monthly gift of a job; false when the job is stale: it was stopped, or that day is done.
func (m *Module) due(ctx context.Context, j jobs.Job) (Monthly, bool, error) {
	one, err := m.monthly(ctx, m.system(j.Object), j.Holder, j.Object)
	if errors.Is(err, store.ErrNone) {
		return one, false, nil
	}
	return one, err == nil && one.On && one.Next.String() == j.Payload, err
}

// tellSoon tells a giver some days ahead that money will be taken.
func (m *Module) tellSoon(ctx context.Context, j jobs.Job) error {
	one, due, err := m.due(ctx, j)
	if err != nil || !due {
		return err
	}
	at := m.hourOf(one.Next)
	if ahead := m.now().Add(toldAhead); ahead.After(at) {
		at = ahead
	}
	if m.tooLate(one.Next, at) {
		return m.skip(ctx, j, one)
	}
	give := jobs.New{Handler: jobMonthly, Holder: one.Giver, Object: one.ID, At: at, Key: one.ID.String() + "/" + j.Payload, Payload: j.Payload}
	return m.tellMonthly(ctx, j, one, "soon", func(tx *store.Tx) error { return m.base.Jobs.Put(tx, give) })
}

// tellMonthly tells a giver of their monthly gift and ends the job, with what else is to be changed.
func (m *Module) tellMonthly(ctx context.Context, j jobs.Job, one Monthly, what string, also func(*store.Tx) error) error {
	var told *notice.Prepared
	f, err := m.Fund(ctx, one.Fund)
	if err != nil {
		return err
	}
	if m.deps.Teller != nil {
		told, err = m.deps.Teller.Prepare(ctx, notice.Notice{
			Key: "charity." + what + "/" + one.ID.String() + "/" + j.Payload, To: one.Giver, Topic: notice.Money, Kind: "charity.told." + what, Path: "/account/gifts",
			Params: map[string]any{"amount": money.Roubles(one.Amount), "fund": f.Title, "date": dateText(one.Next)},
		})
		if err != nil {
			return err
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if told != nil {
			if err := told.Put(tx); err != nil {
				return err
			}
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

func dateText(d calendar.Date) lang.Text {
	return lang.Text{RU: lang.Date(lang.Russian, d), EN: lang.Date(lang.English, d)}
}

// giftOfDay is the id of a monthly gift's gift of a day: however often it is tried, it is one gift.
func giftOfDay(monthly id.ID, day string) id.ID {
	return id.Derived("charity monthly", monthly.String()+" "+day)
}

// giveMonthly gives the gift of a day and plans the next. The gift, its charge and its payment have ids that follow from the
// monthly gift and the day, so that two workers, or a worker that died between two steps, give it once.
func (m *Module) giveMonthly(ctx context.Context, j jobs.Job) error {
	one, due, err := m.due(ctx, j)
	if err != nil || !due {
		return err
	}
	known, err := m.begun(ctx, one, j.Payload)
	if err != nil {
		return err
	}
	if m.tooLate(one.Next, m.now()) && !known {
		return m.skip(ctx, j, one)
	}
	gift := NewGift{ID: giftOfDay(one.ID, j.Payload), Giver: one.Giver, Fund: one.Fund, Appeal: one.Appeal, Amount: one.Amount, Monthly: one.ID}
	g, err := m.promised(ctx, gift)
	if errors.Is(err, ErrClosed) {
		return m.tellMonthly(ctx, j, one, "fund_closed", func(tx *store.Tx) error { return endMonthly(tx, one.Giver, one.ID, "fund") })
	}
	if err != nil {
		return err
	}
	put, err := m.preparePromise(ctx, gift, g)
	if err != nil {
		return err
	}
	if err := m.base.Store.Write(ctx, put); err != nil {
		return wrap("monthly gift", err)
	}
	begun, err := m.payments.Begin(ctx, m.system(one.ID), Paying{Giver: one.Giver, Gift: g.ID, Card: one.Card}, lang.Russian)
	if err != nil {
		if m.tooLate(one.Next, m.now()) {
			return m.missed(ctx, j, one, g.ID)
		}
		m.base.Log.Warn("charity: a monthly gift is not taken yet", "gift", g.ID.String(), "error", err.Error())
		return jobs.Later(tryAgain) // with the same ids
	}
	if begun.Over {
		return m.missed(ctx, j, one, g.ID)
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.next(tx, one, 0); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// begun tells whether the gift of a day was promised before: its payment may be under way.
func (m *Module) begun(ctx context.Context, one Monthly, day string) (bool, error) {
	_, err := m.Gift(ctx, m.system(one.ID), one.Giver, giftOfDay(one.ID, day))
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// next moves a monthly gift to its next day.
func (m *Module) next(tx *store.Tx, one Monthly, misses int) error {
	was, after := one.Next, one.Next
	if today := m.today(); today.After(after) {
		after = today // months that went by are not made up for
	}
	one.Next = nextDay(after, one.Day)
	n, err := charitydb.MoveMonthly(tx, charitydb.MoveMonthlyParams{Next: one.Next.String(), Giver: one.Giver, ID: one.ID, Was: was.String()})
	if err != nil || n == 0 {
		return err
	}
	if err := charitydb.SetMisses(tx, int64(misses), one.Giver, one.ID); err != nil {
		return err
	}
	return m.plan(tx, one)
}

// missed tells the giver that the bank declined. The gift of that day is dropped; after three in a row the monthly gift ends.
func (m *Module) missed(ctx context.Context, j jobs.Job, one Monthly, gift id.ID) error {
	misses := one.Misses + 1
	what := "missed"
	if misses >= missesMost {
		what = "card_ended"
	}
	a := m.system(one.ID)
	return m.tellMonthly(ctx, j, one, what, func(tx *store.Tx) error {
		if err := m.drop(tx, a, one.Giver, gift); err != nil {
			return err
		}
		if misses >= missesMost {
			return endMonthly(tx, one.Giver, one.ID, "card")
		}
		return m.next(tx, one, misses)
	})
}
