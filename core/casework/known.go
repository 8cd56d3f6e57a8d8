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
	"posad.city/core/exchange"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// lookCase is the kind of look at a whole case.
const lookCase = "casework.look.case"

// known is a case as it was read, with its definition and its holder's keys: what a change is prepared from.
type known struct {
	file      caseworkdb.CaseFile
	tasks     []caseworkdb.Task
	pauses    []caseworkdb.Pause
	questions []caseworkdb.Question
	done      []caseworkdb.CaseConsequence // of the missed term
	rounds    []caseworkdb.CaseRound       // earlier decisions, undone
	signers   []caseworkdb.CaseSigner
	signed    []Signer // the same, unsealed
	mended    []caseworkdb.Correction
	other     *aboutCase // the case that this one is about; nil when it is about none
	at        id.ID      // of the task that an official acts on; zero: the step's own
	keys      *vault.Keys
	city      *service.City
	service   *service.Service
	rules     *service.Rules
	inputs    service.Inputs  // as they were at submission
	kept      *service.Inputs // the same as a reading gives them, of a case that is being opened; nil: inputs are
}

// know reads a case. ErrNone when the holder has no such case.
func (m *Module) know(ctx context.Context, a act.Act, holder, caseID id.ID) (*known, error) {
	var k *known
	remembered := false
	err := m.base.Store.Look(ctx, a, lookCase, func(p *store.Personal) error {
		var err error
		k, remembered, err = m.recall(p, holder, caseID)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return nil, ErrNone.Because(err)
	}
	if err != nil {
		return nil, err
	}
	if remembered {
		m.memory.taken(k)
		k = k.own()
	}
	if k.keys, err = m.base.Vault.Keys(ctx, holder); err != nil {
		return nil, err
	}
	if remembered && k.keys.Erased() { // what the law keeps was sealed anew since
		m.memory.forget(caseID)
		return m.know(ctx, a, holder, caseID)
	}
	if remembered {
		return k, nil
	}
	if err := m.define(ctx, k); err != nil {
		return nil, err
	}
	return k, errors.Join(k.openInputs(), k.openSigners())
}

func (k *known) read(p *store.Personal, holder, caseID id.ID) error {
	var err error
	if k.file, err = caseworkdb.CaseByID(p, holder, caseID); err != nil {
		return err
	}
	if k.tasks, err = caseworkdb.TasksOf(p, holder, caseID); err != nil {
		return err
	}
	return k.readMore(p)
}

// readMore reads what few cases have.
func (k *known) readMore(p *store.Personal) error {
	f := k.file
	var err error
	if f.Stopped {
		if k.pauses, err = caseworkdb.PausesOf(p, f.Holder, f.ID); err != nil {
			return err
		}
	}
	if f.Questioned {
		if k.questions, err = caseworkdb.QuestionsOf(p, f.Holder, f.ID); err != nil {
			return err
		}
	}
	if !f.Late.IsZero() {
		if k.done, err = caseworkdb.ConsequencesOf(p, f.Holder, f.ID); err != nil {
			return err
		}
	}
	if f.Round > 0 {
		if k.rounds, err = caseworkdb.RoundsOf(p, f.Holder, f.ID); err != nil {
			return err
		}
	}
	if k.has(string(service.TaskSign)) {
		if k.signers, err = caseworkdb.SignersOf(p, f.Holder, f.ID); err != nil {
			return err
		}
	}
	if k.has(kindCorrect) {
		if k.mended, err = caseworkdb.CorrectionsOf(p, f.Holder, f.ID); err != nil {
			return err
		}
	}
	if f.AboutCase.IsZero() {
		return nil
	}
	k.other, err = readAbout(p, f.AboutHolder, f.AboutCase)
	return err
}

// has tells whether the case ever had a task of the kind.
func (k *known) has(kind string) bool {
	return slices.ContainsFunc(k.tasks, func(t caseworkdb.Task) bool { return t.Kind == kind })
}

// define finds the definition that the case keeps.
func (m *Module) define(ctx context.Context, k *known) error {
	city, err := m.deps.Services.Version(ctx, service.Hash(k.file.Definition))
	if err != nil {
		return fmt.Errorf("casework: definition of %s: %w", k.file.ID, err)
	}
	found, ok := city.Service(k.file.Service)
	if !ok {
		return fmt.Errorf("casework: version %s has no service %s", k.file.Definition, k.file.Service)
	}
	k.city, k.service, k.rules = city, found, city.Rules(found.Key)
	return nil
}

func (k *known) openInputs() error {
	plain, err := k.keys.Open("case_file", "inputs", k.file.Inputs)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, &k.inputs); err != nil {
		return fmt.Errorf("casework: inputs of %s: %w", k.file.ID, err)
	}
	return nil
}

// lang is the language in which the case was filed: documents and the journal speak it.
func (k *known) lang() lang.Language { return lang.Language(k.file.Lang) }

// openTask is the task of the step that the case stands at; nil when it has ended. Tasks of the step's parts are beside it.
func (k *known) openTask() *caseworkdb.Task { return stepTask(k.tasks) }

func stepTask(tasks []caseworkdb.Task) *caseworkdb.Task {
	for i := range tasks {
		if tasks[i].State == string(TaskOpen) && tasks[i].Part == "" {
			return &tasks[i]
		}
	}
	return nil
}

// chosen is the open task that an official acts on.
func (k *known) chosen() *caseworkdb.Task { return taskOf(k.tasks, k.at) }

