package charge

import (
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// The events. The holder is the charge's home, the object the charge.
const (
	EventDue       = "charge.due"
	EventChanged   = "charge.changed"   // corrected, part-paid, put on instalments, owed again
	EventPaid      = "charge.paid"      // nothing is left
	EventCancelled = "charge.cancelled" // owed no more
	EventRefunded  = "charge.refunded"  // all that was paid goes back
	EventOver      = "charge.over"      // more was paid than is owed since a correction or an end: Charge.Over goes back
)

// State is how far a charge is.
type State string

// The states.
const (
	Due       State = "due"
	Part      State = "part" // something was paid
	Paid      State = "paid"
	Cancelled State = "cancelled"
	Refunded  State = "refunded" // it was paid, and all of it went back
)

// Open tells whether something may still be owed.
func (s State) Open() bool { return s == Due || s == Part }

// The kinds that no file of the city declares.
const (
	KindFee  = "fee"  // a service's fee: no discount, no penalty
	KindGift = "gift" // a gift to a fund
	// KindWallet is money that somebody puts onto a card of the city, its subject.
	KindWallet = "wallet"
)

// ownKind tells whether a kind is of the house itself.
func ownKind(key string) bool { return key == KindFee || offered(key) }

// offered tells whether nobody owes a charge of the kind: the person made it for themselves and may let it be.
func offered(key string) bool { return key == KindGift || key == KindWallet }

// Charge is what somebody owes.
type Charge struct {
	ID       id.ID
	Home     id.ID
	Payee    id.ID // whose income it is
	Subject  id.ID // the case, the flat; zero: none
	Number   string
	External string // the payee's own number
	Kind     string
	Service  string
	Period   string // 2026-10, 2025 of what is for a year, or empty
	Title    lang.Text
	Amount   money.Amount // above zero
	Paid     int64        // minor units that payments put to it, less what the bank took back
	Given    int64        // of Paid, what was given back
	Forgiven int64        // of Given, what is owed no more
	Terms    Terms
	State    State
	Issued   time.Time
	Decided  time.Time // the day of the payee's decision: whose the home was then, theirs it is
	Due      time.Time // zero: no term
	Settled  time.Time // when it was paid, cancelled or given back
	Test     bool
	Revision int64
	Rates    []Rate     // of the penalty, the oldest first
	Parts    []PartPaid // what each payment put to it, by payment
}

// PartPaid is what one payment put to a charge.
type PartPaid struct {
	Payment  id.ID
	Amount   int64 // taken
	Given    int64 // of it, given back
	Forgiven int64 // of Given, owed no more
	Reversed int64 // of it, taken back by the bank
	At       time.Time
}

// Payment is the payment that put the last part; zero: none.
func (c Charge) Payment() id.ID {
	var out PartPaid
	for _, p := range c.Parts {
		if p.Amount > p.Reversed && !p.At.Before(out.At) {
			out = p
		}
	}
	return out.Payment
}

// Place is where a charge lies and whose it is; it names nobody.
type Place struct {
	ID, Home, Payee id.ID
	Kind, Service   string
	Number          string
	Test            bool
	Decided         time.Time
}

// At is where the charge lies.
func (c Charge) At() Place {
	return Place{ID: c.ID, Home: c.Home, Payee: c.Payee, Kind: c.Kind, Service: c.Service, Number: c.Number, Test: c.Test, Decided: c.Decided}
}

// NewCharge is what somebody is to owe.
type NewCharge struct {
	ID       id.ID      // zero: made of Payee and External, so that the same bill twice is one
	Person   id.ID      // who owes it, or
	For      Identifier // the identifier that it is issued to
	Payee    id.ID
	External string // the payee's own number of it; may be empty when ID is given
	Kind     string // key of charges/KEY.yaml, KindFee, KindGift or KindWallet
	Service  string
	Subject  id.ID
	Amount   money.Amount
	Title    lang.Text // in both languages; zero: the kind's
	Period   string
	Dated    calendar.Date // when the payee decided it; zero: today. Discounts and terms count from it
	Due      time.Time     // zero: as the kind says
	Details  []Detail
	Proof    string // the second thing that whoever finds it without signing in must know
	Terms    *Terms // nil: those of the kind
	Plain    bool   // the kind's terms without its discount: the law excepts this one
	Test     bool
	entered  bool // by an agency, which issues the kinds of the city and none of the house itself
}

// Detail is one thing that is told of a charge, sealed under its home's key: a place, an article, a photograph's address.
type Detail struct {
	Label lang.Text `json:"l"`
	Value string    `json:"v"`
	Link  string    `json:"u,omitempty"` // an address with https://
}

// The bounds of a charge.
const (
	DetailsMost  = 20
	detailMost   = 500 // characters
	externalMost = 40
	// AmountMost is the largest charge, minor units: ten milliard roubles.
	AmountMost = 1_000_000_000_000
)

// The faults of this module.
var (
	ErrNone      = fault.New(fault.Missing, "charge.none")
	ErrSettled   = fault.New(fault.Conflict, "charge.settled_fault") // it is paid, cancelled or given back
	ErrChanged   = fault.New(fault.Conflict, "charge.changed_fault") // somebody was first
	ErrKind      = fault.New(fault.Invalid, "charge.kind_fault")
	ErrTitle     = fault.New(fault.Invalid, "charge.title_fault")
	ErrAmount    = fault.New(fault.Invalid, "charge.amount_fault")
	ErrOther     = fault.New(fault.Conflict, "charge.other_fault") // the payee's number is another charge's
	ErrPayer     = fault.New(fault.Invalid, "charge.payer_fault")  // neither a person nor an identifier, or both
	ErrExternal  = fault.New(fault.Invalid, "charge.external_fault")
	ErrPeriod    = fault.New(fault.Invalid, "charge.period_fault")
	ErrDetails   = fault.New(fault.Invalid, "charge.details_fault")
	ErrBack      = fault.New(fault.Conflict, "charge.back_fault")  // more is to go back than the payment put in
	ErrSecond    = fault.New(fault.Invalid, "charge.second_fault") // it stands on no bill
	ErrShut      = fault.New(fault.Conflict, "charge.shut_fault")  // a bill opens it to this person no more
	ErrWatches   = fault.New(fault.Conflict, "charge.watches_fault")
	ErrProof     = fault.New(fault.Invalid, "charge.proof_fault")     // too short, or with signs that nobody could type in the same way
	ErrHouse     = fault.New(fault.Conflict, "charge.house_fault")    // the house itself issued it, for a case or a gift: no agency changes it by hand
	ErrGivesBack = fault.New(fault.Denied, "charge.gives_back_fault") // it would give money back: an official does that, signed in lately
)

// kindOf finds the kind's file; nil for kinds of the house itself.
func (m *Module) kindOf(key string) (*service.ChargeKind, error) {
	if ownKind(key) {
		return nil, nil
	}
	if city := m.city(); city != nil {
		if kind, ok := city.ChargeKind(key); ok {
			return kind, nil
		}
	}
	return nil, ErrKind
}
