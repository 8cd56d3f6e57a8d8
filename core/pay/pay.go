package pay

import (
	"encoding/json"
	"fmt"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/vault"
)

// The events. The holder is the payer, the object the payment.
const (
	EventTaken    = "pay.taken"    // the money came
	EventFailed   = "pay.failed"   // it will not come: declined, or left open for a day
	EventRefunded = "pay.refunded" // a part of it goes back
	EventDisputed = "pay.disputed" // the payer's bank asks for it
)

// EventGiveBackElsewhere says that all that was paid for a charge is to go back, and that some of it was put in by others than
// this module: they give it back. The holder is the charge's home, the object the charge.
const EventGiveBackElsewhere = "pay.give_back_elsewhere"

// State is how far a payment or an attempt is.
type State string

// The states. A payment is open, paid, failed, refunded (all of it went back) or reversed (the bank took it back by
// itself); an attempt is started (the bank may not know of it), open (the bank has it), paid, declined, expired (given
// back unheard, too) or reversed.
const (
	Open     State = "open"
	Paid     State = "paid"
	Failed   State = "failed"
	Refunded State = "refunded"
	Started  State = "started"
	Declined State = "declined"
	Expired  State = "expired"
)

// Payment is one intention to pay, and what became of it.
type Payment struct {
	ID       id.ID
	Payer    id.ID
	Actor    id.ID // who pays: the payer, or somebody with a mandate
	Amount   money.Amount
	State    State
	Method   Method
	Guest    bool  // the payer has no account: an id for this payment alone
	Refunded int64 // of Amount: went back, or is on its way
	Disputed int64 // of Amount: the payer's bank asks for it, or has it
	Started  time.Time
	Ended    time.Time
	Code     string // check code of the receipt; empty until it is paid
	Lang     lang.Language
	Fiscal   *Fiscal // the fiscal operator's receipt; nil: none yet
	Lines    []Line
	Attempts []Attempt // newest first
	Revision int64
	Found    bool // begun by somebody who found the bill and need not owe it
	email    vault.Sealed
	token    []byte // hash of what opens a guest's payment
}

// Line is the part of a payment that goes to one charge.
type Line struct {
	Home, Charge, Payee, Subject id.ID
	Number, Kind, Service        string
	Title                        lang.Text
	Amount                       int64 // minor units, as all below
	Taken                        int64 // of Amount: counted for the charge; the rest was a surplus
	Refunded                     int64 // of Taken: went back
	Disputed                     int64 // of Taken: lost in a dispute
}

// Left is what of a line may still be given back, minor units.
func (l Line) Left() int64 { return l.Taken - l.Refunded - l.Disputed }

// Attempt is one try at a provider.
type Attempt struct {
	ID        id.ID
	Payment   id.ID
	Payer     id.ID
	Provider  string
	Method    Method
	State     State
	Page      string // where the person pays
	QR        string // what the code says
	Card      id.ID  // saved card that pays
	Save      bool   // the card is to be kept
	Reason    Reason // why it was declined
	Reference string // the provider's number of it
	Started   time.Time
	Ended     time.Time
}

// over tells whether nothing more is expected of an attempt.
func (a Attempt) over() bool { return a.State != Started && a.State != Open }

// fate is how an attempt ended for what it was to pay: money that was taken otherwise than ordered pays nothing and goes back.
func (a Attempt) fate() (State, Reason) {
	if a.State == Paid && a.Reason == OtherAmount {
		return Declined, a.Reason
	}
	return a.State, a.Reason
}

// taken is the attempt whose money a payment is; false: none was paid.
func (p Payment) taken() (Attempt, bool) {
	for _, a := range p.Attempts {
		if a.State == Paid || a.State == Reversed {
			return a, true
		}
	}
	return Attempt{}, false
}

// Surplus is what came too much, minor units.
func (p Payment) Surplus() int64 {
	if p.Code == "" {
		return 0
	}
	out := int64(0)
	for _, l := range p.Lines {
		out += l.Amount - l.Taken
	}
	return out
}

// Clearing is the account of money that the bank holds for the city.
func Clearing(c money.Currency) ledger.Account { return ledger.Named("bank clearing", c, ledger.Free) }

// Income is the account of a payee's income.
func Income(payee id.ID, c money.Currency) ledger.Account {
	return ledger.Named("income "+payee.String(), c, ledger.Free)
}

