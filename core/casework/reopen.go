package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// ErrHead is for what only the head of the agency may do.
var ErrHead = fault.New(fault.Denied, "casework.head_only")

// Reopen opens a decided case anew at the step where it was decided, for another official than decided it; the reason is
// told to the applicant. The head of the agency that answers for the case may. Its result stays good until the new decision.
// Errors: ErrHead, ErrNotYours, ErrNotNow (it goes on, or was withdrawn), ErrEmpty, ErrLong, ErrOwn, ErrMoved.
func (m *Module) Reopen(ctx context.Context, a act.Act, s Step, words string) (int64, error) {
	k, err := m.know(ctx, a.ForCase(s.Case), s.Holder, s.Case)
	if err != nil {
		return 0, err
	}
	switch {
	case s.Revision != 0 && s.Revision != k.file.Revision:
		return 0, ErrMoved
	case a.Actor.Kind != act.Official || a.Actor.Agency != k.file.Agency:
		return 0, ErrNotYours
	case a.Actor.Role != string(agency.Head):
		return 0, ErrHead
	}
	if err := m.unconcerned(ctx, a, k); err != nil {
		return 0, err
	}
	clean, err := cleanWords(words)
	if err != nil {
		return 0, err
	}
	p, err := m.prepareReopen(k)
	if err != nil {
		return 0, err
	}
	p.by = a.Actor.Person
	if p.words, err = sealText(k.keys, "timeline", "words", clean); err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error { return c.reopen(p) })
}

// reopening is a case that is to be opened anew.
type reopening struct {
	task   newTask
	by     id.ID // the head; zero when an appeal was approved
	appeal id.ID
	words  vault.Sealed

	decision vault.Sealed                   // the old one, for its round
	counts   []caseworkdb.CountLedgerParams // of the old one, should the ledger not have counted it yet
}

func (m *Module) prepareReopen(k *known) (*reopening, error) {
	stage := Stage(k.file.Stage)
	if stage != Approved && stage != Refused || k.file.Step != "" {
		return nil, ErrNotNow
	}
	for _, t := range k.tasks {
		if t.State == string(TaskOpen) { // a mistake is being looked at: first that
			return nil, ErrNotNow
		}
	}
	step := k.decidingStep()
	if step == nil {
		return nil, ErrNotNow
	}
	now := m.base.Clock.Now()
	office, queue := route(k.service, step, k.inputs.Answers)
	if queue == "" { // a table had decided: somebody has to look now
		office, queue = k.deskOf(office)
	}
	out := &reopening{task: newTask{id: id.New(now), step: step, agency: office, queue: queue}}
	if err := out.keep(k); err != nil {
		return nil, err
	}
	var err error
	if out.counts, err = k.ledgerEntries(); err != nil {
		return nil, err
	}
	if step.Within.IsZero() {
		return out, nil
	}
	out.task.due, err = k.city.Days().Due(step.Within.Calendar(), now)
	return out, err
}

// keep seals the old decision as its round's.
func (p *reopening) keep(k *known) error {
	var d Decision
	if err := openJSON(k.keys, "case_file", "decision", k.file.Decision, &d); err != nil {
		return err
	}
	var err error
	p.decision, err = sealJSON(k.keys, "case_round", "decision", d)
	return err
}

// decidingStep is where the case is decided anew: the step at which it was decided, or the official's that it leads to.
func (k *known) decidingStep() *service.Task {
	var last *service.Task
	for i := range k.tasks {
		if k.tasks[i].Kind != string(service.TaskDecide) || k.tasks[i].Part != "" {
			continue
		}
		if step, ok := k.service.Task(k.tasks[i].Step); ok {
			last = step
		}
	}
	if last == nil || last.By == byOfficial {
		return last
	}
	if step, ok := k.service.Task(last.Official); ok && step.Kind == service.TaskDecide {
		return step
	}
	for i := range k.service.Steps {
		if step := &k.service.Steps[i]; step.Kind == service.TaskDecide && step.By == byOfficial {
			return step
		}
	}
	for i := range k.service.Steps { // of a service that only rules decide: where it can be approved
		if step := &k.service.Steps[i]; step.Kind == service.TaskDecide && step.By != byGround {
			return step
		}
	}
	return last
}

// What a decide step's by says: an official decides, or the step's own ground of refusal; else a table does.
const (
	byOfficial = "official"
	byGround   = "ground"
)

// deskOf is a queue of an agency, for a step that names none.
func (k *known) deskOf(office id.ID) (id.ID, string) {
	if a, ok := agencyByID(k.city, office); ok && len(a.Queues) > 0 {
		return office, a.Queues[0].Key
	}
	for i := range k.city.Agencies {
		if a := &k.city.Agencies[i]; a.Key == agency.City && len(a.Queues) > 0 {
			return agency.ID(a.Key), a.Queues[0].Key
		}
	}
	return office, "cases"
}

// reopen keeps the old decision as a round and begins another. The term counts anew.
func (c *change) reopen(p *reopening) error {
	f := &c.file
	err := caseworkdb.InsertRound(c.tx, caseworkdb.InsertRoundParams{
		Holder: f.Holder, CaseID: f.ID, Round: f.Round, Stage: f.Stage, Decided: f.Decided, DecidedBy: f.DecidedBy, ConfirmedBy: f.ConfirmedBy,
		Ground: f.Ground, Row: f.Row, Reopened: c.tx.Now(), ReopenedBy: p.by, Appeal: p.appeal, Decision: p.decision,
	})
	if err != nil {
		return fmt.Errorf("casework: keep a round: %w", err)
	}
	if err := countDecision(c.tx, f.ID, f.Round, p.counts); err != nil {
		return err
	}
	f.Round, f.Stage, f.Restarted = f.Round+1, string(Open), c.tx.Now()
	f.Decided, f.DecidedBy, f.ConfirmedBy, f.Ground, f.Row, f.Decision = time.Time{}, id.ID{}, id.ID{}, "", "", nil
	f.Late, f.Escalated = time.Time{}, time.Time{}
	return errors.Join(
		c.recount(), c.open(p.task, id.ID{}), caseworkdb.InsertWatch(c.tx, caseworkdb.InsertWatchParams{ID: f.ID, Holder: f.Holder, Service: f.Service, Definition: f.Definition}),
		c.line("reopened", false, nil, p.words), c.tell("reopened"), c.emit(EventReopened), c.moveAt(c.tx.Now()),
	)
}

// prepareUndo makes ready what a new decision of a case opened anew undoes: the results of the old one.
func (m *Module) prepareUndo(ctx context.Context, k *known) ([]putter, error) {
	if k.file.Round == 0 {
		return nil, nil
	}
	list, err := m.deps.Papers.Results(ctx, m.system(k.file.ID), k.file.Holder, k.file.ID)
	if err != nil {
		return nil, err
	}
	var out []putter
	for _, r := range list {
		if !r.Revoked.IsZero() {
			continue
		}
		put, err := m.deps.Papers.PrepareRevoke(ctx, document.Revocation{Holder: r.Holder, ID: r.ID, Reason: m.both("casework.decided_anew")})
		if err != nil {
			return nil, err
		}
		out = append(out, put)
	}
	return out, nil
}
