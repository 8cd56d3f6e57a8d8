package charity

import (
	"context"
	"errors"
	"slices"
	"strings"

	"posad.city/core/ledger"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// NewPayout is money that a fund asks to spend.
type NewPayout struct {
	Fund   id.ID
	Aim    id.ID  // an appeal, or the fund for its own aims
	Line   string // of the appeal's budget; empty for the fund's own aims
	Amount int64
	Body   PayoutBody
}

func field(name, why string) fault.Field { return fault.Field{Name: name, ID: "charity.field." + why} }

// AskPayout asks the city to pay out of a purse. The money is set aside at once. Errors: ErrForm, ErrClosed, ErrShort.
func (m *Module) AskPayout(ctx context.Context, a act.Act, n NewPayout) (id.ID, error) {
	f, err := m.Fund(ctx, n.Fund)
	if err != nil {
		return id.ID{}, err
	}
	if f.State != FundOpen {
		return id.ID{}, ErrClosed
	}
	if err := m.checkPayout(ctx, n); err != nil {
		return id.ID{}, err
	}
	payout, row := id.New(m.now()), id.New(m.now())
	return payout, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		left, err := charitydb.AskOfPurse(tx, n.Amount, n.Fund, n.Aim)
		if err != nil {
			return err
		}
		if left == 0 {
			return ErrShort
		}
		if err := charitydb.InsertHome(tx, payout, n.Fund); err != nil {
			return err
		}
		_, err = charitydb.InsertPayout(tx, charitydb.InsertPayoutParams{
			Fund: n.Fund, ID: payout, Appeal: n.Aim, Line: n.Line, Amount: n.Amount, Body: write(n.Body), State: string(PayoutAsked), Asked: tx.Now(),
		})
		if err != nil {
			return err
		}
		return did(tx, n.Fund, row, payout, a.Actor.Person, "payout_asked")
	})
}

func (m *Module) checkPayout(ctx context.Context, n NewPayout) error {
	var faults []fault.Field
	if n.Amount <= 0 {
		faults = append(faults, field("amount", "amount_above"))
	}
	if strings.TrimSpace(n.Body.To.RU) == "" {
		faults = append(faults, field("to", "empty"))
	}
	if strings.TrimSpace(n.Body.What.RU) == "" {
		faults = append(faults, field("what", "empty"))
	}
	if !digits(n.Body.Account, 20) {
		faults = append(faults, field("account", "digits_account"))
	}
	if !digits(n.Body.BIC, 9) {
		faults = append(faults, field("bic", "digits_bic"))
	}
	if n.Aim != n.Fund {
		s, err := m.Appeal(ctx, n.Aim)
		if err != nil {
			return err
		}
		if s.Fund != n.Fund {
			return ErrNone
		}
		if _, known := s.Line(n.Line); !known {
			faults = append(faults, field("line", "choose"))
		}
	}
	if len(faults) > 0 {
		return ErrForm.With(faults...)
	}
	return nil
}

// Payout finds a payout; ErrNone when there is none.
func (m *Module) Payout(ctx context.Context, payout id.ID) (Payout, error) {
	var out Payout
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		home, err := charitydb.HomeOf(r, payout)
		if err != nil {
			return err
		}
		row, err := charitydb.PayoutByID(r, home.Fund, payout)
		if err != nil {
			return err
		}
		out, err = payoutOf(row)
		return err
	})
	return out, none(err)
}

// PayoutsOf lists a fund's payouts, the newest first.
func (m *Module) PayoutsOf(ctx context.Context, fund id.ID) ([]Payout, error) {
	return m.payouts(ctx, func(r store.Reader) ([]charitydb.CharityPayout, error) {
		return charitydb.PayoutsOf(r, fund, appealsMost)
	})
}

// PayoutsIn lists the payouts of all funds in a state, the longest waiting first.
func (m *Module) PayoutsIn(ctx context.Context, state PayoutState) ([]Payout, error) {
	return m.payouts(ctx, func(r store.Reader) ([]charitydb.CharityPayout, error) {
		return charitydb.PayoutsIn(r, string(state), appealsMost)
	})
}

