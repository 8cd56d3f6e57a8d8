package broker

import (
	"strings"
	"unicode"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/lang"
)

// match is how what a provider says of a person stands to what the city knows.
type match string

// The matches.
const (
	matchNone    match = "none"    // the provider does not stand for an identity, or not for a whole one
	matchSame    match = "same"    // name, birth date and SNILS are the city's own
	matchOpen    match = "open"    // the city knows less, and nothing that contradicts: the person may take it over
	matchDiffers match = "differs" // something contradicts
)

// compare decides how what was found stands to a person. known: the person signs in by this subject already; a name may
// then have changed since, by a marriage, while SNILS and birth date are the same.
func compare(p account.Person, f found, known bool) match {
	if f.Level < act.Standard {
		return matchNone
	}
	if p.SNILS != "" && f.SNILS != "" && p.SNILS != f.SNILS {
		return matchDiffers
	}
	if !f.whole() {
		return matchNone
	}
	full := p.SNILS != "" && !p.Birth.IsZero() && p.Name.Family != ""
	switch {
	case !p.Birth.IsZero() && p.Birth.String() != f.Birth:
		return matchDiffers
	case !sameName(p.Name, f.name()) && !(known && full):
		return matchDiffers
	case full:
		return matchSame
	case p.Level >= act.Standard:
		return matchNone // confirmed without a number: there is nothing to compare by
	}
	return matchOpen
}

// sameName compares names as a clerk does: case, ё and hyphens aside. What the city does not know contradicts nothing; a
// patronymic is compared where both sides have one.
func sameName(ours, theirs lang.Name) bool {
	if ours.Family == "" && ours.Given == "" {
		return true
	}
	return plain(ours.Family) == plain(theirs.Family) && plain(ours.Given) == plain(theirs.Given) &&
		(ours.Patronymic == "" || theirs.Patronymic == "" || plain(ours.Patronymic) == plain(theirs.Patronymic))
}

func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		switch r {
		case 'ё', 'Ё':
			return 'е'
		case '-', '‐', '’', '\'', '.', ' ':
			return -1
		}
		return unicode.ToLower(r)
	}, name)
	return name
}

func notInNames(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) && !strings.ContainsRune(" -'’.‐", r)
}

// situation is all that the decision needs of a finding and of who is there.
type situation struct {
	Signed bool // somebody is signed in
	Known  bool // the subject is a way in of some account
	Mine   bool // of an account of who is signed in
	Add    bool // they came to connect the provider
	Match  match
}

// step is what comes of a finding.
type step string

// The steps.
const (
	stepEnter   step = "enter"   // let in, or make the session stronger
	stepLink    step = "link"    // show what the provider says and ask whether to connect it
	stepTake    step = "take"    // connected already: ask whether to take its data over
	stepHave    step = "have"    // connected already, and there is nothing to do
	stepFirst   step = "first"   // nobody we know: sign in the usual way once, or begin anew
	stepTaken   step = "taken"   // it belongs to another account
	stepDiffers step = "differs" // it is about somebody else
)

// decide is what comes of a finding. Nothing in it asks whether some account has the SNILS: every unknown visitor gets
// stepFirst.
func decide(s situation) step {
	switch {
	case s.Known && s.Signed && !s.Mine:
		return stepTaken
	case !s.Known && !s.Signed:
		return stepFirst
	case s.Match == matchDiffers:
		return stepDiffers
	case !s.Known:
		return stepLink
	case s.Signed && s.Match == matchOpen:
		return stepTake
	case s.Add:
		return stepHave
	}
	return stepEnter
}

// sure is how sure a sign-in makes. Verified is about a person, and so holds only for the person whom the data fit; below
// that a connected provider is as good as a password, which its owner connected too.
func sure(f found, m match) act.Level {
	if m == matchSame {
		return f.Level
	}
	return min(f.Level, act.Standard)
}
