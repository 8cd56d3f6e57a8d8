package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/casework"
	"posad.city/core/exchange"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/xroad"
)

// XRoad is the city as a provider: which members of the instance may ask it, and about what.
type XRoad struct {
	Subsystem  string           `yaml:"subsystem"` // the city's own: INSTANCE/CLASS/MEMBER/SUBSYSTEM
	Members    []XRoadMember    `yaml:"members"`
	Agreements []XRoadAgreement `yaml:"agreements"`
}

// XRoadMember is who may ask.
type XRoadMember struct {
	Client       string   `yaml:"client"`       // INSTANCE/CLASS/MEMBER, or with a subsystem
	Agency       string   `yaml:"agency"`       // key of the agency that it is in the city's data
	Keys         []string `yaml:"keys"`         // that it shows as Authorization: Bearer
	Certificates []string `yaml:"certificates"` // SHA-256 of its TLS certificates, in hexadecimal
	Services     []string `yaml:"services"`
	Kinds        []string `yaml:"kinds"` // of documents that it may ask about in the cases that its agency works on; empty: under agreements alone
}

// XRoadAgreement is a standing purpose beside cases.
type XRoadAgreement struct {
	Number   string   `yaml:"number"` // X-Road-Issue names it
	Client   string   `yaml:"client"`
	Services []string `yaml:"services"`
	Kinds    []string `yaml:"kinds"` // of documents
	Until    string   `yaml:"until"` // the last day, 2027-12-31; empty: no end
}

// xroadKeyLeast is how short a member's key may be.
const xroadKeyLeast = 24

// providing reads the section; the error joins everything that is wrong.
func (x XRoad) providing() (exchange.Providing, error) {
	var out exchange.Providing
	if x.Subsystem == "" {
		if len(x.Members)+len(x.Agreements) > 0 {
			return out, errors.New("xroad.subsystem: name the city's own subsystem")
		}
		return out, nil
	}
	var faults []error
	wrong := func(place, text string, args ...any) {
		faults = append(faults, fmt.Errorf("xroad."+place+": "+text, args...))
	}
	var err error
	if out.Subsystem, err = xroad.ParseClient(x.Subsystem); err != nil || out.Subsystem.Subsystem == "" {
		wrong("subsystem", "%q is not INSTANCE/CLASS/MEMBER/SUBSYSTEM", x.Subsystem)
	}
	for i, m := range x.Members {
		place := fmt.Sprintf("members.%d", i)
		one := exchange.Member{Agency: m.Agency, Keys: m.Keys, Certificates: m.Certificates, Services: m.Services, Kinds: m.Kinds}
		if one.Client, err = xroad.ParseClient(m.Client); err != nil {
			wrong(place+".client", "%q is not INSTANCE/CLASS/MEMBER or one with a subsystem", m.Client)
		}
		for n, there := range out.Members { // a key of the one would open what the other may
			if there.Client.Covers(one.Client) || one.Client.Covers(there.Client) {
				wrong(place+".client", "%s is among members.%d too: write each client down once, as a member or by its subsystems", m.Client, n)
			}
		}
		if m.Agency == "" {
			wrong(place+".agency", "name the agency that it is: people see that it asked")
		}
		if len(m.Keys)+len(m.Certificates) == 0 {
			wrong(place, "give a key or a certificate: without one nobody knows that it is the member")
		}
		for _, key := range m.Keys {
			if len(key) < xroadKeyLeast {
				wrong(place+".keys", "a key has at least %d characters", xroadKeyLeast)
			}
		}
		for _, print := range m.Certificates {
			if raw, err := hex.DecodeString(print); err != nil || len(raw) != 32 {
				wrong(place+".certificates", "%.80q is no SHA-256 in hexadecimal", print)
			}
		}
		checkServices(m.Services, place, wrong)
		out.Members = append(out.Members, one)
	}
	for i, a := range x.Agreements {
		place := fmt.Sprintf("agreements.%d", i)
		one := exchange.Agreement{Number: a.Number, Services: a.Services, Kinds: a.Kinds}
		if a.Number == "" || len(a.Kinds) == 0 {
			wrong(place, "it needs a number and the kinds of documents that it is about")
		}
		if one.Client, err = xroad.ParseClient(a.Client); err != nil {
			wrong(place+".client", "%q is not INSTANCE/CLASS/MEMBER or one with a subsystem", a.Client)
		}
		if a.Until != "" {
			if one.Until, err = calendar.ParseDate(a.Until); err != nil {
				wrong(place+".until", "%q is not a day such as 2027-12-31", a.Until)
			}
		}
		checkServices(a.Services, place, wrong)
		out.Agreements = append(out.Agreements, one)
	}
	return out, errors.Join(faults...)
}

// checkServices tells of services that the city does not have.
func checkServices(list []string, place string, wrong func(place, text string, args ...any)) {
	if len(list) == 0 {
		wrong(place+".services", "name what it may ask: %s", exchange.ServiceDocuments)
	}
	for _, code := range list {
		if !slices.Contains([]string{exchange.ServiceDocuments}, code) {
			wrong(place+".services", "there is no service %q: %s", code, exchange.ServiceDocuments)
		}
	}
}

// caseOf finds a case for members that name it by its public number.
func (m *Modules) caseOf(ctx context.Context, number string) (exchange.Use, error) {
	ref, err := m.Casework.Find(ctx, number)
	if errors.Is(err, casework.ErrNone) || errors.Is(err, id.ErrNumber) {
		return exchange.Use{}, store.ErrNone
	}
	if err != nil {
		return exchange.Use{}, err
	}
	return exchange.Use{Holder: ref.Holder, Case: ref.ID, Applicant: ref.Applicant, Service: ref.Service}, nil
}

// numberOf is a case's public number, for operators who read the log of messages.
func (m *Modules) numberOf(ctx context.Context, caseID id.ID) (string, error) {
	ref, err := m.Casework.FindID(ctx, caseID)
	if errors.Is(err, casework.ErrNone) {
		return "", store.ErrNone
	}
	return ref.Number, err
}
