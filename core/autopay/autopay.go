package autopay

import (
	"context"
	"strconv"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// The events. The holder is the owner; the object is the turn, for EventStopped the order.
const (
	EventTaken   = "autopay.taken"
	EventFailed  = "autopay.failed" // the bank declined; Judge says whether it is tried again
	EventStopped = "autopay.stopped"
)

// State is how far a turn or an order is.
type State string

// The states of a turn. An order is Live or Stopped.
const (
	Waiting State = "wait"
	Asked   State = "ask"     // the owner is to say
	Refused State = "refused" // not by this order, as things stand
	Paying  State = "paying"  // the bank has it
	Paid    State = "paid"
	Undone  State = "undone" // it was paid, and goes back at the owner's wish
	Over    State = "over"   // nothing is owed any more, and this order did not pay it

	Live    State = "live"
	Stopped State = "stopped"
)

// pending tells whether a turn may still be judged otherwise.
func (s State) pending() bool { return s == Waiting || s == Asked || s == Refused || s == Paying }

// Biller is whose bills an order or a template is about: those of a kind, of a payee, at a home.
type Biller struct {
	Payee id.ID
	Kind  string
	Home  id.ID
}

// Bill is what is owed, as this module sees a charge.
type Bill struct {
	Biller
	ID      id.ID
	Number  string
	Service string
	Period  string
	Title   lang.Text
	Known   string       // what it is known by: the flat account or the plate, short; may be empty
	Amount  money.Amount // what is owed at the moment that was asked about; when it is paid, what was paid
	Open    bool         // something is owed
	Due     time.Time    // zero: no term
	// Term is the day of the instalment that Amount and Due tell of; zero: the bill is paid whole.
	Term       calendar.Date
	Paid       time.Time // when it was paid; zero: it is not
	Follows    bool      // the person's account follows its home
	Refundable bool      // the payee gives back what was paid by mistake
	Revision   int64
}

// Charges are the bills; core/charge behind an adaptor of the app.
type Charges interface {
	// Bill reads one bill as it will stand at a moment. ErrNone: there is none, or it is nothing that people pay.
	Bill(ctx context.Context, a act.Act, person, home, charge id.ID, at time.Time) (Bill, error)
	// Bills lists what a person owes and has paid as it stands at the moment, newest first.
	Bills(ctx context.Context, a act.Act, person id.ID, at time.Time) ([]Bill, error)
}

// Card is what an order pays from.
type Card struct {
	ID     id.ID
	Wallet bool          // of the transport system
	Label  string        // •• 4242
	Ends   calendar.Date // the last day on which it serves; zero: it does not end
}

// shown is its label in a sentence, which does not break in it.
func (c Card) shown() string { return strings.ReplaceAll(c.Label, " ", "\u00a0") }

// method is how the order's row calls it.
func (c Card) method() string {
	if c.Wallet {
		return "wallet"
	}
	return "card"
}

// Charging is one taking of money.
type Charging struct {
	Key          id.ID // names it for ever
	Payer        id.ID
	Home, Charge id.ID
	Amount       int64
	Card         Card
	Lang         lang.Language
}

// Payments take money; core/pay behind an adaptor of the app.
type Payments interface {
	// Begin takes the money of one charge from a saved card or the wallet, once for each key however often it is called, and
	// returns the payment. An error that is no *fault.Fault of Conflict or Invalid means that nobody knows: call again.
	Begin(ctx context.Context, a act.Act, c Charging) (id.ID, Fate, error)
	// Known tells whether Begin has begun a payment under a key, whatever it answered.
	Known(ctx context.Context, payer, key id.ID) (bool, error)
	// Fate tells how a payment stands.
	Fate(ctx context.Context, a act.Act, payer, payment id.ID) (Fate, error)
	// Cards are those that a person has saved.
	Cards(ctx context.Context, a act.Act, payer id.ID) ([]Card, error)
	// PrepareUndo makes ready to give back what a payment took for a charge.
	PrepareUndo(ctx context.Context, a act.Act, payer, payment, charge id.ID) (func(*store.Tx) error, error)
	// Charge names the bill that a payment of a person was for, its home and when there are several, the first.
	Paid(ctx context.Context, a act.Act, payer, payment id.ID) (home, charge id.ID, err error)
}

// Name is what an order or a template is called, sealed.
type Name struct {
	Text  string `json:"t"`           // as its person typed it
	Known string `json:"k,omitempty"` // what the bills are known by
	Card  string `json:"c,omitempty"` // what the card is called, in an order
}

// Order is a standing order.
type Order struct {
	ID        id.ID
	Person    id.ID // the owner
	Maker     id.ID
	Mandate   id.ID // by which it was made for the owner; zero: they made it themselves
	Biller    Biller
	Service   string
	Name      Name
	Card      Card
	Currency  money.Currency
	Terms     Terms
	Since     calendar.Date
	Paused    calendar.Date // the first day on which it pays again; zero: it is not paused
	State     State
	Made      time.Time
	StoppedAt time.Time
	Revision  int64
}

// PausedOn tells whether the order stands still on a day.
func (o Order) PausedOn(today calendar.Date) bool {
	return o.State == Live && !o.Paused.IsZero() && today.Before(o.Paused)
}

// Turn is one bill under one order.
type Turn struct {
	ID         id.ID
	Person     id.ID
	Order      id.ID
	Home       id.ID
	Charge     id.ID
	Title      lang.Text
	Period     string
	Known      calendar.Date
	Due        calendar.Date
	Amount     int64
	State      State
	Rule       Rule
	PayOn      calendar.Date
	Told       calendar.Date
	ToldAmount int64 // of how much the owner was told
	Approved   int64
	Skipped    bool
	Thinking   time.Time
	Tries      []Try
	Next       time.Time
	Ended      time.Time
	attempts   []attempt // the same tries, as core/pay knows them
	Revision   int64
}

// attempt is a try with what core/pay calls it.
type attempt struct {
	number         int64
	key, payment   id.ID // payment: zero until core/pay has begun it
	amount         int64
	started, ended time.Time
}

// Decision is one judgement that was kept.
type Decision struct {
	Number  int64
	Verdict Verdict
	Rule    Rule
	Amount  int64
	Inputs  Inputs
	At      time.Time
}

// Template is what a person pays regularly.
type Template struct {
	ID      id.ID
	Person  id.ID
	Biller  Biller
	Service string
	Name    Name
	Usual   money.Amount
	Made    time.Time
	Used    time.Time
	Times   int64
}

// Bounds.
const (
	ordersMost    = 50
	templatesMost = 50
	stoppedShown  = 50
	turnsShown    = 100 // that are over, of one order; all that wait are shown
	turnsMost     = 300 // that are over, of all orders
	decisionsMost = 50
	nameMost      = 60
	// PauseMost is how long an order may stand still, days.
	PauseMost = 366
)

// The faults of this module.
var (
	ErrNone    = fault.New(fault.Missing, "autopay.none")
	ErrFields  = fault.New(fault.Invalid, "autopay.fields") // Fields say what is wrong
	ErrBill    = fault.New(fault.Invalid, "autopay.no_bill")
	ErrExists  = fault.New(fault.Conflict, "autopay.exists") // there is an order for these bills
	ErrMost    = fault.New(fault.Conflict, "autopay.most")
	ErrLate    = fault.New(fault.Conflict, "autopay.late") // the bank has it, or the hours are over
	ErrStopped = fault.New(fault.Conflict, "autopay.stopped_fault")
	ErrWider   = fault.New(fault.Denied, "autopay.wider") // more than the mandate lets under which one acts
)

// errChanged: somebody was first; judge anew.
var errChanged = fault.New(fault.Conflict, "autopay.changed")

// turnID is the first turn of a bill under an order that is paid whole.
func turnID(order, charge id.ID) id.ID { return turnAt(order, charge, calendar.Date{}, 0) }

// turnAt is a turn of a bill under an order: of the instalment of a term, and how many turns of it the order has paid before, when
// more came to be owed.
func turnAt(order, charge id.ID, term calendar.Date, before int) id.ID {
	name := order.String() + charge.String()
	if !term.IsZero() {
		name += " " + term.String()
	}
	if before > 0 {
		name += " again " + strconv.Itoa(before)
	}
	return id.Derived("autopay turn", name)
}

// againMost is how many turns of one bill, or of one instalment of it, there may be.
const againMost = 10

// tryKey names one try to take the money of a turn.
func tryKey(turn id.ID, number int64) id.ID {
	return id.Derived("autopay try", turn.String()+string(rune('0'+number)))
}
