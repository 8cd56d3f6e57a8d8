package casework

import (
	"context"
	"errors"
	"strconv"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// subject has the public log's check compare each case's rows with what the journal says of the case: its own row, the one
// of the person's list, what finds it by number, and the decisions that were undone. That a case was withdrawn, or opened
// anew, is no entry of the journal: of these only what follows for decisions is compared.
func (m *Module) subject() journal.Subject {
	return journal.Subject{Table: "case_file", First: entrySubmitted, Kinds: []string{entrySubmitted, entryDecision}, Read: m.readSaid}
}

// decisionWords are the words by which entries have named a decision, in both languages. An entry is for ever: when the words
// are changed, the old ones stay here.
var decisionWords = map[string]Stage{"Одобрено": Approved, "Approved": Approved, "Отказано": Refused, "Refused": Refused}

// compared is a case with everything that rows say of how it stands.
type compared struct {
	journal.Rows
	m         *Module
	said      journal.Said
	submitted *journal.Entered  // nil: the log does not say so
	decisions []journal.Entered // oldest first

	k      known
	line   *caseworkdb.CaseLine
	number *caseworkdb.CaseNumber
}

func (m *Module) readSaid(p *store.Personal, said journal.Said) (journal.Judge, error) {
	c := &compared{m: m, said: said, submitted: said.Last(entrySubmitted)}
	for _, e := range said.Entries {
		if e.Kind == entryDecision {
			c.decisions = append(c.decisions, e)
		}
	}
	if len(said.Entries) > 0 {
		c.Entry = &said.Entries[len(said.Entries)-1]
	}
	err := c.k.read(p, said.Holder, said.Object)
	if errors.Is(err, store.ErrNone) {
		return c.gone, nil
	}
	if err != nil {
		return nil, err
	}
	c.Number = id.FormatNumber(c.k.file.Number)
	if c.line, err = there(caseworkdb.LineByID(p, said.Holder, said.Object)); err != nil {
		return nil, err
	}
	c.number, err = there(caseworkdb.CaseByNumber(p, c.k.file.Number))
	return c.judge, err
}

// there is a row, or nil when there is none.
func there[T any](row T, err error) (*T, error) {
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	return &row, err
}

func (c *compared) gone(context.Context) ([]journal.LogFault, error) {
	if c.Entry == nil {
		return nil, nil // it was there a moment ago and had no entry either
	}
	if c.Number = c.Entry.Fact("number"); c.Number == "" {
		c.Number = c.said.Object.String()
	}
	c.Gone("case_file", c.Entry.Kind)
	return c.Faults, nil
}

func (c *compared) judge(ctx context.Context) ([]journal.LogFault, error) {
	if c.submitted == nil {
		c.Unsaid("case_file", "submitted", instant(c.k.file.Submitted))
		return c.Faults, nil
	}
	if len(c.submitted.Facts) > 0 {
		c.Same("case_file", "number", c.Number, c.submitted.Fact("number"))
		c.Same("case_file", "definition", c.k.file.Definition, c.submitted.Fact("definition"))
	}
	if err := c.m.define(ctx, &c.k); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		c.k.service = nil // the row names a version or a service that there is not; its words can't be compared
	}
	if c.k.service != nil {
		c.words("service", c.k.file.Service, c.submitted.Fact("service"), c.k.service.Title)
	}
	c.judgeStage()
	c.judgeLine()
	if c.number == nil {
		c.Gone("case_number", c.submitted.Kind)
	} else {
		c.Same("case_number", "id", c.number.ID.String(), c.said.Object.String())
		c.Same("case_number", "holder", c.number.Holder.String(), c.said.Holder.String())
	}
	return c.Faults, nil
}

// words compares the words of a key, which an entry has in one of the languages. An entry that can't be opened has none.
func (c *compared) words(column, key, said string, words lang.Text) {
	if said != "" && said != words.RU && said != words.EN {
		c.Same("case_file", column, key, said)
	}
}

// judgeStage compares how the case stands: each time it was opened anew undid one decision, which is kept as a round; the
// last decision is the case's, unless it is open.
func (c *compared) judgeStage() {
	f, n := &c.k.file, len(c.decisions)
	stage := Stage(f.Stage)
	decided := stage == Approved || stage == Refused
	for i := range c.k.rounds {
		r := &c.k.rounds[i]
		if i >= n {
			c.Unsaid("case_round", "stage", r.Stage)
			return
		}
		c.decision("case_round", &c.decisions[i], r.Stage, r.Decided, r.Ground, r.Row)
	}
	switch rounds := len(c.k.rounds); {
	case n > rounds && !decided:
		c.Same("case_file", "stage", f.Stage, c.outcome(&c.decisions[n-1]))
	case n > rounds:
		c.decision("case_file", &c.decisions[n-1], f.Stage, f.Decided, f.Ground, f.Row)
		if n > rounds+1 {
			c.Same("case_round", "round", strconv.Itoa(rounds), strconv.Itoa(n-1))
		}
	case decided:
		c.Unsaid("case_file", "stage", f.Stage)
	}
}

func (c *compared) outcome(e *journal.Entered) string {
	if stage, ok := decisionWords[e.Fact("decision")]; ok {
		return string(stage)
	}
	return e.Kind // its holder was erased: that it was decided is all that is known
}

// decision compares a decision as a row has it with its entry.
func (c *compared) decision(table string, e *journal.Entered, stage string, decided time.Time, ground, row string) {
	c.Same(table, "decided", instant(decided), instant(e.Made))
	if len(e.Facts) == 0 {
		return
	}
	if said, ok := decisionWords[e.Fact("decision")]; ok {
		c.Same(table, "stage", stage, string(said))
	}
	c.Same(table, "row", row, e.Fact("row"))
	if ground == "" || e.Fact("ground") == "" {
		c.Same(table, "ground", ground, e.Fact("ground"))
		return
	}
	if c.k.service == nil {
		return
	}
	if known, ok := c.k.service.Ground(ground); ok {
		c.words("ground", ground, e.Fact("ground"), known.Words)
	} else {
		c.Same(table, "ground", ground, e.Fact("ground"))
	}
}

// judgeLine compares what the person's list shows with the case: its status follows from the stage and the tasks.
func (c *compared) judgeLine() {
	f := &c.k.file
	if c.line == nil {
		c.Gone("case_line", c.Entry.Kind)
		return
	}
	c.Same("case_line", "number", c.line.Number, f.Number)
	c.Same("case_line", "service", c.line.Service, f.Service)
	c.Same("case_line", "stage", c.line.Stage, f.Stage)
	c.Same("case_line", "status", c.line.Status, string(status(Stage(f.Stage), tasksOf(c.k.tasks), c.k.openQuestion() != nil)))
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
