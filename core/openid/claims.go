package openid

import (
	"context"
	"slices"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// claimsOf lists the claims of each scope of data.
var claimsOf = map[string][]string{
	ScopeProfile: {"name", "family_name", "given_name", "middle_name", "birthdate", "locale"},
	ScopeEmail:   {"email", "email_verified"},
	ScopePhone:   {"phone_number", "phone_number_verified"},
	ScopeSNILS:   {"snils"},
	ScopeLevel:   {"level"},
}

// claimNames lists every claim about a person, in the order of scopes.
func claimNames() []string {
	var out []string
	for _, scope := range Scopes() {
		out = append(out, claimsOf[scope]...)
	}
	return out
}

// scopeOf is the scope that a claim belongs to, "" for none.
func scopeOf(claim string) string {
	for scope, claims := range claimsOf {
		if slices.Contains(claims, claim) {
			return scope
		}
	}
	return ""
}

// lookOf is the kind of look that reading the claims of a scope is.
func lookOf(scope string) string { return "openid.look." + scope }

// People reads persons; core/account is one.
type People interface {
	// Person returns what is known of a person and records the look; store.ErrNone when there is no such person.
	Person(ctx context.Context, a act.Act, what string, one id.ID) (account.Person, error)
}

// picked are the claims that one answer gives, by scope.
func picked(scopes []string, single []string, whole bool) map[string][]string {
	out := map[string][]string{}
	for _, scope := range scopes {
		claims := claimsOf[scope]
		if !whole {
			claims = only(claims, single)
		}
		if len(claims) > 0 {
			out[scope] = claims
		}
	}
	return out
}

// siteAct is the act by which a site looks at a person. Its kind is that of another house's system.
func siteAct(actID, client id.ID, channel act.Channel, reference string) act.Act {
	return act.Act{
		ID: actID, Actor: act.Actor{Kind: act.Agency, Agency: client}, Purpose: act.Purpose{Kind: "site", ID: client.String()},
		Channel: channel, Request: reference, Assurance: act.Verified,
	}
}

// read gathers claims about a person. Each scope is read by a look of its own, so that the person sees what was given:
// what was not looked at can't get into the answer.
func (m *Module) read(ctx context.Context, a act.Act, person id.ID, by map[string][]string) (map[string]any, error) {
	out := map[string]any{}
	checked := map[string]any{}
	for _, scope := range Scopes() {
		names := by[scope]
		if len(names) == 0 {
			continue
		}
		p, err := m.deps.Accounts.Person(ctx, a, lookOf(scope), person)
		if err != nil {
			return nil, err
		}
		all := claimsFrom(p, scope)
		for _, name := range names {
			value, ok := all[name]
			if !ok {
				continue
			}
			out[name] = value
			if p.Level >= act.Standard && slices.Contains(fromRegister, name) {
				checked[name] = value
			}
		}
		if len(checked) > 0 {
			out["verified_claims"] = verifiedClaims(p.Level, checked)
		}
	}
	return out, nil
}

// fromRegister are the claims that the population register vouches for once a person's level is standard.
var fromRegister = []string{"name", "family_name", "given_name", "middle_name", "birthdate", "snils"}

// verifiedClaims says of claims who has checked them, in the form of OpenID Identity Assurance 1.0, section 5.
func verifiedClaims(level act.Level, claims map[string]any) map[string]any {
	return map[string]any{
		"verification": map[string]any{"trust_framework": "posad_population_register", "assurance_level": levelNames[level]},
		"claims":       claims,
	}
}

// claimsFrom makes the claims of a scope of what is known of a person. What is not known is left out. A SNILS that no
// register has confirmed is given to nobody.
func claimsFrom(p account.Person, scope string) map[string]any {
	out := map[string]any{}
	set := func(name, value string) {
		if value != "" {
			out[name] = value
		}
	}
	switch scope {
	case ScopeProfile:
		set("name", p.Name.Full(lang.Russian))
		set("family_name", p.Name.Family)
		set("given_name", p.Name.Given)
		set("middle_name", p.Name.Patronymic)
		if !p.Birth.IsZero() {
			out["birthdate"] = p.Birth.String()
		}
		set("locale", string(p.Lang))
	case ScopeEmail:
		if p.Email != "" { // an account keeps confirmed contacts alone
			out["email"], out["email_verified"] = p.Email, true
		}
	case ScopePhone:
		if p.Phone != "" {
			out["phone_number"], out["phone_number_verified"] = p.Phone, true
		}
	case ScopeSNILS:
		if p.Level >= act.Standard {
			set("snils", p.SNILS)
		}
	case ScopeLevel:
		set("level", levelNames[p.Level])
	}
	return out
}
