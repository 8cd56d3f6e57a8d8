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
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Signers finds people by their insurance number; *account.Module is one. store.ErrNone when the city knows none.
type Signers interface {
	PersonOf(ctx context.Context, snils string) (id.ID, error)
	// Differs tells whether a person has another name, or another birth date, than somebody wrote, in this order.
	// What is empty there is not compared.
	Differs(ctx context.Context, person id.ID, name lang.Name, birth calendar.Date) (bool, bool, error)
}

// ErrSigner is for somebody who is not asked to sign the case, or has answered already.
var ErrSigner = fault.New(fault.Conflict, "casework.no_signer")

// The states of a signer.
const (
	SignWaiting = "waiting"
	SignSigned  = "signed"
	SignRefused = "refused"
	SignOver    = "over" // the step ended without them
)

// Signer is somebody who signs a case together with its applicant.
type Signer struct {
	ID       id.ID
	Person   id.ID // zero while the city knows nobody of the number
	Named    service.Person
	State    string
	Answered time.Time
	Part     service.Answers // what they answered in their own part of the form
}

// SignLine is a case that a person is asked to sign, in their own account. It tells no more than they need.
type SignLine struct {
	Case, Holder, Applicant id.ID
	Number, Service, State  string
	Due                     time.Time
}

// Object is the line as permission sees it: the signer's own.
func (l SignLine) Object(signer id.ID) act.Object { return act.Object{Kind: "case", Holder: signer} }

// named are the people whom the fields of a sign step name, in the order of the fields; each number once.
func (k *known) named(step *service.Task) ([]signerAnswer, error) {
	var out []signerAnswer
	seen := map[string]bool{}
	for _, field := range step.Signers {
		for _, one := range k.service.Named(k.inputs.Answers, []string{field}) {
			text, err := json.Marshal(one.Person)
			if err != nil {
				return nil, fmt.Errorf("casework: signer: %w", err)
			}
			if !seen[one.Person.SNILS] {
				seen[one.Person.SNILS] = true
				out = append(out, signerAnswer{field: field, text: text})
			}
		}
	}
	return out, nil
}

type signerAnswer struct {
	field string
	text  []byte // the person, to be sealed
}

// openSigners unseals those who sign and puts them in the order in which they were named.
func (k *known) openSigners() error {
	for _, row := range k.signers {
		one, err := signerOf(k.keys, row)
		if err != nil {
			return err
		}
		k.signed = append(k.signed, one)
	}
	place := map[string]int{}
	for i := range k.service.Steps {
		for _, one := range k.service.Named(k.inputs.Answers, k.service.Steps[i].Signers) {
			if _, ok := place[one.Person.SNILS]; !ok {
				place[one.Person.SNILS] = len(place)
			}
		}
	}
	slices.SortStableFunc(k.signed, func(a, b Signer) int { return place[a.Named.SNILS] - place[b.Named.SNILS] })
	return nil
}

// signatures are the co-signers who have answered, as rules see them.
func signatures(list []Signer) []service.Signer {
	var out []service.Signer
	for _, one := range list {
		if one.State == SignSigned || one.State == SignRefused {
			out = append(out, service.Signer{Person: one.Named, Signed: one.State == SignSigned, Answers: one.Part})
		}
	}
	return out
}

// prepareSigners seals what is kept of those who are to sign.
func (m *Module) prepareSigners(k *known, p *plan) error {
	list, err := k.named(p.step)
	for _, one := range list {
		sealed := k.keys.Seal("case_signer", "named", one.text)
		if sealed == nil {
			return vault.ErrErased
		}
		p.signers = append(p.signers, caseworkdb.InsertSignerParams{
			Holder: k.file.Holder, CaseID: k.file.ID, ID: id.New(m.base.Clock.Now()), Task: p.task.id, Field: one.field, Named: sealed,
		})
	}
	return err
}

// signing begins to wait for those who sign; each is invited by a job of their own.
func (c *change) signing(p *plan) error {
	for _, one := range p.signers {
		err := errors.Join(caseworkdb.InsertSigner(c.tx, one), c.m.base.Jobs.Put(c.tx, jobs.New{
			Handler: jobInvite, Holder: c.file.Holder, Object: c.file.ID, Version: c.file.Revision, Payload: one.ID.String(),
		}))
		if err != nil {
			return err
		}
	}
	if len(p.signers) == 0 {
		return nil
	}
	return errors.Join(c.pause("casework.pause.sign"), c.line("signing", false, nil, nil))
}

