package casework

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/document"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Visits are appointments; *booking.Module is one.
type Visits interface {
	// EndCase frees what a case has booked for a time to come. It may be repeated.
	EndCase(ctx context.Context, caseID id.ID) error
}

// over ends a job whose case is not there any more, or whose holder's data was erased.
func over(err error) error {
	if errors.Is(err, ErrNone) || errors.Is(err, vault.ErrErased) {
		return nil
	}
	return err
}

// freeVisits has the appointments of a case freed that ended without what was asked for.
func (c *change) freeVisits() error {
	if stage := Stage(c.file.Stage); stage != Withdrawn && stage != Refused || !c.k.service.HasField(service.TypeSlot) {
		return nil
	}
	return c.put(jobVisits)
}

// freeVisits is the job that frees the appointments of a case that ended without what was asked for. One opened anew
// meanwhile keeps them.
func (m *Module) freeVisits(ctx context.Context, j jobs.Job) error {
	if m.deps.Visits == nil {
		return nil
	}
	k := &known{}
	err := m.base.Store.Look(ctx, m.system(j.Object), lookCase, func(p *store.Personal) error { return k.read(p, j.Holder, j.Object) })
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	stage := Stage(k.file.Stage)
	if err != nil || stage != Withdrawn && stage != Refused || k.file.Step != "" {
		return err
	}
	return m.deps.Visits.EndCase(ctx, j.Object)
}

// revoked is the job that tells whose document was revoked, and why. Of a corrected one they are told as of the correction.
func (m *Module) revoked(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	r, err := m.deps.Papers.Result(ctx, m.system(j.Object), j.Holder, j.Object)
	if errors.Is(err, document.ErrNone) {
		return nil, nil
	}
	if err != nil || r.Case.IsZero() || r.Revoked.IsZero() || r.Replaced != "" {
		return nil, over(err)
	}
	k, err := m.know(ctx, m.system(r.Case), r.Holder, r.Case)
	if err != nil {
		return nil, over(err)
	}
	people, err := m.toTell(ctx, k)
	if err != nil {
		return nil, err
	}
	var list []notice.Notice
	for _, person := range people {
		n := m.telling(k, person, "revoked", "casework/revoked/"+r.ID.String(), k.file.Revision)
		n.Params["document"], n.Params["paper"], n.Params["reason"] = r.Title, id.FormatNumber(r.Number), r.Reason
		n.Path = "/documents/" + r.ID.String()
		list = append(list, n)
	}
	return m.putNotices(ctx, list)
}

// putNotices makes ready what is told; the change keeps it.
func (m *Module) putNotices(ctx context.Context, list []notice.Notice) (func(*store.Tx) error, error) {
	prepared := make([]*notice.Prepared, 0, len(list))
	for _, n := range list {
		one, err := m.deps.Teller.Prepare(ctx, n)
		if err != nil {
			return nil, fmt.Errorf("casework: tell %s: %w", n.Kind, err)
		}
		prepared = append(prepared, one)
	}
	return func(tx *store.Tx) error {
		for _, one := range prepared {
			if err := one.Put(tx); err != nil {
				return err
			}
		}
		return nil
	}, nil
}
