package desk

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// chartDays is how far back the head's chart goes.
const chartDays = 28

// Charts are the head's figures.
type Charts struct {
	People []PersonLoad
	Queues []QueueLoad
	Ages   []AgeLoad
	Days   []DayLoad // the last four weeks, one after another
}

// PersonLoad is what an official has in hand, and what they have decided in four weeks.
type PersonLoad struct {
	Person                 id.ID
	Open, Overdue, Decided int64
}

// QueueLoad is what lies in a queue.
type QueueLoad struct {
	Queue               string
	Open, Free, Overdue int64
}

// AgeLoad is how many open cases are so old: From days to below To; To 0: and older.
type AgeLoad struct {
	From, To int
	Open     int64
}

// DayLoad is what was decided on a day.
type DayLoad struct {
	Day           string
	Decided, Late int64
}

// ages are the borders of the ages of cases, in days.
var ages = []int{0, 3, 8, 15, 31}

// Charts counts the work of the actor's agency. The head may. Numbers show nobody.
func (m *Module) Charts(ctx context.Context, a act.Act, team []Worker) (Charts, error) {
	var out Charts
	if err := head(a); err != nil {
		return out, err
	}
	_, office := m.officeOf(a.Actor.Agency)
	if office == nil {
		return out, nil
	}
	now := m.base.Clock.Now()
	count := counter{ctx: ctx, cases: m.deps.Cases, agency: a.Actor.Agency}
	for _, w := range team {
		mine := casework.QueueQuery{Official: w.Person.String()}
		out.People = append(out.People, PersonLoad{Person: w.Person, Open: count.of(mine), Overdue: count.of(overdue(mine, now))})
	}
	for _, q := range office.Queues {
		here := casework.QueueQuery{Queues: []string{q.Key}}
		free := here
		free.Official = casework.Free
		out.Queues = append(out.Queues, QueueLoad{Queue: q.Key, Open: count.of(here), Free: count.of(free), Overdue: count.of(overdue(here, now))})
	}
	for i, from := range ages {
		one := AgeLoad{From: from}
		q := casework.QueueQuery{SubmittedBefore: now.Add(-time.Duration(from) * 24 * time.Hour)}
		if i+1 < len(ages) {
			one.To = ages[i+1]
			q.SubmittedFrom = now.Add(-time.Duration(one.To) * 24 * time.Hour)
		}
		if from == 0 {
			q.SubmittedBefore = time.Time{}
		}
		one.Open = count.of(q)
		out.Ages = append(out.Ages, one)
	}
	if count.err != nil {
		return out, count.err
	}
	return out, m.decided(ctx, a.Actor.Agency, &out)
}

func overdue(q casework.QueueQuery, now time.Time) casework.QueueQuery {
	q.DueBefore, q.Statuses = now, []casework.Status{casework.StatusInQueue, casework.StatusInReview}
	return q
}

// counter counts until the first error.
type counter struct {
	ctx    context.Context
	cases  Cases
	agency id.ID
	err    error
}

func (c *counter) of(q casework.QueueQuery) int64 {
	if c.err != nil {
		return 0
	}
	q.Agency = c.agency
	n, _, err := c.cases.Count(c.ctx, q, loadMost)
	c.err = err
	return n
}

// decided fills in what was decided in the last four weeks.
func (m *Module) decided(ctx context.Context, office id.ID, out *Charts) error {
	today, err := calendar.ParseDate(m.today())
	if err != nil {
		return fmt.Errorf("desk: today: %w", err)
	}
	since := today.AddDays(1 - chartDays)
	var days []deskdb.DecidedByDayRow
	var people []deskdb.DecidedByOfficialRow
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if days, err = deskdb.DecidedByDay(r, office, since.String()); err != nil {
			return err
		}
		people, err = deskdb.DecidedByOfficial(r, office, since.String())
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: decided: %w", err)
	}
	for i := range chartDays {
		one := DayLoad{Day: since.AddDays(i).String()}
		for _, row := range days {
			if row.Day == one.Day {
				one.Decided, one.Late = row.N, row.Late
			}
		}
		out.Days = append(out.Days, one)
	}
	for i := range out.People {
		for _, row := range people {
			if row.Official == out.People[i].Person {
				out.People[i].Decided = row.N
			}
		}
	}
	return nil
}
