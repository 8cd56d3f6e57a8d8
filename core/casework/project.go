package casework

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// after is the job that follows every change of a case: the desk's list is brought up to date, and people are told of what the
// payload names, if anything. What can't be told now is tried again by a job of its own, and keeps the case off no desk.
func (m *Module) after(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	k, err := m.knowAt(ctx, m.system(j.Object), j)
	if errors.Is(err, vault.ErrErased) {
		return m.unlist(j, k), nil
	}
	if err != nil {
		return nil, over(err)
	}
	puts := []func(*store.Tx) error{m.relist(k)}
	for _, kind := range strings.FieldsFunc(j.Payload, func(r rune) bool { return r == ',' }) {
		put, err := m.put(ctx, j, k, kind, toldKey(j, kind))
		if err != nil {
			m.base.Log.Warn("casework: a step could not be told; it is tried again", "case", j.Object.String(), "step", kind, "error", err)
			put = func(tx *store.Tx) error {
				return m.base.Jobs.Put(tx, jobs.New{Handler: jobTell, Holder: j.Holder, Object: j.Object, Version: j.Version, Payload: kind})
			}
		}
		puts = append(puts, put)
	}
	return func(tx *store.Tx) error {
		for _, put := range puts {
			if err := put(tx); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// relist brings the list up to date with the case as it was read. Its Write checks that nobody has moved the case meanwhile:
// the list never falls back, and whoever moved it has put a job of their own.
func (m *Module) relist(k *known) func(*store.Tx) error {
	lines, words := k.deskLines(), m.keyedWords(k)
	return func(tx *store.Tx) error {
		line, err := caseworkdb.LineByID(tx.As(m.system(k.file.ID), lookCase), k.file.Holder, k.file.ID)
		if err != nil || line.Revision != k.file.Revision {
			return err
		}
		return k.list(tx, lines, words)
	}
}

// list brings every desk of the case up to date: a line for each task that waits for an official, and the words by which
// it is found where there is one.
func (k *known) list(tx *store.Tx, lines []caseworkdb.PutDeskLineParams, words []vault.Keyed) error {
	for i := range k.tasks {
		t := &k.tasks[i]
		shown := slices.ContainsFunc(lines, func(l caseworkdb.PutDeskLineParams) bool { return l.Task == t.ID })
		if t.Queue == "" || shown {
			continue
		}
		if err := caseworkdb.DropDeskLine(tx, t.Agency, k.file.ID, t.ID); err != nil {
			return err
		}
	}
	for _, office := range k.offices() {
		here := slices.ContainsFunc(lines, func(l caseworkdb.PutDeskLineParams) bool { return l.Agency == office })
		if err := keepWords(tx, office, k.file.ID, words, here); err != nil {
			return err
		}
	}
	for _, line := range lines {
		if err := caseworkdb.PutDeskLine(tx, line); err != nil {
			return err
		}
	}
	return nil
}

func keepWords(tx *store.Tx, office, caseID id.ID, words []vault.Keyed, here bool) error {
	if !here {
		return dropWords(tx, office, caseID, words)
	}
	for _, word := range words {
		if err := caseworkdb.PutWord(tx, office, word, caseID); err != nil {
			return err
		}
	}
	return nil
}

// unlist takes a case off the desk whose holder's data was erased. Its words can't be made any more; they are hashes that
// name nothing.
func (m *Module) unlist(j jobs.Job, k *known) func(*store.Tx) error {
	if k == nil {
		return nil
	}
	return func(tx *store.Tx) error {
		for _, office := range k.offices() {
			if err := caseworkdb.DropDeskLines(tx, office, j.Object); err != nil {
				return err
			}
		}
		return nil
	}
}

func dropWords(tx *store.Tx, office, caseID id.ID, words []vault.Keyed) error {
	for _, word := range words {
		if err := caseworkdb.DropWord(tx, office, word, caseID); err != nil {
			return err
		}
	}
	return nil
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

// deskLines are the case in the desks' lists: a line for each task that waits for an official.
func (k *known) deskLines() []caseworkdb.PutDeskLineParams {
	var out []caseworkdb.PutDeskLineParams
	q, district := k.openQuestion(), k.district()
	for _, t := range k.atDesks() {
		line := caseworkdb.PutDeskLineParams{
			Agency: t.Agency, ID: k.file.ID, Task: t.ID, Holder: k.file.Holder, Applicant: k.file.Applicant, Queue: t.Queue, Official: Free,
			Service: k.file.Service, Number: k.file.Number, Status: string(lineStatus(t, q)), District: district, Note: k.noteOf(t), Kind: t.Kind, Part: t.Part,
			Skill: t.Skill, Escalated: !k.file.Escalated.IsZero(), Due: deskDue(k, t, q), Submitted: k.file.Submitted, Revision: k.file.Revision,
			ForDistrict: k.freeDistrict(t),
		}
		if !t.Official.IsZero() {
			line.Official = t.Official.String()
		}
		out = append(out, line)
	}
	return out
}

// lineStatus is how one task stands at a desk.
func lineStatus(t *caseworkdb.Task, q *caseworkdb.Question) Status {
	switch {
	case q != nil && t.Part == "":
		return StatusAsked
	case t.Official.IsZero():
		return StatusInQueue
	}
	return StatusInReview
}

// noteOf is what stands out in a task of a case, as a locale key.
func (k *known) noteOf(t *caseworkdb.Task) string {
	switch {
	case t.Kind == kindConfirm, t.Kind == kindCorrect, t.Kind == string(service.TaskAgree):
		return "casework.note." + t.Kind
	case !k.file.Proposed.IsZero():
		return "casework.note.proposed"
	case k.file.Round > 0:
		return "casework.note.anew"
	}
	return k.note()
}

// deskDue is the deadline that the desk sorts by: the applicant's while they are asked, else the step's or the case's,
// whichever is first.
func deskDue(k *known, t *caseworkdb.Task, q *caseworkdb.Question) time.Time {
	if q != nil && t.Part == "" {
		return q.Due
	}
	if t.Kind == kindCorrect {
		return t.Due
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
