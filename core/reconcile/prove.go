package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	if err := m.catchUp(ctx); err != nil {
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

// catchUp is the net under lost events: whatever went through a clearing account in the last two days is expected.
func (m *Module) catchUp(ctx context.Context) error {
	if m.deps.Payments == nil {
		return nil
	}
	clearing := pay.Clearing(m.deps.Account.Currency).ID
	place := ledger.Place{At: m.base.Clock.Now().Add(-48 * time.Hour)}
	for {
		var lines []ledger.PostedLine
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			lines, err = ledger.PostedAfter(r, place, m.base.Clock.Now().Add(time.Second), foldPage)
			return err
		})
		if err != nil {
			return err
		}
		seen := map[id.ID]bool{}
		for _, l := range lines {
			if (l.Debit == clearing || l.Credit == clearing) && !seen[l.Movement] {
				seen[l.Movement] = true
				if err := m.expect(ctx, l.Movement); err != nil {
					return err
				}
			}
		}
		if len(lines) < foldPage {
			_, err := m.again(ctx)
			return err
		}
		place = lines[len(lines)-1].Place
	}
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

// proveIncome compares the sums by day of each payee with the payee's account, as of where the books were added up to.
func (m *Module) proveIncome(ctx context.Context, p *Proof) error {
	place, _, err := m.place(ctx, placeIncome)
	if err != nil || place.At.IsZero() {
		return err
	}
	payees, err := m.incomeAccounts(ctx)
	if err != nil {
		return err
	}
	sums := map[id.ID]int64{}
	gone := map[id.ID]int64{}
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		clear(sums)
		clear(gone)
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
	})
	if err != nil {
		return err
	}
	for account, payee := range payees {
		have, err := m.incomeUntil(ctx, account, place)
		if err != nil {
			return err
		}
		p.differ(DiffIncome, payee.String(), sums[payee], have+gone[payee])
	}
	return nil
}

// incomeUntil is what an account of income holds, without what was posted after a place.
func (m *Module) incomeUntil(ctx context.Context, account id.ID, place ledger.Place) (int64, error) {
	var out int64
	onPayout, bank := OnPayout(m.deps.Account.Currency).ID, Bank(m.deps.Account.Number, m.deps.Account.Currency).ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		now, err := ledger.BalanceOf(r, account)
		if err != nil {
			return err
		}
		out = now.Net()
		for at := place; ; {
			lines, err := ledger.PostedAfter(r, at, m.base.Clock.Now().Add(time.Second), foldPage)
			if err != nil {
				return err
			}
			for _, l := range lines {
				if l.Debit == onPayout || l.Credit == onPayout || l.Debit == bank {
					continue // counted with the payouts, as they stand now
				}
				switch account {
				case l.Credit:
					out -= l.Amount.Minor
				case l.Debit:
					out += l.Amount.Minor
				}
			}
			if len(lines) < foldPage {
				return nil
			}
			at = lines[len(lines)-1].Place
		}
	})
	return out, err
}

// proveBank compares our account of the money at the bank with the last statement, and statements with each other.
func (m *Module) proveBank(ctx context.Context, p *Proof) error {
	list, err := m.Statements(ctx, calendarNone)
	if err != nil || len(list) == 0 {
		return err
	}
	p.Statements = len(list)
	last := list[0]
	if !last.Done {
		return nil // it is being loaded: the night after will compare
	}
	for i, s := range list {
		if i+1 < len(list) && s.Account == list[i+1].Account {
			p.differ(DiffGap, s.BankID+" "+s.Until.String(), s.Opening, list[i+1].Closing)
		}
	}
	return m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		at, err := ledger.BalanceOf(r, Bank(last.Account, last.Currency).ID)
		p.differ(DiffBank, last.BankID+" "+last.Until.String(), -at.Net(), last.Closing)
		return err
	})
}

// proveWays compares clearing accounts with what is on its way, and counts what is late.
func (m *Module) proveWays(ctx context.Context, p *Proof) error {
	c := m.deps.Account.Currency
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
	return m.base.Store.Read(ctx, func(r *store.Snapshot) error {
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
			b, err := ledger.BalanceOf(r, pay.ClearingOf(provider, c).ID)
			if err != nil {
				return err
			}
			p.differ(DiffClearing, provider, -b.Net(), amount)
		}
		b, err := ledger.BalanceOf(r, OnPayout(c).ID)
		if err != nil {
			return err
		}
		waits, err := reconciledb.SentBackWaiting(r)
		p.differ(DiffOnPayout, "", b.Net()-waits, -payouts)
		return err
	})
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

// Balance is an account of the books with its name, as of a moment.
type Balance struct {
	Key    string // of a text: bank, clearing, income …
	Payee  id.ID  // of an income
	Name   string // of a provider
	Amount money.Amount
}

// Balances are the accounts that the treasury looks at as of a moment: posted before it. Those with nothing on them are left out.
func (m *Module) Balances(ctx context.Context, at time.Time) ([]Balance, error) {
	c := m.deps.Account.Currency
	payees, err := m.deps.Payees(ctx)
	if err != nil {
		return nil, fmt.Errorf("reconcile: payees: %w", err)
	}
	type account struct {
		Balance
		of   ledger.Account
		sign int64
	}
	list := []account{
		{Balance{Key: "bank"}, Bank(m.deps.Account.Number, c), -1}, {Balance{Key: "clearing", Name: pay.HostedName}, pay.Clearing(c), -1},
		{Balance{Key: "unidentified"}, Unidentified(c), 1}, {Balance{Key: "unexplained"}, Unexplained(c), -1}, {Balance{Key: "to_return"}, pay.ToReturn(c), 1},
		{Balance{Key: "on_payout"}, OnPayout(c), 1}, {Balance{Key: "fees"}, Fees(c), -1},
	}
	for _, p := range payees {
		list = append(list, account{Balance{Key: "income", Payee: p.ID}, pay.Income(p.ID, c), 1})
	}
	var out []Balance
	for _, one := range list {
		b, err := ledger.BalanceAt(ctx, m.base.Store, one.of.ID, at)
		if err != nil {
			return nil, err
		}
		if one.Amount = (money.Amount{Minor: one.sign * b.Net(), Currency: c}); one.Amount.Minor != 0 || one.Payee.IsZero() {
			out = append(out, one.Balance)
		}
	}
	return out, nil
}