// ToReturn is the account of money that is to be given back.
func ToReturn(c money.Currency) ledger.Account { return ledger.Named("surplus", c, ledger.Credits) }

// Disputed is the account of money that payers' banks ask for.
func Disputed(c money.Currency) ledger.Account { return ledger.Named("disputed", c, ledger.Free) }

// Wallet is the account of the money on one of the city's cards.
func Wallet(card id.ID, c money.Currency) ledger.Account {
	return ledger.Named("wallet "+card.String(), c, ledger.Credits)
}

// income is the account that a line's money goes to.
func (l Line) income(c money.Currency) ledger.Account { return Income(l.Payee, c) }

// The faults of this module.
var (
	ErrNone      = fault.New(fault.Missing, "pay.none")
	ErrSettled   = fault.New(fault.Conflict, "pay.settled_fault")  // it is paid or cancelled
	ErrUnpaid    = fault.New(fault.Conflict, "pay.unpaid")         // there is nothing to give back, or not as much
	ErrPending   = fault.New(fault.Conflict, "pay.pending")        // an attempt's fate is not known yet
	ErrBank      = fault.New(fault.Unavailable, "pay.bank_silent") // nothing is known of the money: it may have been taken
	ErrSignature = fault.New(fault.Denied, "pay.webhook_signature")
	ErrAmount    = fault.New(fault.Invalid, "pay.webhook_amount")
	ErrWhole     = fault.New(fault.Invalid, "pay.whole")       // this charge is paid whole or not at all
	ErrTooMuch   = fault.New(fault.Invalid, "pay.too_much")    // more than is owed
	ErrBasket    = fault.New(fault.Invalid, "pay.basket")      // nothing chosen, too much at once, or several currencies
	ErrMethod    = fault.New(fault.Invalid, "pay.method")      // this way of paying is not there
	ErrMandates  = fault.New(fault.Invalid, "pay.mandates")    // some of the bills are paid by one mandate, some by another
	ErrKey       = fault.New(fault.Conflict, "pay.key_taken")  // the key is of a payment, or a refund, of something else
	ErrShown     = fault.New(fault.Conflict, "pay.sum_moved")  // another sum is owed than was shown
	ErrCard      = fault.New(fault.Missing, "pay.card_none")   // no such saved card
	ErrDispute   = fault.New(fault.Conflict, "pay.no_dispute") // there is no open dispute
)

func attemptOf(row paydb.Attempt) Attempt {
	return Attempt{
		ID: row.ID, Payment: row.Payment, Payer: row.Payer, Provider: row.Provider, Method: Method(row.Method), State: State(row.State), Page: row.Page, QR: row.QR,
		Card: row.Card, Save: row.Save, Reason: Reason(row.Reason), Reference: row.Reference, Started: row.Started, Ended: row.Ended,
	}
}

func lineOf(row paydb.PaymentLine) (Line, error) {
	out := Line{
		Home: row.Home, Charge: row.Charge, Payee: row.Payee, Subject: row.Subject, Number: row.Number, Kind: row.Kind, Service: row.Service,
		Amount: row.Amount, Taken: row.Taken, Refunded: row.Refunded, Disputed: row.Disputed,
	}
	if err := json.Unmarshal([]byte(row.Title), &out.Title); err != nil {
		return out, fmt.Errorf("pay: title of charge %s: %w", row.Charge, err)
	}
	return out, nil
}

func paymentOf(row paydb.Payment) (Payment, error) {
	out := Payment{
		ID: row.ID, Payer: row.Payer, Actor: row.Actor, State: State(row.State), Method: Method(row.Method), Guest: row.Guest, Refunded: row.Refunded, Disputed: row.Disputed,
		Started: row.Started, Ended: row.Ended, Code: row.Code, Lang: lang.Language(row.Lang), Revision: row.Revision, email: row.Email, Found: row.Found, token: row.Token,
		Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)},
	}
	if row.Fiscal == "" {
		return out, nil
	}
	out.Fiscal = &Fiscal{}
	if err := json.Unmarshal([]byte(row.Fiscal), out.Fiscal); err != nil {
		return out, fmt.Errorf("pay: fiscal receipt of %s: %w", row.ID, err)
	}
	return out, nil
}
