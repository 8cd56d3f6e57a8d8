package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/apply/internal/store"
	"posad.city/core/form"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Beginning says which application a person begins.
type Beginning struct {
	Service string
	Child   id.ID                                // for whom, where the service is for a child
	For     id.ID                                // for whom else: an adult or an organisation that gave a mandate; zero: for oneself
	Anew    bool                                 // an open draft of the same service gives way; else it is gone on with
	About   string                               // number of the case that it is about; for services about another one
	Renew   string                               // number of the case whose result is renewed; its answers are the first ones
	Answers func(form.Input) (form.Bound, error) // what was answered before the form; nil: nothing
	Lang    lang.Language
}

// place is in whose account an application lies, and by which mandate.
type place struct{ holder, mandate id.ID }

// placeOf finds in whose account an application of the actor lies. ErrChild, ErrWhom: the one who is named is not theirs to
// apply for.
func (m *Module) placeOf(ctx context.Context, a act.Act, s *service.Service, b Beginning) (place, error) {
	if s.For == forChild {
		return m.childsPlace(ctx, a, b.Child)
	}
	if b.For.IsZero() || b.For == a.Actor.Person {
		if s.For == forCompany {
			return place{}, ErrWhom
		}
		return place{holder: a.Actor.Person}, nil
	}
	list, err := m.principals(ctx, a, s)
	if err != nil {
		return place{}, err
	}
	for _, p := range list {
		if p.Giver == b.For {
			return place{holder: p.Giver, mandate: p.ID}, nil
		}
	}
	return place{}, ErrWhom
}

// principals are the adults or organisations for whom the actor may apply for the service now; none for a child's.
func (m *Module) principals(ctx context.Context, a act.Act, s *service.Service) ([]mandate.Principal, error) {
	if s.For == forChild || s.For == forTrader {
		return nil, nil
	}
	city, err := m.deps.Services.City()
	if err != nil {
		return nil, err
	}
	list, err := m.deps.Family.Acting(ctx, own(a), a.Actor.Person)
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(m.base.Clock.Now(), city.Days().Zone())
	return slices.DeleteFunc(list, func(p mandate.Principal) bool {
		fits := p.Kind == mandate.Company
		if s.For != forCompany {
			fits = p.Kind != mandate.Company && p.Kind != mandate.Parent && p.Person.Age(today) >= mandate.AdultAge
		}
		return !fits || !p.Allows(mandate.ScopeApply, s.Key)
	}), nil
}

func (m *Module) childsPlace(ctx context.Context, a act.Act, child id.ID) (place, error) {
	list, err := m.deps.Family.Children(ctx, own(a), a.Actor.Person)
	if err != nil {
		return place{}, err
	}
	for _, c := range list {
		if c.Person.ID == child && slices.Contains(c.Scopes, mandate.ScopeApply) {
			return place{holder: child, mandate: c.Mandate}, nil
		}
	}
	return place{}, ErrChild
}

// Begin makes a draft, or goes on with the open one of the same person, holder and service: then the bool is true. What
// registers are asked early for is asked before it returns, for a few seconds at most.
func (m *Module) Begin(ctx context.Context, a act.Act, b Beginning) (Draft, bool, error) {
	_, s, err := m.definition(b.Service)
	if err != nil {
		return Draft{}, false, err
	}
	if !levelFits(a, s) {
		return Draft{}, false, ErrLevel
	}
	at, err := m.placeOf(ctx, a, s, b)
	if err != nil {
		return Draft{}, false, err
	}
	if a = a.For(at.holder, at.mandate); !at.mandate.IsZero() {
		a = a.Using(mandate.ScopeApply, s.Key)
	}
	made, found, err := m.make(ctx, a, s, b)
	if err != nil {
		return Draft{}, false, err
	}
	d, err := m.read(ctx, a, made)
	if err != nil {
		return Draft{}, false, err
	}
	m.askEarly(ctx, a, d, b.Lang)
	return d, found, nil
}

