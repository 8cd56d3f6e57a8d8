package charge

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/agency"
	"posad.city/core/charge/internal/store"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Prepared is a charge that waits for its Write.
type Prepared struct {
	ID, Home id.ID
	Number   string
	m        *Module
	row      chargedb.InsertBillParams
	details  []byte
	away     bool // its home is of an identifier
	quiet    bool // nobody is to be told: it came in bulk, and nobody watches its home
	dueGiven bool // the payee named the day to pay
}

// Prepare makes a charge ready to be put. Errors: ErrKind, ErrTitle, ErrAmount, ErrPayer, ErrExternal, ErrPeriod, ErrDetails, ErrProof and
// those of identifiers.
func (m *Module) Prepare(ctx context.Context, n NewCharge) (*Prepared, error) {
	p, err := m.prepare(n)
	if err != nil {
		return nil, err
	}
	if p.details == nil {
		return p, nil
	}
	keys, err := m.base.Vault.Keys(ctx, p.Home)
	if err != nil {
		return nil, fmt.Errorf("charge: keys of a home: %w", err)
	}
	return p, p.seal(keys)
}

// prepare is Prepare without keys: what is sealed waits for seal.
func (m *Module) prepare(n NewCharge) (*Prepared, error) {
	kind, err := m.kindOf(n.Kind)
	if err != nil {
		return nil, err
	}
	if n.entered && kind == nil {
		return nil, ErrKind
	}
	if err := n.check(); err != nil {
		return nil, err
	}
	if err := n.suits(kind); err != nil {
		return nil, err
	}
	home := n.Person
	if home.IsZero() {
		if home, err = m.HomeOf(n.For); err != nil {
			return nil, err
		}
	}
	p := &Prepared{ID: n.ID, Home: home, Number: id.NewCode(), m: m, away: n.Person.IsZero(), dueGiven: !n.Due.IsZero()}
	if p.ID.IsZero() {
		p.ID = IDOf(n.Payee, n.External)
		if n.Test { // a trial never takes a real bill's place
			p.ID = id.Derived("charge of a sandbox", n.Payee.String()+"/"+n.External)
		}
	}
	if len(n.Details) > 0 {
		if p.details, err = json.Marshal(n.Details); err != nil {
			return nil, fmt.Errorf("charge: details: %w", err)
		}
	}
	return p, p.fill(n, kind)
}

// IDOf is the id of a charge that its payee calls by a number: the same bill twice is one. A sandbox's has another.
func IDOf(payee id.ID, external string) id.ID {
	return id.Derived("charge", payee.String()+"/"+external)
}

// KeyedExternal is a payee's number of the bill of a period at a home, made of the keyed home: it tells nobody whose account it is.
func KeyedExternal(home id.ID, period string) string {
	return strings.ToUpper(strings.ReplaceAll(id.Derived("external of a home", home.String()+"/"+period).String(), "-", "")[:20])
}

// monthForm and yearForm are what a bill may be for.
var (
	monthForm = regexp.MustCompile(`^20[0-9]{2}-(0[1-9]|1[0-2])$`)
	yearForm  = regexp.MustCompile(`^20[0-9]{2}$`)
)

// externalForm is what a payee's own number may be.
var externalForm = regexp.MustCompile(`^[0-9A-Za-zА-Яа-яЁё][-0-9A-Za-zА-Яа-яЁё./_ ]*$`)

// check looks at what needs neither keys nor the city.
func (n NewCharge) check() error {
	switch {
	case n.Person.IsZero() == (n.For == Identifier{}), n.Payee.IsZero():
		return ErrPayer
	case n.Amount.Minor <= 0 || n.Amount.Minor > AmountMost || n.Amount.Currency == "":
		return ErrAmount
	case n.External == "" && n.ID.IsZero(), utf8.RuneCountInString(n.External) > externalMost, n.External != "" && !externalForm.MatchString(n.External):
		return ErrExternal
	case n.Period != "" && !monthForm.MatchString(n.Period) && !yearForm.MatchString(n.Period):
		return ErrPeriod
	case len(n.Details) > DetailsMost:
		return ErrDetails
	}
	if _, ok := parseProof(n.Proof); n.Proof != "" && !ok {
		return ErrProof
	}
	for _, d := range n.Details {
		if !d.fits() {
			return ErrDetails
		}
	}
	return nil
}

// suits tells whether a kind is the payee's and is issued to such an identifier. nil is a kind of the house itself.
func (n NewCharge) suits(kind *service.ChargeKind) error {
	if kind == nil {
		return nil
	}
	if kind.Agency != "" && n.Payee != agency.ID(kind.Agency) {
		return ErrKind
	}
	if n.Period != "" && (kind.Period == service.PeriodYear && !yearForm.MatchString(n.Period) || kind.Period == service.PeriodMonth && !monthForm.MatchString(n.Period)) {
		return ErrPeriod
	}
	by := n.For.By
	if !n.Person.IsZero() {
		by = ByPerson
	}
	if !slices.ContainsFunc(kind.Found, func(f service.ChargeFound) bool { return By(f.By) == by }) {
		return ErrBy
	}
	return nil
}

