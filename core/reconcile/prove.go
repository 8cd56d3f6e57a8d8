package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Difference is one way in which the books are not right.
type Difference struct {
	Kind  string `json:"kind"`
	About string `json:"about"` // the account, the charge, the provider, the statement
	Have  int64  `json:"have"`  // minor units: what stands in one place
	Want  int64  `json:"want"`  // and what another says
}

// The kinds of differences.
const (
	DiffBalance     = "balance"   // an account's balance is not what its transfers come to
	DiffOff         = "off"       // all accounts together are not zero
	DiffCharge      = "charge"    // a charge says that another sum was paid than the books say
	DiffIncome      = "income"    // the sums by day of a payee are not the payee's account
	DiffBank        = "bank"      // our account of the money at the bank is not what its statement says
	DiffGap         = "gap"       // a statement does not begin where the one before ended
	DiffClearing    = "clearing"  // a provider's clearing account is not what is on its way
	DiffOnPayout    = "on_payout" // what was ordered to be paid out is not what the bank has not shown
	DiffUnknown     = "unknown"   // the account of unidentified or unexplained money is not what is left of the lines
	DiffDay         = "day"       // a published day is not what its digest says, or not what the sums say now
	differencesMost = 200
)

// Proof is what a proof of the books found.
type Proof struct {
	ID          id.ID        `json:"-"`
	At          time.Time    `json:"-"`
	Accounts    int          `json:"accounts"`
	Transfers   int64        `json:"transfers"` // read
	Charges     int          `json:"charges"`   // compared
	Statements  int          `json:"statements"`
	OnItsWay    int64        `json:"on_its_way"` // payments, refunds and payouts that no statement has shown
	Missing     int          `json:"missing"`    // of these, later than they may be
	Differences []Difference `json:"differences"`
}

// Sound tells whether the books are right.
func (p Proof) Sound() bool { return len(p.Differences) == 0 }

func (p *Proof) differ(kind, about string, have, want int64) {
	if have != want && len(p.Differences) < differencesMost {
		p.Differences = append(p.Differences, Difference{kind, about, have, want})
	}
}

// Prove proves the books and keeps what came out. Nothing is put right by it.
func (m *Module) Prove(ctx context.Context) (Proof, error) {
	ctx = store.Background(ctx)
	out := Proof{ID: id.New(m.base.Clock.Now()), At: m.base.Clock.Now()}
	if err := m.Fold(ctx); err != nil {
		return out, err
	}
	if err := m.catchUp(ctx, m.base.Clock.Now().Add(-catchBack)); err != nil {
		return out, err
	}
	for _, prove := range []func(context.Context, *Proof) error{m.proveLedger, m.proveCharges, m.proveIncome, m.proveBank, m.proveWays, m.proveParts, m.proveDays} {
		if err := prove(ctx, &out); err != nil {
			return out, err
		}
	}
	return out, m.keep(ctx, out)
}

func (m *Module) keep(ctx context.Context, p Proof) error {
	text, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("reconcile: proof: %w", err)
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		return reconciledb.InsertProof(tx, reconciledb.InsertProofParams{ID: p.ID, At: p.At, Sound: p.Sound(), Result: string(text)})
	})
	if err != nil {
		return err
	}
	m.faults.Set(float64(len(p.Differences)))
	m.proved.Set(float64(p.At.Unix()))
	m.late.Set(float64(p.Missing))
	for _, d := range p.Differences {
		m.base.Log.Error("reconcile: the books are not right", "kind", d.Kind, "about", d.About, "have", d.Have, "want", d.Want)
	}
	return nil
}

// Proofs lists the last proofs, the newest first.
func (m *Module) Proofs(ctx context.Context, most int64) ([]Proof, error) {
	var out []Proof
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.Proofs(r, most)
		out = out[:0]
		for _, row := range rows {
			one := Proof{}
			if err := json.Unmarshal([]byte(row.Result), &one); err != nil {
				return fmt.Errorf("reconcile: proof %s: %w", row.ID, err)
			}
			one.ID, one.At = row.ID, row.At
			out = append(out, one)
		}
		return err
	})
	return out, err
}

// catchBack is how far back the net under lost events goes.
const catchBack = 48 * time.Hour

