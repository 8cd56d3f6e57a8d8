package bank

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// How long things are open.
const (
	codeLife   = 30 * time.Minute // of a fast payment's code
	reverseFor = time.Minute      // after which the card that is reversed is
)

// order takes an order. The fields that are the bank's own are set here, whatever came.
func (b *Bank) order(r *http.Request) reply {
	var o Payment
	if err := json.NewDecoder(r.Body).Decode(&o); err != nil || o.ID == "" || o.Amount <= 0 || o.Currency == "" || strings.ContainsAny(o.ID, "/ ?#") {
		return refused(http.StatusBadRequest, "want id, amount and currency")
	}
	if o.Method == "" {
		o.Method = "page"
	}
	known, ok := b.payments[o.ID]
	switch {
	case ok && known.Amount == 0: // it was closed before it came
		return reply{status: http.StatusOK, body: b.shown(known)}
	case ok && (known.Amount != o.Amount || known.Currency != o.Currency):
		return refused(http.StatusConflict, "the id is taken by another order")
	case ok:
		return reply{status: http.StatusOK, body: b.shown(known)}
	case o.Method != "page" && o.Method != "card" && o.Method != "qr":
		return refused(http.StatusUnprocessableEntity, "no such method")
	}
	p := &Payment{
		ID: o.ID, Amount: o.Amount, Currency: o.Currency, Description: o.Description, ReturnURL: o.ReturnURL, NotifyURL: o.NotifyURL, Lang: o.Lang,
		Method: o.Method, Token: o.Token, Save: o.Save, State: stateOpen, Began: b.now(),
	}
	b.payments[p.ID] = p
	switch o.Method {
	case "qr":
		p.Code = fmt.Sprintf("AD%016X", b.random.Uint64())
		b.byCode[p.Code] = p.ID
		b.plan(p, stateExpired, codeLife)
		b.keep(p)
	case "card":
		b.charge(p)
	default:
		b.keep(p)
	}
	return reply{status: http.StatusCreated, body: b.shown(p)}
}

// charge pays with a saved card, at once or after the bank has thought.
func (b *Bank) charge(p *Payment) {
	t := b.tokens[p.Token]
	if t != nil {
		p.Card, p.With = &Token{Label: t.Label, Expires: t.Expires}, t.Key
	}
	if think := b.faults.Think; think > 0 {
		b.plan(p, statePaid, think)
		b.keep(p)
		return
	}
	b.chargeNow(p)
}

func (b *Bank) chargeNow(p *Payment) {
	if reason := b.tokenPays(b.tokens[p.Token]); reason != "" {
		b.decline(p, reason)
		return
	}
	b.pay(p, cardOf(p.With))
}

// pay takes the money.
func (b *Bank) pay(p *Payment, c Card) {
	p.State, p.Takes, p.Taken, p.Reference = statePaid, p.Takes+1, b.now(), b.reference()
	b.unplan(p)
	if p.Save && p.Method == "page" {
		t := b.tokenFor(c)
		b.tokens[t.Token] = t
		p.Card = &Token{Token: t.Token, Label: t.Label, Expires: t.Expires, Key: t.Key}
	}
	if c.Reverse {
		b.plan(p, stateReversed, reverseFor)
	}
	b.keep(p, b.enter(p, "payment", p.Reference, p.ID, p.Amount), b.enter(p, "fee", p.Reference, p.ID, -fee(p)))
	b.notify(p, "payment")
}

func (b *Bank) decline(p *Payment, reason string) {
	p.State, p.Reason = stateDeclined, reason
	b.unplan(p)
	b.keep(p)
	b.notify(p, "payment")
}

// reverse takes a paid payment back, whatever is left of it, unless somebody asks for its money already. It tells whether it
// did.
func (b *Bank) reverse(p *Payment) bool {
	left := p.Amount - p.Refunded - p.atDispute()
	b.unplan(p)
	if p.State != statePaid || left <= 0 || p.Dispute == "open" || p.waits() {
		b.keep(p)
		return false
	}
	p.State = stateReversed
	b.keep(p, b.enter(p, "reversal", b.reference(), p.ID, -left))
	b.notify(p, "payment")
	return true
}

// atDispute is what the payer's bank holds or has kept.
func (p *Payment) atDispute() int64 {
	if p.Dispute == "open" || p.Dispute == "lost" {
		return p.Disputed
	}
	return 0
}

func (b *Bank) ask(r *http.Request) reply {
	if p, ok := b.payments[r.PathValue("id")]; ok {
		return reply{status: http.StatusOK, body: b.shown(p)}
	}
	return refused(http.StatusNotFound, "no such payment")
}

// cancel closes an open payment; one that is not known is closed before it comes.
func (b *Bank) cancel(r *http.Request) reply {
	key := r.PathValue("id")
	p, ok := b.payments[key]
	if !ok {
		p = &Payment{ID: key, State: stateExpired, Began: b.now()}
		b.payments[key] = p
		b.keep(p)
	}
	if p.State == stateOpen {
		p.State = stateExpired
		b.unplan(p)
		b.keep(p)
	}
	return reply{status: http.StatusOK, body: b.shown(p)}
}

// Decide pays or declines an open payment as its payer would, with the card that always pays, and sends the message. It
// tells where the payer goes next.
func (b *Bank) Decide(id string, pays bool) (string, error) {
	if pays {
		return b.PayWith(id, cards[0].Key)
	}
	return b.decide(id, func(p *Payment) { b.decline(p, "by_payer") })
}

// PayWith pays an open payment on the page or the phone with a test card.
func (b *Bank) PayWith(id, card string) (string, error) {
	return b.decide(id, func(p *Payment) {
		c := cardOf(card)
		if c.Page != "" {
			b.decline(p, c.Page)
			return
		}
		b.pay(p, c)
	})
}

func (b *Bank) decide(id string, do func(*Payment)) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ripen()
	p, ok := b.payments[id]
	if !ok {
		return "", fmt.Errorf("bank: no payment %s", id)
	}
	if p.State == stateOpen && p.Method != "card" {
		do(p)
	}
	return p.ReturnURL, b.book.fault()
}
