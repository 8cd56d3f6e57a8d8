package service

import (
	"context"
	"errors"
	"time"

	"posad.city/core/service/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/store"
)

// planJob carries a plan out at its moment; its object is the plan.
const planJob = "service.plan"

// PlanState is how far a plan is.
type PlanState string

// The states of a plan.
const (
	PlanWaiting   PlanState = "waiting"
	PlanDone      PlanState = "done"
	PlanCancelled PlanState = "cancelled"
)

// Plan is a version that becomes current at a moment.
type Plan struct {
	ID      id.ID
	Hash    Hash
	At      time.Time
	Note    string
	Made    time.Time
	Kind    act.Kind
	By      id.ID // the official; zero for the system
	Channel act.Channel
	State   PlanState
	Closed  time.Time // when it was done or cancelled; zero: it waits

	Proposed id.ID // the official who proposed what By approved; zero: nobody else
}

func (m *Module) putPlan(tx *store.Tx, who author, p *Prepared) error {
	err := servicedb.InsertPlan(tx, servicedb.InsertPlanParams{
		ID: p.plan, Hash: string(p.city.Hash()), At: p.p.At, Note: p.p.Note, Made: tx.Now(), Act: who.act, ByKind: string(who.kind), ByOfficial: who.official,
		Channel: string(who.channel), Tree: p.tree.name, ProposedBy: who.proposed,
	})
	if err != nil {
		return err
	}
	if err := enter(tx, p.ready); err != nil {
		return err
	}
	return p.m.base.Jobs.Put(tx, jobs.New{Handler: planJob, Object: p.plan, At: p.p.At})
}

// Plans lists the latest plans, newest first.
func (m *Module) Plans(ctx context.Context, limit int64) ([]Plan, error) {
	var out []Plan
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := servicedb.Plans(r, limit)
		out = out[:0]
		for _, row := range rows {
			out = append(out, planOf(row))
		}
		return err
	})
	return out, err
}

func planOf(row servicedb.CityPlan) Plan {
	return Plan{
		ID: row.ID, Hash: Hash(row.Hash), At: row.At, Note: row.Note, Made: row.Made, Kind: act.Kind(row.ByKind), By: row.ByOfficial,
		Channel: act.Channel(row.Channel), State: PlanState(row.State), Closed: row.Closed, Proposed: row.ProposedBy,
	}
}

// CancelPlan takes a plan back before its moment. ErrPlan when there is none that waits.
func (m *Module) CancelPlan(ctx context.Context, a act.Act, plan id.ID) error {
	row, err := m.planRow(ctx, plan)
	if errors.Is(err, store.ErrNone) {
		return ErrPlan
	}
	if err != nil {
		return err
	}
	entry, err := m.prepareEntry(ctx, acted{kind: EntryCancelled, object: plan, hash: Hash(row.Hash), note: row.Note, starts: row.At, who: by(a)})
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		closed, err := servicedb.ClosePlan(tx, string(PlanCancelled), tx.Now(), plan)
		if err != nil {
			return err
		}
		if closed == 0 {
			return ErrPlan
		}
		return enter(tx, entry)
	})
}

func (m *Module) planRow(ctx context.Context, plan id.ID) (servicedb.CityPlan, error) {
	var row servicedb.CityPlan
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = servicedb.PlanByID(r, plan)
		return err
	})
	return row, err
}

// whoPlanned is who made a plan, for whom it is carried out.
func whoPlanned(row servicedb.CityPlan) author {
	return author{act: row.Act, kind: act.Kind(row.ByKind), official: row.ByOfficial, channel: act.Channel(row.Channel), proposed: row.ProposedBy}
}

// planEntry is what the journal says when a plan is carried out; nil when there is nothing to carry out.
func (m *Module) planEntry(ctx context.Context, plan id.ID) (*journal.Ready, error) {
	row, err := m.planRow(ctx, plan)
	if errors.Is(err, store.ErrNone) || err == nil && row.State != string(PlanWaiting) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return m.prepareEntry(ctx, acted{kind: EntryPublished, object: plan, hash: Hash(row.Hash), note: row.Note, who: whoPlanned(row)})
}

// carryPlan switches every node to a planned version at its moment. A plan that was cancelled or carried out is left as
// it is. It speaks for whoever made the plan.
func (m *Module) carryPlan(ctx context.Context, j jobs.Job) error {
	entry, err := m.planEntry(ctx, j.Object)
	if err != nil {
		return err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		row, err := servicedb.PlanByID(tx, j.Object)
		if errors.Is(err, store.ErrNone) {
			return m.base.Jobs.Done(tx, j)
		}
		if err != nil {
			return err
		}
		if wait := row.At.Sub(tx.Now()); row.State == string(PlanWaiting) && wait > 0 {
			return jobs.Later(wait) // this node's clock is behind
		}
		closed, err := servicedb.ClosePlan(tx, string(PlanDone), tx.Now(), row.ID)
		if err != nil {
			return err
		}
		if closed > 0 {
			if _, err := m.announce(tx, whoPlanned(row), switching{Hash(row.Hash), row.Tree, row.Note, entry}); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
	if err != nil {
		return err
	}
	m.nudge()
	return nil
}