// nextSign goes on when all have signed; one who refuses, or does not sign in time, ends the step.
func nextSign(s situation, step *service.Task) move {
	switch {
	case slices.Contains(s.signs, SignRefused):
		return follow(s, otherwise(s, step), OutcomeFailed)
	case !slices.Contains(s.signs, SignWaiting):
		return follow(s, step.Then, OutcomeDone)
	case s.due:
		return follow(s, otherwise(s, step), OutcomeLate)
	}
	return move{kind: moveWait}
}

// signs are the states of those who sign the step at which the case stands.
func (k *known) signs() []string {
	t := k.openTask()
	var out []string
	for _, one := range k.signers {
		if t != nil && one.Task == t.ID {
			out = append(out, one.State)
		}
	}
	return out
}

// invitePause is how often a person whom the city does not know yet is looked for.
const invitePause = time.Hour

// invite is the job that finds a signer, puts the case into their account and tells them. While the city knows nobody of
// the number, the applicant is told once to ask them to register, and they are found when they have.
func (m *Module) invite(ctx context.Context, j jobs.Job) error {
	k, err := m.know(ctx, m.system(j.Object), j.Holder, j.Object)
	if err != nil {
		return over(err)
	}
	i := slices.IndexFunc(k.signers, func(s caseworkdb.CaseSigner) bool { return s.ID.String() == j.Payload })
	if i < 0 || k.signers[i].State != SignWaiting || k.openTask() == nil || k.openTask().ID != k.signers[i].Task {
		return nil
	}
	one, err := signerOf(k.keys, k.signers[i])
	if err != nil {
		return err
	}
	person, wrong, err := m.signerPerson(ctx, one)
	if err != nil {
		return err
	}
	if wrong != "" {
		return m.differs(ctx, j, k, wrong)
	}
	if person.IsZero() {
		return m.unknown(ctx, j, k)
	}
	told, err := m.deps.Teller.Prepare(ctx, m.telling(k, person, "sign", "casework/sign/"+j.Payload, j.Version))
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		return errors.Join(m.invited(tx, k, one.ID, person, told), m.base.Jobs.Done(tx, j))
	})
}

// invited asks somebody to sign, if the case still waits for them and they were not asked before.
func (m *Module) invited(tx *store.Tx, k *known, signer, person id.ID, told *notice.Prepared) error {
	n, err := caseworkdb.FindSigner(tx, caseworkdb.FindSignerParams{Person: person, Invited: tx.Now(), Holder: k.file.Holder, CaseID: k.file.ID, ID: signer})
	if err != nil || n == 0 {
		return err
	}
	return errors.Join(told.Put(tx), caseworkdb.PutSignLine(tx, caseworkdb.PutSignLineParams{
		Signer: person, CaseID: k.file.ID, ID: signer, Holder: k.file.Holder, Applicant: k.file.Applicant, Number: k.file.Number, Service: k.file.Service,
		State: SignWaiting, Due: k.openTask().Due, Invited: tx.Now(),
	}))
}

// ToSign lists the cases that a person is asked to sign, newest first.
func (m *Module) ToSign(ctx context.Context, a act.Act) ([]SignLine, error) {
	var out []SignLine
	err := m.base.Store.Look(ctx, a, lookList, func(p *store.Personal) error {
		rows, err := caseworkdb.SignLinesOf(p, a.Actor.Person, linesOfMost)
		out = out[:0]
		for _, r := range rows {
			out = append(out, SignLine{Case: r.CaseID, Holder: r.Holder, Applicant: r.Applicant, Number: r.Number, Service: r.Service, State: r.State, Due: r.Due})
		}
		return err
	})
	return out, err
}

// SignersOf lists who signs a case, for the holder, the applicant and officials: the caller has asked whether they may.
func (m *Module) SignersOf(ctx context.Context, a act.Act, holder, caseID id.ID) ([]Signer, error) {
	k, err := m.know(ctx, a.ForCase(caseID), holder, caseID)
	if err != nil {
		return nil, err
	}
	return k.signed, nil
}

