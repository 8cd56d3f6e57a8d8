package module

import (
	"context"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/vault"
)

// Data is what a module tells of the data that it holds about a person, and how it lets go of it. core/mydata shows,
// exports and erases by it; each module has one in held.go.
type Data interface {
	// Held lists what the module holds of the person, by kind, as the act may see it: the look is recorded. A kind of which
	// there is nothing may be left out. At most most things of a kind are listed, the newest; 0: all. What was erased comes
	// with Erased and without facts.
	Held(ctx context.Context, a act.Act, person id.ID, most int) ([]Holding, error)
	// Stays lists what must outlive the person's wish to be erased, and what the erasure has to wait for. Everything else
	// that Held lists goes. Nobody looks.
	Stays(ctx context.Context, person id.ID) ([]Stay, error)
	// Holders are the other holders under whose keys the module keeps data of the person alone: an account's, for
	// example. Their keys go with the person's.
	Holders(ctx context.Context, person id.ID) ([]id.ID, error)
	// Forget ends and deletes what goes, in Writes of its own, before the keys are destroyed. It is repeated after a
	// failure, so that a second time changes nothing.
	Forget(ctx context.Context, person id.ID) error
	// Covers says, for every personal table of the module, what Held shows of it: the key of a Holding, or, after a
	// hyphen and a space, why nothing of it is shown. A test reads it against the schema.
	Covers() map[string]string
}

// NoData gives a module's Data the methods that it does not need: embed it.
type NoData struct{}

// Stays implements Data: nothing has to stay.
func (NoData) Stays(context.Context, id.ID) ([]Stay, error) { return nil, nil }

// Holders implements Data: there are none.
func (NoData) Holders(context.Context, id.ID) ([]id.ID, error) { return nil, nil }

// Forget implements Data: the keys' end is enough.
func (NoData) Forget(context.Context, id.ID) error { return nil }

// Holding is one kind of data that the city holds of a person. Its words are texts of core/mydata under
// mydata.holding.<Key>: title, from (where it comes from), why, keeps (how long), seen (who may see it).
type Holding struct {
	Key   string // <module>.<kind>
	Items []Item
	More  bool   // there is more than Items hold
	Edit  string // the page on which the person changes it by themselves; empty: not by themselves
}

// Item is one thing that is held.
type Item struct {
	ID      id.ID  // zero for a thing that is one of its kind
	Number  string // the public number, in digits; empty: none
	Title   lang.Text
	At      time.Time // when it came to be; zero: not known
	Facts   []Fact
	Path    string // its page; empty: none
	Correct *Correction
	Erased  bool // its data was deleted at the person's wish
}

// Fact is one value. Exactly one of Value, Words, Code and Time says it.
type Fact struct {
	Key   string    // name for programs; its label is the text mydata.fact.<Key>, unless Label is given
	Label lang.Text // wins over the text of Key
	Value string    // as it is: a name, a plate
	Words lang.Text // in both languages
	Code  string    // the key of a text
	Time  time.Time // a moment
}

// Correction is how a register's data is put right: by its owner, not here.
type Correction struct {
	Owner lang.Text // the agency that keeps the register
	Text  lang.Text // what to do
	Path  string    // where one begins: a path of this city or a full address; empty: as Text says
}

// Law is why something stays after an erasure, or what the erasure waits for. Its words are mydata.law.<Law>.
type Law string

// The laws. How many years each keeps is core/mydata's to say.
const (
	LawOpen     Law = "open"     // a case that is not decided: the erasure waits for its end
	LawDue      Law = "due"      // a bill that is not paid: the erasure waits until it is paid or cancelled
	LawDecision Law = "decision" // a decided case and what it rests on
	LawDocument Law = "document" // an issued document
	LawPayment  Law = "payment"  // a payment, as a primary accounting record
	LawLook     Law = "look"     // who looked at whose data
	LawOffice   Law = "office"   // a public office: the erasure waits until it ends
)

// Waits tells whether the erasure waits for it.
func (l Law) Waits() bool { return l == LawOpen || l == LawDue || l == LawOffice }

// Stay is what outlives an erasure.
type Stay struct {
	Key   string // of the Holding
	Law   Law
	Since time.Time // from when the law's years count; meaningless when it waits
	Item  string    // the public number of a single thing; empty: Count of them
	Count int
	// Rows and Blobs are sealed anew by a kept key of the year in which the law's term ends. Rows.Year is filled in by
	// core/mydata. What holds nothing sealed names none.
	Rows  []vault.Rows
	Blobs []id.ID
}