// taskOf is the open task of the id; of none, the step's own.
func taskOf(tasks []caseworkdb.Task, what id.ID) *caseworkdb.Task {
	if what.IsZero() {
		return stepTask(tasks)
	}
	for i := range tasks {
		if tasks[i].ID == what && tasks[i].State == string(TaskOpen) {
			return &tasks[i]
		}
	}
	return nil
}

// openQuestion is what the applicant is asked and has not answered; nil when there is none.
func (k *known) openQuestion() *caseworkdb.Question {
	for i := range k.questions {
		if q := &k.questions[i]; q.Answered.IsZero() && q.Lapsed.IsZero() {
			return q
		}
	}
	return nil
}

// opinions are what the officials of agree steps have said by now, by part; of a part that was asked twice, the last.
func opinions(tasks []Task) service.Opinions {
	var out service.Opinions
	for _, t := range tasks {
		if t.Kind != service.TaskAgree || t.Part == "" || t.State != TaskDone {
			continue
		}
		if out == nil {
			out = service.Opinions{}
		}
		out[t.Part] = string(t.Outcome)
	}
	return out
}

// reading is how the clock of a term stands at a moment.
func (k *known) reading(term service.Term, started time.Time, pauses []caseworkdb.Pause, now time.Time) (calendar.Reading, error) {
	return k.city.Days().Read(k.clock(term, started, pauses), now)
}

func (k *known) clock(term service.Term, started time.Time, pauses []caseworkdb.Pause) calendar.Clock {
	clock := calendar.Clock{Term: term.Calendar(), Started: started}
	for _, p := range pauses {
		clock.Pauses = append(clock.Pauses, calendar.Pause{From: p.Since, To: p.Until, Reason: p.Reason})
	}
	return clock
}

// people are those whom certificates of the case may be about.
func (k *known) people() []id.ID {
	out := []id.ID{k.file.Applicant}
	if !slices.Contains(out, k.file.Holder) {
		out = append(out, k.file.Holder)
	}
	if child := k.child(); !child.IsZero() && !slices.Contains(out, child) {
		out = append(out, child)
	}
	return out
}

// child is the child that an answer of the form names.
func (k *known) child() id.ID {
	for i := range k.service.Form.Steps {
		for j := range k.service.Form.Steps[i].Fields {
			f := &k.service.Form.Steps[i].Fields[j]
			if f.Type != service.TypeChild {
				continue
			}
			answer, _ := k.inputs.Answers[f.Key].(map[string]any)
			text, _ := answer["id"].(string)
			if child, err := id.Parse(text); err == nil {
				return child
			}
		}
	}
	return id.ID{}
}

// about is whom a certificate is about.
func (k *known) about(c *service.Certificate) id.ID {
	if c.About == "child" {
		if child := k.child(); !child.IsZero() {
			return child
		}
		return k.file.Holder
	}
	return k.subject()
}

// For whom a service may be, as far as it matters here.
const (
	forChild   = "child"
	forCompany = "organisation"
)

// subject is whom the applicant's data and certificates are about: the holder, when somebody applies for another adult.
func (k *known) subject() id.ID {
	if k.service.For == forChild || k.service.For == forCompany {
		return k.file.Applicant
	}
	return k.file.Holder
}

// payer is who owes the fee: a parent for their child, else the one whose case it is.
func (k *known) payer() id.ID {
	if k.service.For == forChild {
		return k.file.Applicant
	}
	return k.file.Holder
}

// withCertificates are the case's inputs with every answer of a register known by now.
func (k *known) withCertificates(list []exchange.Certificate) service.Inputs {
	in := k.inputs
	in.Facts = service.Facts{}
	for key, fact := range k.inputs.Facts {
		in.Facts[key] = fact
	}
	for key, fact := range exchange.FactsOf(list, k.city.Days().Zone()) {
		in.Facts[key] = fact
	}
	in.Opinions, in.Signers = opinions(tasksOf(k.tasks)), signatures(k.signed)
	return in
}

// inputsNow reads the certificates of the case and gives the inputs that rules see now.
func (m *Module) inputsNow(ctx context.Context, a act.Act, k *known) (service.Inputs, error) {
	list, err := m.certificatesOf(ctx, a, k)
	return k.withCertificates(list), err
}

func (m *Module) certificatesOf(ctx context.Context, a act.Act, k *known) ([]exchange.Certificate, error) {
	if len(k.service.Certificates) == 0 {
		return nil, nil // no other is given
	}
	list, err := m.deps.Registers.Certificates(ctx, a, k.people(), k.file.ID)
	if err != nil {
		return nil, fmt.Errorf("casework: certificates: %w", err)
	}
	return list, nil
}

// mayHaveFiles tells whether anybody was asked for files in the case.
func (k *known) mayHaveFiles() bool { return k.file.Questioned || k.service.HasField(service.TypeFile) }

// forgetEarly takes out of facts what the form's own questions to registers leave to be asked by the case: those that
// failed, and those whose answer has grown old since.
func forgetEarly(facts service.Facts, list []exchange.Certificate, now time.Time) {
	for _, c := range list {
		if c.Early && (c.State == exchange.Failed || c.Stale(now)) {
			delete(facts, c.Key)
		}
	}
}

// system is the act of Posad itself working a case; its reads leave no look.
func (m *Module) system(caseID id.ID) act.Act {
	return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "case", ID: caseID.String()})
}

// lives is Module.Lives.
func lives(r store.PersonalReader, u exchange.Use) (bool, error) {
	row, err := caseworkdb.CaseByID(r, u.Holder, u.Case)
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	listed := slices.Contains(strings.Fields(row.Asks), u.Certificate+"="+u.Register)
	return listed && row.Stage == string(Open) && row.Applicant == u.Applicant && row.Service == u.Service, nil
}
