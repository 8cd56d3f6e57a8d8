package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// Method names a way to sign in.
type Method string

// The methods. Sessions keep them, and other sites are told them as amr.
const (
	ByPassword    Method = "password"
	BySMS         Method = "sms"
	ByEmail       Method = "email"
	ByPasskey     Method = "passkey"
	ByApp         Method = "app"
	ByQR          Method = "qr"
	ByProvider    Method = "provider"
	ByCertificate Method = "certificate"
	ByRecovery    Method = "recovery"
	ByPush        Method = "push"
	ByCentre      Method = "centre"
	ByWaiting     Method = "waiting" // a lost second step was waited out: no proof of anything
)

// factor is what a method rests on. Two methods are two factors only when they rest on different things: an e-mail code
// after an e-mail link proves nothing more.
func (m Method) factor() string {
	switch m {
	case ByPassword:
		return "knows"
	case ByEmail:
		return "mailbox"
	case BySMS:
		return "phone"
	case ByRecovery:
		return "paper"
	case ByProvider:
		return "provider"
	case ByCertificate:
		return "certificate"
	case ByCentre:
		return "person"
	}
	return "device"
}

// twoFactors tells whether methods, parted by spaces, rest on two different things.
func twoFactors(methods string) bool {
	first := ""
	for _, one := range strings.Fields(methods) {
		if Method(one) == ByWaiting {
			continue
		}
		factor := Method(one).factor()
		if first != "" && factor != first {
			return true
		}
		first = factor
	}
	return false
}

// withMethod adds a method to those of a session, once.
func withMethod(methods string, one Method) string {
	list := strings.Fields(methods)
	for _, there := range list {
		if there == string(one) {
			return methods
		}
	}
	return strings.Join(append(list, string(one)), " ")
}

// Way is one way in that an account has.
type Way struct {
	ID      id.ID
	Account id.ID
	Method  Method
	Name    string // as its owner calls it; a contact is masked
	Alone   bool   // lets in by itself
	Second  bool   // may be the second step
	Added   time.Time
	Used    time.Time // zero: never
	Version int64
}

// chosen tells whether the way is a second step that its owner chose to have. Recovery codes only stand in for one, and a
// browser that answers approvals may be the very one that asks.
func (w Way) chosen() bool { return w.Second && w.Method != ByRecovery && w.Method != ByPush }

// twoSteps tells whether a person chose to have a second step, in any of their accounts. It does not count for who has just
// waited out the loss of theirs.
func (m *Module) twoSteps(r store.Reader, person id.ID, methods string) (bool, error) {
	if slices.Contains(strings.Fields(methods), string(ByWaiting)) {
		return false, nil
	}
	accounts, err := accountdb.AccountsOf(r, person)
	if err != nil {
		return false, err
	}
	for _, account := range accounts {
		rows, err := accountdb.WaysOf(r, account)
		if err != nil {
			return false, err
		}
		for _, row := range rows {
			if w := (Way{Method: Method(row.Method), Second: row.Second}); w.chosen() {
				return true, nil
			}
		}
	}
	return false, nil
}

// bothSteps refuses a session of one step to a person who chose two.
func (m *Module) bothSteps(ctx context.Context, session accountdb.SessionByIDRow) error {
	if session.Strong {
		return nil
	}
	return m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		two, err := m.twoSteps(r, session.Person, session.Methods)
		if err == nil && two {
			return errStrong
		}
		return err
	})
}

// What kit/web sends to where a person proves themselves once more.
var (
	errStrong = fault.New(fault.Assurance, "web.strong")
	errFresh  = fault.New(fault.Assurance, "web.fresh")
)

// NewWay is a way to be added.
type NewWay struct {
	Account       id.ID
	Method        Method
	Name          string
	Secret        []byte // the method's own, kept sealed under the account's key
	Key           string // finds the way by exact search among those of its method; empty: it is never searched for
	Alone, Second bool
}

// Kept is a way with the method's own secret.
type Kept struct {
	Way
	Person id.ID
	Secret []byte
}

// Offer is a method as pages show it. A method's module registers it while it is provisioned.
type Offer struct {
	Method  Method
	Key     string // names the offer when its method has several: an outside provider's; empty for the others
	Order   int
	Icon    string
	Title   string                      // locale key
	TitleOf func(c *web.Context) string // wins over Title
	Lead    string                      // locale key: what it is, in one sentence
	First   string                      // path that begins a sign-in by it; empty: never the first step
	Second  string                      // path that asks it as the second step; empty: never the second step
	Add     string                      // path that adds one; empty: not by hand
	Show    func(c *web.Context) bool   // nil: always

	// Hint is something for the sign-in page itself: what a browser needs to offer a passkey in the field. nil: nothing.
	Hint func(c *web.Context) templ.Component
}

func (o Offer) shown(c *web.Context) bool { return o.Show == nil || o.Show(c) }

func (o Offer) title(c *web.Context) string {
	if o.TitleOf != nil {
		return o.TitleOf(c)
	}
	return c.T(o.Title)
}

// Proof is what a way has just shown of who is there.
type Proof struct {
	Method  Method
	Account id.ID
	Person  id.ID
	Way     id.ID     // zero for a contact and the password
	Level   act.Level // the most that this proof makes sure of
	Strong  bool      // two factors in one: a passkey that asked for a finger, a certificate, an approval with its number
	New     bool      // the account was made by it
}

// Offer adds a method to the pages. It is called while modules are provisioned.
func (m *Module) Offer(o Offer) { m.offers = append(m.offers, o) }

// OnDrop has fn called in the Write that drops a way of the method.
func (m *Module) OnDrop(method Method, fn func(tx *store.Tx, w Way) error) {
	m.dropped[method] = append(m.dropped[method], fn)
}

// The faults of ways.
var (
	ErrWayTaken = fault.New(fault.Conflict, "account.way_taken")
	ErrLastWay  = fault.New(fault.Conflict, "account.last_way")
	ErrSecond   = fault.New(fault.Denied, "account.second_needed")
)
