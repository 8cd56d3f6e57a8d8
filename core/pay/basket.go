package pay

import (
	"errors"
	"net/mail"
	"net/url"
	"strings"

	"posad.city/core/charge"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// basketForm is what is typed on the page of a basket. Amounts stand in the order of the charges; an empty one is all.
type basketForm struct {
	Charge []id.ID  `json:"charge"`
	Amount []string `json:"amount" max:"30"`
	Shown  []int64  `json:"shown"`           // what was left of each when the page was made, minor units
	Method string   `json:"method" max:"60"` // page, qr, or card: and a saved card's id
	Save   bool     `json:"save"`
	Email  string   `json:"email" max:"200"`
	Key    id.ID    `json:"key"`
	For    id.ID    `json:"for"`

	Gift    string `json:"gift" max:"20"`     // minor units, or other; empty: none
	GiftSum string `json:"gift_sum" max:"30"` // typed
	Aim     id.ID  `json:"aim"`               // of the gift that was offered
	GiftKey id.ID  `json:"gift_key"`          // of the gift: not renewed with Key, since the bank may have taken it already
}

// asked is a basket as it is read back: each charge with what was typed.
type asked struct {
	charges []charge.Charge
	typed   []string
	payer   id.ID
	by      id.ID       // the mandate by which all of them are paid; zero: none
	wallets []ui.Choice // the person's cards of the city
}

// gather reads the charges of a basket, and asks for each whether the actor may deal with it.
func (m *Module) gather(c *web.Context, f basketForm) (asked, error) {
	out := asked{payer: c.Person()}
	if len(f.Charge) == 0 || len(f.Charge) > AsksMost {
		return out, ErrBasket
	}
	for i, key := range f.Charge {
		place, holder, err := m.mayCharge(c, key, f.For)
		if err != nil {
			return out, err
		}
		if c.Act().Is(holder) {
			holder = c.Person() // records that were merged are one person
		}
		if by := c.Act().Mandate; i == 0 {
			out.by = by
		} else if by != out.by {
			return out, ErrMandates // each has a bound of its own, and a payment counts against one
		}
		one, err := m.deps.Charges.Charge(c.Context(), c.Act(), place.Home, key)
		if err != nil {
			return out, err
		}
		if i > 0 && holder != out.payer {
			return out, ErrBasket // the bills of one person at a time: each has an account of its own
		}
		typed := ""
		if i < len(f.Amount) {
			typed = strings.TrimSpace(f.Amount[i])
		}
		out.payer, out.charges, out.typed = holder, append(out.charges, one), append(out.typed, typed)
	}
	return out, nil
}

func (m *Module) showBasket(c *web.Context) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	var f basketForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	if len(f.Charge) == 0 {
		c.SetFlash("warning", "pay.flash_choose")
		return c.Redirect("/pay")
	}
	in, err := m.gather(c, f)
	if err != nil {
		return anotherChoice(c, f, err)
	}
	f.Key = id.New(c.Now())
	f.GiftKey = f.Key
	return m.renderBasket(c, f, in, nil)
}

func (m *Module) renderBasket(c *web.Context, f basketForm, in asked, faults []fault.Field) error {
	cards, err := m.Cards(c.Context(), c.Act(), in.payer)
	if err != nil {
		return err
	}
	atCentre := c.Act().Channel == act.Centre
	if !c.Act().Is(in.payer) || atCentre {
		cards = nil // somebody else's card is theirs to use, and at a centre an official has the keyboard
	}
	if in.wallets, err = m.wallets(c); err != nil {
		return err
	}
	if atCentre {
		in.wallets = nil
	}
	crumbs := []ui.Link{{Text: c.T("pay.title"), Href: "/pay"}, {Text: c.T("pay.basket_title")}}
	options := page.Options{Title: c.T("pay.basket_title"), Layout: page.Plain, Crumbs: crumbs, Faulty: len(faults) > 0}
	return m.base.Pages.Render(c, options, basketPage(c, m.basketView(c, f, in, cards, faults)))
}

// wallets are the person's cards of the city, as ways to pay.
func (m *Module) wallets(c *web.Context) ([]ui.Choice, error) {
	if m.deps.Wallet == nil {
		return nil, nil
	}
	list, err := m.deps.Wallet.Wallets(c.Context(), c.Act(), c.Person())
	var out []ui.Choice
	for _, one := range list {
		out = append(out, ui.Choice{Value: string(ByWallet) + ":" + one.ID.String(), Text: one.Label, Hint: c.T("pay.wallet_hint", "balance", one.Balance.In(c.Lang()))})
	}
	return out, err
}

