package charity

import (
	"context"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/mandate"
	"posad.city/core/notice"
	"posad.city/core/organisation"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/scan"
	"posad.city/kit/store"
)

// Putter is something ready for the caller's Write.
type Putter interface{ Put(tx *store.Tx) error }

// NewCharge is a gift that is to be paid.
type NewCharge struct {
	ID     id.ID // the gift's
	Person id.ID // the giver
	Payee  id.ID // the fund
	Aim    id.ID // the appeal, or the fund
	Amount money.Amount
	Title  lang.Text
	Due    time.Time
}

// GiftCharge is how the charge of a gift stands.
type GiftCharge struct {
	Stands int64 // kopecks that payments have put in and that were not taken out
	Ended  bool  // it is owed no more: cancelled, or given back
}

// Charges makes gifts payable. The events of a gift's charge carry the giver as holder and the gift as object.
type Charges interface {
	Prepare(ctx context.Context, n NewCharge) (Putter, error)
	// Drop takes back a charge that nobody paid; it tells whether it was unpaid still.
	Drop(tx *store.Tx, a act.Act, giver, gift id.ID) (bool, error)
	// Read reads a gift's charge in somebody's look or Write.
	Read(r store.PersonalReader, giver, gift id.ID) (GiftCharge, error)
}

// Paying is how a gift is to be paid. Without a card, on the bank's page.
type Paying struct {
	Giver, Gift id.ID
	Card        id.ID  // a saved one; zero: the bank's page
	Email       string // where the receipt goes when nobody is signed in
	Save        bool   // the card is to be kept
}

// Begun is a payment under way.
type Begun struct {
	Page string // where the giver goes on; empty: nothing more is asked of them
	Done bool   // it was taken, or is being taken
	Over bool   // the bank declined
}

// Card is a card that a person has saved.
type Card struct {
	ID    id.ID
	Label string // •• 4242
}

// Payments takes the money. A gift begun twice is paid once.
type Payments interface {
	Begin(ctx context.Context, a act.Act, p Paying, l lang.Language) (Begun, error)
	Cards(ctx context.Context, a act.Act, person id.ID) ([]Card, error)
	PrepareRefund(ctx context.Context, a act.Act, giver, gift id.ID) (Putter, error)
}

// Organisations knows the organisations that act here; *organisation.Module is one.
type Organisations interface {
	Organisation(ctx context.Context, company id.ID) (organisation.Organisation, error)
}

// Members knows for whom a person acts; *mandate.Module is one.
type Members interface {
	Acting(ctx context.Context, a act.Act, taker id.ID) ([]mandate.Principal, error)
}

// Teller tells people; *notice.Module is one.
type Teller interface {
	Prepare(ctx context.Context, n notice.Notice) (*notice.Prepared, error)
}

// People knows names; *account.Module is one.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Order is an approved payout on its way to the bank.
type Order struct {
	Payout
	AskedBy, ApprovedBy id.ID
}

// Payouts sends approved payouts to the bank. Source is the ledger account from which it takes the money; the movement into it
// has the payout's id. What the bank sends back is told by the event reconcile.came_back.
type Payouts interface {
	Source() ledger.Account
	Prepare(ctx context.Context, o Order) (Putter, error)
}

// Named is a thing of the city that is chosen from.
type Named struct {
	Key   string
	Title lang.Text
	Icon  string // of a category
	Tone  string
}

// City is what the module reads of the published city.
type City struct {
	Agency     id.ID // whose officials verify funds; zero: the city has no charity service
	Name       lang.Text
	Of         lang.Text
	AgencyName lang.Text
	Categories []Named
	Districts  []Named
}

func titleOf(list []Named, key string) (Named, bool) {
	for _, n := range list {
		if n.Key == key {
			return n, true
		}
	}
	return Named{}, false
}

// Deps are what the module is given by the app.
type Deps struct {
	City          func() City
	Organisations Organisations
	Members       Members
	People        People
	Teller        Teller
	Payouts       Payouts      // nil: payouts are noted and sent by hand
	Scanner       scan.Scanner // nil: PDFs are not taken
	Zone          func() *time.Location
}
