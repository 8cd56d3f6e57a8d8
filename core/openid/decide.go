package openid

import (
	"slices"
	"time"

	"posad.city/kit/act"
)

// step is what a request needs next.
type step string

const (
	stepSignIn  step = "sign_in" // nobody is there
	stepRaise   step = "raise"   // the person must show more, or once more
	stepConsent step = "consent" // the person must say yes
	stepGrant   step = "grant"   // the site gets its code
	stepRefuse  step = "refuse"  // the site is told why not
)

// standing is who is there, as the decision needs it.
type standing struct {
	signed  bool
	subject string // as this site knows the person
	level   act.Level
	strong  bool
	proved  time.Time
	granted []string // scopes that the person let this site have
	offered []string // scopes that the person was asked for
}

// decision is the next step with what it needs.
type decision struct {
	step   step
	need   assurance // of stepRaise
	refuse *Error    // of stepRefuse
}

// decide says what comes next for a request. It asks for one thing at a time: the person comes back here after each.
func decide(a ask, p Profile, who standing, now time.Time) decision {
	if !who.signed {
		return orRefuse(a, decision{step: stepSignIn}, "login_required", "nobody is signed in")
	}
	if a.Subject != "" && a.Subject != who.subject {
		return decision{step: stepRefuse, refuse: refuse("login_required", "another person is signed in than the one that the request names")}
	}
	if stale(a, who, now) {
		return orRefuse(a, decision{step: stepRaise}, "login_required", "the person must show again that they are there")
	}
	if need, lacking := lacks(a, who); lacking {
		switch {
		case a.Essential && (a.Raised || need.level > act.Verified):
			return decision{step: stepRefuse, refuse: refuse("unmet_authentication_requirements", "the person can't reach the level that is asked for")}
		case !a.Raised && (!a.None || a.Essential):
			return orRefuse(a, decision{step: stepRaise, need: need}, "unmet_authentication_requirements", "the person's sign-in is not as sure as the request asks")
		}
	}
	if mustAsk(a, p, who) {
		if now.Sub(who.proved) >= act.Lately && !a.None {
			return decision{step: stepRaise}
		}
		return orRefuse(a, decision{step: stepConsent}, "consent_required", "the person must be asked")
	}
	return decision{step: stepGrant}
}

// orRefuse turns a step that asks the person something into a refusal where the site wants nothing asked.
func orRefuse(a ask, d decision, code, text string) decision {
	if !a.None {
		return d
	}
	return decision{step: stepRefuse, refuse: refuse(code, text)}
}

// stale tells whether the person must show anew that they are there. A proof made for this very request is always enough,
// however small max_age is.
func stale(a ask, who standing, now time.Time) bool {
	if !who.proved.Before(a.Made) {
		return false
	}
	return a.Login || a.MaxAge != nil && now.Sub(who.proved) > time.Duration(*a.MaxAge)*time.Second
}

// lacks tells which of the levels that the site wishes is to be reached: the first one, when none is met.
func lacks(a ask, who standing) (assurance, bool) {
	if len(a.Levels) == 0 {
		if a.Essential {
			return assurance{level: act.Verified + 1}, true // only levels that this city does not have
		}
		return assurance{}, false
	}
	for _, one := range a.Levels {
		if who.level >= one.Level && (who.strong || !one.Strong) {
			return assurance{}, false
		}
	}
	return assurance{a.Levels[0].Level, a.Levels[0].Strong}, true
}

// mustAsk tells whether the person must see the page of consent.
func mustAsk(a ask, p Profile, who standing) bool {
	if p.Trusted && p.City && !a.Consent {
		return false
	}
	wanted := a.wanted(p)
	needed := without(wanted, p.Optional)
	return a.Consent || !contains(who.granted, needed) || !contains(who.offered, wanted)
}

// wanted are the scopes that a request comes to: those asked for, and those of single claims asked for, that the site may
// have at all.
func (a ask) wanted(p Profile) []string {
	list := only(a.Scopes, p.Scopes)
	for _, name := range a.Claims.all() {
		if scope := scopeOf(name); scope != "" && slices.Contains(p.Scopes, scope) {
			list = union(list, []string{scope})
		}
	}
	if !p.allows(GrantRefresh) {
		list = without(list, []string{ScopeOffline})
	}
	return list
}

// given are the scopes of a family after the person has chosen: what was wanted, without what they left out.
func (a ask) given(p Profile, granted []string) []string {
	if p.Trusted && p.City {
		return a.wanted(p)
	}
	return only(a.wanted(p), granted)
}
