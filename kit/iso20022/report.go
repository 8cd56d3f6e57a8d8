package iso20022

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// Status is how far an order or a payment of it is.
type Status string

// The statuses. A bank may use others of four letters; Final tells which of them end a payment.
const (
	Received       Status = "RCVD" // it has it
	Checked        Status = "ACTC" // the form is right
	AcceptedClient Status = "ACCP" // and the account may pay
	Settling       Status = "ACSP" // it is on its way
	Settled        Status = "ACSC" // it went off the account
	Credited       Status = "ACCC" // and is on the other
	Partly         Status = "PART" // of an order: some were taken, some refused
	Waiting        Status = "PDNG"
	Rejected       Status = "RJCT"
	Cancelled      Status = "CANC"
)

// Final tells whether nothing more comes after it, and whether the money went.
func (s Status) Final() (over, went bool) {
	switch s {
	case Settled, Credited:
		return true, true
	case Rejected, Cancelled:
		return true, false
	}
	return false, false
}

// Report is the bank's answer to an order (pain.002).
type Report struct {
	ID       string
	Made     time.Time
	Original string // the order's id
	Status   Status // of the order as a whole; empty: each payment's own
	Reason   Reason
	Groups   []GroupReport
}

// Reason says why something was refused.
type Reason struct {
	Code string // of the standard's list, AC01 for example
	Info string // 105 characters at most
}

// GroupReport is the answer to a part of an order.
type GroupReport struct {
	ID       string
	Status   Status
	Reason   Reason
	Payments []PaymentReport
}

// PaymentReport is the answer to one payment.
type PaymentReport struct {
	EndToEnd string // the payment's reference
	Status   Status
	Reason   Reason
	Accepted time.Time
	BankRef  string
}

func (s Status) check() error {
	if s != "" && !isCode(string(s)) {
		return fmt.Errorf("%w: status %.10q", ErrCheck, string(s))
	}
	return nil
}

func (r Reason) check() error {
	if r.Code != "" && !isCode(r.Code) {
		return fmt.Errorf("%w: reason %.10q", ErrCheck, r.Code)
	}
	return text("reason", r.Info, mostReason)
}

// Check tells why an answer can't be written; ErrCheck.
func (r Report) Check() error {
	out := errors.Join(reference("answer", r.ID), reference("order", r.Original), r.Status.check(), r.Reason.check())
	for _, g := range r.Groups {
		out = errors.Join(out, reference("group", g.ID), g.Status.check(), g.Reason.check())
		for _, p := range g.Payments {
			out = errors.Join(out, text("payment", p.EndToEnd, mostReference), text("bank's reference", p.BankRef, mostReference), p.Status.check(), p.Reason.check())
		}
	}
	return out
}

const rootReport = "CstmrPmtStsRpt"

// Write writes the answer. ErrCheck: nothing was written.
func (r Report) Write(to io.Writer) error {
	if err := r.Check(); err != nil {
		return err
	}
	w := newWriter(to)
	w.begin(NameReport, rootReport)
	w.open("GrpHdr")
	w.text("MsgId", r.ID)
	w.text("CreDtTm", moment(r.Made))
	w.close("GrpHdr")
	w.open("OrgnlGrpInfAndSts")
	w.text("OrgnlMsgId", r.Original)
	w.text("OrgnlMsgNmId", NameInitiation)
	w.text("GrpSts", string(r.Status))
	w.reason(r.Reason)
	w.close("OrgnlGrpInfAndSts")
	for _, g := range r.Groups {
		w.raw("\n")
		w.open("OrgnlPmtInfAndSts")
		w.text("OrgnlPmtInfId", g.ID)
		w.text("PmtInfSts", string(g.Status))
		w.reason(g.Reason)
		for _, p := range g.Payments {
			w.raw("\n")
			w.open("TxInfAndSts")
			w.text("OrgnlEndToEndId", p.EndToEnd)
			w.text("TxSts", string(p.Status))
			w.reason(p.Reason)
			if !p.Accepted.IsZero() {
				w.text("AccptncDtTm", moment(p.Accepted))
			}
			w.text("AcctSvcrRef", p.BankRef)
			w.close("TxInfAndSts")
		}
		w.close("OrgnlPmtInfAndSts")
	}
	return w.end(rootReport)
}

func (w *writer) reason(r Reason) {
	if r == (Reason{}) {
		return
	}
	w.open("StsRsnInf")
	if r.Code != "" {
		w.open("Rsn")
		w.text("Cd", r.Code)
		w.close("Rsn")
	}
	w.text("AddtlInf", r.Info)
	w.close("StsRsnInf")
}

// ReadReport reads an answer. ErrMessage.
func ReadReport(from io.Reader) (Report, error) {
	n, err := readWhole(from, NameReport, rootReport)
	if err != nil {
		return Report{}, err
	}
	f := &fields{n: n}
	f.must("GrpHdr", "MsgId")
	f.must("GrpHdr", "CreDtTm")
	out := Report{ID: f.text(mostReference, "GrpHdr", "MsgId"), Made: f.moment("GrpHdr", "CreDtTm")}
	of := &fields{n: f.must("OrgnlGrpInfAndSts")}
	out.Original, out.Status, out.Reason = of.text(mostReference, "OrgnlMsgId"), Status(of.text(4, "GrpSts")), of.reason()
	f.fail(of.err)
	for _, one := range f.all("OrgnlPmtInfAndSts") {
		g := &fields{n: one}
		group := GroupReport{ID: g.text(mostReference, "OrgnlPmtInfId"), Status: Status(g.text(4, "PmtInfSts")), Reason: g.reason()}
		for _, payment := range g.all("TxInfAndSts") {
			p := &fields{n: payment}
			group.Payments = append(group.Payments, PaymentReport{
				EndToEnd: p.text(mostReference, "OrgnlEndToEndId"), Status: Status(p.text(4, "TxSts")), Reason: p.reason(), Accepted: p.moment("AccptncDtTm"), BankRef: p.text(mostReference, "AcctSvcrRef"),
			})
			g.fail(p.err)
		}
		f.fail(g.err)
		out.Groups = append(out.Groups, group)
	}
	if f.err == nil {
		if err := out.Check(); err != nil {
			f.err = fmt.Errorf("%w: %w", ErrMessage, err)
		}
	}
	return out, f.err
}

// reason reads the first of the reasons; the others are the bank's words about the same.
func (f *fields) reason() Reason {
	all := f.all("StsRsnInf")
	if len(all) == 0 {
		return Reason{}
	}
	r := &fields{n: all[0]}
	out := Reason{Code: r.text(4, "Rsn", "Cd")}
	if infos := r.all("AddtlInf"); len(infos) > 0 {
		first := &fields{n: &node{name: "StsRsnInf", children: infos[:1]}}
		out.Info = first.text(mostReason, "AddtlInf")
		r.fail(first.err)
	}
	f.fail(r.err)
	return out
}
