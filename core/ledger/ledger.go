package ledger

import (
	"errors"
	"fmt"
	"time"

	"posad.city/core/ledger/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/money"
)

// Bound is how far an account's balance may go.
type Bound int64

// The bounds. What is reserved counts as gone.
const (
	Free    Bound = 0  // either way: incomes, the clearing account of a bank
	Credits Bound = 1  // what it received may not fall below what it gave: purses, funds
	Debits  Bound = -1 // the other way: stocks of money that the city holds somewhere
)

// Account is one of the accounts of the books. The zero Account is none.
type Account struct {
	ID       id.ID
	Currency money.Currency
	Bound    Bound // the same for ever
}

// Named is the account of a name in a currency, the same on every node: "income " and an agency's id, for example.
func Named(name string, c money.Currency, bound Bound) Account {
	if c != money.RUB { // the first books knew roubles alone
		name += " " + string(c)
	}
	return Account{id.Derived("account", name), c, bound}
}

// State is how far a transfer is.
type State string

// The states. A reserved transfer becomes posted or void; these two are final.
const (
	Reserved State = "reserved"
	Posted   State = "posted"
	Void     State = "void"
)

// Line takes an amount from one account and gives it to another.
type Line struct {
	Debit, Credit Account
	Amount        money.Amount // above zero, up to 10^15 minor units
	About         id.ID        // what it is for, a charge for example; zero: nothing
}

// Movement is one thing that happens in the books, in one line or several.
type Movement struct {
	ID     id.ID // made by the caller: the same movement put again changes nothing
	Holder id.ID // whose it is: the payer, or the agency
	Act    id.ID // that moves it
	Lines  []Line
}

// The bounds of a movement. What an account comes to stays far within 64 bits.
const (
	linesMost  = 10_000
	amountMost = 1_000_000_000_000_000 // minor units of a line: ten trillion roubles
)

// Errors.
var (
	ErrMovement = errors.New("ledger: a movement needs an id, a holder, an act and 1 to 10,000 lines with an amount above zero and up to 10^15 between two accounts of its currency")
	ErrShort    = errors.New("ledger: the account has less than that") // nothing was moved
	ErrOther    = errors.New("ledger: the books have this movement with other lines or in another state, or this account in another currency")
)

// Transfer is a line that stands in the books.
type Transfer struct {
	Holder, Movement id.ID
	Line             int64
	Debit, Credit    id.ID
	Amount           money.Amount
	State            State
	Entered          time.Time
	Ended            time.Time // when it was posted or void; zero: reserved
	Act, About       id.ID
}

func transferOf(row ledgerdb.LedgerTransfer) Transfer {
	return Transfer{
		Holder: row.Holder, Movement: row.Movement, Line: row.Line, Debit: row.Debit, Credit: row.Credit, State: State(row.State),
		Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, Entered: row.Entered, Ended: row.Ended, Act: row.Act, About: row.About,
	}
}

func (m Movement) check() error {
	if m.ID.IsZero() || m.Holder.IsZero() || m.Act.IsZero() || len(m.Lines) == 0 || len(m.Lines) > linesMost {
		return ErrMovement
	}
	for i, l := range m.Lines {
		if l.Amount.Minor <= 0 || l.Amount.Minor > amountMost || l.Amount.Currency != l.Debit.Currency || l.Amount.Currency != l.Credit.Currency || l.Debit.ID.IsZero() || l.Credit.ID.IsZero() || l.Debit.ID == l.Credit.ID {
			return fmt.Errorf("%w: line %d", ErrMovement, i)
		}
	}
	return nil
}
