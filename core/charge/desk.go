package charge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// ErrRole says that the official may look, and not issue, correct or cancel.
var (
	ErrRole   = fault.New(fault.Denied, "charge.role_fault")
	ErrReason = fault.New(fault.Invalid, "charge.reason_fault")
)

// reasons are why an official corrects or cancels; the text is charge.reason.<code>.
func reasons() []string {
	return []string{"mistake", "contest", "court", "twice", "elsewhere", "time", "other"}
}

const noteMost = 1000

// mayIssue tells whether the act may issue and change charges of its agency: an officer, a head, or a program of the agency,
// whose key said so.
func mayIssue(a act.Act) bool {
	return a.Actor.Kind == act.Program || a.Actor.Role == string(agency.Officer) || a.Actor.Role == string(agency.Head)
}

// PreparedAct is what an official does to a charge, waiting for its Write.
type PreparedAct struct {
	m     *Module
	a     act.Act
	place Place
	entry *journal.Ready
	put   func(tx *store.Tx) error
}

// Put does it, with its entry in the public log.
func (p *PreparedAct) Put(tx *store.Tx) error {
	if err := p.put(tx); err != nil {
		return err
	}
	return enterInto(tx, p.entry)
}

// mine finds a charge of the act's agency; ErrNone for another's, so that nobody learns what others issue. ErrRole.
func (m *Module) mine(ctx context.Context, a act.Act, charge id.ID, change bool) (Place, error) {
	place, err := m.Where(ctx, charge)
	switch {
	case err != nil:
		return place, err
	case place.Payee != a.Actor.Agency || place.Test != a.Test:
		return place, ErrNone
	case change && !mayIssue(a):
		return place, ErrRole
	case change && ownKind(place.Kind):
		return place, ErrHouse
	}
	return place, nil
}

// PrepareIssue makes ready that an official issues one charge of their agency. Errors: ErrRole and those of Prepare.
func (m *Module) PrepareIssue(ctx context.Context, a act.Act, e Entry) (*Prepared, *PreparedAct, error) {
	if !mayIssue(a) {
		return nil, nil, ErrRole
	}
	p, err := m.Prepare(ctx, m.charge(e, a.Actor.Agency, a.Test))
	if err != nil {
		return nil, nil, err
	}
	out := &PreparedAct{m: m, a: a}
	out.put = func(tx *store.Tx) error {
		known, err := p.put(tx)
		if err == nil && known != nil {
			return tx.Fail(ErrOther)
		}
		return err
	}
	out.entry, err = m.enter(ctx, a, "issued", p.ID, "", p.row.Amount)
	return p, out, err
}

// PrepareCancel makes ready that an official cancels a charge. ErrNone, ErrRole, ErrReason; Put: ErrSettled, ErrChanged.
func (m *Module) PrepareCancel(ctx context.Context, a act.Act, charge id.ID, revision int64, reason, note string) (*PreparedAct, error) {
	place, sealed, err := m.begun(ctx, a, charge, reason, note)
	if err != nil {
		return nil, err
	}
	out := &PreparedAct{m: m, a: a, place: place}
	out.put = func(tx *store.Tx) error {
		if err := m.unchanged(tx, a, place, revision); err != nil {
			return err
		}
		if err := m.mayGiveBack(tx, a, place, Charge.cancelled); err != nil {
			return err
		}
		was, err := m.cancel(tx, a, place.Home, charge, reason, sealed)
		if err == nil && !was {
			return tx.Fail(ErrSettled)
		}
		return err
	}
	out.entry, err = m.enter(ctx, a, "cancelled", charge, reason, 0)
	return out, err
}

// PrepareCorrect makes ready that an official corrects a charge. Errors as with PrepareCancel, and ErrAmount.
func (m *Module) PrepareCorrect(ctx context.Context, a act.Act, charge id.ID, n Correction, note string) (*PreparedAct, error) {
	place, sealed, err := m.begun(ctx, a, charge, n.Reason, note)
	if err != nil {
		return nil, err
	}
	if n.Amount < 0 || n.Amount > AmountMost {
		return nil, ErrAmount
	}
	n.Note = sealed
	out := &PreparedAct{m: m, a: a, place: place, put: func(tx *store.Tx) error {
		if err := m.mayGiveBack(tx, a, place, func(c Charge) Charge { return c.corrected(n) }); err != nil {
			return err
		}
		return m.Correct(tx, a, place.Home, charge, n)
	}}
	out.entry, err = m.enter(ctx, a, "corrected", charge, n.Reason, n.Amount)
	return out, err
}