func signerOf(keys *vault.Keys, row caseworkdb.CaseSigner) (Signer, error) {
	out := Signer{ID: row.ID, Person: row.Person, State: row.State, Answered: row.Answered}
	if err := openJSON(keys, "case_signer", "named", row.Named, &out.Named); err != nil {
		return out, err
	}
	if row.Part == nil {
		return out, nil
	}
	return out, openJSON(keys, "case_signer", "part", row.Part, &out.Part)
}

// PreparedSign is a signature, or a refusal to sign, that waits for its Write.
type PreparedSign struct {
	m      *Module
	k      *known
	act    act.Act
	signer caseworkdb.CaseSigner
	state  string
	part   vault.Sealed
}

// PrepareSign makes a person's signature ready, with the answers of their part of the form. ErrSigner when the case waits
// for no signature of theirs.
func (m *Module) PrepareSign(ctx context.Context, a act.Act, holder, caseID, signer id.ID, part service.Answers) (*PreparedSign, error) {
	p, err := m.prepareSignature(ctx, a, holder, caseID, signer, SignSigned)
	if err != nil {
		return nil, err
	}
	p.part, err = sealJSON(p.k.keys, "case_signer", "part", part)
	return p, err
}

// PrepareRefuse makes a refusal to sign ready: it ends the step. Errors as of PrepareSign.
func (m *Module) PrepareRefuse(ctx context.Context, a act.Act, holder, caseID, signer id.ID) (*PreparedSign, error) {
	return m.prepareSignature(ctx, a, holder, caseID, signer, SignRefused)
}

func (m *Module) prepareSignature(ctx context.Context, a act.Act, holder, caseID, signer id.ID, state string) (*PreparedSign, error) {
	k, err := m.know(ctx, m.system(caseID), holder, caseID) // the signer sees the case's line alone
	if err != nil {
		return nil, err
	}
	t := k.openTask()
	for _, one := range k.signers {
		if t != nil && one.Task == t.ID && one.Person == signer && !signer.IsZero() && one.State == SignWaiting {
			return &PreparedSign{m: m, k: k, act: a, signer: one, state: state}, nil
		}
	}
	return nil, ErrSigner
}

// Put signs in the caller's Write. ErrMoved when the case has moved since: prepare it anew.
func (p *PreparedSign) Put(tx *store.Tx) error {
	k := p.k
	c := &change{m: p.m, tx: tx, act: p.act, k: k, file: k.file, tasks: slices.Clone(k.tasks), pauses: slices.Clone(k.pauses)}
	if err := c.claim(); err != nil {
		return err
	}
	n, err := caseworkdb.AnswerSigner(tx, caseworkdb.AnswerSignerParams{State: p.state, Answered: tx.Now(), Part: p.part, Holder: k.file.Holder, CaseID: k.file.ID, ID: p.signer.ID})
	if err != nil {
		return err
	}
	if n == 0 {
		return tx.Fail(ErrSigner)
	}
	event := map[string]string{SignSigned: "signed", SignRefused: "not_signed"}[p.state]
	line := caseworkdb.PutSignLineParams{Signer: p.signer.Person, CaseID: k.file.ID, ID: p.signer.ID, Holder: k.file.Holder, Applicant: k.file.Applicant,
		Number: k.file.Number, Service: k.file.Service, State: p.state, Invited: p.signer.Invited}
	return errors.Join(caseworkdb.PutSignLine(tx, line), c.line(event, false, nil, nil), c.tell(event), c.moveAt(tx.Now()), c.save())
}

// unsign ends what signers are still waited for at a step.
func (c *change) unsign(task id.ID) error {
	if !c.k.has(string(service.TaskSign)) {
		return nil
	}
	if _, err := caseworkdb.EndSigners(c.tx, c.file.Holder, c.file.ID, task); err != nil {
		return err
	}
	for _, one := range c.k.signers {
		if one.Task != task || one.Person.IsZero() || one.State != SignWaiting {
			continue
		}
		err := caseworkdb.PutSignLine(c.tx, caseworkdb.PutSignLineParams{Signer: one.Person, CaseID: c.file.ID, ID: one.ID, Holder: c.file.Holder,
			Applicant: c.file.Applicant, Number: c.file.Number, Service: c.file.Service, State: SignOver, Invited: one.Invited})
		if err != nil {
			return err
		}
	}
	return nil
}

// signPath is where a person signs; core/apply has the page.
func signPath(number string) string { return "/sign/" + strings.TrimSpace(number) }
