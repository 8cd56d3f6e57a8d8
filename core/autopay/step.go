package autopay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/autopay/internal/store"
	"posad.city/core/notice"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// judgeTries is how often a turn is judged anew when somebody was first.
const judgeTries = 5

// fatePoll is how often core/pay is asked about a payment whose end was not heard.
const fatePoll = 5 * time.Minute

// step is what follows from a judgement.
type step struct {
	state      State
	told       calendar.Date
	toldAmount int64
	thinking   time.Time
	next       time.Time // zero: when something happens
	take       bool      // begin a try
	tell       Word      // empty: nobody is told
	keep       bool      // the decision says something new
}

// plan decides what follows from a judgement. It is pure.
func plan(t Turn, in Inputs, j Judgement, zone *time.Location) step {
	out := step{state: Waiting, told: t.Told, toldAmount: t.ToldAmount, thinking: t.Thinking}
	out.keep = t.Rule != j.Rule || differs(t.Amount, j.Amount) || j.Verdict == Pay
	tomorrow := at(in.Today.AddDays(1), noticeHour, zone).Add(spread(t.ID))
	switch j.Verdict {
	case Pay:
		out.state, out.take, out.next = Paying, true, in.Now.Add(fatePoll)
	case Ask:
		out.state, out.next = Asked, tomorrow
		out.keep = out.keep || t.Approved >= t.Amount && t.Approved > 0 // the yes was for less than it has grown to
		if out.keep {
			out.told, out.toldAmount, out.tell = in.Today, j.Amount, WordAsked
		}
	case Refuse:
		out.state, out.thinking = Refused, time.Time{}
		out.next, out.tell = refusal(j.Rule, tomorrow)
		if !out.keep {
			out.tell = ""
		}
		if j.Rule == RuleSettled {
			out.state = Over
		}
	case Wait:
		out.wait(t, in, j, zone)
	}
	return out
}

// differs tells whether an amount is so far from what was told last that it is told anew: a penalty of some days is not.
func differs(was, is int64) bool {
	return max(was-is, is-was) > was/tellShare
}

// tellShare: a twentieth of the amount.
const tellShare = 20

// refusal tells when a refused bill is looked at again by itself, and what its owner is told.
func refusal(rule Rule, tomorrow time.Time) (time.Time, Word) {
	switch rule {
	case RuleEach, RuleMonth, RuleCard, RuleBound:
		return tomorrow, WordRefused
	case RuleTries, RuleForeign:
		return time.Time{}, WordRefused
	}
	return time.Time{}, ""
}

func (s *step) wait(t Turn, in Inputs, j Judgement, zone *time.Location) {
	hour := payHour
	switch j.Rule {
	case RuleFate:
		s.state, s.next = Paying, in.Now.Add(fatePoll)
		return
	case RuleThinking:
		s.next = j.After
		return
	case RuleWindow:
		s.thinking = in.Now.Add(time.Duration(in.Terms.Window) * time.Hour)
		s.next, s.tell = s.thinking, WordThinking
		return
	case RuleUntold:
		s.told, s.toldAmount, s.tell, s.keep = in.Today, j.Amount, WordPreview, true
		s.thinking = time.Time{}
	case RuleEarly, RulePaused, RuleNight:
		hour = noticeHour
	}
	s.next = at(j.Again, hour, zone).Add(spread(t.ID))
}

// judge is the job that looks at a turn.
func (m *Module) judge(ctx context.Context, j jobs.Job) error {
	for range judgeTries {
		err := m.judgeOnce(ctx, j)
		if errors.Is(err, ErrNone) {
			return m.forgotten(ctx, j) // there is no such turn, or its owner's data was erased
		}
		if !errors.Is(err, errChanged) {
			return err
		}
	}
	return jobs.Later(time.Second)
}

// forgotten lets nobody look at a turn any more of which nobody is left.
func (m *Module) forgotten(ctx context.Context, j jobs.Job) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := autopaydb.RestTurn(tx, j.Holder, j.Object); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

