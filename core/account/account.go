package account

import (
	"context"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Topics of the feed. The holder is the person; the object is the session, or the person.
const (
	TopicSession = "account.session" // closed, or its hat changed
	TopicPerson  = "account.person"  // level, language or data changed
)

// Person is everything that the account knows of one person. Empty fields are not known.
type Person struct {
	ID      id.ID
	Name    lang.Name
	Birth   calendar.Date
	SNILS   string // 11 digits, checksum holds
	Phone   string // +79161234567
	Email   string // as typed, host in lower case
	Level   act.Level
	Lang    lang.Language // as chosen; empty: as the browser asks
	SignsIn bool          // has an account of their own; a child usually does not
	Version int64         // grows with every change
}

// Age is how many whole years old the person is on the day; -1 when the birth date is not known.
func (p Person) Age(on calendar.Date) int {
	if p.Birth.IsZero() {
		return -1
	}
	years := on.Year() - p.Birth.Year()
	if p.Birth.AddYears(years).After(on) {
		years--
	}
	return years
}

// Channel is how a person is reached with a code.
type Channel string

// The channels.
const (
	Email Channel = "email"
	Phone Channel = "phone"
)

// Courier carries one-time codes; core/notice gives one. An error that will not go away by trying again is wrapped by
// jobs.Fatal. job names the sending for ever, so that a gateway can drop a repeat.
type Courier interface {
	SendCode(ctx context.Context, to string, channel Channel, code string, l lang.Language, job id.ID) error
}

// LinkCourier is a Courier that can put a button into the letter: path gives the code in the browser that asked for it.
type LinkCourier interface {
	SendCodeLink(ctx context.Context, to string, channel Channel, code, path string, l lang.Language, job id.ID) error
}

// Identity is what a person says of themselves to be confirmed.
type Identity struct {
	Name  lang.Name
	Birth calendar.Date
	SNILS string
}

// Verdict is what the population register says of an identity.
type Verdict string

// The verdicts.
const (
	Confirmed Verdict = "confirmed" // one living person, every part fits
	Differs   Verdict = "differs"   // the SNILS is known, something else does not fit
	Unknown   Verdict = "unknown"   // no such person
)

// IdentityChecker asks the population register; core/exchange gives one. It returns within the context's time; an error
// means that the register did not answer. ask names the question for ever.
type IdentityChecker interface {
	CheckIdentity(ctx context.Context, person id.ID, what Identity, ask id.ID) (Verdict, error)
}

// Enrolment brings in one person who comes with the city and not by registration.
type Enrolment struct {
	Person   id.ID // id.Derived("person", key) for the demo
	Name     lang.Name
	Birth    calendar.Date
	SNILS    string
	Phone    string
	Email    string
	Level    act.Level
	Lang     lang.Language
	SignsIn  bool   // may sign in by the phone and e-mail given
	Password string // optional, for SignsIn
}

// OpenSession is one of a person's sessions, as its owner sees it.
type OpenSession struct {
	ID      id.ID
	Device  string // "Firefox, Linux"; empty when nothing is known
	Started time.Time
	Seen    time.Time
	Agency  id.ID // the hat that is on; zero for none
	Channel act.Channel
	Place   string // network address that it began from; empty when nothing is known
	Methods string // how it began, parted by spaces
	Strong  bool   // by two factors
	By      id.ID  // the official who began it for a person at a service centre; zero for none
	Current bool
}

// How long things live and how often they may be tried.
const (
	SessionIdle   = 30 * time.Minute
	SessionMost   = 12 * time.Hour
	CodeDigits    = 6
	CodeLife      = 10 * time.Minute
	CodeTries     = 5
	PasswordLeast = 8   // characters
	PasswordMost  = 200 // characters
)

// The faults of this module. ErrWrong and ErrCode look alike whatever the cause is.
var (
	ErrFields     = fault.New(fault.Invalid, "account.fields")
	ErrContact    = fault.New(fault.Invalid, "account.contact_form")
	ErrCode       = fault.New(fault.Invalid, "account.wrong_code")
	ErrCodeOver   = fault.New(fault.Gone, "account.code_over")
	ErrWrong      = fault.New(fault.Invalid, "account.wrong_password")
	ErrTaken      = fault.New(fault.Conflict, "account.contact_taken")
	ErrSNILSTaken = fault.New(fault.Conflict, "account.snils_taken")
	ErrDiffers    = fault.New(fault.Invalid, "account.identity_differs")
	ErrRegister   = fault.New(fault.Unavailable, "account.register_down")
	ErrConfirmed  = fault.New(fault.Conflict, "account.already_confirmed")
	ErrChanged    = fault.New(fault.Conflict, "account.changed_meanwhile")
	ErrClosed     = fault.New(fault.Unsigned, "account.session_closed")
	ErrHat        = fault.New(fault.Denied, "account.no_such_role")
	ErrOften      = fault.New(fault.TooMany, "account.code_often")
	ErrProof      = fault.New(fault.Denied, "account.prove_again")
	ErrBusy       = fault.New(fault.Unavailable, "account.busy")
)
