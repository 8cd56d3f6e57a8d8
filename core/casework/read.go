package casework

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/exchange"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Ref names a case and says who may be concerned with it: what permission is asked about, before anything is shown.
type Ref struct {
	Holder, ID id.ID
	Number     string
	Service    string
	Applicant  id.ID
	Agency     id.ID // that works on it now
	Official   id.ID // who has it; zero: nobody
	Revision   int64
	Task       id.ID      // that At has found; zero: the step's own
	Open       []OpenTask // what waits for officials, the step's own first
	Signers    []id.ID    // who has signed it with its applicant, or refused to
}

// OpenTask is a task that waits for an official.
type OpenTask struct {
	ID, Agency, Official id.ID
	Queue                string
}

// At is the case as an official meets it: by the open task of their agency, the one that they have before others. To whom
// no task belongs the case is that of the agency that works on it.
func (r Ref) At(a act.Act) Ref {
	best, most := -1, 0
	for i, t := range r.Open {
		if a.Actor.Kind != act.Official || t.Agency != a.Actor.Agency {
			continue
		}
		if near := nearness(a, t.Official); near > most {
			best, most = i, near
		}
	}
	if best >= 0 {
		t := r.Open[best]
		r.Agency, r.Official, r.Task = t.Agency, t.Official, t.ID
	}
	return r
}

// Object is the case as permission sees it.
func (r Ref) Object() act.Object {
	return act.Object{Kind: "case", Holder: r.Holder, Service: r.Service, Persons: []id.ID{r.Applicant}, Agency: r.Agency, Assigned: r.Official}
}

// Find finds a case by its public number, as people write it. ErrNone when there is none.
func (m *Module) Find(ctx context.Context, number string) (Ref, error) {
	digits, err := id.ParseNumber(number)
	if err != nil {
		return Ref{}, ErrNone.Because(err)
	}
	return m.refBy(ctx, func(r store.Reader) (id.ID, id.ID, error) {
		home, err := caseworkdb.CaseByNumber(r, digits)
		return home.Holder, home.ID, err
	})
}

// FindID finds a case by its id, or by the id of its charge. ErrNone when there is none.
func (m *Module) FindID(ctx context.Context, what id.ID) (Ref, error) {
	return m.refBy(ctx, func(r store.Reader) (id.ID, id.ID, error) {
		home, err := caseworkdb.HomeOf(r, what)
		return home.Holder, home.CaseID, err
	})
}

