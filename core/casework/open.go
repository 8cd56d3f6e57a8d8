package casework

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/rule"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Opening is a case to be opened: a form that was filled rightly.
type Opening struct {
	ID         id.ID // the draft's
	Service    string
	Definition service.Hash // the city version whose form was filled; the case keeps it
	Holder     id.ID        // in whose account it lies
	Applicant  id.ID        // who files it
	Mandate    id.ID        // by which mandate; zero for oneself
	About      id.ID        // the case that it is about; zero: none. The service's about says of which kind
	Inputs     service.Inputs
	Channel    act.Channel
	Lang       lang.Language
	Act        act.Act
}

// PreparedOpen is a case that waits for its Write.
type PreparedOpen struct {
	m      *Module
	k      *known
	params caseworkdb.InsertCaseParams
	number string // the first that is tried
	ready  *journal.Ready
	first  *plan // the first step, where it can be begun at once; nil: the job casework.move begins it
	actID  id.ID
	system act.Act
	by     act.Act
}

// numbersTried is how many public numbers are tried, should the first ones be taken.
const numbersTried = 4

// PrepareOpen makes a case ready to be opened. Nothing is kept until Put.
func (m *Module) PrepareOpen(ctx context.Context, o Opening) (*PreparedOpen, error) {
	if o.ID.IsZero() || o.Holder.IsZero() || o.Applicant.IsZero() {
		return nil, errors.New("casework: a case needs an id, a holder and an applicant")
	}
	k := &known{file: caseworkdb.CaseFile{ID: o.ID, Holder: o.Holder, Applicant: o.Applicant, Service: o.Service, Definition: string(o.Definition), Lang: string(o.Lang)}, inputs: o.Inputs}
	if err := m.define(ctx, k); err != nil {
		return nil, err
	}
	now := m.base.Clock.Now()
	due, err := k.city.Days().Due(k.service.Term.Calendar(), now)
	if err != nil {
		return nil, fmt.Errorf("casework: term: %w", err)
	}
	if k.keys, err = m.base.Vault.Keys(ctx, o.Holder); err != nil {
		return nil, err
	}
	sealed, err := k.sealInputs()
	if err != nil {
		return nil, err
	}
	out := &PreparedOpen{m: m, k: k, system: m.system(o.ID), by: o.Act, params: caseworkdb.InsertCaseParams{
		Holder: o.Holder, ID: o.ID, Service: o.Service, Agency: agency.ID(k.service.Agency), Definition: string(o.Definition), Environment: rule.Version,
		Asks: lists(k.service), Applicant: o.Applicant, Mandate: o.Mandate, Channel: string(o.Channel), Lang: string(o.Lang), Submitted: now, TermDue: due, Inputs: sealed,
	}}
	if err := m.link(ctx, o, k, &out.params); err != nil {
		return nil, err
	}
	if out.first, err = m.prepareFirst(k, now); err != nil {
		return nil, err
	}
	if out.first != nil {
		out.params.Step, out.params.Agency = out.first.step.Key, out.first.task.agency
	}
	return out, out.prepareEntry()
}

// prepareFirst makes the first step ready when an official does it: such a case stands in its queue from the moment that
// it is opened. Every other first step waits for something, and the job casework.move begins it.
func (m *Module) prepareFirst(k *known, now time.Time) (*plan, error) {
	s := situation{service: k.service, rules: k.rules, now: now, stage: Open, inputs: k.inputs, owed: -1}
	mv := next(s)
	if mv.kind != moveEnter || mv.step.Kind != service.TaskDecide && mv.step.Kind != service.TaskReview {
		return nil, nil
	}
	p := &plan{move: mv}
	if err := m.prepareStep(k, s, p); err != nil || p.task.queue == "" {
		return nil, err
	}
	if g, err := k.rules.Group(k.inputs); err != nil || g != nil {
		return nil, nil // the case is to be put on a list
	}
	return p, nil
}

// lists are the certificates of a definition in the form of case_file.asks.
func lists(s *service.Service) string {
	var out []string
	for i := range s.Certificates {
		out = append(out, s.Certificates[i].Key+"="+s.Certificates[i].Register)
	}
	return strings.Join(out, " ")
}

// prepareEntry makes the journal entry of the number that the case will most surely have.
func (p *PreparedOpen) prepareEntry() error {
	if p.actID = p.by.ID; p.actID.IsZero() {
		p.actID = id.New(p.m.base.Clock.Now())
	}
	p.number = id.NewNumber()
	var err error
	p.ready, err = p.entryOf(p.number)
	return err
}

func (p *PreparedOpen) entryOf(number string) (*journal.Ready, error) {
	entry, err := p.m.submissionEntry(p.k, number, p.actID)
	if err != nil {
		return nil, err
	}
	ready, err := p.m.base.Journal.Prepare(p.k.keys, entry)
	if err != nil {
		return nil, fmt.Errorf("casework: journal: %w", err)
	}
	return ready, nil
}

