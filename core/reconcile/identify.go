package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Suggestion is a charge that money may be meant for, and why. Nothing is learned from what officials confirm: the same money is
// always told the same.
type Suggestion struct {
	Charge  charge.Charge
	Left    int64 // owed on the day the money came
	Score   int   // up to 100
	Reasons []Reason
}

// Reason says why; the key of a text.
type Reason string

// The reasons.
const (
	BecauseNumber   Reason = "reconcile.why.number"   // its number, or the payee's own, stands in the purpose
	BecauseHome     Reason = "reconcile.why.home"     // the flat's account, plate, SNILS or INN does
	BecauseSum      Reason = "reconcile.why.sum"      // exactly what is owed came
	BecausePart     Reason = "reconcile.why.part"     // less than is owed
	BecauseName     Reason = "reconcile.why.name"     // the payer has the name of who owes it
	BecauseTooMuch  Reason = "reconcile.why.too_much" // more than is owed
	suggestionsMost        = 10
	wordsMost              = 12
)

// number is a run of letters and digits that may name something: with spaces or hyphens between groups of digits.
var number = regexp.MustCompile(`[0-9A-Za-zА-Яа-яЁё]*[0-9][0-9A-Za-zА-Яа-яЁё]*(?:[-–][0-9A-Za-zА-Яа-яЁё]+)*`)

// words are what may name a charge or its home in a purpose: at most wordsMost, the longest first.
func words(purpose string) []string {
	var out []string
	for _, w := range number.FindAllString(purpose, -1) {
		w = strings.ReplaceAll(w, "–", "-")
		if n := len([]rune(w)); n < 5 || n > 40 || slices.Contains(out, w) {
			continue
		}
		if _, err := calendar.ParseDate(w); err == nil {
			continue
		}
		if plain, err := id.ParseNumber(w); err == nil {
			w = plain
		}
		if plain, err := id.ParseCode(w); err == nil {
			w = plain
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b string) int { return len(b) - len(a) })
	return out[:min(len(out), wordsMost)]
}

// Suggest finds the charges that money may be meant for, the likeliest first. The look at them is the official's.
func (m *Module) Suggest(ctx context.Context, a act.Act, p Part, d Details) ([]Suggestion, error) {
	found := map[id.ID][]string{}
	var places []charge.Place
	for _, w := range words(d.Purpose + " " + p.Reference) {
		list, err := m.deps.Charges.Named(ctx, w)
		if err != nil {
			return nil, fmt.Errorf("reconcile: suggest: %w", err)
		}
		for _, one := range list {
			if one.Test {
				continue
			}
			if found[one.ID] == nil {
				places = append(places, one)
			}
			found[one.ID] = append(found[one.ID], w)
		}
	}
	var out []Suggestion
	for _, place := range places[:min(len(places), 3*suggestionsMost)] {
		c, err := m.deps.Charges.Charge(ctx, a, place.Home, place.ID)
		if errors.Is(err, charge.ErrNone) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reconcile: suggest: %w", err)
		}
		out = append(out, weigh(c, found[place.ID], p, m.paidAt(p), m.deps.Zone()))
	}
	if err := m.byName(ctx, a, out, d.Name); err != nil {
		return nil, err
	}
	out = slices.DeleteFunc(out, func(s Suggestion) bool { return s.Left <= 0 })
	slices.SortStableFunc(out, func(a, b Suggestion) int {
		return cmp.Or(b.Score-a.Score, a.Charge.Issued.Compare(b.Charge.Issued), cmp.Compare(a.Charge.Number, b.Charge.Number))
	})
	return out[:min(len(out), suggestionsMost)], nil
}

// paidAt is as of when money that came by a line counts: the noon of the bank's day, so that a discount of that day lives.
func (m *Module) paidAt(p Part) time.Time { return p.Day.Start(m.deps.Zone()).Add(12 * time.Hour) }

// weigh judges one charge; it is pure.
func weigh(c charge.Charge, named []string, p Part, at time.Time, zone *time.Location) Suggestion {
	out := Suggestion{Charge: c, Left: c.Owed(at, zone).Left}
	byNumber := slices.ContainsFunc(named, func(w string) bool {
		plain := strings.ReplaceAll(w, "-", "")
		return plain == c.Number || strings.EqualFold(w, c.External)
	})
	if byNumber {
		out.because(BecauseNumber, 60)
	} else {
		out.because(BecauseHome, 35)
	}
	switch {
	case p.Rest == out.Left:
		out.because(BecauseSum, 30)
	case p.Rest < out.Left:
		out.because(BecausePart, 5)
	default:
		out.because(BecauseTooMuch, 0)
	}
	return out
}

