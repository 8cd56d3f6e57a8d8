package factor

import (
	"time"

	"posad.city/kit/fault"
)

// How long a question waits for its answer. An app's key waits longer, since the app may have to be installed first.
const (
	ChallengeLife = 5 * time.Minute
	AppKeyLife    = 15 * time.Minute
)

// The bounds of what an account keeps.
const (
	PasskeysMost = 20
	AppsMost     = 5
	NameMost     = 60 // characters of a way's name
)

// The limits of tries: codes of an app for one account, from one browser that its person is known by or from all others
// together, and from everywhere; and recovery codes from one network. At 200 codes a day, three of a million right at each
// moment, a guesser who has everything else needs four years for an even chance.
const (
	appTries      = 10
	appTriesADay  = 60
	appTriesInAll = 200
	recoveryTries = 30
	tryWindow     = 15 * time.Minute
)

// The faults of this module.
var (
	ErrPasskey  = fault.New(fault.Invalid, "factor.passkey_failed")
	ErrUnknown  = fault.New(fault.Invalid, "factor.passkey_unknown")
	ErrNoAnswer = fault.New(fault.Invalid, "factor.passkey_no_answer")
	ErrCloned   = fault.New(fault.Invalid, "factor.passkey_cloned")
	ErrOver     = fault.New(fault.Gone, "factor.question_over")
	ErrAppCode  = fault.New(fault.Invalid, "factor.wrong_app_code")
	ErrRecovery = fault.New(fault.Invalid, "factor.wrong_recovery")
	ErrMany     = fault.New(fault.Conflict, "factor.too_many_ways")
	ErrNobody   = fault.New(fault.Invalid, "factor.nobody_asked")
	ErrNoKeys   = fault.New(fault.Invalid, "factor.no_passkeys_here")
)