// catchUp is the net under lost events: whatever went through a clearing account since a moment is expected.
func (m *Module) catchUp(ctx context.Context, since time.Time) error {
	if m.deps.Payments == nil {
		return nil
	}
	place := ledger.Place{At: since}
	for {
		var lines []ledger.PostedLine
		var unheard []id.ID
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			if lines, err = ledger.PostedAfter(r, place, m.base.Clock.Now().Add(time.Second), foldPage); err != nil {
				return err
			}
			unheard, err = m.unheard(r, lines, pay.Clearing(m.deps.Account.Currency).ID)
			return err
		})
		for _, movement := range unheard {
			if err == nil {
				err = m.expect(ctx, movement)
			}
		}
		if err == nil && len(lines) < foldPage {
			_, err = m.again(ctx)
			return err
		}
		if err != nil {
			return err
		}
		place = lines[len(lines)-1].Place
	}
}

// unheard are the movements of lines through a clearing account because of which nothing is expected yet. What a statement itself
// has moved is none of them.
func (m *Module) unheard(r store.Reader, lines []ledger.PostedLine, clearing id.ID) ([]id.ID, error) {
	c := m.deps.Account.Currency
	shown := []id.ID{Bank(m.deps.Account.Number, c).ID, Unidentified(c).ID, Unexplained(c).ID}
	var out []id.ID
	seen := map[id.ID]bool{}
	for _, l := range lines {
		if l.Debit != clearing && l.Credit != clearing || slices.Contains(shown, l.Debit) || slices.Contains(shown, l.Credit) || seen[l.Movement] {
			continue
		}
		seen[l.Movement] = true
		n, err := reconciledb.ExpectedOf(r, l.Movement)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			out = append(out, l.Movement)
		}
	}
	return out, nil
}

func (m *Module) proveLedger(ctx context.Context, p *Proof) error {
	found, err := ledger.Prove(ctx, m.base.Store, false)
	if err != nil {
		return fmt.Errorf("reconcile: prove: %w", err)
	}
	p.Accounts, p.Transfers = found.Accounts, found.Transfers
	for _, d := range found.Drifts {
		p.differ(DiffBalance, d.Account.String(), d.Balance.Net(), d.Transfers.Net())
		if d.Balance.Net() == d.Transfers.Net() { // debits and credits are off by the same, or what is reserved is
			p.differ(DiffBalance, d.Account.String(), d.Balance.Debits+d.Balance.DebitsReserved, d.Transfers.Debits+d.Transfers.DebitsReserved)
		}
	}
	p.differ(DiffOff, "", found.Off, 0)
	return nil
}

// chargesBack is how many days back charges are compared each night: a change since then shows in their rows.
const chargesBack = 3

// proveCharges compares what the books say was paid for each charge that was paid lately with what the charge says.
func (m *Module) proveCharges(ctx context.Context, p *Proof) error {
	after := id.ID{15: 1}
	for {
		var rows []reconciledb.ReconcilePaid
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			rows, err = reconciledb.PaidSince(r, m.today().AddDays(-chargesBack).String(), after, openPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			said, err := m.paidOf(ctx, row.Charge)
			if err != nil {
				return err
			}
			p.Charges++
			if said == row.Paid {
				continue
			}
			fresh, err := m.unfolded(ctx, row.Charge)
			if err != nil {
				return err
			}
			if said, err = m.paidOf(ctx, row.Charge); err != nil {
				return err
			}
			p.differ(DiffCharge, row.Charge.String(), said, row.Paid+fresh)
		}
		if len(rows) < openPage {
			return nil
		}
		after = rows[len(rows)-1].Charge
	}
}

// paidOf is what a charge says was paid, less what went back.
func (m *Module) paidOf(ctx context.Context, of id.ID) (int64, error) {
	place, err := m.deps.Charges.Where(ctx, of)
	if errors.Is(err, charge.ErrNone) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reconcile: charge: %w", err)
	}
	c, err := m.deps.Charges.Charge(ctx, m.system(), place.Home, of)
	if errors.Is(err, charge.ErrNone) {
		return 0, nil
	}
	return c.Paid - c.Given, err
}

