package casework

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Opinion is what an official says of their part of an agree step.
type Opinion struct {
	Value string // service.OpinionAgree or service.OpinionObject
	Words string // needed when it objects; the applicant reads them
}

// Opine gives an official's opinion on the part that they have taken; the step ends with the last one. Errors: ErrNotYours,
// ErrClerk, ErrNotNow (the task asks for no opinion), ErrOpinion, ErrEmpty (an objection needs words), ErrLong, ErrMoved.
func (m *Module) Opine(ctx context.Context, a act.Act, s Step, o Opinion) (int64, error) {
	k, err := m.inHand(ctx, a, s)
	if err != nil {
		return 0, err
	}
	if t := k.chosen(); t.Kind != string(service.TaskAgree) {
		return 0, ErrNotNow
	}
	kept, err := o.seal(k.keys)
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error { return c.opine(kept) })
}

// sealedOpinion is an opinion ready for its Write: its words for the task and for the timeline.
type sealedOpinion struct {
	value        string
	words, story vault.Sealed
}

func (o Opinion) seal(keys *vault.Keys) (sealedOpinion, error) {
	out := sealedOpinion{value: o.Value}
	switch {
	case o.Value != service.OpinionAgree && o.Value != service.OpinionObject:
		return out, ErrOpinion
	case o.Value == service.OpinionAgree && o.Words == "":
		return out, nil
	}
	clean, err := cleanWords(o.Words)
	if err != nil {
		return out, err
	}
	if out.words, err = sealText(keys, "task", "words", clean); err != nil {
		return out, err
	}
	out.story, err = sealText(keys, "timeline", "words", clean)
	return out, err
}

// opine closes the part; the step's next move is looked for when no part is left.
func (c *change) opine(o sealedOpinion) error {
	t := c.chosen()
	t.Words = o.words
	return errors.Join(
		c.closeTask(t, TaskDone, Outcome(o.value)),
		c.line("opinion_"+o.value, false, partParams(t), o.story),
		c.moveAt(c.tx.Now()),
	)
}

// partTasks are the tasks of an agree step's parts that this case needs. A part whose rule cannot be computed is asked: an
// opinion too many harms nobody.
func (m *Module) partTasks(k *known, s situation, p *plan) []newTask {
	var out []newTask
	for i := range p.step.Parts {
		part := &p.step.Parts[i]
		if asked, err := k.rules.Holds(part.When, s.inputs); err == nil && !asked {
			continue
		}
		office := part.Agency
		if office == "" {
			office = k.service.Agency
		}
		out = append(out, newTask{
			id: id.New(m.base.Clock.Now()), step: p.step, agency: agency.ID(office), queue: part.Queue, due: p.task.due,
			kind: string(service.TaskAgree), part: part.Key, skill: part.Skill,
		})
	}
	return out
}

// partOf finds a part of a definition's agree steps by its key.
func partOf(s *service.Service, key string) (*service.Part, bool) {
	for i := range s.Steps {
		for j := range s.Steps[i].Parts {
			if p := &s.Steps[i].Parts[j]; p.Key == key {
				return p, true
			}
		}
	}
	return nil, false
}

// PartView is an opinion of a case as it is shown: what is looked at, by whom, and how it stands.
type PartView struct {
	Task    Task
	Part    *service.Part
	Opinion string // agree, object, none; empty: not given yet
	Words   string
}

// Parts are the opinions of a case, in the order in which they were asked; of those asked at once, in the definition's.
func (c Case) Parts(s *service.Service) []PartView {
	var out []PartView
	for _, t := range c.Tasks {
		part, ok := partOf(s, t.Part)
		if t.Kind != service.TaskAgree || !ok || t.State == TaskCancelled {
			continue
		}
		view := PartView{Task: t, Part: part, Words: t.Words}
		if t.State == TaskDone {
			view.Opinion = string(t.Outcome)
		}
		out = append(out, view)
	}
	slices.SortStableFunc(out, func(a, b PartView) int {
		return cmp.Or(a.Task.Opened.Compare(b.Task.Opened), cmp.Compare(partPlace(s, a.Part.Key), partPlace(s, b.Part.Key)))
	})
	return out
}

// partPlace is the place of a part in its step.
func partPlace(s *service.Service, key string) int {
	for i := range s.Steps {
		for j := range s.Steps[i].Parts {
			if s.Steps[i].Parts[j].Key == key {
				return j
			}
		}
	}
	return 0
}

// aboutCase is what is read of the case that another one is about: whether it is decided, and by whom.
type aboutCase struct {
	file   caseworkdb.CaseFile
	rounds []caseworkdb.CaseRound
}

// readAbout reads the case that another one is about; nil when it is not there any more.
func readAbout(p *store.Personal, holder, caseID id.ID) (*aboutCase, error) {
	file, err := caseworkdb.CaseByID(p, holder, caseID)
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &aboutCase{file: file}
	if file.Round > 0 {
		out.rounds, err = caseworkdb.RoundsOf(p, holder, caseID)
	}
	return out, err
}
