package broker

import (
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

// Provider is an outside OpenID provider that people may sign in by.
type Provider struct {
	Key       string     // names it in addresses for ever: small letters, digits, hyphens
	Issuer    string     // exactly as the provider writes it in its tokens
	Client    string     // client id that the provider gave to the city
	Secret    string     // client secret; empty: a public client
	Scopes    []string   // beside openid
	TitleRu   string     // as people know it: Госуслуги
	TitleEn   string     //
	Level     act.Level  // the most that a sign-in by it makes sure of
	Accepted  []string   // acr values that lend the level; any other is Basic. Empty: every sign-in lends it
	Claims    ClaimNames // which claim says what
	Registers bool       // a person whom the city does not know may begin by it
	Strong    bool       // its sign-ins are two factors, unless its amr says otherwise
	On        bool

	fixed   bool // from the configuration
	version int64
}

// Title is what people know the provider by.
func (p Provider) Title(l lang.Language) string {
	if l == lang.English && p.TitleEn != "" {
		return p.TitleEn
	}
	return p.TitleRu
}

// ClaimNames say which claim of the provider carries what. A name that begins with / is a JSON Pointer (RFC 6901) into
// the claims; any other is the claim's whole name. Empty: the provider does not tell.
type ClaimNames struct {
	Family     string `json:"family,omitempty" yaml:"family"`
	Given      string `json:"given,omitempty" yaml:"given"`
	Patronymic string `json:"patronymic,omitempty" yaml:"patronymic"`
	Birth      string `json:"birth,omitempty" yaml:"birth"`
	SNILS      string `json:"snils,omitempty" yaml:"snils"`
	Phone      string `json:"phone,omitempty" yaml:"phone"`
	Email      string `json:"email,omitempty" yaml:"email"`
}

// StandardClaims are the names of OpenID Connect Core 1.0, 5.1; it has none for a SNILS.
var StandardClaims = ClaimNames{
	Family: "family_name", Given: "given_name", Patronymic: "middle_name", Birth: "birthdate", SNILS: "snils",
	Phone: "phone_number", Email: "email",
}

// How long things live.
const (
	askedLife  = 10 * time.Minute // from leaving for the provider to the return
	foundLife  = 30 * time.Minute // from the return to the person's answer; a sign-in the usual way fits in
	clockSkew  = time.Minute      // how far a provider's clock may be off
	entryLife  = account.SessionMost
	entrySpan  = 15 * time.Minute // between the return and the session: a second step may stand between
	logoutLife = time.Hour        // how old a logout token may be, at most
)

// The faults of this module that people see. ErrRefused has many causes, which the log and the administrator see.
var (
	ErrProvider = fault.New(fault.Missing, "broker.no_provider")
	ErrSilent   = fault.New(fault.Unavailable, "broker.silent", "seconds", "30")
	ErrRefused  = fault.New(fault.Denied, "broker.refused")
	ErrStopped  = fault.New(fault.Gone, "broker.stopped")
	ErrOver     = fault.New(fault.Gone, "broker.over")
	ErrDiffers  = fault.New(fault.Conflict, "broker.differs")
	ErrTaken    = fault.New(fault.Conflict, "broker.taken")
	ErrUsual    = fault.New(fault.Conflict, "broker.usual")
	ErrFields   = fault.New(fault.Invalid, "broker.fields")
	ErrFixed    = fault.New(fault.Conflict, "broker.fixed")
	ErrChanged  = fault.New(fault.Conflict, "broker.changed")
	ErrLogout   = fault.New(fault.Invalid, "broker.logout_token")
)
