package organisation

import (
	"context"
	"time"

	"posad.city/core/account"
	"posad.city/core/certificate"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// Organisation is a legal entity that acts here.
type Organisation struct {
	ID        id.ID
	OGRN      string // 13 digits
	INN       string // 10 digits
	Title     string
	Source    Source
	Since     time.Time
	Confirmed time.Time // when its head last showed that they are
	Closed    time.Time // zero: it acts
}

// Trader is a person's entry as a sole trader.
type Trader struct {
	OGRNIP string `json:"ogrnip"` // 15 digits
	INN    string `json:"inn"`    // 12 digits
	Title  string `json:"title"`
}

// Source is how the city knows of an organisation's head.
type Source string

// The sources.
const (
	ByCertificate Source = "certificate"
	ByRegister    Source = "register"
)

// HeadTerm is how many years a head's mandate lasts before they show anew that they are.
const HeadTerm = 3

// ID is the organisation of an OGRN, the same on every machine.
func ID(ogrn string) id.ID { return id.Derived("organisation", ogrn) }

// Entry is what the state register says of a legal entity.
type Entry struct {
	OGRN      string
	INN       string
	Title     string
	HeadSNILS string // of whoever acts without a mandate
	Active    bool
}

// TraderEntry is what the state register says of a sole trader.
type TraderEntry struct {
	Trader
	SNILS  string
	Active bool
}

// Register asks the state register of legal entities and sole traders; core/exchange gives one, through the app. Each
// returns within the context's time; ErrUnknown says that there is no such entry, any other error that the register did
// not answer. ask names the question for ever.
type Register interface {
	Organisation(ctx context.Context, ogrn string, ask id.ID) (Entry, error)
	Trader(ctx context.Context, ogrnip string, ask id.ID) (TraderEntry, error)
}

// Certificates are the certificates that people sign in by; *certificate.Module is one.
type Certificates interface {
	Linked(ctx context.Context, accountID id.ID) ([]certificate.Linked, error)
	// Holds tells whether one is good at this moment: nil.
	Holds(ctx context.Context, l certificate.Linked) error
}

// The faults of this module. That a number is unknown, that it is closed and that somebody else heads it look alike: who
// heads an organisation is nobody's to try out here.
var (
	ErrUnknown  = fault.New(fault.Missing, "organisation.unknown") // of a Register alone
	ErrNone     = fault.New(fault.Missing, "organisation.none")
	ErrOGRN     = fault.New(fault.Invalid, "organisation.ogrn_wrong")
	ErrOGRNIP   = fault.New(fault.Invalid, "organisation.ogrnip_wrong")
	ErrNotHead  = fault.New(fault.Invalid, "organisation.not_head")
	ErrNotYours = fault.New(fault.Invalid, "organisation.not_trader")
	ErrRegister = fault.New(fault.Unavailable, "organisation.register_down")
	ErrStanding = fault.New(fault.Assurance, "organisation.confirm_first")
)

// names tells whether a certificate's subject is the person, as head of the organisation.
func names(s certificate.Subject, ogrn string, p account.Person) bool {
	if !s.Organisational() || s.OGRN != ogrn {
		return false
	}
	if s.SNILS != "" {
		return s.SNILS == p.SNILS
	}
	return s.Name.Family == p.Name.Family && s.Name.Given == p.Name.Given && !s.Birth.IsZero() && s.Birth == p.Birth
}
