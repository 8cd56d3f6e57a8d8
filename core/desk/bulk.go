package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Order is what an official would have done to many cases.
type Order struct {
	Verb     Verb
	Numbers  []string         // of cases, as people write them
	To       id.ID            // for assign: to whom
	Each     map[string]id.ID // for assign, instead of To: to whom, by digits of the number
	Queue    string           // for forward: agency/queue
	Days     int              // for extend
	Template id.ID            // for ask: a text instead of words, in each applicant's language
	Words    string           // of the question, the comment, or the reason
}

// Planned is one case of an order: what will happen to it, or why nothing.
type Planned struct {
	Ref     casework.Ref
	Number  string // digits
	To      id.ID
	Refused *fault.Fault
}

// Plan is an order that was looked at: nothing has been done.
type Plan struct {
	Order
	Cases []Planned
}

// Goes counts the cases to which something will happen.
func (p Plan) Goes() int {
	n := 0
	for _, c := range p.Cases {
		if c.Refused == nil {
			n++
		}
	}
	return n
}

// Plan looks at what an order would do to each case. Errors: ErrNothing, ErrMany, ErrVerb, ErrNoWorker, and those of words.
func (m *Module) Plan(ctx context.Context, a act.Act, o Order) (Plan, error) {
	o, err := m.rightOrder(ctx, a, o)
	if err != nil {
		return Plan{}, err
	}
	out := Plan{Order: o}
	seen := map[string]bool{}
	for _, number := range o.Numbers {
		digits, err := id.ParseNumber(number)
		if err != nil || seen[digits] {
			continue
		}
		seen[digits] = true
		one, err := m.planOne(ctx, a, o, digits)
		if err != nil {
			return out, err
		}
		out.Cases = append(out.Cases, one)
	}
	if len(out.Cases) == 0 {
		return out, ErrNothing
	}
	return out, nil
}

// rightOrder makes sure that an order says all that it needs.
func (m *Module) rightOrder(ctx context.Context, a act.Act, o Order) (Order, error) {
	o.Words = strings.TrimSpace(o.Words)
	switch {
	case a.Actor.Kind != act.Official:
		return o, ErrOfficial
	case len(o.Numbers) == 0:
		return o, ErrNothing
	case len(o.Numbers) > CasesMost:
		return o, ErrMany
	case utf8.RuneCountInString(o.Words) > textMost:
		return o, casework.ErrLong
	}
	switch o.Verb {
	case Assign:
		if o.To.IsZero() && len(o.Each) == 0 {
			return o, ErrNoWorker
		}
	case Forward:
		if office, queue, ok := strings.Cut(o.Queue, "/"); !ok || office == "" || queue == "" {
			return o, casework.ErrQueue
		}
	case Release:
	case Ask, Extend:
		return o, m.rightWords(ctx, a, o)
	default:
		return o, ErrVerb
	}
	return o, nil
}

func (m *Module) rightWords(ctx context.Context, a act.Act, o Order) error {
	if o.Verb == Extend && o.Days < 1 {
		return ErrDays
	}
	if o.Verb == Ask && !o.Template.IsZero() {
		_, err := m.templateOf(ctx, a.Actor.Agency, o.Template)
		return err
	}
	if o.Words == "" {
		return casework.ErrEmpty
	}
	for _, open := range hole.FindAllString(o.Words, -1) {
		if !strings.Contains(strings.Join(holes, " "), open) {
			return ErrHole
		}
	}
	return nil
}

func (m *Module) templateOf(ctx context.Context, office, which id.ID) (casework.Template, error) {
	all, err := m.AllTemplates(ctx, office)
	if err != nil {
		return casework.Template{}, err
	}
	for _, t := range all {
		if t.ID == which {
			return t, nil
		}
	}
	return casework.Template{}, ErrTemplate
}

// planOne looks at one case. One of another agency is none.
func (m *Module) planOne(ctx context.Context, a act.Act, o Order, digits string) (Planned, error) {
	out := Planned{Number: digits, To: o.To}
	if to, given := o.Each[digits]; given {
		out.To = to
	}
	ref, err := m.deps.Cases.Find(ctx, digits)
	if err == nil {
		ref = ref.At(a)
	}
	switch {
	case errors.Is(err, casework.ErrNone), err == nil && ref.Agency != a.Actor.Agency:
		out.Refused = ErrNotHere
		return out, nil
	case err != nil:
		return out, err
	}
	out.Ref = ref
	err = m.deps.Cases.Allowed(ctx, a.ForCase(ref.ID), casework.Step{Holder: ref.Holder, Case: ref.ID}, o.wish(out.To))
	if err != nil && !refusal(err) {
		return out, err
	}
	if err != nil {
		out.Refused = fault.Of(err)
	}
	return out, nil
}

func (o Order) wish(to id.ID) casework.Wish {
	office, queue, _ := strings.Cut(o.Queue, "/")
	return casework.Wish{Verb: string(o.Verb), To: to, Agency: office, Queue: queue, Days: o.Days}
}

// params are what of an order is nobody's words.
type params struct {
	Queue    string `json:"queue,omitempty"`
	Days     int    `json:"days,omitempty"`
	Template id.ID  `json:"template,omitzero"`
}