func (s *Suggestion) because(r Reason, score int) {
	s.Reasons = append(s.Reasons, r)
	s.Score += score
}

// byName adds what the payer's name tells: whether those who owe have it.
func (m *Module) byName(ctx context.Context, a act.Act, list []Suggestion, payer string) error {
	if m.deps.People == nil || payer == "" || len(list) == 0 {
		return nil
	}
	var homes []id.ID
	for _, s := range list {
		homes = append(homes, s.Charge.Home)
	}
	names, err := m.deps.People.Names(ctx, a, "reconcile.look.name", homes...)
	if err != nil {
		return fmt.Errorf("reconcile: names: %w", err)
	}
	for i := range list {
		if name, ok := names[list[i].Charge.Home]; ok && sameName(payer, name) {
			list[i].because(BecauseName, 10)
		}
	}
	return nil
}

// sameName tells whether a payer's name has a person's family and given names in it.
func sameName(payer string, n lang.Name) bool {
	plain := func(text string) string { return strings.ReplaceAll(strings.ToLower(text), "ё", "е") }
	have := strings.Fields(plain(payer))
	has := func(part string) bool { return part != "" && slices.Contains(have, plain(part)) }
	return has(n.Family) && has(n.Given)
}

// ActOn is what an official did with money that nobody knew what for.
type ActOn struct {
	Number       int64
	Kind         string
	Charge       id.ID
	ChargeNumber string
	Amount       int64
	Official     id.ID
	At           time.Time
	Why          string
}

// The kinds of such acts.
const (
	ActSettle       = "settle"
	ActSettleAsked  = "settle_asked" // a second official must say the same
	ActExplainAsked = "explain_asked"
	ActSendBack     = "send_back"
	ActReopen       = "reopen" // what was to be sent back was not
	ActFreed        = "freed"  // the charge that it had settled needs it no more
	ActExplain      = "explain"
)

// ActsOn lists what was done with a line, in order.
func (m *Module) ActsOn(ctx context.Context, part id.ID) ([]ActOn, error) {
	var out []ActOn
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.ActsOf(r, m.treasury(), part)
		out = out[:0]
		for _, row := range rows {
			out = append(out, ActOn{Number: row.Number, Kind: row.Kind, Charge: row.Charge, ChargeNumber: row.ChargeNumber, Amount: row.Amount, Official: row.Official, At: row.At, Why: row.Why})
		}
		return err
	})
	return out, err
}

// reasonLeast and reasonMost bound a reason, characters.
const (
	reasonLeast = 5
	reasonMost  = 300
)

func checkReason(why string) (string, error) {
	why = strings.Join(strings.Fields(why), " ")
	if n := len([]rune(why)); n < reasonLeast || n > reasonMost {
		return "", ErrReason
	}
	return why, nil
}

// Settle pays a charge with money that came without saying what for: all of it or a part; the rest stays. An official act.
// Errors: ErrRole, ErrNone, ErrChanged, ErrAmount (more than is left, or than is owed), ErrCharge.
func (m *Module) Settle(ctx context.Context, a act.Act, p Part, of id.ID, amount int64, why string) error {
	if err := m.mayTake(a, p, amount); err != nil {
		return err
	}
	why, err := checkReason(why)
	if err != nil {
		return err
	}
	place, err := m.deps.Charges.Where(ctx, of)
	if errors.Is(err, charge.ErrNone) || err == nil && place.Test {
		return ErrCharge
	}
	if err != nil {
		return fmt.Errorf("reconcile: settle: %w", err)
	}
	if err := m.notOwn(ctx, a, place.Home); err != nil {
		return err
	}
	c, err := m.deps.Charges.Charge(ctx, a, place.Home, of)
	if err != nil {
		return fmt.Errorf("reconcile: settle: %w", err)
	}
	at := m.paidAt(p)
	switch left := c.Owed(at, m.deps.Zone()).Left; {
	case left <= 0 || c.Amount.Currency != p.Currency:
		return ErrCharge
	case amount > left:
		return ErrAmount
	}
	entry, err := m.entry(ctx, a.ID, EntrySettled, p.ID, m.fact("amount", money.Amount{Minor: amount, Currency: p.Currency}.String()), m.fact("charge", id.FormatNumber(c.Number)), m.fact("why", why))
	if err != nil {
		return err
	}
	payment := settledPayment(p.ID, p.Revision)
	word := ActOn{Kind: ActSettleAsked, Charge: of, ChargeNumber: c.Number, Amount: amount, Official: a.Actor.Person, Why: why}
	return m.byTwo(ctx, a, p, word, func(tx *store.Tx) error {
		if err := m.take(tx, p, amount); err != nil {
			return err
		}
		taken, err := m.deps.Charges.Settle(tx, a, place.Home, of, charge.PartPayment{Payment: payment, Amount: amount, At: at})
		if err != nil {
			return err
		}
		if taken != amount {
			return tx.Fail(ErrChanged)
		}
		_, err = ledger.Post(tx, ledger.Movement{ID: payment, Holder: m.treasury(), Act: a.ID, Lines: []ledger.Line{{
			Debit: Unidentified(p.Currency), Credit: pay.Income(place.Payee, p.Currency), Amount: money.Amount{Minor: amount, Currency: p.Currency}, About: of,
		}}})
		if err != nil {
			return err
		}
		if err := m.noteAct(tx, p, ActOn{Kind: ActSettle, Charge: of, ChargeNumber: c.Number, Amount: amount, Official: a.Actor.Person, Why: why}, a.ID); err != nil {
			return err
		}
		_, err = journal.Enter(tx, entry)
		return err
	})
}