func (m *Module) payouts(ctx context.Context, read func(store.Reader) ([]charitydb.CharityPayout, error)) ([]Payout, error) {
	var out []Payout
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := read(r)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := payoutOf(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, wrap("payouts", err)
}

// DecidePayout is the official's word about a payout. Approved, the money leaves the fund's account in the same Write. Errors:
// ErrTwo, ErrState, ErrShort, ErrClosed (the fund is suspended), ErrForm (no reason).
func (m *Module) DecidePayout(ctx context.Context, a act.Act, payout id.ID, approve bool, reason string) error {
	p, err := m.Payout(ctx, payout)
	if err != nil {
		return err
	}
	f, err := m.Fund(ctx, p.Fund)
	if err != nil {
		return err
	}
	switch reason = strings.TrimSpace(reason); {
	case p.State != PayoutAsked:
		return ErrState
	case approve && f.State != FundOpen:
		return ErrClosed
	case reason == "":
		return ErrForm.With(field("reason", "reason"))
	}
	kind := "payout_refused"
	if approve {
		kind = "payout_approved"
	}
	ready, err := m.prepareOfficial(ctx, a, official{fund: f, object: payout, kind: kind, reason: reason, facts: m.payoutFacts(p)})
	if err != nil {
		return err
	}
	var order Putter
	if approve && m.deps.Payouts != nil {
		if order, err = m.order(ctx, a, p); err != nil {
			return err
		}
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := another(tx, a, p.Fund, payout); err != nil {
			return err
		}
		if err := ready.put(tx); err != nil {
			return err
		}
		if !approve {
			return m.letBe(tx, p, PayoutRefused)
		}
		return m.payOut(tx, a, p, order)
	})
}

func (m *Module) letBe(tx *store.Tx, p Payout, state PayoutState) error {
	n, err := charitydb.SetPayoutState(tx, charitydb.SetPayoutStateParams{State: string(state), Decided: tx.Now(), Fund: p.Fund, ID: p.ID})
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrChanged
	}
	_, err = charitydb.LetBePurse(tx, p.Amount, p.Fund, p.Appeal)
	return err
}

// payOut moves the money: the payout, the purse, the public books, the ledger and the order to the bank, or none of these.
func (m *Module) payOut(tx *store.Tx, a act.Act, p Payout, order Putter) error {
	n, err := charitydb.SetPayoutState(tx, charitydb.SetPayoutStateParams{State: string(PayoutPaid), Decided: tx.Now(), Fund: p.Fund, ID: p.ID})
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrChanged
	}
	if n, err = charitydb.PayFromPurse(tx, p.Amount, p.Fund, p.Appeal); err != nil {
		return err
	}
	if n == 0 {
		return ErrShort
	}
	now, err := purse(tx, p.Fund, p.Appeal)
	if err != nil {
		return err
	}
	_, err = charitydb.InsertEntry(tx, charitydb.InsertEntryParams{
		Fund: p.Fund, ID: p.ID, Kind: string(EntryPayout), Appeal: p.Appeal, Place: now.Place, Amount: p.Amount, Line: p.Line, At: tx.Now(), Day: m.dayOf(tx.Now()),
	})
	if err != nil {
		return err
	}
	_, err = ledger.Post(tx, ledger.Movement{ID: p.ID, Holder: p.Fund, Act: a.ID, Lines: []ledger.Line{
		{Debit: Account(p.Fund), Credit: m.payoutsAccount(), Amount: money.Roubles(p.Amount), About: p.ID},
	}})
	if err != nil || order == nil {
		return err
	}
	return order.Put(tx)
}

