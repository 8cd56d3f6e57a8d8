package casework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// linesMost is how many lines one change may add to the timeline; their numbers are revision · linesMost + k, so that
// they grow with the case and never meet.
const linesMost = 100

// change is one Write to a case under way: a copy of its rows that the use case changes and save keeps, if nobody has
// changed the case since it was read.
type change struct {
	m       *Module
	tx      *store.Tx
	act     act.Act
	k       *known
	file    caseworkdb.CaseFile
	tasks   []caseworkdb.Task
	pauses  []caseworkdb.Pause
	asked   *caseworkdb.Question // open when the change ends
	added   int64
	told    []string // of what people are told, once the change is kept
	ended   bool
	settled bool // decided, or ended after it was
}

// write carries out one change of a case that was read as k. fn may run twice and holds SQL and pure code only. ErrMoved
// when somebody has changed the case since.
func (m *Module) write(ctx context.Context, a act.Act, k *known, fn func(*change) error) (int64, error) {
	run := func(tx *store.Tx) error {
		c := &change{m: m, tx: tx, act: a, k: k, file: k.file, tasks: slices.Clone(k.tasks), pauses: slices.Clone(k.pauses)}
		if err := c.claim(); err != nil {
			return err
		}
		if q := k.openQuestion(); q != nil {
			open := *q
			c.asked = &open
		}
		if err := fn(c); err != nil {
			return err
		}
		return c.save()
	}
	var err error
	if a.Actor.Kind == act.System {
		err = m.base.Store.Write(ctx, run)
	} else {
		err = m.base.Store.WriteAs(ctx, a, run)
	}
	return k.file.Revision + 1, err
}

// triesMost is how often a change is tried that fits whatever revision there is.
const triesMost = 3

// repeat does a change of the applicant's that names no revision: when the case moves between its reading and the Write, it
// is read and changed again, so that nothing typed is lost.
func repeat(change func() (int64, error)) (int64, error) {
	for try := 1; ; try++ {
		revision, err := change()
		if try == triesMost || !errors.Is(err, ErrMoved) {
			return revision, err
		}
	}
}

// claim takes the next revision, before anything else is changed.
func (c *change) claim() error {
	n, err := caseworkdb.ClaimCase(c.tx, c.file.Holder, c.file.ID, c.file.Revision)
	if err != nil {
		return fmt.Errorf("casework: claim: %w", err)
	}
	if n == 0 {
		return c.tx.Fail(ErrMoved)
	}
	c.file.Revision++
	return nil
}

// task is the open task of the case's step; nil when there is none.
func (c *change) task() *caseworkdb.Task { return stepTask(c.tasks) }

// chosen is the open task that the official acts on.
func (c *change) chosen() *caseworkdb.Task { return taskOf(c.tasks, c.k.at) }

func (c *change) saveTask(t *caseworkdb.Task) error {
	return caseworkdb.SaveTask(c.tx, caseworkdb.SaveTaskParams{
		State: t.State, Agency: t.Agency, Queue: t.Queue, Official: t.Official, Due: t.Due, Closed: t.Closed, Outcome: t.Outcome,
		Reference: t.Reference, Words: t.Words, Skill: t.Skill, Holder: t.Holder, CaseID: t.CaseID, ID: t.ID,
	})
}

// close ends the step's open task, and those of its parts that nobody has done.
func (c *change) close(state TaskState, outcome Outcome) error {
	for i := range c.tasks {
		t := &c.tasks[i]
		if t.State != string(TaskOpen) || t.Part == "" {
			continue
		}
		left := Outcome("")
		if t.Kind == string(service.TaskAgree) && state == TaskDone {
			left = OutcomeNone
		}
		if err := c.closeTask(t, state, left); err != nil {
			return err
		}
	}
	t := c.task()
	if t == nil {
		return nil
	}
	return errors.Join(c.unsign(t.ID), c.closeTask(t, state, outcome))
}

func (c *change) closeTask(t *caseworkdb.Task, state TaskState, outcome Outcome) error {
	t.State, t.Closed, t.Outcome = string(state), c.tx.Now(), string(outcome)
	return c.saveTask(t)
}

// newTask is a task prepared for the step that a case goes to.
type newTask struct {
	id     id.ID
	step   *service.Task
	agency id.ID
	queue  string
	due    time.Time
	kind   string // of a task beside the step; empty: the step's
	part   string
	skill  string
}

// open opens the task of a step and moves the case there.
func (c *change) open(n newTask, reference id.ID) error {
	c.file.Step, c.file.Agency = n.step.Key, n.agency
	n.kind, n.skill = string(n.step.Kind), n.step.Skill
	return errors.Join(c.insertTask(n, reference), c.moveAt(n.due))
}