func (m *Module) judgeOnce(ctx context.Context, j jobs.Job) error {
	s, err := m.gather(ctx, m.system(), j.Holder, j.Object)
	if err != nil {
		return err
	}
	if number, payment := s.turn.open(); number > 0 {
		return m.follow(ctx, j, s, number, payment)
	}
	if s.turn.State == Undone {
		return nil // it was paid once, and its owner took it back: never by this order again
	}
	found := Judge(s.inputs)
	next := plan(s.turn, s.inputs, found, m.deps.Zone())
	if unchanged(s, found, next) {
		return nil
	}
	w, err := m.prepareStep(ctx, s, found, next)
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := w.put(tx); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// open is the try whose fate is not known; 0: there is none.
func (t Turn) open() (int64, id.ID) {
	for i, try := range t.Tries {
		if try.Fate == Unknown {
			return t.attempts[i].number, t.attempts[i].payment
		}
	}
	return 0, id.ID{}
}

// unchanged tells whether a step would write what stands already.
func unchanged(s standing, found Judgement, next step) bool {
	t := s.turn
	return !next.keep && next.state == t.State && next.told == t.Told && next.thinking.Equal(t.Thinking) && next.next.Equal(t.Next) && found.Pay == t.PayOn ||
		found.Rule == RulePaid
}

// written is a step made ready.
type written struct {
	m       *Module
	s       standing
	found   Judgement
	next    step
	inputs  vault.Sealed
	notice  *notice.Prepared
	title   string
	reserve act.Act
	attempt int64
}

func (m *Module) prepareStep(ctx context.Context, s standing, found Judgement, next step) (*written, error) {
	w := &written{m: m, s: s, found: found, next: next, attempt: int64(len(s.turn.Tries)) + 1}
	plain, err := json.Marshal(s.inputs)
	if err != nil {
		return nil, fmt.Errorf("autopay: inputs: %w", err)
	}
	w.inputs = s.keys.Seal("autopay_decision", "inputs", plain)
	title := s.turn.Title
	if !s.bill.ID.IsZero() {
		title = s.bill.Title
	}
	text, err := json.Marshal(title)
	if err != nil {
		return nil, fmt.Errorf("autopay: title: %w", err)
	}
	w.title = string(text)
	w.reserve = act.Act{Holder: s.order.Person, Mandate: s.order.Mandate}
	if next.tell != "" {
		w.notice, err = m.deps.Teller.Prepare(ctx, m.notice(next.tell, s.order, s.turn, found, s.inputs))
	}
	return w, err
}

// put carries a step out, or fails with errChanged when the order or the turn is not what was judged.
func (w *written) put(tx *store.Tx) error {
	if err := w.claim(tx); err != nil {
		return err
	}
	if w.next.keep {
		err := autopaydb.InsertDecision(tx, autopaydb.InsertDecisionParams{
			Person: w.s.order.Person, Turn: w.s.turn.ID, Number: w.s.turn.Revision, Standing: w.s.order.ID, Verdict: string(w.found.Verdict),
			Rule: string(w.found.Rule), Amount: w.found.Amount, Inputs: w.inputs, At: tx.Now(),
		})
		if err != nil {
			return err
		}
	}
	if w.notice != nil {
		if err := w.notice.Put(tx); err != nil {
			return err
		}
	}
	if w.next.take {
		return w.take(tx)
	}
	if w.next.next.IsZero() {
		return nil
	}
	return w.m.schedule(tx, w.s.order.Person, w.s.turn.ID, w.next.next)
}

// claim writes the turn, and raises the order's revision when money is to be taken, so that two turns of an order can't
// both have what is left of the month.
func (w *written) claim(tx *store.Tx) error {
	o, t := w.s.order, w.s.turn
	was, err := autopaydb.OrderRevision(tx, o.Person, o.ID)
	if err == nil && w.next.take {
		var n int64
		if n, err = autopaydb.TouchOrder(tx, o.Person, o.ID, o.Revision); n == 0 && err == nil {
			return errChanged
		}
	}
	if err != nil {
		return err
	}
	if was != o.Revision {
		return errChanged
	}
	payOn, tries, amount := w.found.Pay, int64(len(t.Tries)), w.found.Amount
	if !w.next.keep {
		amount = t.Amount // what was told, and what the next judgement is compared with
	}
	if w.next.take {
		payOn, tries = w.s.inputs.Today, w.attempt
	}
	n, err := autopaydb.JudgeTurn(tx, autopaydb.JudgeTurnParams{
		Title: w.title, Due: w.s.inputs.Due.String(), Amount: amount, State: string(w.next.state), Rule: string(w.found.Rule),
		PayOn: payOn.String(), Month: monthOf(payOn), Told: w.next.told.String(), ToldAmount: w.next.toldAmount, Thinking: w.next.thinking,
		Tries: tries, Next: w.next.next, Person: o.Person, ID: t.ID, Was: t.Revision,
	})
	if err == nil && n == 0 {
		return errChanged
	}
	return err
}

// take begins a try: from here on the money is taken once, or it is known that it was not.
func (w *written) take(tx *store.Tx) error {
	o, t := w.s.order, w.s.turn
	key := tryKey(t.ID, w.attempt)
	err := autopaydb.InsertTry(tx, autopaydb.InsertTryParams{
		Person: o.Person, Turn: t.ID, Number: w.attempt, Key: key, Amount: w.found.Amount, Day: w.s.inputs.Today.String(), Started: tx.Now(),
	})
	if err != nil {
		return err
	}
	if !o.Mandate.IsZero() {
		if err := w.m.deps.Mandates.Reserve(tx, w.reserve, key, money.Amount{Minor: w.found.Amount, Currency: o.Currency}); err != nil {
			return err
		}
	}
	return w.m.base.Jobs.Put(tx, jobs.New{Handler: jobTake, Holder: o.Person, Object: t.ID, Version: w.attempt})
}

// schedule has a turn looked at later. One moment is put once; the sweep finds what the clock jumped over.
func (m *Module) schedule(tx *store.Tx, person, turn id.ID, when time.Time) error {
	return m.base.Jobs.Put(tx, jobs.New{
		Handler: jobJudge, Holder: person, Object: turn, At: when, Key: turn.String() + "/" + when.Format(time.RFC3339),
	})
}

// sweepLate is how long after its moment a turn counts as forgotten.
const sweepLate = 2 * time.Minute

// sweep finds turns whose moment has passed and whose job did not come: the clock was moved, or a job was given up.
func (m *Module) sweep(ctx context.Context, _ jobs.Job) error {
	rows, err := m.overdue(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error { return m.wake(tx, row.Person, row.ID) })
		if err != nil {
			return fmt.Errorf("autopay: sweep: %w", err)
		}
	}
	return nil
}

// overdue are the turns whose moment has passed, the oldest first.
func (m *Module) overdue(ctx context.Context) ([]autopaydb.TurnsDueRow, error) {
	var rows []autopaydb.TurnsDueRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = autopaydb.TurnsDue(r, r.Now().Add(-sweepLate), sweepMost)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("autopay: sweep: %w", err)
	}
	return rows, nil
}

// sweepMost is how many turns one sweep wakes.
const sweepMost = 2000
