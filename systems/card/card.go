package card

import (
	"strings"
	"time"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
)

// State is how far a card is.
type State string

// The states. Only an active card pays. A replaced one never works again.
const (
	Blank    State = "blank" // in nobody's account
	Active   State = "active"
	Blocked  State = "blocked"
	Replaced State = "replaced"
)

// Card is a card in somebody's account.
type Card struct {
	ID      id.ID
	Person  id.ID
	Number  string // ten digits; empty after its owner's data was erased
	State   State
	Next    id.ID // that replaced it
	Balance money.Amount
	Owes    money.Amount // what its person spent of top-ups that the bank took back, and is to make good first
	Linked  time.Time
}

// Pays tells whether bills and tickets can be paid from the card now.
func (c Card) Pays() bool { return c.State == Active && c.Owes.Minor == 0 }

// Label is how people know a card: the last digits of its number.
func (c Card) Label() string { return "•• " + tail(c.Number) }

func tail(number string) string { return number[max(0, len(number)-tailDigits):] }

// Line is something that moved on a card.
type Line struct {
	ID     id.ID
	Kind   Kind
	Amount money.Amount // below zero it left the card
	At     time.Time
	About  id.ID
	Ticket string // key of its kind
}

// Kind is what a line of a card's history is.
type Kind string

// The kinds of lines.
const (
	Linked    Kind = "linked" // what lay on it when it came into the account
	TopUp     Kind = "top_up"
	TopUpBack Kind = "top_up_back"
	Bill      Kind = "bill"
	BillBack  Kind = "bill_back"
	Ticket    Kind = "ticket"
	MovedIn   Kind = "moved_in" // from the card that this one replaced
	MovedOut  Kind = "moved_out"
)

// Tariff is a ticket that is sold onto cards.
type Tariff struct {
	Key   string
	Title lang.Text
	Price int64 // kopecks
	Days  int   // it works so many days, the day it is bought included; 0: until its trips are used
	Trips int64 // 0: any number
}

// Bought is a ticket on a card.
type Bought struct {
	ID    id.ID
	Card  id.ID
	Kind  string
	Price int64
	At    time.Time
	Until string // its last day; empty: until its trips are used
	Trips int64
}

// Bounds.
const (
	numberDigits = 10
	codeDigits   = 6
	tailDigits   = 4
	cardsMost    = 20      // in one account
	linesMost    = 200     // shown
	ticketsMost  = 100     // shown
	topUpLeast   = 100     // kopecks: 1 ₽
	topUpMost    = 1500000 // 15 000 ₽, what may lie on a card that is not in anybody's name at a bank
	triesMost    = 5       // codes an hour
	topUpLife    = 24 * time.Hour
)

// The faults of this module.
var (
	ErrNone    = fault.New(fault.Missing, "card.none")
	ErrLink    = fault.New(fault.Invalid, "card.link_fault") // number and code do not belong together, or the card is in an account
	ErrState   = fault.New(fault.Conflict, "card.state_fault")
	ErrMany    = fault.New(fault.Conflict, "card.many_fault")
	ErrAmount  = fault.New(fault.Invalid, "card.amount_fault")
	ErrFunds   = fault.New(fault.Conflict, "card.funds_fault")
	ErrFull    = fault.New(fault.Conflict, "card.full_fault") // more than may lie on a card
	ErrTariff  = fault.New(fault.Invalid, "card.tariff_fault")
	ErrStock   = fault.New(fault.Invalid, "card.stock_fault") // a line of a list of new cards can't be read
	ErrReplace = fault.New(fault.Conflict, "card.replace_fault")
)

// ParseNumber reads a card's number as people write it: ten digits, the last a check digit by Luhn; spaces and hyphens do
// not count.
func ParseNumber(text string) (string, bool) {
	digits, ok := onlyDigits(text, numberDigits)
	if !ok || luhn(digits) != 0 {
		return "", false
	}
	return digits, true
}

func onlyDigits(text string, n int) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, text)
	if len(digits) != n || strings.Trim(digits, "0123456789") != "" {
		return "", false
	}
	return digits, true
}

// luhn is zero for a number whose last digit is right.
func luhn(digits string) int {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum % 10
}

// ShowNumber writes a number as it is printed.
func ShowNumber(number string) string {
	if len(number) != numberDigits {
		return number
	}
	return number[:4] + " " + number[4:7] + " " + number[7:]
}
