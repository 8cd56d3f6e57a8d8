package exchange

import (
	"context"
	"net/http"
	"slices"
	"time"

	"posad.city/core/service"
	"posad.city/kit/asic"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// The events: Holder and Object are the case's (or the draft's), Version is the certificate's revision.
const (
	EventReplied = "exchange.replied"
	EventFailed  = "exchange.failed"
)

// State is how far a certificate is.
type State string

// The states.
const (
	Asked  State = "asked"
	Known  State = "known"
	Failed State = "failed" // for good, unless somebody has it asked again
)

// again is how a row stands whose certificate is known and asked anew: readers see it as Known, with Again.
const again State = "again"

// open tells whether a row waits for its register.
func (s State) open() bool { return s == Asked || s == again }

// Trouble is why a register has not answered yet, or failed for good.
type Trouble string

// The troubles.
const (
	None        Trouble = ""
	Silent      Trouble = "silent"       // no answer in time, no connection, or an error of the agency's own (5xx)
	Refused     Trouble = "refused"      // the agency does not accept the question (4xx)
	WrongSchema Trouble = "wrong_schema" // the answer is not what the register promises
	NotFound    Trouble = "not_found"    // the register has no such record, and no lawful way to say so in its schema
	Breaker     Trouble = "breaker"      // the agency was silent so often that it is not asked for a while
	Absent      Trouble = "absent"       // no such register in the city any more, or the agency is not connected
	Closed      Trouble = "closed"       // the case ended before the register was asked
)

// Ask is a question to a register.
type Ask struct {
	Holder      id.ID             // in whose account the case or draft lies
	Case        id.ID             // the case's or draft's id
	Applicant   id.ID             // who files it
	About       id.ID             // whom the certificate is about; that person sees the look
	Service     string            // key of the service
	Agency      id.ID             // that works the case: the question is on its behalf
	Certificate string            // key of the certificate in the service's definition
	Register    string            // key of the register
	Params      map[string]string // of service.Rules.Parameters
	Needed      lang.Text         // why, as the definition says it
	Again       bool              // an official wants it asked anew: even when it is known or failed
}

// Use is what a question is for, as Lives judges it.
type Use struct {
	Holder, Case, Applicant, About id.ID
	Service, Certificate, Register string
}

// Lives tells whether a draft or an open case with this id lives in the holder's account, is the applicant's, is of the
// service, and its own definition lists the certificate with the register. It runs inside a Write or a Look and so holds
// SQL and pure code only.
type Lives func(r store.PersonalReader, u Use) (bool, error)

// Any is true when one of the judges says so: drafts are core/apply's, cases core/casework's.
func Any(judges ...Lives) Lives {
	return func(r store.PersonalReader, u Use) (bool, error) {
		for _, lives := range judges {
			if yes, err := lives(r, u); yes || err != nil {
				return yes, err
			}
		}
		return false, nil
	}
}

// Certificate is a certificate as it is read, unsealed.
type Certificate struct {
	ID        id.ID // of the asking: changes when it is asked again; the register's idempotency key
	About     id.ID
	Holder    id.ID // of the case
	Case      id.ID
	Applicant id.ID
	Agency    id.ID // on whose behalf
	Service   string
	Key       string // of the certificate in the service's definition
	Register  string
	State     State
	Again     bool      // a known one is being asked anew; its earlier answer holds until the new one is here
	Trouble   Trouble   // of the last try; of a known one, why it could not be asked anew
	Asked     time.Time // when it was asked last
	Answered  time.Time // when it became known or failed; zero while asked
	Valid     time.Time // until when a known one is fresh
	Early     bool      // asked to prefill the form, and by the case not yet
	Tries     int       // requests sent
	Needed    lang.Text
	Values    map[string]any // exactly the register's declared values; nil unless known
	Revision  int64
	source    string // see Source
}

// Fact is the certificate as rules see it; the day is that of the reply in the zone.
func (c Certificate) Fact(zone *time.Location) service.Fact {
	switch c.State {
	case Known:
		return service.Fact{State: service.FactKnown, Day: calendar.DateOf(c.Answered, zone), Values: c.Values}
	case Failed:
		return service.Fact{State: service.FactFailed, Day: calendar.DateOf(c.Answered, zone)}
	}
	return service.Fact{State: service.FactWaiting}
}

// Stale tells whether a known certificate is older than its register lets it be reused.
func (c Certificate) Stale(now time.Time) bool { return c.State == Known && !now.Before(c.Valid) }

// FactsOf are certificates as rules see them. Where two persons of a case have the same certificate, the later answer counts.
func FactsOf(certificates []Certificate, zone *time.Location) service.Facts {
	out := service.Facts{}
	ordered := slices.Clone(certificates)
	slices.SortStableFunc(ordered, func(a, b Certificate) int { return a.Answered.Compare(b.Answered) })
	for _, c := range ordered {
		out[c.Key] = c.Fact(zone)
	}
	return out
}

// Line is one thing that a certificate says, in words.
type Line struct{ Title, Text string }

// Endpoint is how an agency is reached.
type Endpoint struct {
	URL string // without a slash at the end; the contract's paths follow
	Key string // sent as a bearer token
	// Gateway says that our X-Road security server stands there, which compares hashes itself; else the member's own server.
	Gateway bool
}

// Deps are what the module is given by the app.
type Deps struct {
	City      func() *service.City // the published version; may give nil while nothing is published
	Endpoints map[string]Endpoint  // by key of the agency
	Lives     Lives                // or by Provide
	Client    *http.Client         // nil: the module's own
	// Signer signs the log of messages, now; nil: the module certifies the city's exchange key by itself.
	Signer func() (asic.Signer, error)
	Trust  func() (asic.Trust, error) // whom to believe that signed the log: of Signer's authority; nil as there
	// Find is the person whom an operator names by a contact; nil: by their id alone.
	Find func(ctx context.Context, contact string) (id.ID, error)
	// Providing is what the city answers for by X-Road, and to whom.
	Providing Providing
	Zone      func() *time.Location
	Pause     time.Duration // before the second request of a question, thrice as long before each next; 0 means 2 s
	Rest      time.Duration // how long an agency that was silent too often is left alone; 0 means 15 s
	Patience  time.Duration // how long a question waits for an agency that is not asked at all; 0 means 1 h
	// The registers that Identity, Family and Vehicles ask; empty means "population", "family" and "garage".
	Population, Family, Garage string
}

// The faults of this module.
var (
	ErrNoCase = fault.New(fault.Denied, "exchange.no_case")     // no live case or draft that needs the certificate
	ErrNone   = fault.New(fault.Missing, "exchange.none")       // no such certificate in the case
	ErrSilent = fault.New(fault.Unavailable, "exchange.silent") // the register did not answer rightly
)

// The contract of the module, written out in its files:
//
//	New(d Deps) *Module; m.Provide(l Lives)
//	m.PrepareAsk(ctx, ask Ask) (*PreparedAsk, error)              p.Put(tx) error: row and job; ErrNoCase; nothing when it is asked or known already
//	m.AskAgain(ctx, a, about, caseID, certificate) (*PreparedAsk, error)   the same question anew, by an official
//	m.Facts(ctx, a, about []id.ID, caseID) (service.Facts, error)
//	m.Certificates(ctx, a, about []id.ID, caseID) ([]Certificate, error)   in order of asking
//	m.Forget(tx, about, caseID) error                             deletes them, where the draft is gone and became no case
//	m.Early(ctx, a, asks []Ask, wait) (service.Facts, error)      wait 0 means 3 s
//	m.Says(c Certificate, l lang.Language) []Line                 what a known one says, in words
//	m.Log(ctx, a, about, before, most) ([]Logged, error)          what went over the wire about a person
//	m.Container(ctx, a, about, try, answer) ([]byte, error)       a signed message as *.asice; ErrNoMessage, ErrUnsigned, ErrLog
//	m.ProvideAsking(a Asking)                                     what the city answers other members with, at /r1/
//	m.SignLog(ctx) error; m.CheckLog(ctx) (CheckedLog, error)     names each row that was changed; CheckLogTelling tells how far it is
//	m.LogStanding(ctx) (LogStanding, error)                       batches signed, what waits, the last check
//	m.Person(ctx, text) (id.ID, error)                            whom an operator means: an id or a contact
//	m.Source(c Certificate) string                                the register that it comes from: a fallback's may be another
//	m.Standings() []Standing                                      the registers asked on this node: breakers and counts
//	m.LookText(what string, l lang.Language) (string, bool)       words of a look "exchange.look.REGISTER"
//	m.CertificateList(c *web.Context, list []Certificate) templ.Component
//	m.Identity() account.IdentityChecker; m.FamilyFacts() mandate.FamilyFacts