// unfolded is what the books say of a charge since they were last added up.
func (m *Module) unfolded(ctx context.Context, of id.ID) (int64, error) {
	payees, err := m.incomeAccounts(ctx)
	if err != nil {
		return 0, err
	}
	out := int64(0)
	place, _, err := m.place(ctx, placeIncome)
	for err == nil {
		var lines []ledger.PostedLine
		err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			lines, err = ledger.PostedAfter(r, place, m.base.Clock.Now().Add(time.Second), foldPage)
			return err
		})
		for _, l := range lines {
			if l.About != of {
				continue
			}
			if _, ok := payees[l.Credit]; ok {
				out += l.Amount.Minor
			}
			if _, ok := payees[l.Debit]; ok {
				out -= l.Amount.Minor
			}
		}
		if len(lines) < foldPage {
			break
		}
		place = lines[len(lines)-1].Place
	}
	return out, err
}

// proveIncome compares the sums by day of each payee with the payee's account, as of where the books were added up to. All of it is
// read in one snapshot: the books go on meanwhile.
func (m *Module) proveIncome(ctx context.Context, p *Proof) error {
	payees, err := m.incomeAccounts(ctx)
	if err != nil {
		return err
	}
	have, want := map[id.ID]int64{}, map[id.ID]int64{}
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		clear(have)
		clear(want)
		place, err := reconciledb.PlaceOf(r, placeIncome)
		if errors.Is(err, store.ErrNone) {
			return nil // nothing was added up
		}
		if err != nil {
			return err
		}
		if err := m.incomeSums(r, want, have); err != nil {
			return err
		}
		since, err := m.movedSince(r, ledger.Place{At: place.At, Movement: place.Movement, Line: place.Line}, payees)
		if err != nil {
			return err
		}
		for account, payee := range payees {
			now, err := ledger.BalanceOf(r, account)
			if err != nil {
				return err
			}
			have[payee] += now.Net() - since[payee]
		}
		return nil
	})
	for payee := range have {
		p.differ(DiffIncome, payee.String(), want[payee], have[payee])
	}
	return err
}

// incomeSums are what the sums by day say of each payee, and what was paid out of it.
func (m *Module) incomeSums(r store.Reader, sums, gone map[id.ID]int64) error {
	rows, err := reconciledb.IncomeByPayee(r)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Currency == string(m.deps.Account.Currency) {
			sums[row.Payee] += row.Net
		}
	}
	lines, err := reconciledb.PayoutTotals(r)
	for _, row := range lines {
		gone[row.Payee] += row.Amount
	}
	return err
}

// movedSince is what came to each payee's income since a place, payouts apart: these are counted as they stand now.
func (m *Module) movedSince(r store.Reader, at ledger.Place, payees map[id.ID]id.ID) (map[id.ID]int64, error) {
	out := map[id.ID]int64{}
	for {
		lines, err := ledger.PostedAfter(r, at, r.Now().Add(time.Hour), foldPage)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			if m.paidOutBy(l) {
				continue
			}
			if payee, ok := payees[l.Credit]; ok {
				out[payee] += l.Amount.Minor
			}
			if payee, ok := payees[l.Debit]; ok {
				out[payee] -= l.Amount.Minor
			}
		}
		if len(lines) < foldPage {
			return out, nil
		}
		at = lines[len(lines)-1].Place
	}
}

// proveBank compares our account of the money at the bank with the last statement, and statements with each other.
func (m *Module) proveBank(ctx context.Context, p *Proof) error {
	return m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.Statements(r, "9999-12-31", statementsShown)
		p.Statements = len(rows)
		if err != nil || len(rows) == 0 || rows[0].State != "done" {
			return err // one that is being loaded is compared the night after
		}
		at, err := ledger.BalanceOf(r, Bank(rows[0].Account, money.Currency(rows[0].Currency)).ID)
		if err != nil {
			return err
		}
		p.differ(DiffBank, rows[0].BankID+" "+rows[0].Until, -at.Net(), rows[0].Closing)
		for i, s := range rows[:len(rows)-1] {
			if s.Account == rows[i+1].Account {
				p.differ(DiffGap, s.BankID+" "+s.Until, s.Opening, rows[i+1].Closing)
			}
		}
		return nil
	})
}

// waysTries is how often clearing accounts are compared with what is on its way before a difference is one: what is expected because
// of a payment is written down a moment after the payment, and in a city that is awake some payment is always that young.
const waysTries = 4

// waysPause is how long is waited between these.
const waysPause = 300 * time.Millisecond

