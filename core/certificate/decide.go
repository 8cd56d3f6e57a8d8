package certificate

import (
	"posad.city/core/account"
	"posad.city/kit/act"
)

// situation is all that the decision needs of a proof and of who is there.
type situation struct {
	Known     bool // its key is a way in of some account
	Renews    bool // its key is new, but its person has one of the same authority
	Same      bool // of a known key: the person that it names is the one that it named before
	Unchecked bool // nobody answered whether it was revoked
	Numbered  bool // it names a SNILS
	Confirmed bool // its owner's name and number are confirmed

	Signed bool // somebody is signed in
	Asked  bool // a second step is asked of somebody in this browser
	Mine   bool // its owner is the one who is signed in, or asked
}

// step is what comes of a proof.
type step string

// The steps.
const (
	stepEnter    step = "enter"    // in, by the way that is known
	stepRenew    step = "renew"    // the new certificate takes its place beside the old one; in
	stepIdentify step = "identify" // the owner is signed in and may be confirmed by it
	stepLink     step = "link"     // the one who is signed in may link it
	stepNew      step = "new"      // nobody is signed in: sign in and link it, or begin an account
)

// decide says what comes of a proof. Errors: ErrOther, ErrSilent. A certificate that nobody could check lets in whom it let
// in before, and does nothing new.
func decide(s situation) (step, error) {
	owned := s.Known || s.Renews
	switch {
	case s.Known && !s.Same, owned && (s.Signed || s.Asked) && !s.Mine, !owned && s.Asked && !s.Signed:
		return "", ErrOther
	case s.Unchecked && !s.Known:
		return "", ErrSilent
	case s.Renews && !s.Known:
		return stepRenew, nil
	case s.Known && s.Signed && !s.Confirmed && s.Numbered && !s.Unchecked:
		return stepIdentify, nil
	case s.Known:
		return stepEnter, nil
	case s.Signed:
		return stepLink, nil
	}
	return stepNew, nil
}

// linking is what linking a certificate to a person does.
type linking struct {
	Confirm bool // the population register is asked for name, birth date and number first
	Raise   bool // the person is Verified by it
}

// decideLink says whether a certificate may be linked to a person, and what that makes of them. Errors: ErrDiffers.
func decideLink(p account.Person, s Subject) (linking, error) {
	if p.SNILS != "" && s.SNILS != "" && p.SNILS != s.SNILS && p.Level >= act.Standard {
		return linking{}, ErrDiffers
	}
	if p.Level >= act.Standard {
		if !sameName(p.Name, s.Name) {
			return linking{}, ErrDiffers
		}
		return linking{Raise: s.SNILS != "" && p.SNILS == s.SNILS}, nil
	}
	if s.SNILS != "" {
		return linking{Confirm: true, Raise: true}, nil
	}
	if !sameName(p.Name, s.Name) && p.Name.Family+p.Name.Given != "" {
		return linking{}, ErrDiffers
	}
	return linking{}, nil
}

// vouched tells whether a certificate makes the city sure of a person whom it knew already.
func vouched(p account.Person, s Subject, unchecked bool) bool {
	return !unchecked && p.Level >= act.Standard && s.SNILS != "" && p.SNILS == s.SNILS && sameName(p.Name, s.Name)
}
