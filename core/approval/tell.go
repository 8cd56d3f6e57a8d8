package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account"
	"posad.city/core/approval/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

const (
	jobTell  = "approval.tell"
	jobPush  = "approval.push"
	jobSweep = "approval.sweep"
)

// target is who is to be asked.
type target struct {
	person, account id.ID
	ways            []account.Kept
	known           bool // has signed in by the browser that asks
}

// tell finds whom a question goes to and asks them: a contact that nobody has, an account with approvals on nowhere, a
// person who wants to be left alone or was asked too often all end here, unseen by the browser that began.
func (m *Module) tell(ctx context.Context, j jobs.Job) error {
	q, err := m.question(ctx, j.Object)
	if errors.Is(err, ErrMissing) || err == nil && (!q.open(m.base.Clock.Now()) || !q.Person.IsZero()) {
		return nil
	}
	if err != nil {
		return err
	}
	to, ok, err := m.target(ctx, q)
	if err != nil || !ok {
		return err
	}
	if ok, err = m.mayAsk(ctx, to); err != nil || !ok {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := approvaldb.AskPerson(tx, approvaldb.AskPersonParams{Person: to.person, Account: to.account, Known: to.known, ID: q.ID})
		if err != nil {
			return err
		}
		if n == 1 {
			if err := m.askIn(tx, q, to); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

func (m *Module) target(ctx context.Context, q question) (target, bool, error) {
	out := target{person: q.asked.Person, account: q.asked.Account}
	if q.asked.Contact != "" {
		contact, err := account.ParseContact(q.asked.Contact)
		if err != nil {
			return out, false, jobs.Fatal(err)
		}
		out.account, out.person, err = m.accounts.MemberOf(ctx, contact)
		if errors.Is(err, store.ErrNone) {
			return out, false, nil
		}
		if err != nil {
			return out, false, err
		}
	}
	var err error
	if out.ways, err = m.accounts.KeptOf(ctx, out.account, account.ByPush); err != nil {
		return out, false, err
	}
	out.known, err = m.accounts.KnowsBrowser(ctx, q.asked.Device, out.person)
	return out, len(out.ways) > 0, err
}

// mayAsk keeps strangers from wearing a person out. Browsers that the person has been signed in by have a limit of their
// own, so that strangers' questions do not lock the person out.
func (m *Module) mayAsk(ctx context.Context, to target) (bool, error) {
	guard, most := "approval.friend", friendsMost
	if !to.known {
		guard, most = "approval.stranger", strangersMost
		until, err := m.mutedUntil(ctx, to.person)
		if err != nil || until.After(m.base.Clock.Now()) {
			return false, err
		}
	}
	err := m.accounts.Limit(ctx, guard, to.account.String(), most, time.Hour)
	if errors.Is(err, account.ErrOften) {
		return false, nil
	}
	return err == nil, err
}

func (m *Module) askIn(tx *store.Tx, q question, to target) error {
	for _, way := range to.ways {
		if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobPush, Holder: to.account, Object: way.ID, Payload: q.ID.String()}); err != nil {
			return err
		}
	}
	return m.publish(tx, to.person, q.ID)
}

// mutedUntil is until when a person is left alone; zero for never.
func (m *Module) mutedUntil(ctx context.Context, person id.ID) (time.Time, error) {
	var row approvaldb.ApprovalMute
	err := m.base.Store.Look(ctx, reader, lookName, func(p *store.Personal) error {
		var err error
		row, err = approvaldb.MuteOf(p, person)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return time.Time{}, nil
	}
	return row.Until, err
}

// message is what a browser's worker shows; it knows no number and no name.
type message struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Path  string `json:"path"`
	Tag   string `json:"tag"`
}

// push brings one question to one browser. A subscription that has gone is forgotten; a service that asks to wait is
// waited for while the question stands.
func (m *Module) push(ctx context.Context, j jobs.Job) error {
	number, err := id.Parse(j.Payload)
	if err != nil {
		return jobs.Fatal(err)
	}
	q, err := m.question(ctx, number)
	now := m.base.Clock.Now()
	if errors.Is(err, ErrMissing) || err == nil && !q.open(now) {
		return nil
	}
	if err != nil {
		return err
	}
	way, sub, err := m.subscriptionOf(ctx, j.Holder, j.Object)
	if err != nil || sub.Endpoint == "" {
		return err
	}
	body, err := m.message(ctx, j, q)
	if err != nil {
		return err
	}
	err = m.send(ctx, sub, body, q.Until.Sub(now), q.ID)
	var wait *WaitError
	switch {
	case errors.Is(err, ErrGone):
		return m.forget(ctx, way)
	case errors.As(err, &wait):
		return jobs.Later(max(wait.After, time.Second))
	case errors.Is(err, ErrRefused):
		return jobs.Fatal(err)
	}
	return err
}

func (m *Module) message(ctx context.Context, j jobs.Job, q question) ([]byte, error) {
	person, err := m.accounts.Person(ctx, j.Act(reader.Purpose), lookName, q.Person)
	if err != nil {
		return nil, err
	}
	l := person.Lang
	if !lang.Known(string(l)) {
		l = lang.Russian
	}
	out, err := json.Marshal(message{
		Title: m.base.Texts.Text(l, "approval.push.title"), Body: m.base.Texts.Text(l, "approval.push.text"),
		Path: "/approve/push/" + q.ID.String(), Tag: "approval",
	})
	if err != nil {
		return nil, fmt.Errorf("approval: write a message: %w", err)
	}
	return out, nil
}
