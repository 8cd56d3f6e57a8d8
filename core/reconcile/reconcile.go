package reconcile

import (
	"context"
	"io"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// The accounts of this module, beside those of core/pay.

// Bank is the account of the money that lies at the bank, as its statements show.
func Bank(number string, c money.Currency) ledger.Account {
	return ledger.Named("bank account "+number, c, ledger.Free)
}

// Opening is the account of what lay at the bank before the first statement.
func Opening(c money.Currency) ledger.Account { return ledger.Named("bank opening", c, ledger.Free) }

// Fees is the account of what the bank keeps for itself.
func Fees(c money.Currency) ledger.Account { return ledger.Named("bank fees", c, ledger.Free) }

// Unidentified is the account of money that came and that nobody knows what for, yet.
func Unidentified(c money.Currency) ledger.Account {
	return ledger.Named("unidentified", c, ledger.Credits)
}

// Unexplained is the account of money that went and that nobody has explained, yet.
func Unexplained(c money.Currency) ledger.Account { return ledger.Named("unexplained", c, ledger.Free) }

// OnPayout is the account of money that was ordered to be paid out and has not left the bank yet.
func OnPayout(c money.Currency) ledger.Account { return ledger.Named("on payout", c, ledger.Free) }

// The kinds of what a statement must show.
const (
	KindPayment    = pay.AtBankPayment
	KindRefund     = pay.AtBankRefund
	KindReversal   = pay.AtBankReversal
	KindDispute    = pay.AtBankDispute
	KindDisputeWon = pay.AtBankDisputeWon
	KindPayout     = "payout"
)

// AtBank is what a statement must show because of a payment.
type AtBank = pay.AtBank

// Payments tells what statements must show; *pay.Module is one. It names nobody. The id is a
// payment's, an attempt's or a refund's.
type Payments interface {
	AtBank(ctx context.Context, payment id.ID) ([]AtBank, error)
}

// Charges are what somebody owes; *charge.Module is most of one.
type Charges interface {
	Where(ctx context.Context, charge id.ID) (charge.Place, error)
	// Named finds the charges that a number, an identifier or a payee's own number names; it names nobody. At most a few.
	Named(ctx context.Context, word string) ([]charge.Place, error)
	Charge(ctx context.Context, a act.Act, home, charge id.ID) (charge.Charge, error)
	// Watchers are the people whose accounts watch a home.
	Watchers(ctx context.Context, home id.ID) ([]id.ID, error)
	Settle(tx *store.Tx, a act.Act, home, charge id.ID, p charge.PartPayment) (int64, error)
	Read(r store.PersonalReader, home, charge id.ID) (charge.Charge, error)
	GiveBack(tx *store.Tx, a act.Act, home, charge, payment id.ID, amount int64) error
}

// Payee is somebody whose income the city takes.
type Payee struct {
	ID    id.ID
	Title lang.Text
	Kind  string // agency, fund, provider
	Own   bool   // the money leaves only by the payee's own word (PrepareTransfer): no daily payout takes it
}

// The kinds of payees.
const (
	PayeeAgency   = "agency"
	PayeeFund     = "fund"
	PayeeProvider = "provider"
)

// Banker is the city's bank; nil where statements and orders are carried by hand.
type Banker interface {
	// Statement is a day's statement; ErrNoStatement when the bank has none yet.
	Statement(ctx context.Context, day calendar.Date) (io.ReadCloser, error)
	// Send gives an order; the same order given again changes nothing.
	Send(ctx context.Context, order iso20022.Initiation) (iso20022.Report, error)
	// Ask tells how an order stands; ErrNoOrder when the bank does not have it.
	Ask(ctx context.Context, order string) (iso20022.Report, error)
}

// Own is the city's account at the bank.
type Own struct {
	Number    string
	Currency  money.Currency
	Name      string // of the treasury, as the bank knows it
	TaxNumber string
	Bank      iso20022.Bank
}

// The kinds of journal entries.
const (
	EntryDay       = "reconcile.day" // signs a day's income
	EntrySettled   = "reconcile.settled"
	EntrySentBack  = "reconcile.sent_back"
	EntryPayee     = "reconcile.payee"
	EntryPayout    = "reconcile.payout"
	EntryCancelled = "reconcile.payout_cancelled"
	EntryExplained = "reconcile.explained"
	EntryAnswered  = "reconcile.answered"
	EntryStatement = "reconcile.statement"
)

// State is how far a line of a statement is explained.
type State string

// The states.
const (
	Whole     State = "matched" // it shows what was expected
	Partly    State = "partly"  // a part of it does
	Unknown   State = "unknown"
	Duplicate State = "duplicate" // it shows again what another line has shown
	Fee       State = "fee"       // the bank's own
	Returned  State = "returned"  // a payout that came back
	Settled   State = "settled"   // an official has settled charges with it, or sent it back
)

// The faults of this module.
var (
	ErrFile        = fault.New(fault.Invalid, "reconcile.file_fault")      // not a statement
	ErrAccount     = fault.New(fault.Invalid, "reconcile.account_fault")   // of another account
	ErrSums        = fault.New(fault.Invalid, "reconcile.sums_fault")      // its lines do not make its balances
	ErrKnown       = fault.New(fault.Conflict, "reconcile.known_fault")    // it was loaded before
	ErrOther       = fault.New(fault.Conflict, "reconcile.other_fault")    // another statement of the same name was loaded
	ErrNone        = fault.New(fault.Missing, "reconcile.none")            //
	ErrChanged     = fault.New(fault.Conflict, "reconcile.changed_fault")  // somebody was first
	ErrRole        = fault.New(fault.Denied, "reconcile.role_fault")       // the treasury's officials alone
	ErrSecond      = fault.New(fault.Denied, "reconcile.second_fault")     // a second official is needed
	ErrAmount      = fault.New(fault.Invalid, "reconcile.amount_fault")    // not a sum, or more than is left
	ErrCharge      = fault.New(fault.Invalid, "reconcile.charge_fault")    // no such charge, or nothing is owed
	ErrReason      = fault.New(fault.Invalid, "reconcile.reason_fault")    // a reason is needed
	ErrPayer       = fault.New(fault.Invalid, "reconcile.payer_fault")     // the bank does not say to whom
	ErrDetails     = fault.New(fault.Invalid, "reconcile.details_fault")   // bank details that can't be
	ErrNothing     = fault.New(fault.Conflict, "reconcile.nothing_fault")  // nothing is to be paid out
	ErrNoBank      = fault.New(fault.Unavailable, "reconcile.bank_silent") // the bank does not answer
	ErrNoCity      = fault.New(fault.Unavailable, "reconcile.no_city")     // no version of the city is in force
	ErrNoStatement = fault.New(fault.Missing, "reconcile.no_statement")
	ErrNoOrder     = fault.New(fault.Missing, "reconcile.no_order")       // the bank does not know the order
	ErrByBank      = fault.New(fault.Conflict, "reconcile.by_bank_fault") // the bank itself says it: no file is taken
	ErrAsked       = fault.New(fault.Conflict, "reconcile.asked_fault")   // written down; a second official must do the same
	ErrOwn         = fault.New(fault.Denied, "reconcile.own_fault")       // of the official themselves
	ErrDay         = fault.New(fault.Conflict, "reconcile.day_fault")     // of a day that is there already, or is to come
	ErrChain       = fault.New(fault.Conflict, "reconcile.chain_fault")   // it does not begin with what the one before ended with
)

// treasury is the agency that keeps the books.
func (m *Module) treasury() id.ID { return agency.ID(m.deps.Treasury) }