// proveWays compares clearing accounts with what is on its way, and counts what is late.
func (m *Module) proveWays(ctx context.Context, p *Proof) error {
	late := m.today().AddDays(-lateAfter).String()
	err := m.eachOpen(ctx, func(e Expected) error {
		p.OnItsWay++
		if e.Day.String() < late {
			p.Missing++
		}
		return nil
	})
	if err != nil || m.deps.Payments == nil {
		return err
	}
	var found Proof
	for try := range waysTries {
		if try > 0 {
			wait(ctx, waysPause<<try)
		}
		since := m.base.Clock.Now()
		if err := m.catchUp(ctx, since.Add(-time.Hour)); err != nil {
			return err
		}
		if found, err = m.compareWays(ctx, since); err != nil || found.Sound() {
			return err
		}
	}
	p.Differences = append(p.Differences, found.Differences...)
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// compareWays compares clearing accounts with what is on its way, in one snapshot. Movements since a moment because of which nothing is
// expected yet are taken off.
func (m *Module) compareWays(ctx context.Context, since time.Time) (Proof, error) {
	c := m.deps.Account.Currency
	var out Proof
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = Proof{}
		rows, err := reconciledb.OnItsWay(r)
		if err != nil {
			return err
		}
		ways := map[string]int64{pay.HostedName: 0}
		payouts := int64(0)
		for _, row := range rows {
			switch {
			case row.Currency != string(c):
			case row.Kind == KindPayout:
				payouts += row.Amount
			default:
				ways[row.Provider] += row.Amount
			}
		}
		for provider, amount := range ways {
			have, err := m.onClearing(r, pay.ClearingOf(provider, c).ID, since)
			if err != nil {
				return err
			}
			out.differ(DiffClearing, provider, have, amount)
		}
		b, err := ledger.BalanceOf(r, OnPayout(c).ID)
		if err != nil {
			return err
		}
		waits, err := reconciledb.SentBackWaiting(r)
		out.differ(DiffOnPayout, "", b.Net()-waits, -payouts)
		return err
	})
	return out, err
}

// onClearing is what lies on a clearing account, without the youngest movements because of which nothing is expected yet.
func (m *Module) onClearing(r store.Reader, clearing id.ID, since time.Time) (int64, error) {
	b, err := ledger.BalanceOf(r, clearing)
	if err != nil {
		return 0, err
	}
	lines, err := ledger.PostedAfter(r, ledger.Place{At: since.Add(-time.Second)}, r.Now().Add(time.Hour), foldPage)
	if err != nil {
		return 0, err
	}
	unheard, err := m.unheard(r, lines, clearing)
	out := -b.Net()
	for _, l := range lines {
		switch {
		case !slices.Contains(unheard, l.Movement):
		case l.Debit == clearing:
			out -= l.Amount.Minor
		case l.Credit == clearing:
			out += l.Amount.Minor
		}
	}
	return out, err
}

// proveParts compares the accounts of money that nobody knows with what is left of the lines.
func (m *Module) proveParts(ctx context.Context, p *Proof) error {
	c := m.deps.Account.Currency
	return m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		came, went, err := m.rests(r)
		if err != nil {
			return err
		}
		unknown, err := ledger.BalanceOf(r, Unidentified(c).ID)
		if err != nil {
			return err
		}
		p.differ(DiffUnknown, "unidentified", unknown.Net(), came)
		gone, err := ledger.BalanceOf(r, Unexplained(c).ID)
		p.differ(DiffUnknown, "unexplained", gone.Net(), went)
		return err
	})
}

// rests are what is left of all lines that came, and of those that went.
func (m *Module) rests(r store.Reader) (int64, int64, error) {
	rows, err := reconciledb.RestSums(r, m.treasury(), string(m.deps.Account.Currency))
	return rows.Came, rows.Went, err
}

// proveDays compares the last published days with their digests and with the sums as they stand.
func (m *Module) proveDays(ctx context.Context, p *Proof) error {
	days, err := m.OpenDays(ctx, calendarNone)
	if err != nil {
		return err
	}
	for _, d := range days[:min(len(days), 7)] {
		if !d.Fits() {
			p.differ(DiffDay, d.Day.String(), 1, 0)
			continue
		}
		income, err := m.IncomeBetween(ctx, d.Day, d.Day)
		if err != nil {
			return err
		}
		came, back := int64(0), int64(0)
		for _, one := range income {
			came, back = came+one.Came, back+one.Back
		}
		p.differ(DiffDay, d.Day.String(), d.Came-d.Back, came-back)
	}
	return nil
}
