package iso20022

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// Initiation orders the bank to pay out (pain.001).
type Initiation struct {
	ID        string // 1 to 35 characters: the bank takes an order of the same id once
	Made      time.Time
	Initiator Party
	Groups    []Group // one at least
}

// Group is a part of an order: what is paid from one account on one day.
type Group struct {
	ID            string // 1 to 35 characters
	Day           calendar.Date
	Debtor        Party
	DebtorAccount Account
	DebtorBank    Bank
	Transfers     []Transfer // one at least
}

// Transfer is one payment out.
type Transfer struct {
	ID              string // end to end, 1 to 35 characters: stands in the answer and in both statements
	Amount          money.Amount
	Creditor        Party
	CreditorAccount Account
	CreditorBank    Bank
	Purpose         string // 560 characters at most
}

// transfersMost is how many payments an order may have.
const transfersMost = 100_000

// Sum is what a group or an order comes to and how many payments it has. The currencies must be one, or ErrCheck.
func sum(groups ...Group) (money.Amount, int, error) {
	var total money.Amount
	n := 0
	for _, g := range groups {
		for _, t := range g.Transfers {
			var err error
			if total, err = total.Add(t.Amount); err != nil {
				return total, n, fmt.Errorf("%w: the sum: %w", ErrCheck, err)
			}
			n++
		}
	}
	return total, n, nil
}

// Sum is what the order comes to, and how many payments it has. ErrCheck: they are in several currencies, or too much.
func (i Initiation) Sum() (money.Amount, int, error) { return sum(i.Groups...) }

// Check tells why an order can't be written; ErrCheck. References must not repeat.
func (i Initiation) Check() error {
	out := errors.Join(reference("order", i.ID), i.Initiator.check("initiator"))
	total, n, err := i.Sum()
	if err != nil || n == 0 || n > transfersMost || !sayable(total) {
		return errors.Join(out, fmt.Errorf("%w: an order needs 1 to %d payments in one currency", ErrCheck, transfersMost), err)
	}
	seen := map[string]bool{}
	for _, g := range i.Groups {
		if len(g.Transfers) == 0 || g.Day.IsZero() || seen["group "+g.ID] {
			out = errors.Join(out, fmt.Errorf("%w: a group needs a day, a payment and a reference of its own", ErrCheck))
		}
		seen["group "+g.ID] = true
		out = errors.Join(out, reference("group", g.ID), g.Debtor.check("debtor"), g.DebtorAccount.check("debtor's account"), g.DebtorBank.check("debtor's bank"))
		for _, t := range g.Transfers {
			if seen[t.ID] {
				out = errors.Join(out, fmt.Errorf("%w: the payment %s twice", ErrCheck, t.ID))
			}
			seen[t.ID] = true
			if err := t.check(); err != nil {
				out = errors.Join(out, fmt.Errorf("payment %s: %w", t.ID, err))
			}
		}
	}
	return out
}

func (t Transfer) check() error {
	out := errors.Join(reference("payment", t.ID), above("payment", t.Amount), t.Creditor.check("creditor"), t.CreditorAccount.check("account"), t.CreditorBank.check("bank"), text("purpose", t.Purpose, mostPurpose))
	if t.Creditor.Name == "" {
		out = errors.Join(out, fmt.Errorf("%w: nobody is named to pay to", ErrCheck))
	}
	return out
}

const rootInitiation = "CstmrCdtTrfInitn"

// Write writes the order. ErrCheck: nothing was written.
func (i Initiation) Write(to io.Writer) error {
	if err := i.Check(); err != nil {
		return err
	}
	total, n, err := i.Sum()
	if err != nil {
		return err
	}
	w := newWriter(to)
	w.begin(NameInitiation, rootInitiation)
	w.open("GrpHdr")
	w.text("MsgId", i.ID)
	w.text("CreDtTm", moment(i.Made))
	w.text("NbOfTxs", strconv.Itoa(n))
	w.text("CtrlSum", decimal(total))
	w.open("InitgPty")
	w.party(i.Initiator)
	w.close("InitgPty", "GrpHdr")
	for _, g := range i.Groups {
		w.group(g)
	}
	return w.end(rootInitiation)
}

