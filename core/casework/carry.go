package casework

import (
	"errors"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/id"
)

// carry carries out a prepared move inside its Write.
func (c *change) carry(p *plan) error {
	for _, put := range p.puts {
		if err := put.Put(c.tx); err != nil {
			return err
		}
	}
	if p.group != "" {
		c.file.ListGroup = p.group
	}
	switch p.kind {
	case moveEnter:
		return c.enter(p)
	case moveFetch:
		return c.line("registers", false, map[string]string{"certificates": strings.Join(p.certificates, " ")}, nil)
	case moveCharge:
		return c.charged(p)
	case moveDecide:
		return c.decide(p.decided)
	case moveIssue:
		return errors.Join(c.close(TaskDone, p.outcome), c.line("issued", false, nil, nil), c.tell("issued"), c.emit(EventIssued), c.end())
	case moveEnd:
		return errors.Join(c.leave(p), c.end())
	case moveLapse:
		return errors.Join(c.unask(), c.line("lapsed", false, nil, nil), c.tell("lapsed"))
	case moveLate:
		return c.late()
	case moveFollow:
		return c.follows(p)
	}
	return errors.New("casework: no such move")
}

// enter leaves the step behind and begins the next.
func (c *change) enter(p *plan) error {
	if err := c.leave(p); err != nil {
		return err
	}
	if err := c.open(p.task, id.ID{}); err != nil {
		return err
	}
	for _, part := range p.parts {
		if err := c.insertTask(part, id.ID{}); err != nil {
			return err
		}
	}
	switch {
	case p.step.Kind == service.TaskAgree && len(p.parts) > 0:
		return errors.Join(c.line("agreeing", false, map[string]string{"parts": p.partKeys()}, nil), c.tell("agreeing"))
	case p.step.Kind == service.TaskSign:
		return c.signing(p)
	case p.step.Kind == service.TaskAsk:
		return c.ask(p.question)
	case p.task.queue != "":
		return c.line("queued", false, map[string]string{"agency": p.queueAgency(c), "queue": p.task.queue}, nil)
	}
	return nil
}

// partKeys are the parts that are asked, for the timeline.
func (p *plan) partKeys() string {
	var keys []string
	for _, part := range p.parts {
		keys = append(keys, part.part)
	}
	return strings.Join(keys, " ")
}

// queueAgency is the key of the agency whose queue the new task lies in.
func (p *plan) queueAgency(c *change) string {
	for i := range c.k.city.Agencies {
		if agency.ID(c.k.city.Agencies[i].Key) == p.task.agency {
			return c.k.city.Agencies[i].Key
		}
	}
	return ""
}

// leave closes the open task and says in the timeline how it ended.
func (c *change) leave(p *plan) error {
	t := c.task()
	if t == nil {
		return nil
	}
	kind := service.TaskKind(t.Kind)
	// A bill that was not paid in time is taken back; one paid in this very moment means that the case must be read again.
	if kind == service.TaskPay && p.charged == chargeDue {
		cancelled, err := c.m.deps.Bills.Cancel(c.tx, c.act, c.k.payer(), t.Reference, "unpaid")
		if err != nil {
			return err
		}
		if !cancelled {
			return c.tx.Fail(ErrMoved)
		}
	}
	if err := errors.Join(c.unask(), c.resume(), c.close(TaskDone, p.outcome)); err != nil {
		return err
	}
	return c.tellLeft(kind, p)
}

func (c *change) tellLeft(kind service.TaskKind, p *plan) error {
	switch {
	case kind == service.TaskFetch && p.outcome == OutcomeDone:
		return errors.Join(c.line("fetched", false, nil, nil), c.tell("fetched"))
	case kind == service.TaskFetch:
		return errors.Join(c.line("not_fetched", false, nil, nil), c.tell("not_fetched"))
	case kind == service.TaskPay && p.charged == chargePaid:
		return errors.Join(c.line("paid", false, nil, nil), c.tell("paid"))
	case kind == service.TaskPay && p.outcome == OutcomeDone:
		return c.line("free", false, nil, nil)
	case kind == service.TaskPay && p.outcome == OutcomeLate:
		return c.line("unpaid", false, nil, nil)
	case kind == service.TaskPay:
		return c.line("no_fee", true, nil, nil)
	case kind == service.TaskAsk && p.outcome == OutcomeLate:
		return errors.Join(c.line("lapsed", false, nil, nil), c.tell("lapsed"))
	case kind == service.TaskSign && p.outcome == OutcomeLate:
		return errors.Join(c.line("unsigned", false, nil, nil), c.tell("unsigned"))
	case kind == service.TaskAgree && p.outcome == OutcomeLate:
		return c.line("agreed_late", false, nil, nil)
	case kind == service.TaskDecide && p.outcome == OutcomeOfficial:
		return c.line("to_official", false, map[string]string{"row": p.row}, nil)
	}
	return nil
}

// charged issues the bill and lets the term stand while the applicant owes it.
func (c *change) charged(p *plan) error {
	t := c.task()
	t.Reference = p.bill
	return errors.Join(
		c.saveTask(t), caseworkdb.InsertHome(c.tx, p.bill, c.file.Holder, c.file.ID), c.pause("casework.pause.fee"),
		c.line("pay", false, map[string]string{"due": dueText(t.Due)}, nil), c.tell("pay"),
	)
}

func dueText(due time.Time) string {
	if due.IsZero() {
		return ""
	}
	return due.Format(time.RFC3339)
}

// route finds the agency and the queue of a step: by the answer that its route names, else the step's own.
func route(s *service.Service, step *service.Task, answers service.Answers) (id.ID, string) {
	office, queue := s.Agency, step.Queue
	if step.Agency != "" {
		office = step.Agency
	}
	if step.Route == "" {
		return agency.ID(office), queue
	}
	f, ok := s.Field(step.Route)
	if !ok {
		return agency.ID(office), queue
	}
	chosen, _ := answers[step.Route].(string)
	for i := range f.Options {
		if f.Options[i].Key != chosen {
			continue
		}
		if to, into, ok := strings.Cut(f.Options[i].Queue, "/"); ok {
			return agency.ID(to), into
		}
	}
	return agency.ID(office), queue
}