// mayGiveBack fails the Write when a program is about to make more paid than is owed, which goes back to the payer: that is an
// official's, who has shown lately that they are there.
func (m *Module) mayGiveBack(tx *store.Tx, a act.Act, place Place, change func(Charge) Charge) error {
	if a.Actor.Kind == act.Official {
		return nil
	}
	c, err := m.Read(tx.As(m.byJob(a), "charge.look.charge"), place.Home, place.ID)
	if err == nil && m.givesBack(c, change(c), tx.Now()) {
		return tx.Fail(ErrGivesBack)
	}
	return err
}

// givesBack tells whether more is paid than owed by what a charge is to be, beyond what is so already.
func (m *Module) givesBack(was, is Charge, now time.Time) bool {
	return is.Owed(now, m.Zone()).Over > was.Owed(now, m.Zone()).Over
}

// begun checks what correcting and cancelling have in common and seals the note.
func (m *Module) begun(ctx context.Context, a act.Act, charge id.ID, reason, note string) (Place, vault.Sealed, error) {
	place, err := m.mine(ctx, a, charge, true)
	if err != nil {
		return place, nil, err
	}
	known := false
	for _, r := range reasons() {
		known = known || r == reason
	}
	if !known || len([]rune(note)) > noteMost {
		return place, nil, ErrReason
	}
	if note = strings.TrimSpace(note); note == "" {
		return place, nil, nil
	}
	keys, err := m.base.Vault.Keys(ctx, place.Home)
	if err != nil {
		return place, nil, err
	}
	return place, keys.Seal("bill_change", "note", []byte(note)), nil
}

// unchanged fails the Write when the charge is not what the official saw.
func (m *Module) unchanged(tx *store.Tx, a act.Act, place Place, revision int64) error {
	if revision == 0 {
		return nil
	}
	row, err := chargedb.BillByID(tx.As(m.byJob(a), "charge.look.charge"), place.Home, place.ID)
	if err == nil && row.Revision != revision {
		return tx.Fail(ErrChanged)
	}
	return err
}

// enter makes the entry of an official's act ready, under the agency's keys; nil in a house without a log.
func (m *Module) enter(ctx context.Context, a act.Act, what string, charge id.ID, reason string, amount int64) (*journal.Ready, error) {
	if m.base.Journal == nil || m.base.Texts == nil || a.Test {
		return nil, nil
	}
	keys, err := m.base.Vault.Keys(ctx, a.Actor.Agency)
	if err != nil {
		return nil, err
	}
	say := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	e := journal.Entry{Object: charge, Facts: []journal.Fact{{Name: "charge", Label: say("charge.journal.fact_charge"), Value: charge.String()}}}
	if amount > 0 {
		e.Facts = append(e.Facts, journal.Fact{Name: "amount", Label: say("charge.journal.fact_amount"), Value: fmt.Sprint(amount)})
	}
	if reason != "" {
		e.Facts = append(e.Facts, journal.Fact{Name: "reason", Label: say("charge.journal.fact_reason"), Value: say("charge.reason." + reason)})
	}
	return m.entry(keys, a, what, e)
}

// entry makes an entry ready that has its object and facts.
func (m *Module) entry(keys *vault.Keys, a act.Act, what string, e journal.Entry) (*journal.Ready, error) {
	e.Act, e.Kind, e.Title = a.ID, "charge."+what, m.base.Texts.Text(lang.Russian, "charge.journal."+what)
	ready, err := m.base.Journal.Prepare(keys, e)
	if err != nil {
		return nil, fmt.Errorf("charge: enter %s: %w", what, err)
	}
	return ready, nil
}

// count is a number that an entry about many charges says.
type count struct {
	name string
	n    int64
}

// enterMany makes the entry about many charges ready: what became of how many; nil as with enter.
func (m *Module) enterMany(ctx context.Context, a act.Act, what string, about id.ID, files []journal.Document, counts ...count) (*journal.Ready, error) {
	if m.base.Journal == nil || m.base.Texts == nil || a.Test {
		return nil, nil
	}
	keys, err := m.base.Vault.Keys(ctx, a.Actor.Agency)
	if err != nil {
		return nil, err
	}
	e := journal.Entry{Object: about, Documents: files}
	for _, one := range counts {
		e.Facts = append(e.Facts, journal.Fact{Name: one.name, Label: m.base.Texts.Text(lang.Russian, "charge.journal.fact_"+one.name), Value: fmt.Sprint(one.n)})
	}
	return m.entry(keys, a, what, e)
}

// enterInto puts an entry into the log, if there is one.
func enterInto(tx *store.Tx, ready *journal.Ready) error {
	if ready == nil {
		return nil
	}
	_, err := journal.Enter(tx, ready)
	return err
}

// Event is one step of a charge's history, as its agency and its payer see it.
type Event struct {
	Step    Step
	At      time.Time
	Actor   id.ID
	Agency  id.ID
	Payment id.ID
	Amount  int64
	Reason  string
	Note    string
	// Of a correction: the sum and the day to pay before it, and the day after it. Was is 0 when nobody knows.
	Was         int64
	WasDue, Due time.Time
	Revision    int64
}