// Begin has a plan carried out: at once, or when the minute is over, if applicants learn of it. key is the act's id, made
// with the preview, so that pressing twice begins it once.
func (m *Module) Begin(ctx context.Context, a act.Act, p Plan, key id.ID) error {
	words, err := m.sealWords(ctx, a.Actor.Agency, p.Words)
	if err != nil {
		return err
	}
	text, err := json.Marshal(params{p.Queue, p.Days, p.Template})
	if err != nil {
		return fmt.Errorf("desk: params: %w", err)
	}
	now := m.base.Clock.Now()
	row := deskdb.InsertBulkParams{
		Agency: a.Actor.Agency, ID: key, Official: a.Actor.Person, Role: a.Actor.Role, Session: a.Session, Verb: string(p.Verb), Params: string(text),
		Words: words, Made: now, Starts: now, Ends: now.Add(casework.UndoWindow),
	}
	if p.Verb.Reaches() {
		row.Starts = row.Ends
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := deskdb.InsertBulk(tx, row); err != nil {
			return err
		}
		for i, one := range p.Cases {
			if err := deskdb.InsertBulkCase(tx, one.row(row, i)); err != nil {
				return err
			}
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobBulk, Holder: row.Agency, Object: key, At: row.Starts})
	})
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

func (p Planned) row(b deskdb.InsertBulkParams, i int) deskdb.InsertBulkCaseParams {
	out := deskdb.InsertBulkCaseParams{
		Agency: b.Agency, Bulk: b.ID, Position: int64(i), Holder: p.Ref.Holder, ID: p.Ref.ID, Number: p.Number, Target: p.To, State: string(CasePlanned),
	}
	if p.Refused != nil {
		out.State, out.Reason = string(CaseRefused), p.Refused.ID
	}
	return out
}

func (m *Module) sealWords(ctx context.Context, office id.ID, words string) (vault.Sealed, error) {
	if words == "" {
		return nil, nil
	}
	keys, err := m.base.Vault.Keys(ctx, office)
	if err != nil {
		return nil, err
	}
	return keys.Seal("desk_bulk", "words", []byte(words)), nil
}

// Bulk is an act on many cases, as it stands.
type Bulk struct {
	ID                  id.ID
	Official            id.ID
	Verb                Verb
	State               State
	Made, Starts, Until time.Time
	Queue               string
	Days                int
	Cases               []BulkCase
}

// BulkCase is one of its cases.
type BulkCase struct {
	Number string // digits
	To     id.ID
	State  CaseState
	Reason string // locale key of why not; may be empty
}

// Count counts the cases of a state.
func (b Bulk) Count(states ...CaseState) int {
	n := 0
	for _, c := range b.Cases {
		for _, s := range states {
			if c.State == s {
				n++
			}
		}
	}
	return n
}

// Ended tells whether nothing will happen any more by itself.
func (b Bulk) Ended() bool { return b.State == Done || b.State == Undone }

// Undoable tells whether the act can be taken back at the moment.
func (b Bulk) Undoable(now time.Time) bool {
	return (b.State == Waits || b.State == Done) && now.Before(b.Until)
}

// BulkOf reads an act. ErrNoBulk when the actor's agency has no such act, or it is neither theirs nor of an official whom
// they head.
func (m *Module) BulkOf(ctx context.Context, a act.Act, which id.ID) (Bulk, error) {
	row, cases, err := m.readBulk(ctx, a, a.Actor.Agency, which)
	if errors.Is(err, store.ErrNone) || err == nil && row.Official != a.Actor.Person && !isHead(a) {
		return Bulk{}, ErrNoBulk
	}
	if err != nil {
		return Bulk{}, err
	}
	var p params
	if err := json.Unmarshal([]byte(row.Params), &p); err != nil {
		return Bulk{}, fmt.Errorf("desk: params of %s: %w", row.ID, err)
	}
	out := Bulk{
		ID: row.ID, Official: row.Official, Verb: Verb(row.Verb), State: State(row.State), Made: row.Made, Starts: row.Starts, Until: row.Ends,
		Queue: p.Queue, Days: p.Days,
	}
	for _, c := range cases {
		out.Cases = append(out.Cases, BulkCase{Number: c.Number, To: c.Target, State: CaseState(c.State), Reason: c.Reason})
	}
	return out, nil
}

// lookBulk is the kind of look at the cases of an act: their numbers.
const lookBulk = "casework.look.queue"

// lookSearch is the kind of look at the people whom a search found.
const lookSearch = "casework.look.search"

func (m *Module) readBulk(ctx context.Context, a act.Act, office, which id.ID) (deskdb.DeskBulk, []deskdb.DeskBulkCase, error) {
	var row deskdb.DeskBulk
	var cases []deskdb.DeskBulkCase
	err := m.base.Store.Look(ctx, a, lookBulk, func(p *store.Personal) error {
		var err error
		if row, err = deskdb.BulkByID(p, office, which); err != nil {
			return err
		}
		cases, err = deskdb.BulkCases(p, office, which)
		return err
	})
	return row, cases, err
}

// sweep deletes acts that are long over, each in a Write of its own: cases tell by themselves what was done to them.
func (m *Module) sweep(ctx context.Context, _ jobs.Job) error {
	ctx = store.Background(ctx)
	var old []deskdb.OldBulksRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		old, err = deskdb.OldBulks(r, m.base.Clock.Now().Add(-keptFor), 500)
		return err
	})
	if err != nil {
		return fmt.Errorf("desk: sweep: %w", err)
	}
	for _, one := range old {
		err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
			if _, err := deskdb.SweepBulkCases(tx, one.Agency, one.ID); err != nil {
				return err
			}
			return deskdb.DropBulk(tx, one.Agency, one.ID)
		})
		if err != nil {
			return fmt.Errorf("desk: sweep: %w", err)
		}
	}
	return nil
}