// make puts the draft, unless there is an open one to go on with.
func (m *Module) make(ctx context.Context, a act.Act, s *service.Service, b Beginning) (id.ID, bool, error) {
	params, err := m.prepareDraft(ctx, a, s, b)
	if err != nil {
		return id.ID{}, false, err
	}
	var out id.ID
	err = m.base.Store.WriteAs(ctx, a.ForCase(params.ID), func(tx *store.Tx) error {
		out = id.ID{}
		open, err := openDrafts(tx, a, s.Key)
		if err != nil {
			return err
		}
		if len(open) > 0 && !b.Anew {
			out = open[0].ID
			return nil
		}
		for _, line := range open {
			if err := m.drop(tx, line.Holder, line.Applicant, line.ID); err != nil {
				return err
			}
		}
		return m.insert(tx, params)
	})
	if err != nil {
		return id.ID{}, false, fmt.Errorf("apply: begin: %w", err)
	}
	if !out.IsZero() {
		return out, true, nil
	}
	return params.ID, false, nil
}

// openDrafts are the actor's open drafts of a service in the act's holder's account, the newest first.
func openDrafts(tx *store.Tx, a act.Act, key string) ([]applydb.DraftLine, error) {
	lines, err := applydb.LinesOf(tx.As(a, lookDrafts), a.Holder, linesMost)
	return slices.DeleteFunc(lines, func(l applydb.DraftLine) bool { return l.Service != key || l.Applicant != a.Actor.Person }), err
}

// prepareDraft makes the row: the child for whom one applies is answered already.
func (m *Module) prepareDraft(ctx context.Context, a act.Act, s *service.Service, b Beginning) (applydb.InsertDraftParams, error) {
	now := m.base.Clock.Now()
	d := Draft{Holder: a.Holder, ID: id.New(now), Applicant: a.Actor.Person, Service: s.Key, Answers: service.Answers{}, Typed: map[string]form.Typed{}}
	in, err := m.input(ctx, a, Draft{Holder: a.Holder, Applicant: a.Actor.Person, Mandate: a.Mandate, Service: s.Key}, b.Lang)
	if err != nil {
		return applydb.InsertDraftParams{}, err
	}
	if s.For == forChild {
		if d.Answers, err = withChild(in, a.Holder); err != nil {
			return applydb.InsertDraftParams{}, err
		}
	}
	if d.About, err = m.begunWith(ctx, a, in, b, d.Answers); err != nil {
		return applydb.InsertDraftParams{}, err
	}
	keys, err := m.base.Vault.Keys(ctx, a.Holder)
	if err != nil {
		return applydb.InsertDraftParams{}, err
	}
	answers, errAnswers := sealJSON(keys, columnAnswers, d.Answers)
	typed, errTyped := sealJSON(keys, columnTyped, d.Typed)
	return applydb.InsertDraftParams{
		Holder: d.Holder, ID: d.ID, Applicant: d.Applicant, Mandate: a.Mandate, Service: s.Key, Definition: string(in.City.Hash()), Asks: lists(s),
		Lang: string(b.Lang), Channel: string(a.Channel), Begun: now, Saved: now, Answers: answers, Typed: typed, About: d.About,
	}, errors.Join(errAnswers, errTyped)
}

// withChild answers the form's questions for a child by the one whose draft it is.
func withChild(in form.Input, child id.ID) (service.Answers, error) {
	chosen := map[string]string{}
	for i := range in.Service.Form.Steps {
		for _, f := range in.Service.Form.Steps[i].Fields {
			if f.Type == service.TypeChild {
				chosen[f.Key] = child.String()
			}
		}
	}
	body, err := json.Marshal(chosen)
	if err != nil {
		return nil, fmt.Errorf("apply: child: %w", err)
	}
	bound, err := form.BindJSON(in, body)
	return bound.Answers, err
}

