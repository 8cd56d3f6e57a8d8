package casework

import (
	"context"
	"time"

	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// Putter is something prepared that waits for its Write. A second Put of the same thing changes nothing.
type Putter interface {
	Put(tx *store.Tx) error
}

// Services gives the definitions; core/service is one.
type Services interface {
	// Current is the city version in force; nil before the first one is published.
	Current() *service.City
	// Version is the version that a case keeps.
	Version(ctx context.Context, hash service.Hash) (*service.City, error)
}

// Registers asks agencies' registers for certificates; core/exchange does it. Its events exchange.replied and
// exchange.failed carry the case's holder and id.
type Registers interface {
	// PrepareAsk makes a question ready. What was asked or is known already is not asked again.
	PrepareAsk(ctx context.Context, a Ask) (Putter, error)
	// Certificates lists those of a case, the early ones included, of the people whom they are about.
	Certificates(ctx context.Context, a act.Act, about []id.ID, caseID id.ID) ([]Certificate, error)
}

// Ask is a question to a register in a case.
type Ask struct {
	Holder      id.ID // of the case
	Case        id.ID
	Applicant   id.ID
	About       id.ID // whom it is about, who sees the look
	Service     string
	Agency      id.ID  // on whose behalf
	Certificate string // key in the service
	Register    string
	Params      map[string]string
	Needed      lang.Text
}

// Certificate is a register's answer in a case, or the wait for it.
type Certificate struct {
	ID       id.ID
	Key      string // in the service
	Register string
	About    id.ID
	Agency   id.ID // on whose behalf
	Fact     service.Fact
	Trouble  string // none, or what is wrong: silent, refused, wrong_schema, not_found, breaker, absent, closed
	Asked    time.Time
	Answered time.Time // zero while waiting
	Tries    int
	Needed   lang.Text
}

// Bills issues what is owed; *pay.Module is one.
type Bills interface {
	PrepareCharge(pay.NewCharge) (*pay.PreparedCharge, error)
	Charge(ctx context.Context, a act.Act, payer, charge id.ID) (pay.Charge, error)
	Cancel(tx *store.Tx, payer, charge id.ID) (bool, error)
}

// Papers keeps files and makes result documents; core/document does it.
type Papers interface {
	// PrepareResult makes the document, signed and stored; Put gives it to its holder, once for the same ID.
	PrepareResult(ctx context.Context, r Result) (Putter, error)
	// Results lists the documents that came out of a case.
	Results(ctx context.Context, a act.Act, holder, caseID id.ID) ([]Paper, error)
	// PrepareUpload stores a file that the applicant gives with an answer.
	PrepareUpload(ctx context.Context, a act.Act, u Upload) (service.File, Putter, error)
}

// Upload is a file given in a case.
type Upload struct {
	Holder id.ID
	Case   id.ID
	Field  string // "answer"
	File   web.File
}

// Result is a document to be made.
type Result struct {
	ID          id.ID
	Holder      id.ID
	Case        id.ID
	Number      string // of the case
	Kind        string
	Title       lang.Text
	Text        lang.Text
	Words       string // the official's own, below the text
	Facts       []ResultLine
	Agency      id.ID
	AgencyTitle lang.Text
	SignerName  lang.Text // head of the agency
	SignerPost  lang.Text
	From, Until calendar.Date // Until is zero: no end
	Lang        lang.Language
}

// ResultLine is one value printed in a document.
type ResultLine struct {
	Key    string
	Label  lang.Text
	Value  lang.Text
	Public bool // the public check shows it
}

// Paper is a result document as a case's page shows it.
type Paper struct {
	ID      id.ID
	Title   lang.Text
	Path    string // where it is read and downloaded
	Issued  time.Time
	Until   calendar.Date
	Revoked bool
}

// Teller tells people; the app gives core/notice.
type Teller interface {
	// PrepareTelling makes a notice ready. One Key is told once, however often it is put.
	PrepareTelling(ctx context.Context, t Telling) (Putter, error)
}

// Telling is what the applicant is told of a step.
type Telling struct {
	Key         string // names it for ever
	To          id.ID
	Holder      id.ID // of the case
	Case        id.ID
	Kind        string // submitted, fetched, pay, paid, taken, asked, approved, refused, issued, late, lapsed, remind
	Title, Text lang.Text
	Path        string // where the person goes on
	StartsTerm  bool   // a term of the person's own begins with it
}

// People knows names; core/account does.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Family knows for which children a person may act; core/mandate does.
type Family interface {
	Children(ctx context.Context, a act.Act, parent id.ID) ([]mandate.Child, error)
}

// Officials knows who serves where; core/agency does.
type Officials interface {
	OfficialOf(ctx context.Context, person id.ID) ([]agency.Official, error)
}
