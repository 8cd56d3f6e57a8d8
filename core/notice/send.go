package notice

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"posad.city/core/account"
	"posad.city/core/notice/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/mail"
	"posad.city/kit/store"
)

// failure is why a provider did not take something.
type failure struct {
	kind Failure
	code int
	err  error
}

// provider tells whether the provider itself is at fault, so that somebody must look, and not one address.
func (f *failure) provider() bool { return f.kind == Temporary || f.kind == Permanent }

func failureOf(err error) *failure {
	var letter *mail.Failure
	var text *TextFailure
	switch {
	case err == nil:
		return nil
	case errors.As(err, &letter):
		return &failure{kind: Failure(letter.Kind), code: letter.Code, err: err}
	case errors.As(err, &text):
		return &failure{kind: text.Kind, code: text.Code, err: err}
	}
	return &failure{kind: Temporary, err: err}
}

// errand is one delivery with all that is needed to carry it out.
type errand struct {
	delivery Delivery
	message  Message
	person   account.Person
	row      noticedb.Notice
}

// send is the job of one delivery.
func (m *Module) send(ctx context.Context, j jobs.Job) error {
	e, err := m.errand(ctx, j.Holder, j.Object)
	if errors.Is(err, store.ErrNone) || err == nil && e.delivery.State == Handed {
		return nil
	}
	if err != nil {
		return err
	}
	receipt, f := m.hand(ctx, e)
	if ctx.Err() != nil {
		return context.Cause(ctx) // whatever came back, it is not the provider's word
	}
	m.meter.count(e.delivery.Channel, "notice", f)
	switch {
	case f == nil:
		return m.handed(ctx, j, e, receipt)
	case f.kind == Temporary && j.Attempt < SendTries:
		return m.missed(ctx, j, e, f)
	}
	return m.giveUp(ctx, j, e, f)
}

// errand reads a delivery whole. A person whose data was erased, or who is unknown, comes back with no address.
func (m *Module) errand(ctx context.Context, person, delivery id.ID) (errand, error) {
	var d noticedb.NoticeDelivery
	var row letterRow
	a := m.system(id.ID{})
	err := m.base.Store.Look(ctx, a, "notice.look.message", func(p *store.Personal) error {
		var err error
		if d, err = noticedb.DeliveryByID(p, person, delivery); err != nil {
			return err
		}
		row, err = readLetter(p, person, d.Notice)
		return err
	})
	if err != nil {
		return errand{}, fmt.Errorf("notice: errand: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return errand{}, fmt.Errorf("notice: keys: %w", err)
	}
	out := errand{delivery: deliveriesOf([]noticedb.NoticeDelivery{d})[0], row: row.notice, person: account.Person{ID: person}}
	if keys.Erased() {
		return out, nil
	}
	if out.message, err = row.open(keys); err != nil {
		return out, err
	}
	found, err := m.deps.People.Person(ctx, m.system(row.notice.CaseID), "notice.look.contact", person)
	if errors.Is(err, store.ErrNone) {
		return out, nil
	}
	out.person = found
	return out, err
}

// hand gives the delivery to its provider; a nil failure means that it was taken.
func (m *Module) hand(ctx context.Context, e errand) (string, *failure) {
	to := m.reachable(e.person)[e.delivery.Channel]
	if to == "" {
		return "", &failure{kind: NoAddress, err: errors.New("notice: no address")}
	}
	if e.delivery.Channel == SMS {
		receipt, err := m.deps.SMS.SendText(ctx, e.delivery.ID, to, m.shortText(e))
		return receipt, failureOf(err)
	}
	letter, err := m.letter(ctx, e, to)
	if err != nil {
		return "", &failure{kind: Permanent, err: err}
	}
	if err := m.deps.Mail.Send(ctx, letter); err != nil {
		return "", failureOf(err)
	}
	return "<" + e.delivery.ID.String() + "@" + m.deps.From[strings.LastIndexByte(m.deps.From, '@')+1:] + ">", nil
}

func (m *Module) handed(ctx context.Context, j jobs.Job, e errand, receipt string) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := noticedb.HandDelivery(tx, noticedb.HandDeliveryParams{Person: j.Holder, ID: j.Object, Receipt: receipt, Ended: tx.Now()})
		if err != nil {
			return err
		}
		if n == 1 {
			if err := m.reached(tx, j.Act(act.Purpose{}), j.Holder, e.row.ID); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// missed notes a try that can be made again, and asks for it.
func (m *Module) missed(ctx context.Context, j jobs.Job, e errand, f *failure) error {
	m.base.Log.Warn("notice: a provider does not take our messages now", "channel", string(e.delivery.Channel), "delivery", j.Object.String(), "try", j.Attempt, "error", f.err)
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := noticedb.MissDelivery(tx, noticedb.MissDeliveryParams{Person: j.Holder, ID: j.Object, Failure: string(f.kind), Code: int64(f.code)})
		return err
	})
	return errors.Join(f.err, err)
}

// giveUp ends a delivery that failed for good and lets the next channel stand in. Where the provider is at fault the job
// stays behind dead, for the operator to see and to run again when the provider is well.
func (m *Module) giveUp(ctx context.Context, j jobs.Job, e errand, f *failure) error {
	instead := id.New(m.base.Clock.Now())
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := noticedb.FailDelivery(tx, noticedb.FailDeliveryParams{Person: j.Holder, ID: j.Object, Failure: string(f.kind), Code: int64(f.code), Ended: tx.Now()})
		if err != nil {
			return err
		}
		if n == 1 {
			if err := m.standIn(tx, j, e, instead); err != nil {
				return err
			}
		}
		if f.provider() {
			return nil
		}
		return m.base.Jobs.Done(tx, j)
	})
	if err != nil {
		return err
	}
	if !f.provider() {
		m.base.Log.Info("notice: an address takes nothing", "channel", string(e.delivery.Channel), "delivery", j.Object.String(), "failure", string(f.kind))
		return nil
	}
	m.base.Log.Error("notice: a provider has failed, a message was given up", "channel", string(e.delivery.Channel), "delivery", j.Object.String(), "tries", j.Attempt, "error", f.err)
	return jobs.Fatal(f.err)
}

// standIn puts a delivery by another channel in the place of one that failed. Where none is left and a term hangs on the
// notice, the world is told.
func (m *Module) standIn(tx *store.Tx, j jobs.Job, e errand, instead id.ID) error {
	rows, err := noticedb.DeliveriesOf(tx.As(j.Act(act.Purpose{}), "notice.look.message"), j.Holder, e.row.ID)
	if err != nil {
		return err
	}
	all := deliveriesOf(rows)
	if channel, ok := next(m.reachable(e.person), all); ok {
		return m.queue(tx, noticedb.InsertDeliveryParams{Person: j.Holder, ID: instead, Notice: e.row.ID, Channel: string(channel), Instead: j.Object})
	}
	if e.row.Starts && hopeless(all) {
		return m.emit(tx, EventUnreached, subject{holder: e.row.Holder, about: e.row.CaseID, version: e.row.Version})
	}
	return nil
}
