package mandate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/core/mandate/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/vault"
)

// Way is which side an offer comes from.
type Way string

// The ways.
const (
	Give Way = "give" // the maker will be acted for
	Ask  Way = "ask"  // the maker will act
)

// State is how far an offer is.
type State string

// The states. An open offer whose time is over is over, whatever its row says.
const (
	Open      State = "open"
	Accepted  State = "accepted"
	Declined  State = "declined"
	Withdrawn State = "withdrawn"
)

// Terms are what a mandate given by people lets its taker do.
type Terms struct {
	Scopes   []string
	Services []string      // keys; none: all
	Each     int64         // one payment at most, kopecks; 0 with Cap 0: nothing bounds payments, for Company alone
	Cap      int64         // all payments together at most, kopecks
	Begins   calendar.Date // zero: at once
	Ends     calendar.Date // the first day on which it does not hold
}

// Pays tells whether something may be paid under the terms.
func (t Terms) Pays() bool { return slices.Contains(t.Scopes, ScopePay) }

// Whom names the other side of an offer as the maker typed it. Both the name and the contact must be the person's, so that
// a slip in a phone number gives nobody else's phone the right to act.
type Whom struct {
	Family  string `json:"family"`
	Given   string `json:"given"`
	Contact string `json:"contact"` // a phone, an e-mail or a SNILS
}

// Name is how pages call the other side.
func (w Whom) Name() lang.Name { return lang.Name{Family: w.Family, Given: w.Given} }

// Proposal is an offer to be made.
type Proposal struct {
	Way   Way
	Maker id.ID // in whose account it lies: the person themselves, or an organisation (Give alone)
	Whom  Whom
	Terms
}

// Offer is a mandate that one side has offered or asked for.
type Offer struct {
	ID     id.ID
	Maker  id.ID
	MadeBy id.ID // the person who made it
	Way    Way
	Kind   Kind
	Whom   Whom // as the maker typed; for the other side: themselves
	Terms
	Made  time.Time
	Until time.Time
	State State
	door  vault.Keyed
}

// Waits tells whether an offer can still be answered.
func (o Offer) Waits(now time.Time) bool { return o.State == Open && now.Before(o.Until) }

// right is the mandate that comes of the offer when its other side accepts.
func (o Offer) right(other id.ID) Mandate {
	out := Mandate{
		ID: o.ID, Giver: o.Maker, Taker: other, Kind: o.Kind, Scopes: o.Scopes, Services: o.Services, Source: "mandate.source." + string(o.Kind),
		Begins: o.Begins, Ends: o.Ends,
	}
	if o.Way == Ask {
		out.Giver, out.Taker = other, o.Maker
	}
	if o.MadeBy != out.Giver && o.Way == Give {
		out.GivenBy = o.MadeBy
	}
	return out
}

// contactKey is the one form of a contact or a SNILS, whatever way it was typed; false: it is neither.
func contactKey(text string) (string, bool) {
	if snils, ok := account.ParseSNILS(text); ok {
		return "snils " + snils, true
	}
	contact, err := account.ParseContact(text)
	if err != nil {
		return "", false
	}
	return string(contact.Channel) + " " + strings.ToLower(contact.Value), true
}

// fold makes names that people write differently alike: letter case, ё, spaces and hyphens.
func fold(name string) string {
	return strings.NewReplacer("ё", "е", " ", "", "-", "", "‐", "", "‑", "").Replace(strings.ToLower(strings.TrimSpace(name)))
}

// door is the text by which the other side finds an offer, before it is hashed.
func (w Whom) door() (string, bool) {
	key, ok := contactKey(w.Contact)
	return strings.Join([]string{key, fold(w.Family), fold(w.Given)}, "\n"), ok
}

// doorSpace keeps the hashes of doors apart from all others.
const doorSpace = "mandate.door"