// aloneMost is the largest line of a statement, minor units, whose money one official may spend alone. It bounds the line and not
// what is taken of it, so that nothing is gained by taking it in pieces.
const aloneMost = 15_000_00

// byTwo does something with a line: at once when it is small, else when a second official says the same of the line as it stands.
// ErrAsked: it is written down and waits for the second.
func (m *Module) byTwo(ctx context.Context, a act.Act, p Part, word ActOn, do func(*store.Tx) error) error {
	asked := false
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		asked = false
		if size(p.Amount) <= aloneMost {
			return do(tx)
		}
		row, err := reconciledb.PartByID(tx, m.treasury(), p.ID)
		if err != nil {
			return err
		}
		if row.Revision != p.Revision {
			return tx.Fail(ErrChanged)
		}
		second, err := m.seconded(tx, a, p.ID, fmt.Sprint(word.Kind, " ", word.Charge, " ", word.Amount, " ", p.Revision))
		if err != nil {
			return err
		}
		if second {
			return do(tx)
		}
		asked = true
		return m.noteAsked(tx, p, word, a.ID)
	})
	if err == nil && asked {
		return ErrAsked
	}
	return err
}

// noteAsked shows the second official what the first one has said; said again by the same one it stands once.
func (m *Module) noteAsked(tx *store.Tx, p Part, word ActOn, actID id.ID) error {
	acts, err := reconciledb.ActsOf(tx, m.treasury(), p.ID)
	if err != nil {
		return err
	}
	for _, one := range acts {
		if one.Kind == word.Kind && one.Charge == word.Charge && one.Amount == word.Amount && one.Official == word.Official {
			return nil
		}
	}
	return m.noteAct(tx, p, word, actID)
}

// notOwn refuses an official what lies with themselves, or what their own account watches.
func (m *Module) notOwn(ctx context.Context, a act.Act, home id.ID) error {
	watchers, err := m.deps.Charges.Watchers(ctx, home)
	if err != nil {
		return fmt.Errorf("reconcile: settle: %w", err)
	}
	if home == a.Actor.Person || slices.Contains(watchers, a.Actor.Person) {
		return ErrOwn
	}
	return nil
}

// mayTake tells whether an official may do something with so much of a line.
func (m *Module) mayTake(a act.Act, p Part, amount int64) error {
	if err := m.mayAct(a); err != nil {
		return err
	}
	if p.State != Unknown && p.State != Partly && p.State != Duplicate || p.Rest == 0 {
		return ErrChanged
	}
	if amount <= 0 || amount > size(p.Rest) {
		return ErrAmount
	}
	return nil
}

// take takes so much of what is left of a line, if nobody was first.
func (m *Module) take(tx *store.Tx, p Part, amount int64) error {
	if p.Rest < 0 {
		amount = -amount
	}
	state := p.State
	if p.Rest == amount {
		state = Settled
	}
	n, err := reconciledb.ChangePart(tx, reconciledb.ChangePartParams{Treasury: m.treasury(), ID: p.ID, State: string(state), Met: p.Met + amount, Rest: p.Rest - amount, Revision: p.Revision})
	if err != nil {
		return err
	}
	return changed(tx, n)
}

func (m *Module) noteAct(tx *store.Tx, p Part, one ActOn, actID id.ID) error {
	acts, err := reconciledb.ActsOf(tx, m.treasury(), p.ID)
	if err != nil {
		return err
	}
	return reconciledb.InsertAct(tx, reconciledb.InsertActParams{
		Treasury: m.treasury(), Part: p.ID, Number: int64(len(acts)) + 1, Kind: one.Kind, Charge: one.Charge, ChargeNumber: one.ChargeNumber, Amount: one.Amount,
		Official: one.Official, Act: actID, At: tx.Now(), Why: one.Why,
	})
}

