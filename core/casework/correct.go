package casework

import (
	"context"
	"errors"
	"slices"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/vault"
)

// The faults of a correction.
var (
	ErrNoDocument = fault.New(fault.Missing, "casework.no_document")       // not a document of the case, or no good any more
	ErrMending    = fault.New(fault.Conflict, "casework.correction_asked") // one mistake at a time
	ErrNoLine     = fault.New(fault.Invalid, "casework.no_line")           // the document has no such line
	ErrSameLine   = fault.New(fault.Invalid, "casework.same_line")         // nothing is corrected
)

// correctWithin is how long an official has for a correction, in working days.
const correctWithin = 5

// Mistake is what a resident says is wrong in a document of their case.
type Mistake struct {
	Holder, Case id.ID
	Document     id.ID
	Fact         string // key of the line; empty: another place
	Words        string // what is right
}

// Correcting is a mistake in a document that was asked to be corrected.
type Correcting struct {
	ID, Document, Corrected id.ID // Corrected: the document that took its place; zero: none
	Fact, Words, Answer     string
	State                   string // open, done, declined
	Asked, Closed           time.Time
}

// AskCorrection tells the city of a mistake in a document of a decided case; an official of the agency looks at it. Errors:
// ErrNotNow (nothing is decided, or the case is decided anew), ErrMending, ErrNoDocument, ErrNoLine, ErrEmpty, ErrLong.
func (m *Module) AskCorrection(ctx context.Context, a act.Act, w Mistake) (int64, error) {
	words, err := cleanWords(w.Words)
	if err != nil {
		return 0, err
	}
	return repeat(func() (int64, error) {
		k, err := m.know(ctx, a.ForCase(w.Case), w.Holder, w.Case)
		if err != nil {
			return 0, err
		}
		if err := m.mayMend(ctx, a, k, w); err != nil {
			return 0, err
		}
		params := caseworkdb.InsertCorrectionParams{Holder: w.Holder, CaseID: w.Case, ID: id.New(m.base.Clock.Now()), Document: w.Document, Fact: w.Fact, AskedBy: a.Actor.Person}
		if params.Words, err = sealText(k.keys, "correction", "words", words); err != nil {
			return 0, err
		}
		task, err := m.mendTask(k)
		if err != nil {
			return 0, err
		}
		return m.write(ctx, a, k, func(c *change) error { return c.askCorrection(params, task) })
	})
}

func (m *Module) mayMend(ctx context.Context, a act.Act, k *known, w Mistake) error {
	switch {
	case k.file.Stage != string(Approved) && k.file.Stage != string(Refused), k.file.Step != "":
		return ErrNotNow
	case slices.ContainsFunc(k.mended, func(c caseworkdb.Correction) bool { return c.State == string(TaskOpen) }):
		return ErrMending
	}
	_, err := m.liveDocument(ctx, a, k, w.Document, w.Fact)
	return err
}

// liveDocument is a document of the case that is good, with the line.
func (m *Module) liveDocument(ctx context.Context, a act.Act, k *known, document id.ID, fact string) (result, error) {
	list, err := m.deps.Papers.Results(ctx, a.ForCase(k.file.ID), k.file.Holder, k.file.ID)
	if err != nil {
		return result{}, err
	}
	for _, r := range list {
		if r.ID != document || !mendable(r) {
			continue
		}
		for i := range r.Facts {
			if r.Facts[i].Key == fact {
				return result{r, i}, nil
			}
		}
		if fact == "" {
			return result{r, -1}, nil
		}
		return result{}, ErrNoLine
	}
	return result{}, ErrNoDocument
}

// mendable tells whether a mistake in a document can be put right: it is good. A refusal is not corrected, it is decided anew.
func mendable(r document.Result) bool { return r.Revoked.IsZero() && r.Form != document.FormRefusal }

// result is a document with the place of a line in it; -1: of none.
type result struct {
	document.Result
	line int
}

// mendTask is the official's work: in the queue where the case was decided.
func (m *Module) mendTask(k *known) (newTask, error) {
	now := m.base.Clock.Now()
	due, err := k.city.Days().Due(service.Term{Days: correctWithin, Working: true}.Calendar(), now)
	out := newTask{id: id.New(now), agency: k.file.Agency, due: due, kind: kindCorrect, part: kindCorrect}
	for _, t := range k.tasks {
		if t.Part == "" && t.Queue != "" {
			out.agency, out.queue = t.Agency, t.Queue
		}
	}
	if step := k.decidingStep(); out.queue == "" && step != nil { // a table decided: those who would have
		if office, queue := route(k.service, step, k.inputs.Answers); queue != "" {
			out.agency, out.queue = office, queue
		}
	}
	if out.queue == "" {
		out.agency, out.queue = k.deskOf(k.file.Agency)
	}
	return out, err
}

func (c *change) askCorrection(params caseworkdb.InsertCorrectionParams, task newTask) error {
	params.Asked = c.tx.Now()
	return errors.Join(caseworkdb.InsertCorrection(c.tx, params), c.insertTask(task, params.ID), c.line("correction_asked", false, nil, nil))
}

