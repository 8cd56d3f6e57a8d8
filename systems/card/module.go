package card

import (
	"context"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/module"
	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/card/internal/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Charges make top-ups payable; *charge.Module is one.
type Charges interface {
	Prepare(ctx context.Context, n charge.NewCharge) (*charge.Prepared, error)
	Read(r store.PersonalReader, home, charge id.ID) (charge.Charge, error)
	ReadAt(r store.PersonalReader, home id.ID, f charge.Filter) ([]charge.Charge, error)
	Cancel(tx *store.Tx, a act.Act, home, charge id.ID, reason string) (bool, error)
}

// Limits counts tries; *account.Module is one.
type Limits interface {
	Limit(ctx context.Context, guard, key string, most int, window time.Duration) error
}

// Deps are what the module is given by the app.
type Deps struct {
	Charges Charges
	Limits  Limits
	// Carrier is the agency whose tickets are sold, and whose officials keep the cards.
	Carrier func() id.ID
	// Tariffs are the tickets on sale; nil: those of the module's own list.
	Tariffs func() []Tariff
	Zone    func() *time.Location
}

// Module keeps transport cards. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
}

// New returns the module.
func New(d Deps) *Module {
	if d.Tariffs == nil {
		d.Tariffs = func() []Tariff { return tariffs }
	}
	if d.Zone == nil {
		d.Zone = func() *time.Location { return time.UTC }
	}
	return &Module{deps: d}
}

// Name implements module.Module.
func (m *Module) Name() string { return "card" }

// Migrations is the module's schema.
var Migrations = store.Migrations{Module: "card", Files: carddb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// The jobs.
const (
	jobMove  = "card.move"
	jobLapse = "card.lapse"
)

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Charges == nil || m.deps.Limits == nil || m.deps.Carrier == nil {
		return errors.New("card: charges, limits and a carrier are needed")
	}
	m.base = b
	for _, event := range []string{charge.EventPaid, charge.EventChanged, charge.EventRefunded} {
		b.Jobs.On(event, jobMove, m.heard)
	}
	b.Jobs.Handle(jobLapse, m.lapse)
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

// Float is the payee of top-ups: money that lies on cards and is nobody's income yet.
func Float() id.ID { return id.Derived("payee", "transport cards") }

func floatAccount() ledger.Account { return pay.Income(Float(), money.RUB) }

func wallet(card id.ID) ledger.Account { return pay.Wallet(card, money.RUB) }

func (m *Module) now() time.Time { return m.base.Clock.Now() }

func (m *Module) system() act.Act { return act.ByJob(id.New(m.now()), act.Purpose{}) }

// idOf is a card's id: made of the keyed number, the same for ever.
func (m *Module) idOf(number string) id.ID {
	return id.Derived("transport card", hex.EncodeToString(m.base.Vault.Keyed("card.number", number)))
}

func (m *Module) codeOf(number, code string) []byte {
	return m.base.Vault.Keyed("card.code", number+"/"+code)
}

// homeOf reads whose a card is; ErrNone when there is no such card.
func homeOf(r store.Reader, card id.ID) (carddb.CardHome, error) {
	home, err := carddb.HomeByID(r, card)
	if errors.Is(err, store.ErrNone) {
		return home, ErrNone.Because(err)
	}
	return home, err
}

// newest follows replacements to the card that has the money now.
func newest(r store.Reader, card id.ID) (carddb.CardHome, error) {
	home, err := homeOf(r, card)
	for err == nil && !home.Next.IsZero() {
		home, err = homeOf(r, home.Next)
	}
	return home, err
}

// move posts one movement between two accounts and writes its line into a card's history, both once.
type move struct {
	id       id.ID
	act      id.ID
	home     carddb.CardHome
	from, to ledger.Account
	amount   int64
	kind     Kind
	about    id.ID
	words    string
}

func (o move) put(tx *store.Tx) error {
	holder, signed := o.home.Person, o.amount
	if holder.IsZero() {
		holder = o.home.ID // a card that is in nobody's account is its own holder
	}
	if o.from.ID == wallet(o.home.ID).ID {
		signed = -signed
	}
	fresh, err := ledger.Post(tx, ledger.Movement{
		ID: o.id, Holder: holder, Act: o.act, Lines: []ledger.Line{{Debit: o.from, Credit: o.to, Amount: money.Roubles(o.amount), About: o.about}},
	})
	if err != nil || !fresh || o.home.Person.IsZero() {
		return err
	}
	return carddb.InsertLine(tx, carddb.InsertLineParams{
		Person: holder, ID: o.id, Card: o.home.ID, Kind: string(o.kind), Amount: signed, At: tx.Now(), About: o.about, Words: o.words,
	})
}

// lies is what a card may spend.
func lies(r store.Reader, card id.ID) (int64, error) {
	b, err := ledger.BalanceOf(r, wallet(card).ID)
	return b.Free(), err
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("card: %s: %w", what, err)
}
