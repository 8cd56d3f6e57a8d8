package bank

import "time"

// plan has a payment take a state by itself after a while. It is kept with the payment's next line.
func (b *Bank) plan(p *Payment, next string, after time.Duration) {
	p.Next, p.At = next, b.now().Add(after)
	b.planned[p.ID] = true
}

func (b *Bank) unplan(p *Payment) { p.Next, p.At = "", time.Time{} }

// ripen does what is due by now. It is called under the lock, before anything is looked at.
func (b *Bank) ripen() {
	now := b.now()
	b.ripenPayouts(now)
	for id := range b.planned {
		p := b.payments[id]
		b.ripenRefunds(p, now)
		if p.Next != "" && !p.At.After(now) {
			b.happen(p)
		}
		if p.Next == "" && !p.waits() {
			delete(b.planned, id)
		}
	}
}

func (b *Bank) ripenRefunds(p *Payment, now time.Time) {
	for _, given := range p.Given {
		if given.State == "pending" && !given.Done.After(now) {
			b.finish(p, given)
		}
	}
}

// waits tells whether a refund is pending.
func (p *Payment) waits() bool {
	for _, given := range p.Given {
		if given.State == "pending" {
			return true
		}
	}
	return false
}

func (b *Bank) happen(p *Payment) {
	switch {
	case p.State == statePaid && p.Next == stateReversed:
		b.reverse(p)
	case p.State == stateOpen && p.Next == statePaid:
		b.chargeNow(p)
	case p.State == stateOpen && p.Next == stateExpired:
		p.State = stateExpired
		b.unplan(p)
		b.keep(p)
		b.notify(p, "payment")
	default:
		b.unplan(p)
		b.keep(p)
	}
}
