package pay

import (
	"context"
	"errors"
	"net/http"
	"time"

	"posad.city/core/ledger"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
)

// Method is how somebody pays.
type Method string

// The methods. Page is the provider's own page, also for a card of the transport system or a terminal; Card is a card saved
// before, charged without the person; QR is a fast payment from the person's own bank; Wallet is money on a card of the city.
const (
	ByPage   Method = "page"
	ByCard   Method = "card"
	ByQR     Method = "qr"
	ByWallet Method = "wallet"
)

// Reason says why a provider declined. One that is not listed here is Refused.
type Reason string

// The reasons.
const (
	Refused     Reason = "refused"      // the provider does not say why
	ByPayer     Reason = "by_payer"     // the person chose not to pay
	NoFunds     Reason = "no_funds"     // too little money
	OverLimit   Reason = "over_limit"   // above what the card may pay in a day or at once
	CardExpired Reason = "card_expired" // it was saved, and is too old now
	CardBlocked Reason = "card_blocked" // lost, stolen or closed
	CardUnknown Reason = "card_unknown" // the provider has no such saved card
	NeedsPerson Reason = "needs_person" // the bank wants the person to confirm: pay by the page
	OtherAmount Reason = "other_amount" // it took another amount than was ordered, which goes back
)

// Order is what a provider is asked to take.
type Order struct {
	Attempt     id.ID        // the key by which both sides know it
	Amount      money.Amount // above zero
	Description string       // no personal data
	Return      string       // where the person comes back to
	Notify      string       // where the provider's messages go
	Lang        string
	Method      Method // empty: ByPage
	Token       string // for ByCard the saved card, for ByWallet the id of the city's card
	Save        bool   // ByPage: the person wants the card saved; its token comes with the standing once it was paid
}

// Saved is a card that a provider keeps for us. Posad never sees a card's number.
type Saved struct {
	Token   string // what ByCard is told; a secret
	Label   string // "МИР •• 4242"
	Expires string // the last month it works: 2028-11
}

// Dispute is how far a payer's complaint to their bank is.
type Dispute string

// The states of a dispute. While it is open, and after it was lost, the money is not ours.
const (
	DisputeNone Dispute = ""
	DisputeOpen Dispute = "open"
	DisputeWon  Dispute = "won"  // the money is ours again
	DisputeLost Dispute = "lost" // the payer's bank has it for good
)

// Reversed is the state of an attempt that was paid and that the bank took back by itself, whole, though nobody asked for
// it. The money is gone and what it paid is owed again.
const Reversed State = "reversed"

// Standing is how an attempt stands at its provider.
type Standing struct {
	State     State // Open, Paid, Declined, Expired, Reversed, or Refunded: everything was given back
	Amount    int64 // minor units; what was asked for, and taken if it was paid
	Currency  money.Currency
	Page      string    // Open, ByPage: where the person pays
	QR        string    // Open, ByQR: what the code says, an address of the fast payment system
	Reason    Reason    // Declined: why
	Card      *Saved    // Paid with Save: the card
	Refunded  int64     // minor units given back so far
	Disputed  int64     // minor units of the dispute; zero: there was none
	Dispute   Dispute   // how far it is
	Reference string    // the provider's own number of it, as its statement says; empty until it was paid
	Taken     time.Time // when it was paid, by the provider; zero: not told
}

// RefundState is how far a refund is.
type RefundState string

// The states of a refund.
const (
	RefundPending RefundState = "pending" // ask again later by the same call
	RefundDone    RefundState = "done"
	RefundRefused RefundState = "refused" // for good; nothing went back
)

// RefundStanding is how a refund stands at its provider.
type RefundStanding struct {
	State     RefundState
	Amount    int64  // minor units of this refund
	Reference string // the provider's own number of the refund, as its statement says
	Reason    string // Refused: why, for the operator: more_than_paid, disputed, not_paid
}

// MessageKind is what a provider's message is about.
type MessageKind string

// The kinds. One that is not listed here is treated as MessagePayment: the standing is asked for all the same.
const (
	MessagePayment MessageKind = "payment"
	MessageRefund  MessageKind = "refund"
	MessageDispute MessageKind = "dispute"
)

// Message is what a webhook says. It is a hint: the standing is asked for, not believed.
type Message struct {
	Attempt id.ID
	Kind    MessageKind
	Sent    time.Time
}

// Provider takes payments. Every call may be repeated with the same ids and then changes nothing. An error tells nothing of
// the fate of what was asked: it may have been done. Safe for concurrent use.
type Provider interface {
	// Name is kept with each attempt.
	Name() string
	// Start makes the payment known to the provider. ByPage and ByQR: Open, with a page or a code; ByCard and ByWallet: Paid
	// or Declined, or Open while the provider thinks. ErrOtherOrder: the attempt is known with another amount.
	Start(ctx context.Context, o Order) (Standing, error)
	// Ask tells how the attempt stands. ErrUnknownAttempt says that the provider has never heard of it.
	Ask(ctx context.Context, attempt id.ID) (Standing, error)
	// Cancel closes an attempt so that it can't be paid any more, whether the provider knows it or not, and tells how it
	// ended: it may have been paid just before.
	Cancel(ctx context.Context, attempt id.ID) (Standing, error)
	// Refund gives a part or all of what was paid back, once for each refund's id, and is also how a refund is asked about.
	// ErrUnknownAttempt, or ErrOtherOrder: the refund is known with another amount.
	Refund(ctx context.Context, attempt, refund id.ID, amount int64) (RefundStanding, error)
	// Message reads a webhook. ErrSignature: it is not the provider's, or too old or too new to be believed.
	Message(header http.Header, body []byte) (Message, error)
}

// WalletCard is a card of the city that holds money.
type WalletCard struct {
	ID      id.ID
	Label   string // as people know it: the last digits of its number
	Balance money.Amount
}

// Purse is a provider that takes money from cards of the city, and knows whose each is.
type Purse interface {
	Provider
	// Wallets are a person's cards that may pay now.
	Wallets(ctx context.Context, a act.Act, person id.ID) ([]WalletCard, error)
	// MaySpend tells whether whoever acts may spend from a card: it lies in an account of theirs and works; ErrNotTheirs otherwise.
	MaySpend(ctx context.Context, a act.Act, card id.ID) error
}

// Errors of providers.
var (
	// ErrUnknownAttempt says that the provider has never heard of an attempt.
	ErrUnknownAttempt = errors.New("pay: the provider does not know the attempt")
	// ErrOtherOrder says that the provider knows the id with another amount.
	ErrOtherOrder = errors.New("pay: the provider knows this id with another amount")
	// ErrNotTheirs says that a card of the city is somebody else's, or does not work.
	ErrNotTheirs = errors.New("pay: the card is not theirs, or does not work")
)

// The names of the providers that Posad has, as kept with attempts.
const (
	HostedName = "hosted" // an acquirer over HTTP
	WalletName = "wallet" // money on cards of the city, in the city's own books
)

// ClearingOf is the account of money that a provider has taken for the city and holds: what it took is debited there, what
// was given back credited. Each provider has its own, so that a bank's statement is compared with what that bank did.
func ClearingOf(provider string, c money.Currency) ledger.Account {
	if provider == HostedName {
		return Clearing(c)
	}
	return ledger.Named(provider+" clearing", c, ledger.Free)
}