func (m *Module) insert(tx *store.Tx, p applydb.InsertDraftParams) error {
	return errors.Join(
		applydb.InsertDraft(tx, p),
		applydb.InsertLine(tx, applydb.InsertLineParams{Holder: p.Holder, ID: p.ID, Applicant: p.Applicant, Service: p.Service, Saved: p.Saved}),
		applydb.InsertHome(tx, p.ID, p.Holder, p.Service),
		m.base.Jobs.Put(tx, jobs.New{Handler: jobExpire, Holder: p.Holder, Object: p.ID, At: p.Saved.Add(DraftLife)}),
	)
}

// drop forgets a draft and its files, and has forgotten what registers told for it. A draft that is gone already is left as
// it is: it may have become a case.
func (m *Module) drop(tx *store.Tx, holder, applicant, draft id.ID) error {
	n, err := applydb.DeleteDraft(tx, holder, draft)
	if err != nil {
		return fmt.Errorf("apply: delete a draft: %w", err)
	}
	if n == 0 {
		return nil
	}
	for _, forget := range []func() (int64, error){
		func() (int64, error) { return applydb.DeleteLine(tx, holder, draft) },
		func() (int64, error) { return applydb.DeleteHome(tx, draft) },
	} {
		if _, err := forget(); err != nil {
			return fmt.Errorf("apply: delete a draft: %w", err)
		}
	}
	if err := m.putForget(tx, holder, applicant, draft); err != nil {
		return err
	}
	if m.deps.Visits != nil {
		if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobUnbook, Holder: holder, Object: draft}); err != nil {
			return fmt.Errorf("apply: unbook: %w", err)
		}
	}
	return m.deps.Papers.Discard(tx, holder, draft)
}

// putForget has the certificates of everybody whom the draft may concern deleted, each in a Write of their own.
func (m *Module) putForget(tx *store.Tx, holder, applicant, draft id.ID) error {
	people := []id.ID{holder, applicant}
	if holder == applicant {
		people = people[:1]
	}
	for _, person := range people {
		if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobForget, Holder: person, Object: draft}); err != nil {
			return fmt.Errorf("apply: forget certificates: %w", err)
		}
	}
	return nil
}

// forget deletes a person's certificates of a deleted draft. A draft whose home is still there lives, or is a case.
func (m *Module) forget(ctx context.Context, j jobs.Job) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := applydb.HomeOf(tx, j.Object)
		switch {
		case err == nil:
			return m.base.Jobs.Done(tx, j)
		case !errors.Is(err, store.ErrNone):
			return fmt.Errorf("apply: home of a draft: %w", err)
		}
		return errors.Join(m.deps.Registers.Forget(tx, j.Holder, j.Object), m.base.Jobs.Done(tx, j))
	})
}

// unbook frees the times of a draft that is no more. A draft that became a case keeps its home, and its times.
func (m *Module) unbook(ctx context.Context, j jobs.Job) error {
	_, err := m.home(ctx, j.Object)
	if !errors.Is(err, ErrNone) {
		return err
	}
	return m.deps.Visits.EndCase(ctx, j.Object)
}

// Delete forgets a draft of the actor's at their wish. One that is not there is ErrNone.
func (m *Module) Delete(ctx context.Context, a act.Act, draft id.ID) error {
	d, err := m.read(ctx, a, draft)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return m.drop(tx, d.Holder, d.Applicant, d.ID) })
}

// expire deletes a draft that was not saved for DraftLife; one that was saved meanwhile is looked at again later.
func (m *Module) expire(ctx context.Context, j jobs.Job) error {
	var line applydb.DraftLine
	a := j.Act(act.Purpose{Kind: "case", ID: j.Object.String()})
	err := m.base.Store.Look(ctx, a, lookDrafts, func(p *store.Personal) error {
		var err error
		line, err = applydb.LineByID(p, j.Holder, j.Object)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if left := line.Saved.Add(DraftLife).Sub(m.base.Clock.Now()); left > 0 {
		return jobs.Later(left)
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		now, err := applydb.LineByID(tx.As(a, lookDrafts), j.Holder, j.Object)
		if errors.Is(err, store.ErrNone) || err == nil && now.Saved.After(line.Saved) {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(m.drop(tx, j.Holder, now.Applicant, j.Object), m.base.Jobs.Done(tx, j))
	})
}