// Put opens the case in the caller's Write and returns its public number. A case that was opened before stays as it is;
// its number comes back.
func (p *PreparedOpen) Put(tx *store.Tx) (string, error) {
	row, err := caseworkdb.LineByID(tx.As(p.system, lookCase), p.params.Holder, p.params.ID)
	if err == nil {
		return row.Number, nil
	}
	if !errors.Is(err, store.ErrNone) {
		return "", err
	}
	params := p.params
	ready, err := p.takeNumber(tx, &params)
	if err != nil {
		return "", err
	}
	if _, err := journal.Enter(tx, ready); err != nil {
		return "", fmt.Errorf("casework: journal: %w", err)
	}
	return params.Number, p.insert(tx, params)
}

// takeNumber finds a number that no case has. The first is almost never taken; the entry of another is made here, inside
// the Write, since it names the number.
func (p *PreparedOpen) takeNumber(tx *store.Tx, params *caseworkdb.InsertCaseParams) (*journal.Ready, error) {
	number := p.number
	for range numbersTried {
		n, err := caseworkdb.InsertNumber(tx, number, params.Holder, params.ID)
		if err != nil {
			return nil, err
		}
		if params.Number = number; n == 0 {
			number = id.NewNumber()
			continue
		}
		if number == p.number {
			return p.ready, nil
		}
		return p.entryOf(number)
	}
	return nil, errors.New("casework: no free number")
}

func (p *PreparedOpen) insert(tx *store.Tx, params caseworkdb.InsertCaseParams) error {
	if _, err := caseworkdb.InsertCase(tx, params); err != nil {
		return fmt.Errorf("casework: open: %w", err)
	}
	c := &change{m: p.m, tx: tx, act: p.by, k: p.k, file: caseworkdb.CaseFile{Holder: params.Holder, ID: params.ID, Revision: 1, Stage: string(Open)}}
	err := errors.Join(
		caseworkdb.InsertHome(tx, params.ID, params.Holder, params.ID),
		caseworkdb.InsertWatch(tx, caseworkdb.InsertWatchParams{ID: params.ID, Holder: params.Holder, Service: params.Service, Definition: params.Definition}),
		c.line("submitted", false, nil, nil), c.tell("submitted"), c.emit(EventSubmitted), c.moveAt(params.TermDue),
	)
	if err != nil {
		return err
	}
	if !params.AboutCase.IsZero() {
		if err := c.put(jobTie); err != nil {
			return err
		}
	}
	if p.first == nil {
		err = c.moveAt(tx.Now())
	} else {
		c.act = p.system // the city does it, not the applicant
		err = c.enter(p.first)
	}
	c.remember(opened(params))
	return errors.Join(err, c.follow(), caseworkdb.InsertLine(tx, caseworkdb.InsertLineParams{
		Holder: params.Holder, ID: params.ID, Number: params.Number, Service: params.Service, Applicant: params.Applicant, Revision: 1,
		Stage: string(Open), Status: string(c.status()), Due: params.TermDue, Submitted: params.Submitted, Moved: tx.Now(),
	}))
}

// sealInputs seals what is known at submission and keeps it as a reading gives it: texts where a form has days, for example.
func (k *known) sealInputs() (vault.Sealed, error) {
	plain, err := json.Marshal(k.inputs)
	if err == nil {
		k.kept = new(service.Inputs)
		err = json.Unmarshal(plain, k.kept)
	}
	if err != nil {
		return nil, fmt.Errorf("casework: inputs: %w", err)
	}
	return sealText(k.keys, "case_file", "inputs", string(plain))
}

// opened is the row of a case that InsertCase makes.
func opened(p caseworkdb.InsertCaseParams) caseworkdb.CaseFile {
	return caseworkdb.CaseFile{
		Holder: p.Holder, ID: p.ID, Number: p.Number, Service: p.Service, Agency: p.Agency, Definition: p.Definition, Environment: p.Environment,
		Asks: p.Asks, Applicant: p.Applicant, Mandate: p.Mandate, Channel: p.Channel, Lang: p.Lang, Revision: 1, Stage: string(Open), Step: p.Step,
		Submitted: p.Submitted, TermDue: p.TermDue, Inputs: p.Inputs, AboutHolder: p.AboutHolder, AboutCase: p.AboutCase,
	}
}

// answersHash is what the journal says of the answers: whoever has them can prove that they are those that were sent.
func answersHash(answers service.Answers) (string, error) {
	text, err := json.Marshal(answers) // keys of maps come sorted
	if err != nil {
		return "", fmt.Errorf("casework: answers: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}
