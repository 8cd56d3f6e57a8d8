package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/charge"
	"posad.city/core/exchange"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// movesMost bounds the moves of one job: a definition's steps are far fewer, so that more is a fault of the program.
const movesMost = 60

// move is the job that takes a case on: as far as it goes now. It knows nothing of what it was called for; whatever was
// lost, doubled or late, it reads how things stand and makes the next move, which commits only if the case is still as it
// was read. So each move is made once, without the job being done at the same time.
func (m *Module) move(ctx context.Context, j jobs.Job) error {
	home, ok, err := m.homeOf(ctx, j.Object)
	if err != nil || !ok {
		return err // a draft's certificate, or a bill of another module: nothing of ours
	}
	for range movesMost {
		waits, err := m.moveOnce(ctx, home.Holder, home.CaseID)
		switch {
		case errors.Is(err, ErrMoved):
			return jobs.Later(50 * time.Millisecond)
		case err != nil || waits:
			return err
		}
	}
	return fmt.Errorf("casework: case %s does not come to rest", home.CaseID)
}

func (m *Module) homeOf(ctx context.Context, what id.ID) (caseworkdb.CaseHome, bool, error) {
	var out caseworkdb.CaseHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := caseworkdb.HomeOf(r, what)
		out = row
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, false, nil
	}
	return out, err == nil, err
}

// moveOnce makes one move; it tells whether the case waits for something.
func (m *Module) moveOnce(ctx context.Context, holder, caseID id.ID) (bool, error) {
	a := m.system(caseID)
	k, err := m.know(ctx, a, holder, caseID)
	if errors.Is(err, ErrNone) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	s, err := m.situation(ctx, a, k)
	if err != nil {
		return false, err
	}
	mv := next(s)
	if mv.why != nil {
		m.base.Log.Warn("casework: a rule could not be computed", "case", caseID, "step", s.step, "error", mv.why)
	}
	if mv.kind == moveWait {
		return true, nil
	}
	p, err := m.prepare(ctx, a, k, s, mv)
	if err != nil {
		return false, fmt.Errorf("casework: %s at %q: %w", mv.kind, s.step, err)
	}
	_, err = m.write(ctx, a, k, func(c *change) error { return c.carry(p) })
	return false, err
}

// situation reads everything that decides what happens next.
func (m *Module) situation(ctx context.Context, a act.Act, k *known) (situation, error) {
	now := m.base.Clock.Now()
	list, err := m.certificatesOf(ctx, a, k)
	if err != nil {
		return situation{}, err
	}
	in := k.withCertificates(list)
	s := situation{service: k.service, rules: k.rules, now: now, stage: Stage(k.file.Stage), step: k.file.Step, inputs: in}
	s.late = k.file.Paused.IsZero() && k.file.Late.IsZero() && !k.limit(now).Before(k.file.TermDue)
	if s.owed, err = k.consequence(now); err != nil {
		return situation{}, err
	}
	if q := k.openQuestion(); q != nil {
		s.asked, s.lapsed = true, !now.Before(q.Due)
	}
	t := k.openTask()
	if t == nil {
		return s, nil
	}
	task := tasksOf([]caseworkdb.Task{*t})[0]
	s.task, s.due = &task, !task.Due.IsZero() && !now.Before(task.Due)
	s.waiting = slices.ContainsFunc(k.tasks, func(t caseworkdb.Task) bool {
		return t.State == string(TaskOpen) && t.Part != "" && t.Kind == string(task.Kind)
	})
	s.signs = k.signs()
	if task.Kind == service.TaskFetch {
		forgetEarly(in.Facts, list, now)
	}
	if task.Kind == service.TaskPay && !task.Reference.IsZero() {
		s.charge, err = m.chargeState(ctx, a, k.payer(), task.Reference)
	}
	return s, err
}

func (m *Module) chargeState(ctx context.Context, a act.Act, payer, bill id.ID) (chargeState, error) {
	c, err := m.deps.Bills.Charge(ctx, a, payer, bill)
	if err != nil {
		return chargeNone, fmt.Errorf("casework: charge: %w", err)
	}
	switch c.State {
	case charge.Paid, charge.Refunded: // what went back was paid all the same
		return chargePaid, nil
	case charge.Due, charge.Part: // the bank took a payment back, or a part of it went back
		return chargeDue, nil
	}
	return chargeGone, nil
}

// plan is a move with everything that it needs made before its Write.
type plan struct {
	move
	left     *service.Task // the step that the move leaves; nil at the start
	charged  chargeState
	puts     []putter
	task     newTask
	parts    []newTask // beside it
	signers  []caseworkdb.InsertSignerParams
	found    []vault.Keyed // by which the desk finds the case
	amount   int64         // that goes back, minor units
	waits    bool          // more goes back once a dispute about it is over
	question caseworkdb.Question
	bill     id.ID
	decided  *decided
	group    string
}

func (m *Module) prepare(ctx context.Context, a act.Act, k *known, s situation, mv move) (*plan, error) {
	p := &plan{move: mv, charged: s.charge}
	if step, ok := k.service.Task(s.step); ok {
		p.left = step
	}
	if g, err := k.rules.Group(s.inputs); err == nil && g != nil {
		p.group = g.Key
	}
	var err error
	switch mv.kind {
	case moveEnter:
		err = m.prepareStep(k, s, p)
	case moveFetch:
		err = m.prepareAsks(ctx, k, s, p)
	case moveCharge:
		err = m.prepareBill(ctx, k, s, p)
	case moveDecide:
		d := Decision{Stage: mv.verdict, By: mv.by, Row: mv.row, Ground: mv.ground, Inputs: s.inputs, Environ: k.file.Environment}
		p.decided, err = m.prepareDecision(ctx, k, d, a)
	case moveFollow:
		err = m.prepareConsequence(ctx, a, k, p)
	case moveIssue:
		var put putter
		put, err = m.prepareResult(ctx, k, s.task.ID)
		p.puts = append(p.puts, put)
	}
	return p, err
}

