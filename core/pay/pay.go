package pay

import (
	"time"

	"posad.city/core/ledger"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// The events.
const (
	EventDue       = "pay.due"
	EventPaid      = "pay.paid"
	EventCancelled = "pay.cancelled"
	EventRefunded  = "pay.refunded" // what was paid goes back
)

// State is how far a charge, a payment or an attempt is.
type State string

// The states. A charge is due, paid, cancelled or refunded (paid, and given back); a payment is open, paid, failed, surplus or refunded; an attempt is
// started (the bank may not know of it), open (the bank has it), paid, declined or expired (given back unheard, too).
const (
	Due       State = "due"
	Cancelled State = "cancelled"
	Open      State = "open"
	Paid      State = "paid"
	Failed    State = "failed"
	Surplus   State = "surplus"
	Refunded  State = "refunded"
	Started   State = "started"
	Declined  State = "declined"
	Expired   State = "expired"
)

// Charge is what somebody owes.
type Charge struct {
	ID       id.ID
	Payer    id.ID
	Number   string // public number of the bill
	Agency   id.ID  // whose income it is
	Service  string // key of the service
	Subject  id.ID  // the case it belongs to
	Amount   money.Amount
	Title    lang.Text // what is paid for, the same for everybody
	State    State
	Issued   time.Time
	Due      time.Time // zero: no term
	Settled  time.Time // when it was paid or cancelled
	Payment  id.ID     // that paid it
	Revision int64
}

// Payment is one intention to pay.
type Payment struct {
	ID      id.ID
	Payer   id.ID
	Actor   id.ID // who pays
	Amount  money.Amount
	State   State
	Started time.Time
	Ended   time.Time
	Code    string // check code of the receipt
	Lines   []Line
}

// Line is the part of a payment that goes to one charge.
type Line struct {
	Charge id.ID
	Amount int64 // minor units
}

// Attempt is one try at the bank.
type Attempt struct {
	ID      id.ID
	Payment id.ID
	Payer   id.ID
	State   State
	Page    string // the bank's page
	Started time.Time
	Ended   time.Time
}

// over tells whether nothing more can happen to an attempt.
func (a Attempt) over() bool { return a.State == Paid || a.State == Declined || a.State == Expired }

// Clearing is the account of money that the bank holds for the city.
func Clearing(c money.Currency) ledger.Account { return ledger.Named("bank clearing", c, ledger.Free) }

// Income is the account of an agency's income.
func Income(agency id.ID, c money.Currency) ledger.Account {
	return ledger.Named("income "+agency.String(), c, ledger.Free)
}

// ToReturn is the account of money that is to be given back.
func ToReturn(c money.Currency) ledger.Account { return ledger.Named("surplus", c, ledger.Credits) }

// The faults of this module.
var (
	ErrNone      = fault.New(fault.Missing, "pay.none")
	ErrSettled   = fault.New(fault.Conflict, "pay.settled_fault")  // it is paid or cancelled
	ErrUnpaid    = fault.New(fault.Conflict, "pay.unpaid")         // there is nothing to give back
	ErrPending   = fault.New(fault.Conflict, "pay.pending")        // an attempt's fate is not known yet
	ErrBank      = fault.New(fault.Unavailable, "pay.bank_silent") // nothing was taken
	ErrSignature = fault.New(fault.Denied, "pay.webhook_signature")
	ErrAmount    = fault.New(fault.Invalid, "pay.webhook_amount")
)
