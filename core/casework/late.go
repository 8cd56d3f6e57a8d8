package casework

import (
	"context"
	"errors"
	"strconv"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/charge"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// What the program does by itself when a term is missed.
const (
	doEscalate  = "escalate"
	doApologise = "apologise"
	doRefund    = "refund"
)

// Consequence is what was done because the term was missed.
type Consequence struct {
	Do     string // escalate, apologise, refund
	At     time.Time
	Amount int64 // given back, minor units
}

// lateAt is when a consequence comes.
func (k *known) lateAt(c *service.Consequence, missed time.Time) (time.Time, error) {
	if c.After.IsZero() {
		return missed, nil
	}
	return k.city.Days().Due(c.After.Calendar(), missed)
}

// consequence is the first one that is due at a moment and was not carried out; -1 when there is none. One whose time
// comes after the decision does not come at all.
func (k *known) consequence(now time.Time) (int, error) {
	if k.file.Late.IsZero() || k.file.Stage == string(Withdrawn) {
		return -1, nil
	}
	for i := range k.service.Late {
		at, err := k.lateAt(&k.service.Late[i], k.file.TermDue)
		if err != nil {
			return -1, err
		}
		if !k.carriedOut(i) && !k.limit(now).Before(at) {
			return i, nil
		}
	}
	return -1, nil
}

func (k *known) carriedOut(number int) bool {
	for _, d := range k.done {
		if d.Number == int64(number) {
			return true
		}
	}
	return false
}

// limit is the moment up to which the term counts: the decision's, once it is made.
func (k *known) limit(now time.Time) time.Time {
	if !k.file.Decided.IsZero() && k.file.Decided.Before(now) {
		return k.file.Decided
	}
	return now
}

// late says that the term was missed, and has its consequences looked for at their time.
func (c *change) late() error {
	c.file.Late = c.tx.Now()
	list := []error{c.line("late", false, nil, nil), c.emit(EventLate)}
	if c.file.Stage == string(Open) {
		list = append(list, c.tell("late"))
	}
	for i := range c.k.service.Late {
		at, err := c.k.lateAt(&c.k.service.Late[i], c.file.TermDue)
		list = append(list, err, c.moveAt(at))
	}
	return errors.Join(list...)
}

// prepareConsequence makes ready what a consequence needs outside the case: the fee's way back.
func (m *Module) prepareConsequence(ctx context.Context, a act.Act, k *known, p *plan) error {
	p.found = m.keyedWords(k)
	if k.service.Late[p.consequence].Do != doRefund {
		return nil
	}
	for _, t := range k.tasks {
		if t.Kind != string(service.TaskPay) || t.Reference.IsZero() {
			continue
		}
		bill, err := m.deps.Bills.Charge(ctx, a, k.payer(), t.Reference)
		if err != nil {
			return err
		}
		if bill.State != charge.Paid {
			continue
		}
		refund, err := m.deps.Payments.PrepareGiveBack(ctx, k.payer(), t.Reference)
		if errors.Is(err, pay.ErrUnpaid) {
			continue // it went back meanwhile
		}
		if err != nil {
			return err
		}
		p.puts, p.amount, p.waits = append(p.puts, refund), p.amount+refund.Amount().Minor, p.waits || refund.Later()
	}
	return nil
}

// follows carries out one consequence of the missed term, once.
func (c *change) follows(p *plan) error {
	does := &c.k.service.Late[p.consequence]
	n, err := caseworkdb.InsertConsequence(c.tx, caseworkdb.InsertConsequenceParams{
		Holder: c.file.Holder, CaseID: c.file.ID, Number: int64(p.consequence), Kind: does.Do, At: c.tx.Now(), Amount: p.amount,
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return c.tx.Fail(ErrMoved)
	}
	switch {
	case does.Do == doEscalate:
		return c.escalate(does.Queue, p.found)
	case does.Do == doApologise:
		return errors.Join(c.line("apologised", false, nil, nil), c.tell("apologise/"+strconv.Itoa(p.consequence)))
	case p.waits && p.amount == 0:
		return c.line("refunded_later", false, nil, nil)
	case p.amount == 0:
		return c.line("nothing_refunded", true, nil, nil)
	}
	return errors.Join(c.line("refunded", false, map[string]string{"amount": strconv.FormatInt(p.amount, 10)}, nil), c.tell("refund"))
}

// escalate puts the case before the head of the agency, and into the named queue when it waits for an official there.
func (c *change) escalate(queue string, found []vault.Keyed) error {
	c.file.Escalated = c.tx.Now()
	if err := c.tell("escalated"); err != nil {
		return err
	}
	t := c.task()
	if queue == "" || t == nil || t.Queue == "" || t.Queue == queue || !human(t.Kind) || !c.file.Proposed.IsZero() {
		return c.line("escalated", false, nil, nil)
	}
	office := c.officeWith(t.Agency, queue)
	if office == "" {
		return c.line("escalated", false, nil, nil)
	}
	if agency.ID(office) != t.Agency {
		if err := c.leaveDesk(t, found); err != nil {
			return err
		}
	}
	t.Agency, t.Queue, t.Official, t.Skill, t.Outcome = agency.ID(office), queue, id.ID{}, "", string(outcomeTouched)
	c.file.Agency = t.Agency
	return errors.Join(c.saveTask(t), c.line("escalated_to", false, map[string]string{"agency": office, "queue": queue}, nil))
}

// officeWith is the agency that has the queue: the one where the case lies, else the service's own; empty for none.
func (c *change) officeWith(here id.ID, queue string) string {
	if office, ok := agencyByID(c.k.city, here); ok && hasQueue(office.Queue(queue)) {
		return office.Key
	}
	if office, ok := c.k.city.Agency(c.k.service.Agency); ok && hasQueue(office.Queue(queue)) {
		return office.Key
	}
	return ""
}