func (w *writer) group(g Group) {
	total, n, err := sum(g)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.raw("\n")
	w.open("PmtInf")
	w.text("PmtInfId", g.ID)
	w.text("PmtMtd", "TRF")
	w.text("NbOfTxs", strconv.Itoa(n))
	w.text("CtrlSum", decimal(total))
	w.day("ReqdExctnDt", g.Day)
	w.open("Dbtr")
	w.party(g.Debtor)
	w.close("Dbtr")
	w.account("DbtrAcct", g.DebtorAccount, false)
	w.bank("DbtrAgt", g.DebtorBank)
	for _, t := range g.Transfers {
		w.raw("\n")
		w.open("CdtTrfTxInf", "PmtId")
		w.text("EndToEndId", t.ID)
		w.close("PmtId")
		w.open("Amt")
		w.amount("InstdAmt", t.Amount)
		w.close("Amt")
		w.bank("CdtrAgt", t.CreditorBank)
		w.open("Cdtr")
		w.party(t.Creditor)
		w.close("Cdtr")
		w.account("CdtrAcct", t.CreditorAccount, false)
		w.purpose(t.Purpose)
		w.close("CdtTrfTxInf")
	}
	w.close("PmtInf")
}

// ReadInitiation reads an order. ErrMessage, also when its counts and sums are not those of its payments.
func ReadInitiation(from io.Reader) (Initiation, error) {
	n, err := readWhole(from, NameInitiation, rootInitiation)
	if err != nil {
		return Initiation{}, err
	}
	f := &fields{n: n}
	f.must("GrpHdr", "MsgId")
	f.must("GrpHdr", "CreDtTm")
	out := Initiation{ID: f.text(mostReference, "GrpHdr", "MsgId"), Made: f.moment("GrpHdr", "CreDtTm"), Initiator: f.party("GrpHdr", "InitgPty")}
	for _, one := range f.all("PmtInf") {
		g := &fields{n: one}
		if method := g.text(3, "PmtMtd"); method != "TRF" {
			g.fail(fmt.Errorf("%w: %.10q is no transfer", ErrMessage, method))
		}
		group := Group{ID: g.text(mostReference, "PmtInfId"), Day: g.day("ReqdExctnDt"), Debtor: g.party("Dbtr"), DebtorAccount: g.account("DbtrAcct"), DebtorBank: g.bank("DbtrAgt")}
		for _, payment := range g.all("CdtTrfTxInf") {
			t := &fields{n: payment}
			group.Transfers = append(group.Transfers, Transfer{
				ID: t.text(mostReference, "PmtId", "EndToEndId"), Amount: t.amount("Amt", "InstdAmt"), Creditor: t.party("Cdtr"), CreditorAccount: t.account("CdtrAcct"),
				CreditorBank: t.bank("CdtrAgt"), Purpose: t.texts(purposePart, t.one("RmtInf"), "Ustrd"),
			})
			g.fail(t.err)
		}
		g.totals(g, group)
		f.fail(g.err)
		out.Groups = append(out.Groups, group)
	}
	f.must("GrpHdr", "NbOfTxs")
	if f.err == nil {
		f.totals(&fields{n: f.must("GrpHdr")}, out.Groups...)
	}
	if f.err != nil {
		return out, f.err
	}
	if err := out.Check(); err != nil {
		return out, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return out, nil
}

// totals compares the counts and sums that a message tells of its payments with the payments.
func (f *fields) totals(told *fields, groups ...Group) {
	total, n, err := sum(groups...)
	if err != nil {
		f.fail(fmt.Errorf("%w: %w", ErrMessage, err))
		return
	}
	if told.one("NbOfTxs") != nil && told.count("NbOfTxs") != int64(n) {
		f.fail(fmt.Errorf("%w: it tells of another number of payments than it has", ErrMessage))
	}
	if number := told.text(20, "CtrlSum"); number != "" && n > 0 {
		if a, err := parseAmount(number, string(total.Currency)); err != nil || a != total {
			f.fail(fmt.Errorf("%w: it tells of another sum than its payments come to", ErrMessage))
		}
	}
	f.fail(told.err)
}

// readWhole reads a message that is bounded as one entry of a statement is.
func readWhole(from io.Reader, name, root string) (*node, error) {
	r, err := open(from, name, root)
	if err != nil {
		return nil, early(err)
	}
	out := &node{name: root}
	for {
		start, err := r.child()
		if err != nil {
			return nil, early(err)
		}
		if start == nil {
			break
		}
		child, err := r.node(start, depthMost)
		if err != nil {
			return nil, early(err)
		}
		out.children = append(out.children, child)
	}
	if start, err := r.child(); err != nil || start != nil {
		return nil, fmt.Errorf("%w: something beside <%s>", ErrMessage, root)
	}
	return out, r.end()
}
