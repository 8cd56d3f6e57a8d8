package bank

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// refund gives a part back, once for each id. Refusals are final and are told the same way each time.
func (b *Bank) refund(r *http.Request) reply {
	var ask struct {
		ID     string `json:"id"`
		Amount int64  `json:"amount"`
	}
	p, ok := b.payments[r.PathValue("id")]
	if !ok {
		return refused(http.StatusNotFound, "no such payment")
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil || ask.ID == "" || ask.Amount <= 0 || strings.ContainsAny(ask.ID, "/ ?#") {
		return refused(http.StatusBadRequest, "want id and amount")
	}
	given, ok := p.Given[ask.ID]
	if ok && given.Amount != ask.Amount {
		return refused(http.StatusConflict, "the id is taken by another refund")
	}
	if !ok {
		given = b.giveBack(p, ask.ID, ask.Amount)
	}
	return reply{status: http.StatusOK, body: *given}
}

func (b *Bank) giveBack(p *Payment, id string, amount int64) *Refund {
	given := &Refund{ID: id, Amount: amount, State: "refused", Reason: b.refusal(p, amount)}
	if p.Given == nil {
		p.Given = map[string]*Refund{}
	}
	p.Given[id] = given
	if given.Reason != "" {
		b.keep(p)
		return given
	}
	given.State, given.Done = "pending", b.now().Add(b.faults.RefundAfter)
	if b.faults.RefundAfter > 0 {
		b.planned[p.ID] = true
		b.keep(p)
		return given
	}
	b.finish(p, given)
	return given
}

// refusal tells why nothing goes back. What is pending counts as gone.
func (b *Bank) refusal(p *Payment, amount int64) string {
	left := p.Amount - p.Refunded
	for _, one := range p.Given {
		if one.State == "pending" {
			left -= one.Amount
		}
	}
	switch {
	case p.State != statePaid:
		return "not_paid"
	case amount > left:
		return "more_than_paid"
	case amount > left-p.atDispute():
		return "disputed"
	case take(&b.faults.RefuseRefunds):
		return "refused"
	}
	return ""
}

// finish sends a refund off.
func (b *Bank) finish(p *Payment, given *Refund) {
	given.State, given.Reference, given.Done = "done", b.reference(), b.now()
	p.Refunds, p.Refunded = p.Refunds+1, p.Refunded+given.Amount
	if p.Refunded == p.Amount {
		p.State = stateRefunded
		p.Next, p.At = "", time.Time{}
	}
	b.keep(p, b.enter(p, "refund", given.Reference, given.ID, -given.Amount))
	b.notify(p, "refund")
}

// Return gives a part of a payment back by the bank's own cabinet: nobody asked for it by the interface. Zero: all that is left.
func (b *Bank) Return(id string, amount int64) error {
	return b.later(id, func(p *Payment) error {
		left := p.Amount - p.Refunded - p.atDispute()
		for _, one := range p.Given {
			if one.State == "pending" {
				left -= one.Amount
			}
		}
		if amount == 0 {
			amount = left
		}
		if p.State != statePaid || amount <= 0 || amount > left {
			return fmt.Errorf("bank: %s can't be given back", id)
		}
		p.Refunds, p.Refunded = p.Refunds+1, p.Refunded+amount
		if p.Refunded == p.Amount {
			p.State = stateRefunded
			p.Next, p.At = "", time.Time{}
		}
		b.keep(p, b.enter(p, "reversal", b.reference(), p.ID, -amount))
		b.notify(p, "refund")
		return nil
	})
}

// Dispute opens a payer's complaint about a part of what they paid, or has an open one grow; the money leaves at once. One that
// was won may be opened anew. Zero: all that is left.
func (b *Bank) Dispute(id string, amount int64) error {
	return b.later(id, func(p *Payment) error {
		left := p.Amount - p.Refunded - p.atDispute()
		if amount == 0 {
			amount = left
		}
		if p.State != statePaid || p.Dispute == "lost" || amount <= 0 || amount > left {
			return fmt.Errorf("bank: %s can't be disputed", id)
		}
		if p.Dispute != "open" {
			p.Disputed = 0
		}
		p.Dispute, p.Disputed = "open", p.Disputed+amount
		b.keep(p, b.enter(p, "dispute", b.reference(), p.ID, -amount))
		b.notify(p, "dispute")
		return nil
	})
}

// Judge decides a dispute: won is for the merchant, who has the money back.
func (b *Bank) Judge(id string, won bool) error {
	return b.later(id, func(p *Payment) error {
		switch {
		case p.Dispute != "open":
			return fmt.Errorf("bank: %s has no open dispute", id)
		case won:
			p.Dispute = "won"
			b.keep(p, b.enter(p, "dispute won", b.reference(), p.ID, p.Disputed))
		default:
			p.Dispute = "lost"
			b.keep(p)
		}
		b.notify(p, "dispute")
		return nil
	})
}

// Reverse takes a paid payment back though nobody asked for it.
func (b *Bank) Reverse(id string) error {
	return b.later(id, func(p *Payment) error {
		if !b.reverse(p) {
			return fmt.Errorf("bank: %s can't be reversed", id)
		}
		return nil
	})
}

// Block makes a saved card unusable.
func (b *Bank) Block(token string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, ok := b.tokens[token]
	if !ok {
		return fmt.Errorf("bank: no such card")
	}
	t.Blocked = true
	b.write(line{Token: t})
	return b.book.fault()
}

func (b *Bank) later(id string, do func(*Payment) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ripen()
	p, ok := b.payments[id]
	if !ok {
		return fmt.Errorf("bank: no payment %s", id)
	}
	if err := do(p); err != nil {
		return err
	}
	return b.book.fault()
}
