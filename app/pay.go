package app

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// acquirer is the bank; a city without one says so when a fee is to be paid.
func (c Config) acquirer() pay.Provider {
	if c.Bank.API == "" {
		return noBank{}
	}
	return &pay.Hosted{API: strings.TrimRight(c.Bank.API, "/"), Key: c.Bank.Key, Secret: c.Bank.Secret}
}

// fiscal is who sends receipts to the tax office; nil: nobody does.
func (c Config) fiscal() pay.FiscalOperator {
	if c.Fiscal.API == "" {
		return nil
	}
	return &pay.HTTPFiscal{API: strings.TrimRight(c.Fiscal.API, "/"), Key: c.Fiscal.Key}
}

// kindTitle is what a kind of charge is called in the city in force.
func (m *Modules) kindTitle(kind string, l lang.Language) string {
	city := m.Service.Current()
	if city == nil {
		return ""
	}
	if one, ok := city.ChargeKind(kind); ok {
		return one.Title.In(l)
	}
	return ""
}

// origin is the page that tells why something is owed: the application whose fee it is, or the flat's bill. What can't be asked now
// has no link.
func (m *Modules) origin(ctx context.Context, a act.Act, o pay.Origin) string {
	if o.Service != "" {
		return m.Casework.Titles(ctx, lang.Russian, o.Subject)[o.Subject].Href
	}
	if o.Subject != o.Home { // a bill for a flat is about the flat at which it lies
		return ""
	}
	page, err := m.Utility.PageOf(ctx, a, a.Holder, o.Home, o.Period)
	if err != nil {
		return ""
	}
	return page
}

// noBank stands where no acquirer is configured.
type noBank struct{}

var errNoBank = errors.New("app: no bank is configured")

func (noBank) Name() string { return "none" }
func (noBank) Start(context.Context, pay.Order) (pay.Standing, error) {
	return pay.Standing{}, errNoBank
}
func (noBank) Ask(context.Context, id.ID) (pay.Standing, error)    { return pay.Standing{}, errNoBank }
func (noBank) Cancel(context.Context, id.ID) (pay.Standing, error) { return pay.Standing{}, errNoBank }
func (noBank) Refund(context.Context, id.ID, id.ID, int64) (pay.RefundStanding, error) {
	return pay.RefundStanding{}, errNoBank
}
func (noBank) Message(http.Header, []byte) (pay.Message, error) { return pay.Message{}, errNoBank }
