package casework

import (
	"context"
	"errors"
	"slices"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// project brings the desk's list up to date with a case. It reads the case as it is now, whatever revision the event was
// of, and checks in its Write that nobody has moved it meanwhile: the list never falls back.
func (m *Module) project(ctx context.Context, j jobs.Job) error {
	a := m.system(j.Object)
	k, err := m.know(ctx, a, j.Holder, j.Object)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if errors.Is(err, vault.ErrErased) {
		return m.unlist(ctx, j, k)
	}
	if err != nil {
		return err
	}
	line, shown := k.deskLine()
	words := m.keyedWords(k)
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		row, err := caseworkdb.CaseByID(tx.As(a, lookCase), j.Holder, j.Object)
		if err != nil {
			return err
		}
		if row.Revision != k.file.Revision {
			return ErrMoved
		}
		for _, office := range k.offices() {
			if !shown || office != line.Agency {
				if err := dropLine(tx, office, j.Object, words); err != nil {
					return err
				}
			}
		}
		if !shown {
			return nil
		}
		for _, word := range words {
			if err := caseworkdb.PutWord(tx, line.Agency, word, j.Object); err != nil {
				return err
			}
		}
		return caseworkdb.PutDeskLine(tx, line)
	})
	if errors.Is(err, ErrMoved) {
		return jobs.Later(50 * time.Millisecond)
	}
	return err
}

// unlist takes a case off the desk whose holder's data was erased. Its words can't be made any more; they are hashes that
// name nothing.
func (m *Module) unlist(ctx context.Context, j jobs.Job, k *known) error {
	if k == nil {
		return nil
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, office := range k.offices() {
			if err := dropLine(tx, office, j.Object, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func dropLine(tx *store.Tx, office, caseID id.ID, words []vault.Keyed) error {
	for _, word := range words {
		if err := caseworkdb.DropWord(tx, office, word, caseID); err != nil {
			return err
		}
	}
	return caseworkdb.DropDeskLine(tx, office, caseID)
}

// keyedWords are the hashes by which the desk finds the case.
func (m *Module) keyedWords(k *known) []vault.Keyed {
	var out []vault.Keyed
	for _, word := range k.words() {
		out = append(out, m.base.Vault.Keyed(wordSpace, word))
	}
	return out
}

// offices are the agencies on whose desk the case may lie. Forward takes it off the desk that it leaves.
func (k *known) offices() []id.ID {
	out := []id.ID{k.file.Agency}
	for i := range k.tasks {
		if !slices.Contains(out, k.tasks[i].Agency) {
			out = append(out, k.tasks[i].Agency)
		}
	}
	return out
}

// deskLine is the case in the desk's list; false when no official has anything to do with it now.
func (k *known) deskLine() (caseworkdb.PutDeskLineParams, bool) {
	t := k.openTask()
	if t == nil || t.Queue == "" || !human(t.Kind) || k.file.Stage != string(Open) {
		return caseworkdb.PutDeskLineParams{}, false
	}
	q := k.openQuestion()
	out := caseworkdb.PutDeskLineParams{
		Agency: t.Agency, ID: k.file.ID, Holder: k.file.Holder, Applicant: k.file.Applicant, Queue: t.Queue, Official: Free, Service: k.file.Service,
		Number: k.file.Number, Status: string(status(Stage(k.file.Stage), tasksOf(k.tasks), q != nil)), District: k.district(), Note: k.note(),
		Due: deskDue(k, t, q), Submitted: k.file.Submitted, Revision: k.file.Revision,
	}
	if !t.Official.IsZero() {
		out.Official = t.Official.String()
	}
	return out, true
}

// deskDue is the deadline that the desk sorts by: the applicant's while they are asked, else the step's or the case's,
// whichever is first.
func deskDue(k *known, t *caseworkdb.Task, q *caseworkdb.Question) time.Time {
	if q != nil {
		return q.Due
	}
	if !t.Due.IsZero() && t.Due.Before(k.file.TermDue) {
		return t.Due
	}
	return k.file.TermDue
}

// note is what stands out in a case, as a locale key.
func (k *known) note() string {
	answered := false
	for i := range k.questions {
		if !k.questions[i].Lapsed.IsZero() {
			return "casework.note.lapsed"
		}
		answered = answered || !k.questions[i].Answered.IsZero()
	}
	for i := range k.tasks {
		if k.tasks[i].Kind == string(service.TaskFetch) && k.tasks[i].Outcome == string(OutcomeFailed) {
			return "casework.note.registers"
		}
	}
	if answered {
		return "casework.note.answered"
	}
	return ""
}

// district is the district of the first address among the answers.
func (k *known) district() string {
	for i := range k.service.Form.Steps {
		for j := range k.service.Form.Steps[i].Fields {
			f := &k.service.Form.Steps[i].Fields[j]
			if f.Type != service.TypeAddress {
				continue
			}
			answer, _ := k.inputs.Answers[f.Key].(map[string]any)
			if district, _ := answer["district"].(string); district != "" {
				return district
			}
		}
	}
	return ""
}
