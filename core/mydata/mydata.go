package mydata

import (
	"context"
	"time"

	"posad.city/core/account"
	"posad.city/core/apply"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// TopicErased is under what holders are announced whose keys were destroyed or whose kept keys have changed: other nodes
// forget them.
const TopicErased = "mydata.erased"

// EventErased is the event of a person whose key was destroyed; Holder and Object are the person.
const EventErased = "mydata.erased"

// How long things last.
const (
	CopyLife   = 7 * 24 * time.Hour // of a copy's files
	CoolingOff = 7 * 24 * time.Hour // between the wish to be erased and the erasure
	Reminder   = 24 * time.Hour     // before the erasure, when it is told once more
)

// PurposeInvestigation is the kind of purpose whose looks are shown later; the purpose's id is the investigation's.
const PurposeInvestigation = "investigation"

// Source is a module's data, by the module's name.
type Source struct {
	Name string
	Data module.Data
}

// Teller tells words about the account by every channel; *account.Module is one.
type Teller interface {
	PrepareWord(ctx context.Context, w account.Word) (func(*store.Tx) error, error)
}

// Applications begins complaints; *apply.Module is one.
type Applications interface {
	Begin(ctx context.Context, a act.Act, b apply.Beginning) (apply.Draft, bool, error)
	Save(ctx context.Context, a act.Act, draft id.ID, change apply.Change) (apply.Saved, error)
}

// People knows names; *account.Module is one.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Deps are what the module is given by the app.
type Deps struct {
	Sources []Source // in the order of the page
	Words   Teller
	People  People
	Apply   Applications // nil: no complaints by the portal
	// City is the published city; nil while there is none.
	City func() *service.City
	// Files are the uploaded files of a draft or a case; *document.Module's HeldFiles. nil: none are shown.
	Files func(ctx context.Context, a act.Act, holder, purpose id.ID) ([]module.Item, error)
	// AgencyName is what an agency is called.
	AgencyName func(agency id.ID, l lang.Language) string
	// LookText finds words that are data and not in a locale, for looks at registers; may be nil.
	LookText func(what string, l lang.Language) (string, bool)
	// LookWhy is what a look was needed for, in the words of the service; empty when its definition has none. It may be nil.
	LookWhy func(ctx context.Context, what string, p act.Purpose, l lang.Language) string
	// CaseLink is the address and public number of a case of the person's, by its id; empty when there is none.
	CaseLink func(c *web.Context, caseID id.ID) (string, string)
	// Whom finds the person whom an investigation is about, by what the official types: a case's number. store.ErrNone
	// when there is none.
	Whom func(ctx context.Context, text string) (id.ID, error)
	// Zone is the city's time zone.
	Zone func() *time.Location
	// List is the path of the erasure list: a file that lies outside the database and its backups, beside the master key.
	// Empty: none is kept, and a restored backup brings erased people back.
	List string
	// Years are how many full calendar years each law keeps things; what is not named has its default.
	Years map[module.Law]int
}

// defaultYears are the terms of the Russian Federation: decided cases and documents by the lists of records of municipal
// bodies, payments by Federal Law 402-FZ, art. 29, looks by the general term of limitation.
var defaultYears = map[module.Law]int{
	module.LawDecision: 5, module.LawDocument: 5, module.LawPayment: 5, module.LawLook: 3,
}

func (d Deps) years(l module.Law) int {
	if n, ok := d.Years[l]; ok {
		return n
	}
	return defaultYears[l]
}

// The faults of this module.
var (
	ErrNone      = fault.New(fault.Missing, "mydata.none")
	ErrWord      = fault.New(fault.Invalid, "mydata.fields")
	ErrMany      = fault.New(fault.Invalid, "mydata.many")         // more looks than a file holds
	ErrMaking    = fault.New(fault.Conflict, "mydata.making")      // a copy is being made already
	ErrOver      = fault.New(fault.Gone, "mydata.over")            // the copy's week is over
	ErrAsked     = fault.New(fault.Conflict, "mydata.asked")       // the erasure is asked for already
	ErrBegun     = fault.New(fault.Conflict, "mydata.begun")       // the erasure can't be stopped any more
	ErrMayNot    = fault.New(fault.Denied, "mydata.may_not")       // the agency or the role may not investigate
	ErrClosed    = fault.New(fault.Gone, "mydata.closed")          // the investigation's time is over
	ErrSelf      = fault.New(fault.Denied, "mydata.self")          // nobody investigates themselves
	ErrNoService = fault.New(fault.Missing, "mydata.no_complaint") // the city has no service of complaints
)