// insertTask opens a task; one with a part lies beside the step's own.
func (c *change) insertTask(n newTask, reference id.ID) error {
	step := ""
	if n.step != nil {
		step = n.step.Key
	}
	row := caseworkdb.Task{Holder: c.file.Holder, CaseID: c.file.ID, ID: n.id, Step: step, Kind: n.kind, State: string(TaskOpen),
		Agency: n.agency, Queue: n.queue, Opened: c.tx.Now(), Due: n.due, Reference: reference, Part: n.part, Skill: n.skill}
	c.tasks = append(c.tasks, row)
	return caseworkdb.InsertTask(c.tx, caseworkdb.InsertTaskParams{
		Holder: row.Holder, CaseID: row.CaseID, ID: row.ID, Step: row.Step, Kind: row.Kind, Agency: row.Agency, Queue: row.Queue,
		Opened: row.Opened, Due: row.Due, Reference: row.Reference, Part: row.Part, Skill: row.Skill,
	})
}

// moveAt has the case looked at again at a moment; a zero moment is none.
func (c *change) moveAt(at time.Time) error {
	if at.IsZero() {
		return nil
	}
	return c.m.base.Jobs.Put(c.tx, jobs.New{Handler: jobMove, Holder: c.file.Holder, Object: c.file.ID, Version: c.file.Revision, At: at})
}

// line adds to the timeline. params are nobody's personal data; words are sealed.
func (c *change) line(event string, internal bool, params map[string]string, words vault.Sealed) error {
	if c.added >= linesMost-1 {
		return errors.New("casework: a change adds too many lines")
	}
	c.added++
	if params == nil {
		params = map[string]string{}
	}
	text, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("casework: params: %w", err)
	}
	n, err := caseworkdb.InsertEntry(c.tx, caseworkdb.InsertEntryParams{
		Holder: c.file.Holder, CaseID: c.file.ID, Number: c.file.Revision*linesMost + c.added, At: c.tx.Now(), Event: event,
		ActorKind: string(c.act.Actor.Kind), Actor: c.act.Actor.Person, Agency: c.act.Actor.Agency, Internal: internal, Params: string(text), Words: words,
	})
	if err == nil && n == 0 {
		return c.tx.Fail(ErrMoved) // another change has made this revision
	}
	return err
}

// tell has the applicant told of a step, once.
func (c *change) tell(kind string) error {
	c.told = append(c.told, kind)
	return nil
}

// follow has done what follows every change: the desk's list brought up to date, and people told.
func (c *change) follow() error {
	return c.m.base.Jobs.Put(c.tx, jobs.New{
		Handler: jobAfter, Holder: c.file.Holder, Object: c.file.ID, Version: c.file.Revision, Payload: strings.Join(c.told, ","),
	})
}

// put has a job of the case done.
func (c *change) put(handler string) error {
	return c.m.base.Jobs.Put(c.tx, jobs.New{Handler: handler, Holder: c.file.Holder, Object: c.file.ID, Version: c.file.Revision})
}

func (c *change) emit(event string) error {
	return c.m.base.Jobs.Emit(c.tx, jobs.Event{Name: event, Holder: c.file.Holder, Object: c.file.ID, Version: c.file.Revision})
}

// pause stops the term.
func (c *change) pause(reason string) error {
	if !c.file.Paused.IsZero() {
		return nil
	}
	c.file.Paused, c.file.Stopped = c.tx.Now(), true
	c.pauses = append(c.pauses, caseworkdb.Pause{Holder: c.file.Holder, CaseID: c.file.ID, Since: c.tx.Now(), Reason: reason})
	return caseworkdb.InsertPause(c.tx, caseworkdb.InsertPauseParams{Holder: c.file.Holder, CaseID: c.file.ID, Since: c.tx.Now(), Reason: reason})
}

// resume lets the term run again and counts anew when it ends; the open task's own time is counted the same way.
func (c *change) resume() error {
	if c.file.Paused.IsZero() {
		return nil
	}
	c.file.Paused = time.Time{}
	for i := range c.pauses {
		if c.pauses[i].Until.IsZero() {
			c.pauses[i].Until = c.tx.Now()
		}
	}
	if err := caseworkdb.EndPause(c.tx, c.tx.Now(), c.file.Holder, c.file.ID); err != nil {
		return err
	}
	if err := c.recount(); err != nil {
		return fmt.Errorf("casework: term: %w", err)
	}
	return c.stretchTask()
}