// Mending is how an official answers a resident who found a mistake.
type Mending struct {
	Fact  string // key of the line that is put right
	Value lang.Text
}

// Correct puts a mistake right: a corrected document is issued and the old one is revoked, both in one Write. The official
// who has taken the task may. Errors: ErrNotNow, ErrNotYours, ErrClerk, ErrNoDocument, ErrNoLine, ErrEmpty, ErrSameLine,
// ErrMoved.
func (m *Module) Correct(ctx context.Context, a act.Act, s Step, n Mending) (int64, error) {
	k, asked, err := m.mending(ctx, a, s)
	if err != nil {
		return 0, err
	}
	if n.Value.RU == "" || n.Value.EN == "" {
		return 0, ErrEmpty
	}
	old, err := m.liveDocument(ctx, a, k, asked.Document, n.Fact)
	if err != nil {
		return 0, err
	}
	if old.line < 0 {
		return 0, ErrNoLine
	}
	if old.Facts[old.line].Value == n.Value {
		return 0, ErrSameLine
	}
	facts := slices.Clone(old.Facts)
	facts[old.line].Value = n.Value
	corrected := id.Derived("correction", asked.ID.String())
	put, err := m.deps.Papers.PrepareCorrection(ctx, document.Correction{
		ID: corrected, Act: a.ID, Holder: k.file.Holder, Old: asked.Document, Facts: facts, Reason: m.both("casework.correction_reason"),
	})
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error {
		return errors.Join(put.Put(c.tx), c.mended("done", corrected, asked.ID, nil), c.line("corrected", false, nil, nil), c.tell("corrected"), c.emit(EventCorrected))
	})
}

// Decline says that there is no mistake, in words that the resident reads. Errors as of Correct, and ErrEmpty, ErrLong.
func (m *Module) Decline(ctx context.Context, a act.Act, s Step, words string) (int64, error) {
	k, asked, err := m.mending(ctx, a, s)
	if err != nil {
		return 0, err
	}
	clean, err := cleanWords(words)
	if err != nil {
		return 0, err
	}
	answer, err := sealText(k.keys, "correction", "answer", clean)
	if err != nil {
		return 0, err
	}
	story, err := sealText(k.keys, "timeline", "words", clean)
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error {
		return errors.Join(c.mended("declined", id.ID{}, asked.ID, answer), c.line("not_corrected", false, nil, story), c.tell("not_corrected"))
	})
}

// mending reads a case for the official who has the correction.
func (m *Module) mending(ctx context.Context, a act.Act, s Step) (*known, caseworkdb.Correction, error) {
	var none caseworkdb.Correction
	k, err := m.know(ctx, a.ForCase(s.Case), s.Holder, s.Case)
	if err != nil {
		return nil, none, err
	}
	if s.Revision != 0 && s.Revision != k.file.Revision {
		return nil, none, ErrMoved
	}
	if err := k.chooseKind(a, kindCorrect); err != nil {
		return nil, none, err
	}
	if err := m.unconcerned(ctx, a, k); err != nil {
		return nil, none, err
	}
	switch {
	case k.chosen().Official != a.Actor.Person:
		return nil, none, ErrNotYours
	case a.Actor.Role == string(agency.Clerk):
		return nil, none, ErrClerk
	}
	for _, c := range k.mended {
		if c.ID == k.chosen().Reference {
			return k, c, nil
		}
	}
	return nil, none, ErrNotNow
}

func (c *change) mended(state string, corrected, asked id.ID, answer vault.Sealed) error {
	outcome := OutcomeDone
	if corrected.IsZero() {
		outcome = OutcomeDeclined
	}
	n, err := caseworkdb.CloseCorrection(c.tx, caseworkdb.CloseCorrectionParams{
		State: state, Closed: c.tx.Now(), Official: c.act.Actor.Person, Corrected: corrected, Answer: answer, Holder: c.file.Holder, CaseID: c.file.ID, ID: asked,
	})
	if err != nil {
		return err
	}
	if n == 0 {
		return c.tx.Fail(ErrMoved)
	}
	return c.closeTask(c.chosen(), TaskDone, outcome)
}

// corrections are the mistakes that were asked to be corrected, unsealed.
func (k *known) corrections() ([]Correcting, error) {
	var out []Correcting
	for _, row := range k.mended {
		c := Correcting{ID: row.ID, Document: row.Document, Corrected: row.Corrected, Fact: row.Fact, State: row.State, Asked: row.Asked, Closed: row.Closed}
		words, err := k.keys.Open("correction", "words", row.Words)
		if err != nil {
			return nil, err
		}
		c.Words = string(words)
		if row.Answer != nil {
			answer, err := k.keys.Open("correction", "answer", row.Answer)
			if err != nil {
				return nil, err
			}
			c.Answer = string(answer)
		}
		out = append(out, c)
	}
	return out, nil
}
