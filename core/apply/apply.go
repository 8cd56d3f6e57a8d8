package apply

import (
	"context"
	"time"

	"posad.city/core/account"
	"posad.city/core/exchange"
	"posad.city/core/form"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// DraftLife is how long a draft is kept after it was last saved.
const DraftLife = 30 * 24 * time.Hour

// Draft is an application that is not sent yet, unsealed.
type Draft struct {
	Holder, ID id.ID
	Applicant  id.ID // who fills it
	Mandate    id.ID // by which mandate; zero for oneself
	About      id.ID // the case that it is about, or whose result is renewed; zero: none
	Service    string
	Definition service.Hash // of the version under which it was last saved
	Step       string       // where the person was
	Lang       lang.Language
	Channel    act.Channel // where it was begun
	Begun      time.Time
	Saved      time.Time
	Revision   int64
	Answers    service.Answers
	Typed      map[string]form.Typed // refused answers, as typed

	times window // of the appointments that its form offers now; not kept
}

// Expires is when the draft is deleted if nobody saves it.
func (d Draft) Expires() time.Time { return d.Saved.Add(DraftLife) }

// Line is a draft in a list.
type Line struct {
	Holder, ID id.ID
	Service    string
	Saved      time.Time
}

// Submission is a complete application, ready to become a case.
type Submission struct {
	ID         id.ID // the draft's, which becomes the case's
	City       *service.City
	Service    *service.Service // of City
	Definition service.Hash     // of City
	Holder     id.ID
	Applicant  id.ID
	Mandate    id.ID
	About      id.ID          // the case that it is about; zero: none
	Inputs     service.Inputs // answers as submitted, the applicant, certificates known by now
	Channel    act.Channel
	Lang       lang.Language
	Act        act.Act
}

// Cases opens cases; core/casework, through the app.
type Cases interface {
	// Prepare hashes, seals and makes ids: everything that has no place in a Write.
	Prepare(ctx context.Context, s Submission) (PreparedCase, error)
	// Past lists a holder's cases, the newest first: those of a service that are open or approved, or of all services when it is
	// empty. With a number, or an id as text, that case alone.
	Past(ctx context.Context, a act.Act, holder id.ID, service, number string) ([]Past, error)
}

// Past is a case that was opened before.
type Past struct {
	ID        id.ID
	Number    string
	Service   string
	Open      bool
	Decided   time.Time // zero: not yet
	Withdrawn bool
	Valid     bool          // its result has not ended and was not revoked
	Until     calendar.Date // when it ends; zero: no end, or no result
	Inputs    service.Inputs
}

// PreparedCase waits for its Write.
type PreparedCase interface {
	// Put opens the case and returns its public number. A case with this id that is there already keeps its number.
	Put(tx *store.Tx) (number string, err error)
}

// Upload is a file on its way into a draft.
type Upload struct {
	Holder, Draft id.ID
	Service       string
	Field         string
	File          web.File
	Accept        []string // kinds by content: pdf, jpg ...
	MaxBytes      int64
}

// Papers keeps files; core/document, through Documents.
type Papers interface {
	// Prepare stores the bytes. A fault of the kinds Invalid or TooLarge is about the file and is shown with its question.
	Prepare(ctx context.Context, a act.Act, u Upload) (PreparedFile, error)
	// Files lists a draft's files, oldest first.
	Files(ctx context.Context, a act.Act, holder, draft id.ID) ([]service.File, error)
	// Remove takes a file out of a draft.
	Remove(tx *store.Tx, holder, draft, file id.ID) error
	// Keep says that the application is in: its files stay with the case.
	Keep(tx *store.Tx, holder, draft id.ID) error
	// Discard forgets a draft's files.
	Discard(tx *store.Tx, holder, draft id.ID) error
}

// PreparedFile waits for its Write.
type PreparedFile interface {
	Answer() service.File
	Put(tx *store.Tx) error
}

// Services gives the city; *service.Module is one.
type Services interface {
	City() (*service.City, error)
	// Version is an earlier version of the city, under which a draft was begun.
	Version(ctx context.Context, hash service.Hash) (*service.City, error)
}

// People gives persons; *account.Module is one.
type People interface {
	Person(ctx context.Context, a act.Act, what string, one id.ID) (account.Person, error)
}

// Family gives a parent's children, and all for whom a person may act; *mandate.Module is one.
type Family interface {
	Acting(ctx context.Context, a act.Act, taker id.ID) ([]mandate.Principal, error)
	Children(ctx context.Context, a act.Act, parent id.ID) ([]mandate.Child, error)
}

// Registers asks early, tells what is known, and forgets it with a draft; *exchange.Module is one.
type Registers interface {
	Early(ctx context.Context, a act.Act, asks []exchange.Ask, wait time.Duration) (service.Facts, error)
	Facts(ctx context.Context, a act.Act, about []id.ID, caseID id.ID) (service.Facts, error)
	// Forget deletes what was told of a person for a draft that became no case.
	Forget(tx *store.Tx, about, caseID id.ID) error
}

// Deps are the module's neighbours, given by the app.
type Deps struct {
	Services   Services
	People     People
	Family     Family
	Registers  Registers
	Papers     Papers
	Cases      Cases
	Signatures Signatures // nil: nobody is asked to sign
	Visits     Visits     // nil: forms offer no appointments
	// Vehicles are a person's vehicles, where a register tells them; nil: a plate is typed.
	Vehicles func(ctx context.Context, a act.Act, person id.ID) ([]service.Vehicle, error)
	// TraderNumber is the taxpayer's number of a person who is a sole trader, else empty; nil: nobody's is known.
	TraderNumber func(ctx context.Context, a act.Act, person id.ID) (string, error)
	// Outlook is how a case that was just sent goes on; nil, or no steps: the page says it in general.
	Outlook func(ctx context.Context, a act.Act, caseID id.ID, l lang.Language) ([]ui.TimelineStep, error)
	// CasePath is where a case is followed, by its number; nil: /cases/NUMBER.
	CasePath func(number string) string
}

// The faults of this module.
var (
	ErrNone     = fault.New(fault.Missing, "apply.none")       // no such draft, or somebody else's
	ErrService  = fault.New(fault.Missing, "apply.no_service") // the city does not offer the service
	ErrChild    = fault.New(fault.Invalid, "apply.no_child")   // a service for a child needs one of the applicant's
	ErrWhom     = fault.New(fault.Invalid, "apply.no_whom")    // the applicant may not apply for the one who is named
	ErrMissing  = fault.New(fault.Invalid, "apply.incomplete") // something is not answered; Fields say what
	ErrObstacle = fault.New(fault.Denied, "apply.obstacle")    // the service's own obstacle stands
	ErrConsent  = fault.New(fault.Invalid, "apply.no_consent") // the applicant has not confirmed the answers
	ErrLevel    = fault.New(fault.Assurance, "apply.level")    // the service needs a confirmed identity
	ErrSent     = fault.New(fault.Conflict, "apply.sent")      // the application is in already
	ErrAbout    = fault.New(fault.Invalid, "apply.no_about")   // the service is about another case: which one must be said
	ErrAlready  = fault.New(fault.Conflict, "apply.already")   // the person has the same already
	ErrOften    = fault.New(fault.Conflict, "apply.busy")      // others changed the draft again and again
)

// The contract of the module, written out in its files:
//
//	m.Begin(ctx, a, key, child, l) (Draft, bool, error)     a new draft, or the open one of the same person and service (true)
//	m.Drafts(ctx, a) ([]Line, error)                        of the person and their children, latest first
//	m.Lives(r, use) (bool, error)                           exchange.Lives for drafts
//	m.Submit(ctx, a, draft, consent, l) (number, error)
//	m.Widget(c) (templ.Component, error)                    drafts to go on with, for the person's own place