func (d Detail) fits() bool {
	return utf8.RuneCountInString(d.Value) <= detailMost && utf8.RuneCountInString(d.Label.RU) <= detailMost && utf8.RuneCountInString(d.Label.EN) <= detailMost &&
		len(d.Link) <= detailMost && (d.Link == "" || strings.HasPrefix(d.Link, "https://"))
}

// fill makes the row.
func (p *Prepared) fill(n NewCharge, kind *service.ChargeKind) error {
	dated := n.Dated
	if dated.IsZero() {
		dated = calendar.DateOf(p.m.base.Clock.Now(), p.m.Zone())
	}
	due := n.Due
	if due.IsZero() && kind != nil && kind.Days > 0 {
		due = dated.AddDays(kind.Days + 1).Start(p.m.Zone()).Add(-time.Second)
	}
	terms := termsOf(kind, dated)
	if n.Plain {
		terms.Discount = nil
	}
	if n.Terms != nil {
		terms = *n.Terms
	}
	title := n.Title
	if title == (lang.Text{}) && kind != nil {
		title = kind.Title
	}
	if title.RU == "" || title.EN == "" || utf8.RuneCountInString(title.RU) > detailMost || utf8.RuneCountInString(title.EN) > detailMost {
		return ErrTitle
	}
	words, err := json.Marshal(title)
	if err != nil {
		return fmt.Errorf("charge: title: %w", err)
	}
	kept, err := packTerms(terms)
	if err != nil {
		return err
	}
	p.row = chargedb.InsertBillParams{
		Home: p.Home, ID: p.ID, Number: p.Number, External: n.External, Payee: n.Payee, Kind: n.Kind, Service: n.Service, Subject: n.Subject, Period: n.Period,
		Amount: n.Amount.Minor, Currency: string(n.Amount.Currency), Title: string(words), Terms: kept, Due: due, Test: n.Test,
		Decided: dated.Start(p.m.Zone()),
	}
	if n.Proof != "" {
		if p.row.Proof, _ = p.m.proof(p.Home, n.Proof); p.row.Proof == nil {
			return ErrProof
		}
	}
	return nil
}

// parseProof reads a second thing as people write it. A short one is none: it could be guessed.
func parseProof(text string) (string, bool) { return plainCode(text, 4, externalMost) }

// proof is the second thing that whoever finds a charge must know, bound to the charge's home. false: the text is none.
func (m *Module) proof(home id.ID, text string) (vault.Keyed, bool) {
	plain, ok := parseProof(text)
	if !ok {
		return nil, false
	}
	return m.base.Vault.Keyed("charge.proof", home.String()+"/"+plain), true
}

func (p *Prepared) seal(keys *vault.Keys) error {
	if p.row.Details = keys.Seal("bill", "details", p.details); p.row.Details == nil {
		return fmt.Errorf("charge: details: %w", vault.ErrErased)
	}
	return nil
}

// Put issues the charge in the caller's Write and emits charge.due. A charge that stands already is left as it is; one of the
// same id at another home is ErrOther.
func (p *Prepared) Put(tx *store.Tx) error {
	known, err := p.put(tx)
	if err != nil {
		return err
	}
	if known != nil && known.Home != p.Home {
		return tx.Fail(ErrOther)
	}
	return nil
}

// put issues the charge, or returns where it stands already.
func (p *Prepared) put(tx *store.Tx) (*chargedb.BillHome, error) {
	r := p.row
	plain, _ := plainNumber(r.External, 1, externalMost)
	n, err := chargedb.InsertHome(tx, chargedb.InsertHomeParams{
		ID: r.ID, Home: r.Home, Payee: r.Payee, Kind: r.Kind, Service: r.Service, Number: r.Number, External: r.External, Test: r.Test, Plain: plain, Decided: r.Decided,
	})
	if err != nil {
		return nil, err
	}
	if n == 0 {
		known, err := chargedb.HomeByID(tx, r.ID)
		return &known, err
	}
	r.Issued = tx.Now()
	if err := chargedb.InsertBill(tx, r); err != nil {
		return nil, err
	}
	if p.quiet || offered(r.Kind) {
		return nil, nil
	}
	return nil, p.m.base.Jobs.Emit(tx, jobs.Event{Name: EventDue, Holder: r.Home, Object: r.ID, Version: 1})
}

// packTerms writes terms as they are kept; none is an empty text.
func packTerms(t Terms) (string, error) {
	if t == (Terms{}) {
		return "", nil
	}
	out, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("charge: terms: %w", err)
	}
	return string(out), nil
}