// History lists what happened to a charge after it was issued, the oldest first.
func (m *Module) History(ctx context.Context, a act.Act, home, charge id.ID) ([]Event, error) {
	var rows []chargedb.BillChange
	err := m.look(ctx, a, "charge.look.charge", []id.ID{home}, func(p *store.Personal) error {
		var err error
		rows, err = chargedb.ChangesOf(p, home, charge)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	keys, err := m.base.Vault.Keys(ctx, home)
	if err != nil {
		return nil, err
	}
	out := make([]Event, 0, len(rows))
	for _, row := range rows {
		note, err := keys.Open("bill_change", "note", row.Note)
		if err != nil && !errors.Is(err, vault.ErrErased) {
			return nil, err
		}
		out = append(out, Event{
			Step: Step(row.Step), At: row.At, Actor: row.Actor, Agency: row.Agency, Payment: row.Payment, Amount: row.Amount, Reason: row.Reason, Note: string(note),
			Was: row.Was, WasDue: row.WasDue, Due: row.Due, Revision: row.Revision,
		})
	}
	return out, nil
}

// ListQuery narrows an agency's list.
type ListQuery struct {
	Kind  string
	State State
	// Number is a charge's public number or the agency's own; For, an identifier. Either finds without the rest.
	Number string
	For    Identifier
	After  string // the mark of the page, which the one before told
}

// pageMost is how many charges a page of an agency's list shows.
const pageMost = 50

// issuedSpec is what an agency issued. The indexes are those of no filter, of a state and of a kind; both together walk one of these.
var issuedSpec = store.ListSpec{
	Name: "charge.issued", Table: "bill",
	Columns: []string{"payee UUID", "test BOOLEAN", "state TEXT", "kind TEXT", "issued TIMESTAMPTZ", "id UUID", "home UUID"},
	Fixed:   []string{"payee", "test"},
	Filters: map[string]store.Filter{"state": {Column: "state", Kind: store.Equal}, "kind": {Column: "kind", Kind: store.Equal}},
	Sorts:   map[string][]string{"issued": {"issued", "id"}},
	Person:  []int{6},
}

// OfAgency lists charges that the act's agency issued, the newest first, pageMost at most, and the mark of the next page; empty: there is
// none.
func (m *Module) OfAgency(ctx context.Context, a act.Act, q ListQuery) ([]Charge, string, error) {
	var out []Charge
	var homes []id.ID
	if q.For != (Identifier{}) {
		home, err := m.HomeOf(q.For)
		if err != nil {
			return nil, "", err
		}
		homes = []id.ID{home}
	}
	next := ""
	err := m.look(ctx, a, "charge.look.charges", homes, func(p *store.Personal) error {
		list, mark, err := m.listed(p, a, q, homes)
		out, next = out[:0], mark
		for _, c := range list {
			if c.Payee == a.Actor.Agency && c.Test == a.Test && (q.Kind == "" || c.Kind == q.Kind) && (q.State == "" || c.State == q.State) {
				out = append(out, c)
			}
		}
		return err
	})
	return out, next, err
}

func (m *Module) listed(p *store.Personal, a act.Act, q ListQuery, homes []id.ID) ([]Charge, string, error) {
	switch {
	case len(homes) > 0:
		list, err := m.ReadAt(p, homes[0], Filter{Payee: a.Actor.Agency, Test: a.Test})
		return list, "", err
	case q.Number != "":
		list, err := m.byNumber(p, a, q.Number)
		return list, "", err
	}
	ask := store.ListQuery{Fixed: []any{a.Actor.Agency, a.Test}, Sort: "issued", Desc: true, After: q.After, Limit: pageMost}
	for name, value := range map[string]string{"state": string(q.State), "kind": q.Kind} {
		if value != "" {
			ask.Where = append(ask.Where, store.Cond{Filter: name, Values: []any{value}})
		}
	}
	var places []Place
	next, err := m.issued.Run(p, ask, func(r *store.Row) error {
		places = append(places, Place{ID: r.ID(5), Home: r.ID(6)})
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	var out []Charge
	for _, place := range places {
		row, err := chargedb.BillByID(p, place.Home, place.ID)
		if err != nil {
			return nil, "", err
		}
		c, err := m.chargeOf(row)
		if err != nil {
			return nil, "", err
		}
		out = append(out, c)
	}
	return out, next, nil
}

// byNumber finds an agency's charges of a number, theirs or the city's. What is another agency's is not read.
func (m *Module) byNumber(p *store.Personal, a act.Act, number string) ([]Charge, error) {
	places, err := m.numbered(p, number)
	if err != nil {
		return nil, err
	}
	var out []Charge
	for _, place := range places {
		if place.Payee != a.Actor.Agency {
			continue
		}
		c, err := m.Read(p, place.Home, place.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