// refBy reads what permission needs of the case that is found by something. It shows nobody anything, so that Posad itself
// looks.
func (m *Module) refBy(ctx context.Context, home func(store.Reader) (holder, caseID id.ID, err error)) (Ref, error) {
	var k *known
	remembered := false
	err := m.base.Store.Look(ctx, m.system(id.ID{}), lookCase, func(p *store.Personal) error {
		holder, caseID, err := home(p)
		if err != nil {
			return err
		}
		k, remembered, err = m.recall(p, holder, caseID)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return Ref{}, ErrNone.Because(err)
	}
	if err != nil {
		return Ref{}, err
	}
	if remembered {
		m.memory.taken(k)
	}
	return k.ref(), nil
}

func (k *known) ref() Ref {
	out := Ref{Holder: k.file.Holder, ID: k.file.ID, Number: k.file.Number, Service: k.file.Service, Applicant: k.file.Applicant, Agency: k.file.Agency, Revision: k.file.Revision}
	if t := k.openTask(); t != nil {
		out.Official = t.Official
	}
	for _, t := range k.atDesks() {
		out.Open = append(out.Open, OpenTask{t.ID, t.Agency, t.Official, t.Queue})
	}
	for _, s := range k.signers {
		if !s.Person.IsZero() && (s.State == SignSigned || s.State == SignRefused) {
			out.Signers = append(out.Signers, s.Person)
		}
	}
	return out
}

// Read reads a case whole; the look is recorded for the holder and the applicant.
func (m *Module) Read(ctx context.Context, a act.Act, holder, caseID id.ID) (Case, error) {
	k, err := m.know(ctx, a.ForCase(caseID), holder, caseID)
	if err != nil {
		return Case{}, err
	}
	return m.caseOf(k)
}

func (m *Module) caseOf(k *known) (Case, error) {
	f := k.file
	tasks, err := k.openTasks()
	if err != nil {
		return Case{}, err
	}
	out := Case{
		Holder: f.Holder, ID: f.ID, Number: f.Number, Service: f.Service, Agency: f.Agency, Definition: f.Definition, Applicant: f.Applicant,
		Mandate: f.Mandate, Channel: act.Channel(f.Channel), Lang: f.Lang, Revision: f.Revision, Stage: Stage(f.Stage), Step: f.Step,
		About: f.AboutCase, AboutHolder: f.AboutHolder, Submitted: f.Submitted, TermDue: f.TermDue, Extended: f.Extended,
		ExtensionDays: int(f.ExtensionDays), Escalated: f.Escalated, Round: int(f.Round), ProposedBy: f.ProposedBy, ConfirmedBy: f.ConfirmedBy, Paused: f.Paused, Decided: f.Decided, DecidedBy: f.DecidedBy, Ground: f.Ground, Row: f.Row,
		ListGroup: f.ListGroup, Rating: int(f.Rating), Late: f.Late, Inputs: k.inputs, Tasks: tasks, Signers: k.signed, Barred: k.barred(),
		Status: status(Stage(f.Stage), tasks, k.openQuestion() != nil),
	}
	if k.other != nil {
		out.AboutNumber = k.other.file.Number
	}
	for _, d := range k.done {
		out.Consequences = append(out.Consequences, Consequence{Do: d.Kind, At: d.At, Amount: d.Amount})
	}
	if err := k.moreOf(&out); err != nil {
		return out, err
	}
	for _, p := range k.pauses {
		out.Pauses = append(out.Pauses, Pause{Since: p.Since, Until: p.Until, Reason: p.Reason})
	}
	if f.Decision != nil {
		out.Decision = &Decision{}
		if err := openJSON(k.keys, "case_file", "decision", f.Decision, out.Decision); err != nil {
			return out, err
		}
	}
	for _, row := range k.questions {
		q, err := questionOf(k.keys, row)
		if err != nil {
			return out, err
		}
		out.Questions = append(out.Questions, q)
	}
	return out, nil
}

// moreOf unseals what few cases have.
func (k *known) moreOf(c *Case) error {
	if k.file.Extension != nil {
		words, err := k.keys.Open("case_file", "extension", k.file.Extension)
		if err != nil {
			return err
		}
		c.ExtensionWords = string(words)
	}
	var err error
	if c.Corrections, err = k.corrections(); err != nil || k.file.Proposal == nil {
		return err
	}
	d, err := k.proposal()
	c.Proposal = &d
	return err
}

// answer is what is sealed of an applicant's answer.
type answer struct {
	Words string         `json:"words"`
	Files []service.File `json:"files,omitempty"`
}

func questionOf(keys *vault.Keys, row caseworkdb.Question) (Question, error) {
	out := Question{ID: row.ID, Asked: row.Asked, AskedBy: row.AskedBy, Agency: row.Agency, Due: row.Due, Answered: row.Answered, Lapsed: row.Lapsed}
	words, err := keys.Open("question", "words", row.Words)
	if err != nil {
		return out, err
	}
	out.Words = string(words)
	if row.Answer == nil {
		return out, nil
	}
	var a answer
	if err := openJSON(keys, "question", "answer", row.Answer, &a); err != nil {
		return out, err
	}
	out.Answer, out.Files = a.Words, a.Files
	return out, nil
}

func openJSON(keys *vault.Keys, table, column string, sealed vault.Sealed, target any) error {
	plain, err := keys.Open(table, column, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, target); err != nil {
		return fmt.Errorf("casework: %s.%s: %w", table, column, err)
	}
	return nil
}

// sealText seals a text; it fails for a holder whose data was erased.
func sealText(keys *vault.Keys, table, column, text string) (vault.Sealed, error) {
	sealed := keys.Seal(table, column, []byte(text))
	if sealed == nil {
		return nil, fmt.Errorf("casework: seal %s.%s: %w", table, column, vault.ErrErased)
	}
	return sealed, nil
}

func sealJSON(keys *vault.Keys, table, column string, value any) (vault.Sealed, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("casework: seal %s.%s: %w", table, column, err)
	}
	sealed := keys.Seal(table, column, plain)
	if sealed == nil {
		return nil, fmt.Errorf("casework: seal %s.%s: %w", table, column, vault.ErrErased)
	}
	return sealed, nil
}