// SendBack orders money that came by mistake back to the account it came from: a second official lets the order out. Errors: ErrRole,
// ErrChanged, ErrAmount, ErrReason, ErrPayer (the bank did not say from whom it came).
func (m *Module) SendBack(ctx context.Context, a act.Act, p Part, amount int64, why string) (Payout, error) {
	if err := m.mayTake(a, p, amount); err != nil {
		return Payout{}, err
	}
	if p.Rest < 0 {
		return Payout{}, ErrAmount
	}
	why, err := checkReason(why)
	if err != nil {
		return Payout{}, err
	}
	d, err := m.Details(ctx, a, p.ID)
	if err != nil {
		return Payout{}, err
	}
	now := m.base.Clock.Now()
	out := Payout{ID: id.New(now), Day: m.today(), State: payoutPrepared, MadeBy: a.Actor.Person, Made: now, Amount: money.Amount{Minor: amount, Currency: p.Currency}, Count: 1}
	out.Lines = []PayoutLine{{
		Payout: out.ID, ID: id.Derived("payout line", out.ID.String()+" "+p.ID.String()), Part: p.ID, Amount: out.Amount, State: lineWaits,
		To: Creditor{
			Name: d.Name, TaxNumber: d.TaxNumber, Account: d.Account, BIC: d.BIC, Member: d.Member, Bank: d.Bank,
			Purpose: m.base.Texts.Text(lang.Russian, "reconcile.payout.send_back", "day", p.Day.String()),
		},
	}}
	if d.Account == "" || m.order(out).Check() != nil {
		return Payout{}, ErrPayer
	}
	entry, err := m.entry(ctx, a.ID, EntrySentBack, p.ID, m.fact("amount", out.Amount.String()), m.fact("why", why))
	if err != nil {
		return Payout{}, err
	}
	return out, m.putPayout(ctx, a, out, func(tx *store.Tx, l PayoutLine, actID id.ID) error {
		if err := m.take(tx, p, amount); err != nil {
			return err
		}
		if err := m.reserve(tx, l, actID); err != nil {
			return err
		}
		if err := m.noteAct(tx, p, ActOn{Kind: ActSendBack, Amount: amount, Official: a.Actor.Person, Why: why}, actID); err != nil {
			return err
		}
		_, err := journal.Enter(tx, entry)
		return err
	})
}

// reopen gives a line back what was to be sent back and was not.
func (m *Module) reopen(tx *store.Tx, l PayoutLine) error {
	row, err := reconciledb.PartByID(tx, m.treasury(), l.Part)
	if err != nil {
		return err
	}
	p, err := partOf(row)
	if err != nil {
		return err
	}
	return m.putBack(tx, p, l.Amount.Minor, ActOn{Kind: ActReopen, Amount: l.Amount.Minor}, l.Payout)
}

// Explain says what money went for that nobody expected to go: the bank's fee. An official act. Errors: ErrRole, ErrChanged,
// ErrAmount, ErrReason.
func (m *Module) Explain(ctx context.Context, a act.Act, p Part, why string) error {
	if err := m.mayTake(a, p, size(p.Rest)); err != nil {
		return err
	}
	if p.Rest > 0 {
		return ErrAmount
	}
	why, err := checkReason(why)
	if err != nil {
		return err
	}
	amount := money.Amount{Minor: -p.Rest, Currency: p.Currency}
	entry, err := m.entry(ctx, a.ID, EntryExplained, p.ID, m.fact("amount", amount.String()), m.fact("why", why))
	if err != nil {
		return err
	}
	word := ActOn{Kind: ActExplainAsked, Amount: amount.Minor, Official: a.Actor.Person, Why: why}
	return m.byTwo(ctx, a, p, word, func(tx *store.Tx) error {
		if err := m.take(tx, p, amount.Minor); err != nil {
			return err
		}
		_, err := ledger.Post(tx, ledger.Movement{ID: id.Derived("explained", p.ID.String()+" "+strconv.FormatInt(p.Revision, 10)), Holder: m.treasury(), Act: a.ID, Lines: []ledger.Line{{
			Debit: Fees(p.Currency), Credit: Unexplained(p.Currency), Amount: amount, About: p.ID,
		}}})
		if err != nil {
			return err
		}
		if err := m.noteAct(tx, p, ActOn{Kind: ActExplain, Amount: amount.Minor, Official: a.Actor.Person, Why: why}, a.ID); err != nil {
			return err
		}
		_, err = journal.Enter(tx, entry)
		return err
	})
}