// prepareStep finds where a step lies and by when it is to be done.
func (m *Module) prepareStep(k *known, s situation, p *plan) error {
	now := m.base.Clock.Now()
	office, queue := route(k.service, p.step, k.inputs.Answers)
	if p.step.Kind == service.TaskAgree {
		queue = "" // the parts lie in queues, the step itself in none
	}
	p.task = newTask{id: id.New(now), step: p.step, agency: office, queue: queue}
	if !p.step.Within.IsZero() {
		due, err := k.city.Days().Due(p.step.Within.Calendar(), now)
		if err != nil {
			return err
		}
		p.task.due = due
	}
	if p.step.Kind == service.TaskAgree {
		p.parts = m.partTasks(k, s, p)
	}
	if p.step.Kind == service.TaskSign {
		return m.prepareSigners(k, p)
	}
	if p.step.Kind != service.TaskAsk {
		return nil
	}
	var err error
	p.question, err = m.newQuestion(k, p.step.Within, p.step.Question.In(k.lang()))
	p.question.Agency = office
	return err
}

// prepareAsks makes the questions to registers ready.
func (m *Module) prepareAsks(ctx context.Context, k *known, s situation, p *plan) error {
	for _, key := range p.certificates {
		c, ok := k.service.Certificate(key)
		if !ok {
			return fmt.Errorf("no certificate %q", key)
		}
		params, ok := k.rules.Parameters(key, s.inputs)
		if !ok {
			return fmt.Errorf("certificate %q lacks a parameter", key)
		}
		put, err := m.deps.Registers.PrepareAsk(ctx, exchange.Ask{
			Holder: k.file.Holder, Case: k.file.ID, Applicant: k.file.Applicant, About: k.about(c), Service: k.file.Service, Agency: k.file.Agency,
			Certificate: key, Register: c.Register, Params: params, Needed: c.Needed,
		})
		if err != nil {
			return err
		}
		p.puts = append(p.puts, put)
	}
	return nil
}

// prepareBill makes the fee ready. The charge's id is the open task's own, so that a second one of the same task is none.
func (m *Module) prepareBill(ctx context.Context, k *known, s situation, p *plan) error {
	p.bill = id.Derived("charge", s.task.ID.String())
	bill, err := m.deps.Bills.Prepare(ctx, charge.NewCharge{
		ID: p.bill, Person: k.payer(), Payee: k.file.Agency, Kind: charge.KindFee, Service: k.file.Service, Subject: k.file.ID,
		Amount: p.charge.Amount.Amount(), Title: p.charge.Title(), Due: s.task.Due,
	})
	p.puts = append(p.puts, bill)
	return err
}

// sweep looks at every open case and its lines on the desks, so that none stalls whatever was lost. It only reads, and has a
// job put for a case that should have moved, or whose list is behind. It rests nine times as long as it works, so that it
// takes a tenth of a processor: a million open cases are gone through in half a day, and what moves them is not waiting for it.
func (m *Module) sweep(ctx context.Context, _ jobs.Job) error {
	const page = 200
	for after := (id.ID{}); ; {
		took := clock.Measure()
		var rows []caseworkdb.CaseWatch
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			rows, err = caseworkdb.WatchedAfter(r, after, page)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		var late []jobs.New
		for _, row := range rows {
			for _, handler := range m.stalled(ctx, row) {
				late = append(late, jobs.New{Handler: handler, Holder: row.Holder, Object: row.ID})
			}
		}
		if err := m.putAll(ctx, late); err != nil {
			return err
		}
		after = rows[len(rows)-1].ID
		if err := rest(ctx, 9*took()); err != nil {
			return err
		}
	}
}

// stalled names the jobs that a case should have had. One that can't be read gets both, which say why.
func (m *Module) stalled(ctx context.Context, row caseworkdb.CaseWatch) []string {
	a := m.system(row.ID)
	k, err := m.know(ctx, a, row.Holder, row.ID)
	if err != nil {
		return []string{jobMove, jobAfter}
	}
	var out []string
	if s, err := m.situation(ctx, a, k); err != nil || next(s).kind != moveWait {
		out = append(out, jobMove)
	}
	if same, err := m.listed(ctx, a, k); err != nil || !same {
		out = append(out, jobAfter)
	}
	return out
}

// listed tells whether the desks show a case as it is.
func (m *Module) listed(ctx context.Context, a act.Act, k *known) (bool, error) {
	lines, found := k.deskLines(), 0
	err := m.base.Store.Look(ctx, a, lookCase, func(p *store.Personal) error {
		found = 0
		for _, office := range k.offices() {
			rows, err := caseworkdb.DeskRevisions(p, office, k.file.ID)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if row.Revision != k.file.Revision {
					return nil
				}
				found++
			}
		}
		return nil
	})
	return found == len(lines), err
}

func (m *Module) putAll(ctx context.Context, list []jobs.New) error {
	if len(list) == 0 {
		return nil
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, one := range list {
			if err := m.base.Jobs.Put(tx, one); err != nil {
				return err
			}
		}
		return nil
	})
}

// rest waits, unless ctx ends.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("casework: sweep: %w", context.Cause(ctx))
	case <-timer.C:
		return nil
	}
}