// basket makes a form into a basket; faults are about its fields.
func (m *Module) basket(f basketForm, in asked) (Basket, []fault.Field) {
	out := Basket{Payer: in.payer, Key: f.Key, Save: f.Save, Email: strings.TrimSpace(f.Email), Method: Method(f.Method)}
	var faults []fault.Field
	if method, card, ok := strings.Cut(f.Method, ":"); ok {
		key, err := id.Parse(card)
		out.Method, out.Card = Method(method), key
		if err != nil {
			faults = append(faults, fault.Field{Name: "method", ID: "pay.method"})
		}
	}
	for i, one := range in.charges {
		ask := Ask{Home: one.Home, Charge: one.ID}
		if i < len(f.Shown) {
			ask.Shown = f.Shown[i]
		}
		if in.typed[i] != "" {
			sum, err := money.Parse(in.typed[i], one.Amount.Currency)
			if err != nil || sum.Minor <= 0 {
				faults = append(faults, fault.Field{Name: "amount", ID: "pay.amount_bad"})
			}
			ask.Amount = sum.Minor
		}
		out.Asks = append(out.Asks, ask)
	}
	if out.Email != "" {
		if a, err := mail.ParseAddress(out.Email); err != nil || a.Address != out.Email {
			faults = append(faults, fault.Field{Name: "email", ID: "pay.email_bad"})
		}
	}
	return out, faults
}

func (m *Module) payBasket(c *web.Context) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	var f basketForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	in, err := m.gather(c, f)
	if err != nil {
		return anotherChoice(c, f, err)
	}
	b, faults := m.basket(f, in)
	if len(faults) > 0 {
		return m.renderBasket(c, f, in, faults)
	}
	begun, wrong, err := m.take(c, f, in, b)
	if wrong == nil {
		wrong = refusal(err)
	}
	if wrong != nil {
		f.Key = id.New(c.Now()) // what stands under the old one may be something else by now
		return m.renderBasket(c, f, in, []fault.Field{*wrong})
	}
	return m.sendOn(c, begun, err)
}

// take begins a basket with the gift that was chosen, if the actor may have its card charged; a fault is of the gift.
func (m *Module) take(c *web.Context, f basketForm, in asked, b Basket) (Begun, *fault.Field, error) {
	if err := mayTake(c.Act(), b); err != nil {
		return Begun{}, nil, err
	}
	wrong, err := m.addGift(c, f, in, &b)
	if err != nil || wrong != nil {
		return Begun{}, wrong, err
	}
	begun, err := m.Begin(c.Context(), c.Act(), b, c.Lang())
	return begun, nil, err
}

// anotherChoice leads back to the bills when these can't be paid together.
func anotherChoice(c *web.Context, f basketForm, err error) error {
	if !errors.Is(err, ErrBasket) && !errors.Is(err, ErrMandates) {
		return err
	}
	c.SetFlash("warning", fault.Of(err).ID)
	return c.Redirect("/pay" + forQuery(f.For))
}

// mayTake tells whether the actor may have a card charged at once, with no bank's page between: their own, of the payer that
// they are, by their own hand, and for sums that they saw.
func mayTake(a act.Act, b Basket) error {
	if b.Method != ByCard && b.Method != ByWallet {
		return nil
	}
	if a.Channel == act.Centre || b.Method == ByCard && !a.Is(b.Payer) {
		return ErrMethod
	}
	for _, ask := range b.Asks {
		if ask.Amount == 0 && ask.Shown == 0 {
			return ErrShown
		}
	}
	return nil
}

// refusal is what the page of a basket says of an error, beside what was typed; nil: nothing, it is no fault of the basket's. A
// bank that is silent may have taken the money: the page then says so, and the same things are not begun twice.
func refusal(err error) *fault.Field {
	known := fault.Of(err)
	switch {
	case err == nil, known.Kind == fault.Internal, known.Kind == fault.Denied:
		return nil
	case errors.Is(err, ErrWhole), errors.Is(err, ErrTooMuch), errors.Is(err, ErrShown):
		return &fault.Field{Name: "amount", ID: known.ID, Params: known.Params}
	}
	return &fault.Field{Name: "method", ID: known.ID, Params: known.Params}
}

// sendOn leads to where a payment goes on: the bank's page, or our own of the payment.
func (m *Module) sendOn(c *web.Context, begun Begun, err error) error {
	if err != nil {
		return err
	}
	if begun.State == Open && begun.Page != "" && begun.QR == "" {
		return c.RedirectOut(begun.Page)
	}
	return c.Redirect("/pay/payment/" + begun.Payment.String())
}

// payCharge pays all that is left of one charge on the bank's page: the button of a bill.
func (m *Module) payCharge(c *web.Context) error {
	one, holder, err := m.charge(c)
	if err != nil {
		return err
	}
	begun, err := m.Begin(c.Context(), c.Act(), Basket{Payer: holder, Asks: []Ask{{Home: one.Home, Charge: one.ID}}}, c.Lang())
	if errors.Is(err, ErrSettled) || errors.Is(err, ErrPending) || errors.Is(err, ErrBank) {
		c.SetFlash("warning", fault.Of(err).ID)
		return c.Redirect("/pay/" + one.ID.String() + forQuery(giver(c)))
	}
	if err != nil {
		return err
	}
	return m.sendOn(c, begun, nil)
}

// basketOf is the address of a basket of one bill.
func basketOf(charge string, giver id.ID) string {
	query := url.Values{"charge": {charge}}
	if !giver.IsZero() {
		query.Set("for", giver.String())
	}
	return "/pay/basket?" + query.Encode()
}

// forQuery keeps in an address for whom somebody acts.
func forQuery(giver id.ID) string {
	if giver.IsZero() {
		return ""
	}
	return "?for=" + giver.String()
}