func (c *change) stretchTask() error {
	for i := range c.tasks {
		if t := &c.tasks[i]; t.State == string(TaskOpen) && human(t.Kind) && !t.Due.IsZero() {
			if err := c.stretch(t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *change) stretch(t *caseworkdb.Task) error {
	step, ok := c.k.service.Task(t.Step)
	if !ok {
		return nil
	}
	reading, err := c.k.reading(step.Within, t.Opened, c.pauses, c.tx.Now())
	if err != nil {
		return fmt.Errorf("casework: time of a step: %w", err)
	}
	t.Due = reading.Due
	return c.saveTask(t)
}

// ask puts a question to the applicant and stops the term.
func (c *change) ask(q caseworkdb.Question) error {
	c.asked, c.file.Questioned = &q, true
	return errors.Join(
		caseworkdb.InsertQuestion(c.tx, caseworkdb.InsertQuestionParams{
			Holder: c.file.Holder, CaseID: c.file.ID, ID: q.ID, Asked: c.tx.Now(), AskedBy: q.AskedBy, Agency: q.Agency, Due: q.Due, Words: q.Words,
		}),
		c.pause("casework.pause.question"),
		c.line("asked", false, map[string]string{"due": q.Due.Format(time.RFC3339)}, nil),
		c.tell("asked"), c.emit(EventAsked), c.moveAt(q.Due),
		c.m.base.Jobs.Put(c.tx, jobs.New{Handler: jobRemind, Holder: c.file.Holder, Object: c.file.ID, Payload: q.ID.String(), At: remindAt(c.tx.Now(), q.Due)}),
	)
}

// remindAt is when the applicant is reminded of a question: a day before it is due, or half-way when that is later.
func remindAt(asked, due time.Time) time.Time {
	half := asked.Add(due.Sub(asked) / 2)
	if day := due.Add(-24 * time.Hour); day.After(half) {
		return day
	}
	return half
}

// unask ends the open question without an answer.
func (c *change) unask() error {
	if c.asked == nil {
		return nil
	}
	c.asked = nil
	_, err := caseworkdb.LapseQuestions(c.tx, c.tx.Now(), c.file.Holder, c.file.ID)
	return errors.Join(err, c.resume())
}

// end closes the case for good: nothing moves it any more.
func (c *change) end() error {
	c.ended, c.file.Step = true, ""
	c.settled = c.settled || !c.file.Decided.IsZero()
	return errors.Join(c.unask(), c.resume(), c.freeVisits(), caseworkdb.DropWatch(c.tx, c.file.ID), c.emit(EventClosed))
}

// save keeps the change.
func (c *change) save() error {
	f := c.file
	err := caseworkdb.SaveCase(c.tx, caseworkdb.SaveCaseParams{
		Agency: f.Agency, Stage: f.Stage, Step: f.Step, TermDue: f.TermDue, Paused: f.Paused, Late: f.Late, Decided: f.Decided,
		DecidedBy: f.DecidedBy, Ground: f.Ground, Row: f.Row, ListGroup: f.ListGroup, Rating: f.Rating, Decision: f.Decision,
		Restarted: f.Restarted, Round: f.Round, Extended: f.Extended, ExtensionDays: f.ExtensionDays, Extension: f.Extension,
		Escalated: f.Escalated, Proposed: f.Proposed, ProposedBy: f.ProposedBy, Proposal: f.Proposal, ConfirmedBy: f.ConfirmedBy,
		Questioned: f.Questioned, Stopped: f.Stopped, Holder: f.Holder, ID: f.ID,
	})
	if err != nil {
		return fmt.Errorf("casework: save: %w", err)
	}
	_, err = caseworkdb.SaveLine(c.tx, caseworkdb.SaveLineParams{
		Revision: f.Revision, Stage: f.Stage, Status: string(c.status()), Due: c.due(), Moved: c.tx.Now(), Holder: f.Holder, ID: f.ID,
	})
	if c.settled {
		err = errors.Join(err, c.emit(EventSettled))
	}
	c.remember(f)
	return errors.Join(err, c.follow())
}

func (c *change) status() Status {
	return status(Stage(c.file.Stage), tasksOf(c.tasks), c.asked != nil)
}

// due is by when the next thing happens: the applicant's own term while they owe something, else the term of the case.
func (c *change) due() time.Time {
	t := c.task()
	switch {
	case c.file.Step == "" && c.file.Stage != string(Open):
		return time.Time{}
	case c.asked != nil:
		return c.asked.Due
	case t != nil && t.Kind == string(service.TaskPay):
		return t.Due
	}
	return c.file.TermDue
}

// human tells whether a kind of task may wait for an official.
func human(kind string) bool {
	switch kind {
	case string(service.TaskReview), string(service.TaskDecide), string(service.TaskAgree), kindConfirm, kindCorrect:
		return true
	}
	return false
}
