package studio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/core/studio/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// Try is what an author wants tried.
type Try struct {
	Service string
	Cases   int64 // made-up ones; 0: kept cases of the last Days days
	Days    int64
}

// Run is a simulation.
type Run struct {
	ID       id.ID
	Service  string
	Cases    int64
	Days     int64
	By       id.ID
	Made     time.Time
	State    string // waits, done, failed
	Progress int64
	Result   service.Simulation // when it is done
}

// The states of a run.
const (
	runWaits  = "waits"
	runDone   = "done"
	runFailed = "failed"
)

// runSeed makes the same cases for every run, so that two runs may be compared.
const runSeed = 1

// stepEvery is after how many cases a run says how far it is.
const stepEvery = 250

// Simulate begins a simulation of the change set as it stands. The look at kept cases is recorded for the people whose they
// are, under the official's name. Errors: ErrService, ErrCases, ErrFaults.
func (m *Module) Simulate(ctx context.Context, a act.Act, which id.ID, t Try) (id.ID, error) {
	if err := author(a); err != nil {
		return id.ID{}, err
	}
	if t.Cases < 0 || t.Cases > casesMost || t.Cases == 0 && (t.Days < 1 || t.Days > daysMost || m.deps.Cases == nil) {
		return id.ID{}, ErrCases
	}
	w, err := m.Workspace(ctx, which)
	if err != nil {
		return id.ID{}, err
	}
	two, err := m.Compare(ctx, w)
	if err != nil {
		return id.ID{}, err
	}
	if two.To == nil {
		return id.ID{}, ErrFaults
	}
	from, before := two.From.Service(t.Service)
	_, after := two.To.Service(t.Service)
	if !before || !after || !isAdmin(a) && agency.ID(from.Agency) != a.Actor.Agency {
		return id.ID{}, ErrService
	}
	tree, err := service.PrepareTree(two.To.Files())
	if err != nil {
		return id.ID{}, err
	}
	run := id.New(m.base.Clock.Now())
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := stillAuthor(tx, a); err != nil {
			return err
		}
		if err := tree.Put(tx); err != nil {
			return err
		}
		err := studiodb.InsertRun(tx, studiodb.InsertRunParams{
			ChangeID: which, ID: run, Service: t.Service, Tree: string(tree.Hash()), Cases: t.Cases, Days: t.Days,
			Official: a.Actor.Person, Agency: a.Actor.Agency, Role: a.Actor.Role, Made: tx.Now(),
		})
		if err != nil {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobSimulate, Holder: which, Object: run})
	})
	return run, err
}

// simulate carries a run out.
func (m *Module) simulate(ctx context.Context, j jobs.Job) error {
	var row studiodb.StudioRun
	var change Change
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if row, err = studiodb.RunByID(r, j.Holder, j.Object); err != nil {
			return err
		}
		c, err := studiodb.ChangeByID(r, j.Holder)
		change = changeOf(c)
		return err
	})
	if errors.Is(err, store.ErrNone) || err == nil && row.State != runWaits {
		return m.base.Store.Write(ctx, func(tx *store.Tx) error { return m.base.Jobs.Done(tx, j) })
	}
	if err != nil {
		return err
	}
	result, err := m.try(ctx, row, change)
	state, text := runDone, []byte(nil)
	if err == nil {
		text, err = json.Marshal(result)
	}
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		m.base.Log.Error("studio: a simulation failed", "run", row.ID.String(), "error", err)
		state = runFailed
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		err := studiodb.EndRun(tx, studiodb.EndRunParams{ChangeID: row.ChangeID, ID: row.ID, State: state, Progress: int64(result.Cases), Result: string(text)})
		if err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

func (m *Module) try(ctx context.Context, row studiodb.StudioRun, c Change) (service.Simulation, error) {
	base := c.Base
	if c.State == Open {
		now, err := m.InForce(ctx)
		if err != nil {
			return service.Simulation{}, err
		}
		base = now.Version
	}
	from, err := m.deps.Services.Version(ctx, base)
	if err != nil {
		return service.Simulation{}, err
	}
	to, err := m.proposedCity(ctx, Change{Tree: service.Hash(row.Tree)})
	if err != nil {
		return service.Simulation{}, err
	}
	cases, err := m.cases(ctx, row, from)
	if err != nil {
		return service.Simulation{}, err
	}
	return service.Simulate(from, to, row.Service, cases, func(done int) {
		if done%stepEvery != 0 {
			return
		}
		err := m.base.Store.Write(ctx, func(tx *store.Tx) error { return studiodb.StepRun(tx, int64(done), row.ChangeID, row.ID) })
		if err != nil {
			m.base.Log.Warn("studio: progress of a simulation", "error", err)
		}
	})
}

// cases are what a run tries: made up of the service's examples, or kept ones, which the official must still be allowed to
// see.
func (m *Module) cases(ctx context.Context, row studiodb.StudioRun, from *service.City) (iter.Seq2[service.SimCase, error], error) {
	if row.Cases > 0 {
		return service.Generate(from, row.Service, int(row.Cases), runSeed), nil
	}
	officer := act.Act{
		ID: id.New(m.base.Clock.Now()), Channel: act.Job, Assurance: act.Verified,
		Actor: act.Actor{Kind: act.Official, Person: row.Official, Agency: row.Agency, Role: row.Role},
	}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		o, err := agency.Find(r, row.Agency, row.Official)
		if err == nil && string(o.Role) != row.Role {
			err = ErrAuthor
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("studio: simulate: %w", err)
	}
	return m.deps.Cases.Decided(ctx, officer, row.Service, m.base.Clock.Now().Add(-time.Duration(row.Days)*24*time.Hour)), nil
}

// Runs lists the simulations of a change set, the latest first.
func (m *Module) Runs(ctx context.Context, which id.ID) ([]Run, error) {
	var out []Run
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := studiodb.Runs(r, which, listMost)
		out = out[:0]
		for _, row := range rows {
			out = append(out, runOf(row))
		}
		return err
	})
	return out, err
}

// RunOf is one of them. ErrNone.
func (m *Module) RunOf(ctx context.Context, which, run id.ID) (Run, error) {
	list, err := m.Runs(ctx, which)
	if err != nil {
		return Run{}, err
	}
	i := slices.IndexFunc(list, func(r Run) bool { return r.ID == run })
	if i < 0 {
		return Run{}, ErrNone
	}
	return list[i], nil
}

func runOf(row studiodb.StudioRun) Run {
	out := Run{ID: row.ID, Service: row.Service, Cases: row.Cases, Days: row.Days, By: row.Official, Made: row.Made, State: row.State, Progress: row.Progress}
	if row.State == runDone && json.Unmarshal([]byte(row.Result), &out.Result) != nil {
		out.State = runFailed // of another release
	}
	return out
}