// order makes a payout ready for the bank. Whoever approves what they asked for is refused here too.
func (m *Module) order(ctx context.Context, a act.Act, p Payout) (Putter, error) {
	var asker id.ID
	err := m.base.Store.Look(ctx, a, lookActs, func(r *store.Personal) error {
		acts, err := charitydb.ActsOn(r, p.Fund, p.ID)
		for _, one := range acts {
			asker = one.Person
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if a.Is(asker) {
		return nil, ErrTwo
	}
	return m.deps.Payouts.Prepare(ctx, Order{Payout: p, AskedBy: asker, ApprovedBy: a.Actor.Person})
}

// heardReturned puts a payout that the bank sent back into its purse again. It may come twice.
func (m *Module) heardReturned(ctx context.Context, j jobs.Job) error {
	p, err := m.Payout(ctx, j.Object)
	if errors.Is(err, ErrNone) {
		return nil // somebody else's
	}
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := charitydb.ReturnPayout(tx, p.Fund, p.ID)
		if err != nil {
			return err
		}
		if n > 0 {
			if _, err := charitydb.ReturnToPurse(tx, p.Amount, p.Fund, p.Appeal); err != nil {
				return err
			}
			_, err = charitydb.InsertEntry(tx, charitydb.InsertEntryParams{
				Fund: p.Fund, ID: p.ID, Kind: string(EntryReturn), Appeal: p.Appeal, Amount: p.Amount, Line: p.Line, At: j.Made, Day: m.dayOf(j.Made),
			})
			if err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// TakeBackPayout lets a fund withdraw what it asked for.
func (m *Module) TakeBackPayout(ctx context.Context, a act.Act, payout id.ID) error {
	p, err := m.Payout(ctx, payout)
	if err != nil {
		return err
	}
	if p.State != PayoutAsked {
		return ErrState
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return m.letBe(tx, p, PayoutTakenBack) })
}

func (m *Module) payoutFacts(p Payout) []journal.Fact {
	t := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	return []journal.Fact{
		{Name: "amount", Label: t("charity.amount"), Value: money.Roubles(p.Amount).In(lang.Russian)},
		{Name: "to", Label: t("charity.to"), Value: p.To.RU}, {Name: "what", Label: t("charity.what"), Value: p.What.RU},
	}
}

// NewReport is what a fund tells of an appeal.
type NewReport struct {
	Fund, Appeal id.ID
	Text         lang.Text
	Lines        []ReportLine
	Files        []Upload
}

// Tell publishes a report. Its lines come to no more than was paid out and not reported yet, for each line of the budget.
// Errors: ErrForm, ErrShort, ErrFile.
func (m *Module) Tell(ctx context.Context, a act.Act, n NewReport) (id.ID, error) {
	s, err := m.Appeal(ctx, n.Appeal)
	if err != nil {
		return id.ID{}, err
	}
	if s.Fund != n.Fund || !s.State.Public() {
		return id.ID{}, ErrNone
	}
	total, err := checkReport(n, s)
	if err != nil {
		return id.ID{}, err
	}
	body := ReportBody{Text: n.Text, Lines: n.Lines}
	var files []keptFile
	for _, upload := range n.Files {
		file, err := m.look(ctx, upload, false)
		if err != nil {
			return id.ID{}, err
		}
		files = append(files, file)
		body.Files = append(body.Files, Paper{ID: file.id, Name: file.name})
	}
	report, row := id.New(m.now()), id.New(m.now())
	return report, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		for _, file := range files {
			if err := putFile(tx, n.Fund, file); err != nil {
				return err
			}
		}
		if err := m.putReport(tx, report, s, total, body); err != nil {
			return err
		}
		return did(tx, n.Fund, row, report, a.Actor.Person, "reported")
	})
}

func checkReport(n NewReport, s Standing) (int64, error) {
	if strings.TrimSpace(n.Text.RU) == "" {
		return 0, ErrForm.With(field("text", "empty"))
	}
	total := int64(0)
	for _, l := range n.Lines {
		if _, known := s.Line(l.Line); !known || l.Amount <= 0 || strings.TrimSpace(l.What.RU) == "" {
			return 0, ErrForm.With(field("lines", "lines"))
		}
		total += l.Amount
	}
	return total, nil
}

func (m *Module) putReport(tx *store.Tx, report id.ID, s Standing, total int64, body ReportBody) error {
	if total > 0 {
		if err := unreported(tx, s, body.Lines); err != nil {
			return err
		}
		n, err := charitydb.TellOfPurse(tx, total, s.Fund, s.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrShort
		}
	}
	if err := charitydb.InsertHome(tx, report, s.Fund); err != nil {
		return err
	}
	_, err := charitydb.InsertReport(tx, charitydb.InsertReportParams{Fund: s.Fund, ID: report, Appeal: s.ID, At: tx.Now(), Amount: total, Body: write(body)})
	if err != nil || total == 0 {
		return err
	}
	return m.finish(tx, s)
}

// unreported makes sure that no line of the budget is reported above what was paid out for it.
func unreported(tx *store.Tx, s Standing, lines []ReportLine) error {
	h, err := historyOf(tx, s.Fund, s.ID)
	if err != nil {
		return err
	}
	left := h.leftToTell()
	for _, l := range lines {
		if left[l.Line] -= l.Amount; left[l.Line] < 0 {
			return ErrShort
		}
	}
	return nil
}

// finish marks an appeal that is over and of which every kopeck was reported.
func (m *Module) finish(tx *store.Tx, s Standing) error {
	p, err := purse(tx, s.Fund, s.ID)
	if err != nil || p.Told != p.Given || !slices.Contains([]AppealState{AppealReached, AppealEnded}, s.State) {
		return err
	}
	_, err = charitydb.SetAppealState(tx, charitydb.SetAppealStateParams{State: string(AppealReported), Closed: tx.Now(), Fund: s.Fund, ID: s.ID, Was: string(s.State)})
	return err
}

// Reports lists an appeal's reports, the oldest first.
func (m *Module) Reports(ctx context.Context, fund, appeal id.ID) ([]Report, error) {
	return m.reports(ctx, func(r store.Reader) ([]charitydb.CharityReport, error) { return charitydb.ReportsOf(r, fund, appeal) })
}

// ReportsOf lists a fund's reports, the newest first.
func (m *Module) ReportsOf(ctx context.Context, fund id.ID) ([]Report, error) {
	return m.reports(ctx, func(r store.Reader) ([]charitydb.CharityReport, error) {
		return charitydb.ReportsOfFund(r, fund, listMost)
	})
}

func (m *Module) reports(ctx context.Context, read func(store.Reader) ([]charitydb.CharityReport, error)) ([]Report, error) {
	var out []Report
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := read(r)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := reportOf(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, wrap("reports", err)
}