// doorsOf are the doors by which a person whom the city is sure of finds offers: their own name with each contact, and
// with their SNILS. A contact that signs in to another person's account is not theirs.
func doorsOf(p account.Person) []string {
	var out []string
	if p.Name.Family == "" && p.Name.Given == "" {
		return nil
	}
	for _, contact := range []string{p.SNILS, p.Phone, p.Email} {
		if door, ok := (Whom{p.Name.Family, p.Name.Given, contact}).door(); ok {
			out = append(out, door)
		}
	}
	return out
}

// check finds what is wrong with a proposal; services are the keys that the city offers, nil: any.
func (p Proposal) check(kind Kind, today calendar.Date, known func(service string) bool) []fault.Field {
	var out []fault.Field
	wrong := func(name, key string) { out = append(out, fault.Field{Name: name, ID: key}) }
	if fold(p.Whom.Family) == "" {
		wrong("family", "mandate.family_needed")
	}
	if fold(p.Whom.Given) == "" {
		wrong("given", "mandate.given_needed")
	}
	if _, ok := contactKey(p.Whom.Contact); !ok {
		wrong("contact", "mandate.contact_needed")
	}
	return append(out, p.Terms.check(kind, today, known)...)
}

func (t Terms) check(kind Kind, today calendar.Date, known func(service string) bool) []fault.Field {
	var out []fault.Field
	wrong := func(name, key string) { out = append(out, fault.Field{Name: name, ID: key}) }
	allowed := kind.Scopes()
	if len(t.Scopes) == 0 || len(t.Scopes) > len(allowed) || slices.ContainsFunc(t.Scopes, func(s string) bool { return !slices.Contains(allowed, s) }) {
		wrong("scopes", "mandate.scopes_needed")
	}
	if len(t.Services) > ServicesMost || slices.ContainsFunc(t.Services, func(s string) bool { return !known(s) }) {
		wrong("services", "mandate.services_unknown")
	}
	unbounded := kind == Company && t.Each == 0 && t.Cap == 0
	if t.Pays() && !unbounded {
		if t.Cap <= 0 || t.Cap > CapMost {
			wrong("cap", "mandate.cap_needed")
		}
		if t.Each <= 0 || t.Each > t.Cap {
			wrong("each", "mandate.each_needed")
		}
	}
	switch begins := later(t.Begins, today); {
	case t.Ends.IsZero(), !begins.Before(t.Ends):
		wrong("until", "mandate.until_needed")
	case begins.AddYears(TermMost).Before(t.Ends):
		wrong("until", "mandate.until_far")
	}
	return out
}

func later(a, b calendar.Date) calendar.Date {
	if a.After(b) {
		return a
	}
	return b
}

// within tells whether terms give no more than another mandate has: whoever gives an organisation's mandates by one of
// their own gives at most what they have.
func (t Terms) within(have Mandate) bool {
	for _, scope := range t.Scopes {
		if len(t.Services) == 0 && !have.Allows(scope, "") {
			return false
		}
		for _, service := range t.Services {
			if !have.Allows(scope, service) {
				return false
			}
		}
	}
	return !have.Ends.Before(t.Ends)
}

const (
	offerTable  = "mandate_offer"
	columnWhom  = "whom"
	offersShown = 50
)

func offer(keys *vault.Keys, row mandatedb.MandateOffer) (Offer, error) {
	out := Offer{
		ID: row.ID, Maker: row.Maker, MadeBy: row.MadeBy, Way: Way(row.Way), Kind: Kind(row.Kind), Made: row.Made, Until: row.Until, State: State(row.State),
		Terms: Terms{Each: row.EachMost, Cap: row.Cap}, door: row.Door,
	}
	plain, err := keys.Open(offerTable, columnWhom, row.Whom)
	if err != nil {
		return out, err
	}
	for text, into := range map[string]any{string(plain): &out.Whom, row.Scopes: &out.Scopes, row.Services: &out.Services} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			return out, fmt.Errorf("mandate: offer %s: %w", row.ID, err)
		}
	}
	if row.Begins != "" {
		if out.Begins, err = calendar.ParseDate(row.Begins); err != nil {
			return out, fmt.Errorf("mandate: offer %s: %w", row.ID, err)
		}
	}
	out.Ends, err = calendar.ParseDate(row.Ends)
	return out, err
}
