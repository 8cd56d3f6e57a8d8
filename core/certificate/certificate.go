package certificate

import (
	"context"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Newcomer is a person whom the city does not know, as a certificate names them. The name is what they say of themselves
// until the population register confirms it.
type Newcomer struct {
	Name  lang.Name
	Level act.Level // Basic
	Lang  lang.Language
	Way   account.NewWay // the way that the new account begins with; its Account is empty
}

// Registered is a person who was made.
type Registered struct{ Account, Person, Way id.ID }

// People makes people; core/account gives it.
type People interface {
	// RegisterBy makes a person, their account and its first way, in one Write. Errors: account.ErrWayTaken.
	RegisterBy(ctx context.Context, n Newcomer) (Registered, error)
}

// How long things live.
const (
	challengeLife = 15 * time.Minute // from the page to the signed file, or to the certificate's host
	ticketLife    = time.Minute      // from the certificate's host back
	shownLife     = 30 * time.Minute // from a proof to its person's word; a sign-in the usual way fits in
	clockOff      = time.Hour        // how far the clock of a signer's own computer may be off
)

// Tries of one browser, and from one address, in a challenge's life.
const (
	triesHere = 10
	triesFrom = 60
)

// The faults of this module. Each says what is wrong with one's own certificate; none tells of anybody else's.
var (
	ErrFile      = fault.New(fault.Invalid, "certificate.file")
	ErrUnread    = fault.New(fault.Invalid, "certificate.unreadable")
	ErrInside    = fault.New(fault.Invalid, "certificate.no_signer")
	ErrProperty  = fault.New(fault.Invalid, "certificate.attributes")
	ErrText      = fault.New(fault.Invalid, "certificate.other_text")
	ErrWrong     = fault.New(fault.Invalid, "certificate.wrong_signature")
	ErrClock     = fault.New(fault.Invalid, "certificate.signing_time")
	ErrWeak      = fault.New(fault.Invalid, "certificate.weak")
	ErrGOST      = fault.New(fault.Invalid, "certificate.gost")
	ErrAlgorithm = fault.New(fault.Invalid, "certificate.algorithm")
	ErrAuthority = fault.New(fault.Invalid, "certificate.authority")
	ErrExpired   = fault.New(fault.Invalid, "certificate.expired")
	ErrEarly     = fault.New(fault.Invalid, "certificate.not_yet")
	ErrUse       = fault.New(fault.Invalid, "certificate.usage")
	ErrRevoked   = fault.New(fault.Invalid, "certificate.revoked")
	ErrSilent    = fault.New(fault.Unavailable, "certificate.unchecked")
	ErrOver      = fault.New(fault.Gone, "certificate.over")
	ErrNone      = fault.New(fault.Invalid, "certificate.none_shown")
	ErrOther     = fault.New(fault.Conflict, "certificate.other_person")
	ErrDiffers   = fault.New(fault.Conflict, "certificate.differs")
	ErrTaken     = fault.New(fault.Conflict, "certificate.taken")
	ErrUsual     = fault.New(fault.Conflict, "certificate.usual")
	ErrNoNumber  = fault.New(fault.Conflict, "certificate.no_number")
)