// openTasks are the case's tasks with the words of opinions unsealed.
func (k *known) openTasks() ([]Task, error) {
	out := tasksOf(k.tasks)
	for i, t := range k.tasks {
		if t.Words == nil {
			continue
		}
		words, err := k.keys.Open("task", "words", t.Words)
		if err != nil {
			return nil, err
		}
		out[i].Words = string(words)
	}
	return out, nil
}

func tasksOf(rows []caseworkdb.Task) []Task {
	out := make([]Task, 0, len(rows))
	for _, t := range rows {
		out = append(out, Task{
			ID: t.ID, Step: t.Step, Kind: service.TaskKind(t.Kind), State: TaskState(t.State), Agency: t.Agency, Queue: t.Queue,
			Official: t.Official, Opened: t.Opened, Due: t.Due, Closed: t.Closed, Outcome: Outcome(t.Outcome), Reference: t.Reference,
			Part: t.Part, Skill: t.Skill,
		})
	}
	return out
}

// entriesMost bounds a timeline as it is read.
const entriesMost = 1000

// Timeline reads what happened in a case, oldest first. Lines for officials only are left out unless the actor is one.
func (m *Module) Timeline(ctx context.Context, a act.Act, holder, caseID id.ID) ([]Entry, error) {
	var rows []caseworkdb.Timeline
	err := m.base.Store.Look(ctx, a.ForCase(caseID), lookCase, func(p *store.Personal) error {
		var err error
		rows, err = caseworkdb.EntriesOf(p, holder, caseID, entriesMost)
		return err
	})
	if err != nil {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, row := range rows {
		if row.Internal && a.Actor.Kind == act.Person {
			continue
		}
		e, err := entryOf(keys, row)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func entryOf(keys *vault.Keys, row caseworkdb.Timeline) (Entry, error) {
	out := Entry{Number: row.Number, At: row.At, Event: row.Event, Internal: row.Internal, Params: map[string]string{},
		Actor: act.Actor{Kind: act.Kind(row.ActorKind), Person: row.Actor, Agency: row.Agency}}
	if err := json.Unmarshal([]byte(row.Params), &out.Params); err != nil {
		return out, fmt.Errorf("casework: params of a line: %w", err)
	}
	words, err := keys.Open("timeline", "words", row.Words)
	out.Words = string(words)
	return out, err
}

// Definition is the service as the case keeps it, with its city version and its rules.
func (m *Module) Definition(ctx context.Context, c Case) (*service.City, *service.Service, *service.Rules, error) {
	k := &known{file: caseworkdb.CaseFile{ID: c.ID, Service: c.Service, Definition: c.Definition}}
	err := m.define(ctx, k)
	return k.city, k.service, k.rules, err
}

// Certificates lists what was asked of registers in a case; the looks are recorded.
func (m *Module) Certificates(ctx context.Context, a act.Act, c Case) ([]exchange.Certificate, error) {
	k := &known{file: caseworkdb.CaseFile{ID: c.ID, Holder: c.Holder, Applicant: c.Applicant, Service: c.Service, Definition: c.Definition}, inputs: c.Inputs}
	if err := m.define(ctx, k); err != nil {
		return nil, err
	}
	return m.deps.Registers.Certificates(ctx, a.ForCase(c.ID), k.people(), c.ID)
}

// Advice is what the decision table says of a case now, for the official who decides; Row is empty when the service has
// no table or it can't tell.
func (m *Module) Advice(ctx context.Context, a act.Act, c Case) (service.Decision, error) {
	k := &known{file: caseworkdb.CaseFile{ID: c.ID, Holder: c.Holder, Applicant: c.Applicant, Service: c.Service, Definition: c.Definition}, inputs: c.Inputs}
	if err := m.define(ctx, k); err != nil {
		return service.Decision{}, err
	}
	in, err := m.inputsNow(ctx, a.ForCase(c.ID), k)
	in.Opinions, in.Signers = opinions(c.Tasks), signatures(c.Signers)
	if err != nil || k.service.Decision == nil {
		return service.Decision{Verdict: service.ByOfficial}, err
	}
	d, err := k.rules.Decide(in)
	if errors.Is(err, service.ErrRule) {
		return service.Decision{Verdict: service.ByOfficial}, nil // a value is missing: the official sees which in the checks
	}
	return d, err
}

// Line is a case in a person's list.
type Line struct {
	Holder, ID id.ID
	Company    string // what the holder is called, where it is an organisation
	Number     string
	Service    string
	Applicant  id.ID
	Stage      Stage
	Status     Status
	Due        time.Time // by when the next thing happens; zero: nothing more happens
	Submitted  time.Time
	Moved      time.Time
	Revision   int64
}

// linesOfMost is how many cases of one holder a list shows, newest first.
const linesOfMost = 200

// Mine lists the person's own cases and those of whom they act for that their mandates let them read, newest first.
func (m *Module) Mine(ctx context.Context, a act.Act) ([]Line, error) {
	others, err := m.deps.Family.Acting(ctx, a, a.Actor.Person)
	if err != nil {
		return nil, err
	}
	var out []Line
	for _, person := range a.Selves() {
		lines, err := m.linesOf(ctx, a, person)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	for _, other := range others {
		if !slices.Contains(other.Scopes, mandate.ScopeRead) {
			continue
		}
		lines, err := m.linesOf(ctx, a.For(other.Giver, other.ID), other.Giver)
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			seen := slices.ContainsFunc(out, func(l Line) bool { return l.ID == line.ID })
			if line.Company = other.Title; other.Allows(mandate.ScopeRead, line.Service) && !seen {
				out = append(out, line)
			}
		}
	}
	slices.SortStableFunc(out, func(x, y Line) int { return y.Submitted.Compare(x.Submitted) })
	return out, nil
}

func (m *Module) linesOf(ctx context.Context, a act.Act, holder id.ID) ([]Line, error) {
	var out []Line
	err := m.base.Store.Look(ctx, a, "casework.look.list", func(p *store.Personal) error {
		rows, err := caseworkdb.LinesOf(p, holder, linesOfMost)
		out = out[:0]
		for _, r := range rows {
			out = append(out, Line{Holder: r.Holder, ID: r.ID, Number: r.Number, Service: r.Service, Applicant: r.Applicant, Stage: Stage(r.Stage),
				Status: Status(r.Status), Due: r.Due, Submitted: r.Submitted, Moved: r.Moved, Revision: r.Revision})
		}
		return err
	})
	return out, err
}

// looksMost is how many looks a case's page shows.
const looksMost = 50

// Looks lists who looked at the person in connection with a case, newest first, at most 50 of the person's last 500.
func (m *Module) Looks(ctx context.Context, a act.Act, person, caseID id.ID) ([]store.LookRecord, error) {
	var out []store.LookRecord
	err := m.base.Store.Look(ctx, a.ForCase(caseID), "casework.look.looks", func(p *store.Personal) error {
		all, err := store.LooksAt(p, person, p.Now().Add(time.Second), 500)
		out = out[:0]
		for _, l := range all {
			if l.Purpose.ID == caseID.String() && len(out) < looksMost {
				out = append(out, l)
			}
		}
		return err
	})
	return out, err
}
