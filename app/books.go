package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/reconcile"
	"posad.city/kit/calendar"
	"posad.city/kit/iso20022"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/systems/charity"
)

// Books say who keeps the city's books, and which account at the bank they are of.
type Books struct {
	Treasury string `yaml:"treasury"`    // key of the agency in the city's data; empty: finance
	Account  string `yaml:"account"`     // the city's account at the bank; empty: no statement is taken
	Currency string `yaml:"currency"`    // empty: RUB
	Name     string `yaml:"name"`        // of the treasury, as the bank knows it
	Tax      string `yaml:"tax-number"`  // INN
	BIC      string `yaml:"bic"`         // of the bank
	Member   string `yaml:"bank-number"` // the BIK
	BankName string `yaml:"bank-name"`
	API      string `yaml:"api"` // where the bank gives statements and takes orders; empty: both are carried by hand
	Key      string `yaml:"key"` // or POSAD_BOOKS_KEY
}

// treasury is the agency that keeps the books.
func (b Books) treasury() string {
	if b.Treasury == "" {
		return "finance"
	}
	return b.Treasury
}

func (b Books) account() reconcile.Own {
	c := money.Currency(b.Currency)
	if c == "" {
		c = money.RUB
	}
	return reconcile.Own{Number: b.Account, Currency: c, Name: b.Name, TaxNumber: b.Tax, Bank: iso20022.Bank{BIC: b.BIC, Member: b.Member, Name: b.BankName}}
}

// bank is nil where statements and orders are carried by hand.
func (b Books) bank() reconcile.Banker {
	if b.API == "" {
		return nil
	}
	return &reconcile.HTTPBank{API: strings.TrimRight(b.API, "/"), Key: b.Key}
}

// books are those of the demo's bank where nothing else is said.
func (c Config) books() Books {
	if c.Books != (Books{}) || !c.Demo {
		return c.Books
	}
	return Books{
		Account: "40601810900003000001", Name: "Финансовое управление города Китежа", Tax: "5256009876", Member: "044525999", BankName: "Банк «Слобода»",
		API: c.Bank.API, Key: c.Bank.Key,
	}
}

// newBooks makes the treasury's module.
func (m *Modules) newBooks(conf Config, zone func() *time.Location) {
	b := conf.books()
	m.Reconcile = reconcile.New(reconcile.Deps{
		Treasury: b.treasury(), Account: b.account(), Payments: m.Pay, Charges: m.Charge, Payees: m.payees, People: m.Account, KindName: m.kindName, Bank: b.bank(), Zone: zone,
	})
}

// payees are whose income the city takes: its agencies, and whoever else has charges issued.
func (m *Modules) payees(ctx context.Context) ([]reconcile.Payee, error) {
	city := m.Service.Current()
	if city == nil {
		return nil, reconcile.ErrNoCity
	}
	var out []reconcile.Payee
	for i := range city.Agencies {
		out = append(out, reconcile.Payee{ID: agency.ID(city.Agencies[i].Key), Title: city.Agencies[i].Title, Kind: reconcile.PayeeAgency})
	}
	funds, err := m.Charity.Funds(ctx, lang.Russian, charity.FundOpen, charity.FundSuspended, charity.FundEnded)
	for _, f := range funds {
		out = append(out, reconcile.Payee{ID: f.ID, Title: f.Title, Kind: reconcile.PayeeFund, Own: true})
	}
	return out, err
}

// kindName is what a kind of charges is called; empty when the city does not know it.
func (m *Modules) kindName(kind string, l lang.Language) string {
	if city := m.Service.Current(); city != nil {
		if k, ok := city.ChargeKind(kind); ok {
			return k.Title.In(l)
		}
	}
	return ""
}

// BooksCommand is what an operator wants of the city's books.
type BooksCommand struct {
	Verb string        `json:"verb"` // prove, day or balance
	Day  string        `json:"day"`  // of day: 2026-11-21; of balance: as of the end of this day, empty: now
	Lang lang.Language `json:"lang"`
}

// BooksOf proves the books, or tells a day's income or the balances: in the process that runs on the data folder, or directly when none
// does. It returns what to say; when the books are not right, the report is an error.
func BooksOf(ctx context.Context, conf Config, c BooksCommand) (string, error) {
	return given(ctx, conf, "/books", c, (*House).books)
}

func (h *House) books(ctx context.Context, c BooksCommand) (string, error) {
	if !lang.Known(string(c.Lang)) {
		c.Lang = lang.English
	}
	switch c.Verb {
	case "prove":
		return h.proveBooks(ctx, c.Lang)
	case "day":
		return h.dayOfBooks(ctx, c)
	case "balance":
		return h.balances(ctx, c)
	}
	return "", errors.New(h.Base.Texts.Text(c.Lang, "app.books.verb"))
}

func (h *House) proveBooks(ctx context.Context, l lang.Language) (string, error) {
	text := func(key string, args ...any) string { return h.Base.Texts.Text(l, key, args...) }
	p, err := h.Modules.Reconcile.Prove(ctx)
	if err != nil {
		return "", err
	}
	said := text("app.books.compared", "accounts", p.Accounts, "transfers", p.Transfers, "charges", p.Charges, "statements", p.Statements, "ways", p.OnItsWay, "missing", p.Missing) + "\n"
	if p.Sound() {
		return said + text("app.books.sound") + "\n", nil
	}
	for _, d := range p.Differences {
		said += text("reconcile.difference.kind."+d.Kind) + ": " + d.About + ": " + text("app.books.difference", "have", d.Have, "want", d.Want) + "\n"
	}
	return "", errors.New(said)
}

func (h *House) dayOfBooks(ctx context.Context, c BooksCommand) (string, error) {
	day, err := calendar.ParseDate(c.Day)
	if err != nil {
		return "", errors.New(h.Base.Texts.Text(c.Lang, "app.books.day"))
	}
	list, err := h.Modules.Reconcile.IncomeBetween(ctx, day, day)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, one := range list {
		fmt.Fprintf(&out, "%s\t%s\t%s\t%s\t%d\n", h.Modules.payeeName(one.Payee, c.Lang), one.Kind,
			money.Amount{Minor: one.Came, Currency: one.Currency}, money.Amount{Minor: -one.Back, Currency: one.Currency}, one.Lines)
	}
	if out.Len() == 0 {
		return h.Base.Texts.Text(c.Lang, "app.books.nothing") + "\n", nil
	}
	return out.String(), nil
}

func (h *House) balances(ctx context.Context, c BooksCommand) (string, error) {
	var at time.Time
	if c.Day != "" {
		day, err := calendar.ParseDate(c.Day)
		if err != nil {
			return "", errors.New(h.Base.Texts.Text(c.Lang, "app.books.day"))
		}
		at = day.AddDays(1).Start(h.Modules.Reconcile.Zone())
	}
	list, err := h.Modules.Reconcile.Balances(ctx, at)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, b := range list {
		name := h.Base.Texts.Text(c.Lang, "reconcile.account."+b.Key, "payee", h.Modules.payeeName(b.Payee, c.Lang))
		fmt.Fprintf(&out, "%s\t%s\n", name, b.Amount)
	}
	return out.String(), nil
}
