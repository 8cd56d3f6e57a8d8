package casework

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/rule"
	"posad.city/kit/vault"
)

// Verdict is an official's decision.
type Verdict struct {
	Stage  Stage  // Approved or Refused
	Ground string // of the definition; compulsory for a refusal, nothing else is one
	Words  string // the official's own: needed where the definition's result is their text, else as they wish
}

// Decide decides a case; where the definition wants two persons, it proposes the decision. Only the official who has it
// may. The decision is kept with everything that was known, entered
// into the journal, and told. Errors: ErrNotYours, ErrClerk, ErrNotNow (no decision is due), ErrGround, ErrEmpty (the
// answer's own text is missing), ErrAsked (no refusal while the applicant has time to answer), ErrAgainst, ErrMoved.
func (m *Module) Decide(ctx context.Context, a act.Act, s Step, v Verdict) (int64, error) {
	k, err := m.inHand(ctx, a, s)
	if err != nil {
		return 0, err
	}
	if err := k.checkVerdict(v); err != nil {
		return 0, err
	}
	step, _ := k.service.Task(k.file.Step)
	in, err := m.inputsNow(ctx, a.ForCase(s.Case), k)
	if err != nil {
		return 0, err
	}
	d := Decision{Stage: v.Stage, By: "official", Ground: v.Ground, Words: v.Words, Inputs: in, Environ: rule.Version}
	if advice, err := k.rules.Decide(in); err == nil && k.service.Decision != nil {
		d.Row = advice.Row // what the table advised, whatever the official decided
		if v.Words == "" && against(advice.Verdict, v.Stage) {
			return 0, ErrAgainst
		}
	}
	if step.TwoPersons {
		return m.propose(ctx, a, k, d)
	}
	prepared, err := m.prepareDecision(ctx, k, d, a)
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error {
		c.file.DecidedBy = a.Actor.Person
		return errors.Join(c.unask(), c.decide(prepared), c.afterDecision(prepared))
	})
}

// afterDecision takes the decided case on. Where nothing follows, the case ends in the same Write; whatever follows, a
// document for example, is for the job casework.move.
func (c *change) afterDecision(d *decided) error {
	step, ok := c.k.service.Task(c.k.file.Step)
	if !ok || !c.tx.Now().Before(c.file.TermDue) { // that the term was missed comes first
		return c.moveAt(c.tx.Now())
	}
	s := situation{service: c.k.service, rules: c.k.rules, stage: d.Stage, step: step.Key}
	mv := afterDecision(s, step)
	if mv.kind != moveEnd {
		return c.moveAt(c.tx.Now())
	}
	return errors.Join(c.leave(&plan{move: mv, left: step}), c.end())
}

// ErrAgainst asks for words: the decision is another than the table advises, and the applicant learns why.
var ErrAgainst = fault.New(fault.Invalid, "casework.against_advice")

// against tells whether a decision is the opposite of what the table advises. Where it leaves it to the official, none is.
func against(advice service.Verdict, stage Stage) bool {
	return advice == service.Approve && stage == Refused || advice == service.Refuse && stage == Approved
}

func (k *known) checkVerdict(v Verdict) error {
	step, ok := k.service.Task(k.file.Step)
	if t := k.chosen(); !ok || t.Kind != string(service.TaskDecide) || step.By != "official" && t.Queue == "" {
		return ErrNotNow
	}
	switch v.Stage {
	case Approved:
		if v.Ground != "" {
			return ErrGround
		}
		if k.service.Result.OfficialText && v.Words == "" {
			return ErrEmpty
		}
	case Refused:
		if _, ok := k.service.Ground(v.Ground); !ok {
			return ErrGround
		}
		if k.openQuestion() != nil {
			return ErrAsked
		}
	default:
		return ErrNotNow
	}
	if v.Words == "" {
		return nil
	}
	_, err := cleanWords(v.Words)
	return err
}

// decided is a decision that waits for its Write.
type decided struct {
	Decision
	sealed vault.Sealed
	words  vault.Sealed
	ready  *journal.Ready
	group  string
	puts   []putter // what the decision undoes, and the letter of a refusal
}

func (m *Module) prepareDecision(ctx context.Context, k *known, d Decision, a act.Act, facts ...journal.Fact) (*decided, error) {
	out := &decided{Decision: d}
	var err error
	if out.sealed, err = sealJSON(k.keys, "case_file", "decision", d); err != nil {
		return nil, err
	}
	if d.Words != "" {
		if out.words, err = sealText(k.keys, "timeline", "words", d.Words); err != nil {
			return nil, err
		}
	}
	if g, err := k.rules.Group(d.Inputs); err == nil && g != nil {
		out.group = g.Key
	}
	if out.puts, err = m.preparePapers(ctx, k, d); err != nil {
		return nil, err
	}
	actID := a.ID
	if actID.IsZero() {
		actID = id.New(m.base.Clock.Now())
	}
	entry := m.decisionEntry(k, d, actID)
	entry.Facts = append(entry.Facts, facts...)
	out.ready, err = m.base.Journal.Prepare(k.keys, entry)
	if err != nil {
		return nil, fmt.Errorf("casework: journal: %w", err)
	}
	return out, nil
}

// preparePapers makes ready what a decision takes back and, of a refusal, its letter.
func (m *Module) preparePapers(ctx context.Context, k *known, d Decision) ([]putter, error) {
	out, err := m.prepareUndo(ctx, k)
	if err != nil || d.Stage != Refused {
		return out, err
	}
	letter, err := m.prepareRefusal(ctx, k, d)
	return append(out, letter), err
}

// decide makes the decision the case's. The task stays open until the next move takes the case on or ends it.
func (c *change) decide(d *decided) error {
	for _, put := range d.puts {
		if err := put.Put(c.tx); err != nil {
			return err
		}
	}
	c.file.Stage, c.file.Decided, c.file.Decision = string(d.Stage), c.tx.Now(), d.sealed
	c.file.Row, c.file.Ground, c.file.ListGroup = d.Row, d.Ground, d.group
	outcome := OutcomeApproved
	if d.Stage == Refused {
		outcome = OutcomeRefused
	}
	if t := c.task(); t != nil {
		t.Outcome = string(outcome)
		if err := c.saveTask(t); err != nil {
			return err
		}
	}
	if _, err := journal.Enter(c.tx, d.ready); err != nil {
		return fmt.Errorf("casework: journal: %w", err)
	}
	c.settled = true
	params := map[string]string{"by": d.By, "row": d.Row, "ground": d.Ground}
	return errors.Join(c.line(string(d.Stage), false, params, d.words), c.tell(string(d.Stage)), c.emit(EventDecided), c.carryOut())
}

// sameVerdict compares what a table decided; an official may decide otherwise than it advises.
func sameVerdict(kept Decision, d service.Decision) bool {
	if kept.By != "table" {
		return true
	}
	return kept.Ground == d.Ground && (kept.Stage == Approved) == (d.Verdict == service.Approve)
}
