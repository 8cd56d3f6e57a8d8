package charge

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// The jobs. jobNews notes for everybody who watches a home what happened to a bill there; jobTellNews tells one of them, who is its holder.
const (
	jobNews     = "charge.news"
	jobTellNews = "charge.tell_news"
)

// newsEvents are the events that people may be told of; what of it they are told the bill's history says.
var newsEvents = []string{EventDue, EventChanged, EventPaid, EventCancelled, EventRefunded}

const (
	// stepDue is that a bill came. It stands in no history: that begins after it.
	stepDue Step = "due"
	// newsQuiet is how long nothing new must come to somebody before they are told, so that a file's bills come as one notice; newsWaitMost
	// is how long they wait in any case.
	newsQuiet    = 10 * time.Second
	newsWaitMost = 10 * time.Minute
	// newsMost is of how many things one notice tells.
	newsMost = 1000
)

// News is a notice about bills: Kind is a locale key with .title under it, Params the title's arguments.
type News struct {
	Key    string // names it for ever among its person's notices
	To     id.ID
	Kind   string
	Params map[string]any
	Text   lang.Text
	Path   string
}

// hear notes what happened to a bill for everybody who sees it in their account, and has them told when it is quiet. Bills of the house itself are
// told of by whoever issues them, a sandbox's by nobody.
func (m *Module) hear(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	place, err := m.Where(ctx, j.Object)
	if errors.Is(err, ErrNone) || err == nil && (place.Test || ownKind(place.Kind)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	step, err := m.stepOf(ctx, place, j)
	if err != nil || step == "" {
		return nil, err
	}
	people, err := m.audience(ctx, place)
	if err != nil || len(people) == 0 {
		return nil, err
	}
	return func(tx *store.Tx) error {
		for _, person := range people {
			row := chargedb.InsertNewsParams{Person: person, Charge: place.ID, Revision: j.Version, Home: place.Home, Step: string(step), At: tx.Now()}
			if err := m.note(tx, row); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// note keeps one thing to be told, with the job that tells it unless another comes after it.
func (m *Module) note(tx *store.Tx, row chargedb.InsertNewsParams) error {
	if err := chargedb.InsertNews(tx, row); err != nil {
		return err
	}
	slot := row.At.Truncate(newsQuiet)
	return m.base.Jobs.Put(tx, jobs.New{
		Handler: jobTellNews, Holder: row.Person, Object: row.Person, At: slot.Add(2 * newsQuiet), Key: row.Person.String() + slot.UTC().Format(time.RFC3339),
	})
}

// stepOf is what people are told of an event; empty: nothing. What they do themselves, to pay and to divide, they know.
func (m *Module) stepOf(ctx context.Context, p Place, j jobs.Job) (Step, error) {
	if j.Event == EventDue {
		return stepDue, nil
	}
	var row chargedb.BillChange
	err := m.base.Store.Look(ctx, m.system(), "charge.look.charge", func(r *store.Personal) error {
		var err error
		row, err = chargedb.ChangeAt(r, p.Home, p.ID, j.Version)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return "", nil
	}
	switch step := Step(row.Step); step {
	case StepCorrected:
		if row.Was == 0 { // it was owed no more, and is again
			return stepDue, err
		}
		return step, err
	case StepCancelled, StepGiven, StepReversed:
		return step, err
	}
	return "", err
}

// audience are those who are told of a bill: who sees it by watching its home, and the person whose home it is.
func (m *Module) audience(ctx context.Context, p Place) ([]id.ID, error) {
	out, err := m.FollowersOf(ctx, p)
	if err != nil || m.deps.Known == nil || slices.Contains(out, p.Home) {
		return out, err
	}
	known, err := m.deps.Known(ctx, p.Home)
	if known {
		out = append(out, p.Home)
	}
	return out, err
}

// tellNews is the job that tells one person all that waits for them. What is told is gone in the same Write, so that it is told once.
func (m *Module) tellNews(ctx context.Context, j jobs.Job) error {
	var rows []chargedb.ChargeNews
	err := m.base.Store.Look(ctx, m.system(), "charge.look.charges", func(p *store.Personal) error {
		var err error
		rows, err = chargedb.NewsOf(p, j.Holder, newsMost)
		return err
	})
	if err != nil || len(rows) == 0 || m.comesMore(rows) {
		return err
	}
	list, err := m.gather(ctx, j.Holder, rows)
	if err != nil {
		return err
	}
	puts, err := m.wordAll(ctx, j.Holder, list)
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, put := range puts {
			if err := put(tx); err != nil {
				return err
			}
		}
		for _, row := range rows {
			if err := chargedb.DeleteNews(tx, row.Person, row.Charge, row.Revision); err != nil {
				return err
			}
		}
		if len(rows) == newsMost {
			if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobTellNews, Holder: j.Holder, Object: j.Object}); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// comesMore tells whether a later job tells these: something came meanwhile, and more may come.
func (m *Module) comesMore(rows []chargedb.ChargeNews) bool {
	oldest, newest := rows[0].At, rows[0].At
	for _, row := range rows {
		if row.At.Before(oldest) {
			oldest = row.At
		}
		if row.At.After(newest) {
			newest = row.At
		}
	}
	now := m.base.Clock.Now()
	return len(rows) < newsMost && now.Before(newest.Truncate(newsQuiet).Add(2*newsQuiet)) && now.Sub(oldest) < newsWaitMost
}

// told is one thing to be told of a bill.
type told struct {
	key     string
	one     Charge
	step    Step
	changes []Event // of the step, the oldest first
}

// gather reads the bills and says what of each there is to tell now.
func (m *Module) gather(ctx context.Context, person id.ID, rows []chargedb.ChargeNews) ([]told, error) {
	var out []told
	for at := 0; at < len(rows); {
		end := at
		for end < len(rows) && rows[end].Charge == rows[at].Charge {
			end++
		}
		some := rows[at:end]
		at = end
		one, err := m.Charge(ctx, m.system(), some[0].Home, some[0].Charge)
		if errors.Is(err, ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var history []Event
		if Step(some[0].Step) != stepDue {
			if history, err = m.History(ctx, m.system(), one.Home, one.ID); err != nil {
				return nil, err
			}
		}
		out = append(out, tell(one, some, history)...)
	}
	return m.unordered(ctx, person, out)
}

// tell says what is to be told of one bill. A bill that nobody has heard of is told as it stands, or not at all when nothing is
// owed of it any more; changes of a sum before somebody was told are one.
func tell(one Charge, rows []chargedb.ChargeNews, history []Event) []told {
	if slices.ContainsFunc(rows, func(r chargedb.ChargeNews) bool { return Step(r.Step) == stepDue }) {
		if !one.State.Open() {
			return nil
		}
		return []told{{key: newsKey(rows[0]), one: one, step: stepDue}}
	}
	var out []told
	for _, row := range rows {
		step := Step(row.Step)
		at := slices.IndexFunc(history, func(e Event) bool { return e.Revision == row.Revision })
		if at < 0 || step == StepCorrected && one.State == Cancelled {
			continue
		}
		if known := slices.IndexFunc(out, func(t told) bool { return t.step == step }); known >= 0 {
			out[known].changes = append(out[known].changes, history[at])
			continue
		}
		out = append(out, told{key: newsKey(row), one: one, step: step, changes: []Event{history[at]}})
	}
	return slices.DeleteFunc(out, func(t told) bool {
		return t.step == StepCorrected && t.was() == one.Amount.Minor && t.changes[0].WasDue.Equal(one.Due)
	})
}

func newsKey(row chargedb.ChargeNews) string {
	return "charge.news/" + row.Step + "/" + row.Charge.String() + "/" + strconv.FormatInt(row.Revision, 10)
}

// was is what the bill came to before its changes; 0: nobody knows.
func (t told) was() int64 { return t.changes[0].Was }

// last is the last of the changes.
func (t told) last() Event { return t.changes[len(t.changes)-1] }

// moved is how much money went by the changes.
func (t told) moved() int64 {
	sum := int64(0)
	for _, e := range t.changes {
		sum += e.Amount
	}
	return sum
}

// unordered leaves out new bills that a standing order of the person pays: it tells them of each itself.
func (m *Module) unordered(ctx context.Context, person id.ID, list []told) ([]told, error) {
	if m.deps.Arranged == nil || !slices.ContainsFunc(list, func(t told) bool { return t.step == stepDue }) {
		return list, nil
	}
	arranged, err := m.deps.Arranged(ctx, m.system(), person)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(t told) bool { return t.step == stepDue && arranged(t.one) }), nil
}
