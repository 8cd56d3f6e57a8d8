package casework

import (
	"context"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/mandate"
	"posad.city/core/notice"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"

	"github.com/a-h/templ"
)

// putter is something prepared that waits for its Write. A second Put of the same thing changes nothing.
type putter interface {
	Put(tx *store.Tx) error
}

// Services gives the definitions; *service.Module is one.
type Services interface {
	// Current is the city version in force; nil before the first one is published.
	Current() *service.City
	// Version is the version that a case keeps.
	Version(ctx context.Context, hash service.Hash) (*service.City, error)
}

// Registers asks agencies' registers for certificates; *exchange.Module is one. Its events carry the case's holder and id.
type Registers interface {
	PrepareAsk(ctx context.Context, a exchange.Ask) (*exchange.PreparedAsk, error)
	AskAgain(ctx context.Context, a act.Act, about, caseID id.ID, certificate string) (*exchange.PreparedAsk, error)
	Certificates(ctx context.Context, a act.Act, about []id.ID, caseID id.ID) ([]exchange.Certificate, error)
	CertificateList(c *web.Context, list []exchange.Certificate) templ.Component
	LookText(what string, l lang.Language) (string, bool)
}

// Bills issues what is owed; *charge.Module is one. A fee's home is who owes it.
type Bills interface {
	Prepare(ctx context.Context, n charge.NewCharge) (*charge.Prepared, error)
	Charge(ctx context.Context, a act.Act, home, charge id.ID) (charge.Charge, error)
	Cancel(tx *store.Tx, a act.Act, home, charge id.ID, reason string) (bool, error)
}

// Payments gives back what was paid for a fee, by whomever; *pay.Module is one.
type Payments interface {
	PrepareGiveBack(ctx context.Context, home, charge id.ID) (*pay.PreparedGiveBack, error)
}

// Papers keeps files and makes result documents; *document.Module is one.
type Papers interface {
	PrepareResult(ctx context.Context, n document.NewResult) (*document.PreparedResult, error)
	PrepareRefusal(ctx context.Context, r document.Refusal) (*document.PreparedResult, error)
	Result(ctx context.Context, a act.Act, holder, result id.ID) (document.Result, error)
	Results(ctx context.Context, a act.Act, holder, caseID id.ID) ([]document.Result, error)
	Files(ctx context.Context, a act.Act, holder, caseID id.ID) ([]document.File, error)
	PrepareCorrection(ctx context.Context, c document.Correction) (*document.PreparedCorrection, error)
	PrepareRevoke(ctx context.Context, r document.Revocation) (*document.PreparedRevoke, error)
	PrepareUpload(ctx context.Context, a act.Act, u document.Upload) (*document.PreparedUpload, error)
	Keep(tx *store.Tx, holder, purpose id.ID) error
}

// Teller tells people; *notice.Module is one.
type Teller interface {
	Prepare(ctx context.Context, n notice.Notice) (*notice.Prepared, error)
}

// People knows names; *account.Module is one.
type People interface {
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Family knows for whom a person may act, and who may act for a person; *mandate.Module is one.
type Family interface {
	Acting(ctx context.Context, a act.Act, taker id.ID) ([]mandate.Principal, error)
	// Of lists the mandates that a person has given, the ended ones too.
	Of(ctx context.Context, giver id.ID) ([]mandate.Mandate, error)
}

// Officials knows who serves where; *agency.Module is one.
type Officials interface {
	OfficialOf(ctx context.Context, person id.ID) ([]agency.Official, error)
	Officials(ctx context.Context, office id.ID) ([]agency.Official, error)
}

// Lives tells the exchange whether a case may have a certificate asked: it is open, the applicant's, of the service, and
// its definition lists the certificate with the register. It holds SQL and pure code only.
func (m *Module) Lives(r store.PersonalReader, u exchange.Use) (bool, error) { return lives(r, u) }
