package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// ErrAbout is for a case that is to be about another one which is not there, is not the person's, or is not decided yet.
var ErrAbout = fault.New(fault.Invalid, "casework.about_none")

// Link is a case that is about another one, as that one shows it.
type Link struct {
	ID, Holder id.ID
	Number     string
	Service    string
	Appeal     bool // against the decision
	At         time.Time
	Carried    time.Time // when its approval opened this case anew
}

// link prepares what a new case says of the one that it is about.
func (m *Module) link(ctx context.Context, o Opening, k *known, params *caseworkdb.InsertCaseParams) error {
	if o.About.IsZero() {
		return nil
	}
	ref, err := m.FindID(ctx, o.About)
	if errors.Is(err, ErrNone) {
		return ErrAbout.Because(err)
	}
	if err != nil {
		return err
	}
	about := k.service.About
	if about == "" && k.service.Renewal == nil || ref.ID == o.ID || ref.Holder != o.Holder && ref.Applicant != o.Applicant {
		return ErrAbout
	}
	first, err := m.know(ctx, m.system(ref.ID), ref.Holder, ref.ID)
	if err != nil {
		return err
	}
	stage := Stage(first.file.Stage)
	if about == aboutDecision && stage != Approved && stage != Refused {
		return ErrAbout
	}
	if about == "" && (first.service.Key != k.service.Key || stage != Approved) { // a renewal is of the same thing
		return ErrAbout
	}
	params.AboutHolder, params.AboutCase = ref.Holder, ref.ID
	return nil
}

// tie is the job that tells a case of another one which is about it, once.
func (m *Module) tie(ctx context.Context, j jobs.Job) error {
	other, first, err := m.pair(ctx, j)
	if err != nil || first == nil {
		return err
	}
	links, err := m.linksOf(ctx, m.system(j.Object), first.file.Holder, first.file.ID)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.ID == j.Object {
			return nil
		}
	}
	_, err = m.write(ctx, m.system(first.file.ID), first, func(c *change) error { return c.tie(other) })
	return later(err)
}

// later has a job tried again soon when somebody else moved the case.
func later(err error) error {
	if errors.Is(err, ErrMoved) {
		return jobs.Later(50 * time.Millisecond)
	}
	return err
}

// pair reads a case and the one that it is about; the second is nil when there is none.
func (m *Module) pair(ctx context.Context, j jobs.Job) (*known, *known, error) {
	other, err := m.know(ctx, m.system(j.Object), j.Holder, j.Object)
	if err != nil || other.file.AboutCase.IsZero() {
		return other, nil, over(err)
	}
	first, err := m.know(ctx, m.system(other.file.AboutCase), other.file.AboutHolder, other.file.AboutCase)
	return other, first, over(err)
}

func (c *change) tie(other *known) error {
	event := "linked"
	if other.service.About == aboutDecision {
		event = "appealed"
	}
	_, err := caseworkdb.PutLink(c.tx, caseworkdb.PutLinkParams{
		Holder: c.file.Holder, CaseID: c.file.ID, Other: other.file.ID, OtherHolder: other.file.Holder, Number: other.file.Number,
		Service: other.file.Service, Why: other.service.About, At: other.file.Submitted,
	})
	return errors.Join(err, c.line(event, false, map[string]string{"other": other.file.Number}, nil))
}

// appealed is the job that carries out an approved appeal: the case that it is about is decided anew, by somebody else,
// once.
func (m *Module) appealed(ctx context.Context, j jobs.Job) error {
	other, first, err := m.pair(ctx, j)
	if err != nil || first == nil || other.service.About != aboutDecision || other.file.Stage != string(Approved) {
		return err
	}
	if first.file.Stage == string(Withdrawn) || first.file.Stage == string(Open) {
		return nil // it is decided anew already, or there is nothing to decide
	}
	if first.file.Step != "" {
		return jobs.Later(time.Minute) // its document is being made
	}
	p, err := m.prepareReopen(first)
	if errors.Is(err, ErrNotNow) { // a mistake in its document is being looked at: first that
		return jobs.Later(time.Hour)
	}
	if err != nil {
		return fmt.Errorf("casework: appeal %s: %w", j.Object, err)
	}
	p.appeal = other.file.ID
	_, err = m.write(ctx, m.system(first.file.ID), first, func(c *change) error { return c.carryAppeal(p, other) })
	if errors.Is(err, errCarried) {
		return nil
	}
	return later(err)
}

// carryOut has an approved case that is about another one carried out.
func (c *change) carryOut() error {
	if c.file.AboutCase.IsZero() || c.file.Stage != string(Approved) {
		return nil
	}
	return c.put(jobAppealed)
}

// errCarried ends the Write of an appeal that was carried out before.
var errCarried = errors.New("casework: the appeal was carried out before")

func (c *change) carryAppeal(p *reopening, other *known) error {
	_, err := caseworkdb.PutLink(c.tx, caseworkdb.PutLinkParams{
		Holder: c.file.Holder, CaseID: c.file.ID, Other: other.file.ID, OtherHolder: other.file.Holder, Number: other.file.Number,
		Service: other.file.Service, Why: other.service.About, At: other.file.Submitted,
	})
	if err != nil {
		return err
	}
	n, err := caseworkdb.CarryLink(c.tx, caseworkdb.CarryLinkParams{Carried: c.tx.Now(), Holder: c.file.Holder, CaseID: c.file.ID, Other: other.file.ID})
	if err != nil {
		return err
	}
	if n == 0 {
		return c.tx.Fail(errCarried)
	}
	return c.reopen(p)
}

// Links are the cases that are about a case, oldest first.
func (m *Module) Links(ctx context.Context, a act.Act, holder, caseID id.ID) ([]Link, error) {
	return m.linksOf(ctx, a.ForCase(caseID), holder, caseID)
}

func (m *Module) linksOf(ctx context.Context, a act.Act, holder, caseID id.ID) ([]Link, error) {
	var out []Link
	err := m.base.Store.Look(ctx, a, lookCase, func(p *store.Personal) error {
		rows, err := caseworkdb.LinksOf(p, holder, caseID)
		out = out[:0]
		for _, r := range rows {
			out = append(out, Link{ID: r.Other, Holder: r.OtherHolder, Number: r.Number, Service: r.Service, Appeal: r.Why == aboutDecision, At: r.At, Carried: r.Carried})
		}
		return err
	})
	return out, err
}
