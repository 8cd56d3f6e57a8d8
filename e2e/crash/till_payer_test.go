package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"posad.city/core/pay"
	"posad.city/kit/id"
)

// payer is somebody who pays until the campaign ends, and remembers what was said to them.
type payer struct {
	t      *testing.T
	person id.ID
	card   id.ID // of the city
	sides  *sides
	random *rand.Rand
	client *http.Client
	notes  *tillNotes
	saved  []id.ID
	past   []pastPayment
}

// pastPayment is a payment of some time ago, to which something may still happen.
type pastPayment struct {
	beginAsk
	pay.Begun
}

// pastMost is how many of them are kept in mind.
const pastMost = 30

// tillNotes are what the payers were told.
type tillNotes struct {
	mu       sync.Mutex
	taken    map[id.ID]id.ID // payments that were said to be paid, and their attempts
	bills    int
	begun    map[id.ID]bool
	refunds  int
	doubled  int
	unheard  int // calls without an answer
	disputes int
	reversed int
}

func (n *tillNotes) do(fn func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	fn()
}

func (p *payer) in(percent int) bool { return p.random.IntN(100) < percent }

// live pays one basket after another.
func (p *payer) live(ctx context.Context) {
	for ctx.Err() == nil {
		switch {
		case p.in(12):
			p.fill()
		default:
			p.payBills()
		}
		pause(ctx, time.Duration(p.random.IntN(15))*time.Millisecond)
	}
}

// call asks the till; an answer that does not come is asked for again, as an honest client does with the same ids.
func (p *payer) call(path string, in, out any) bool {
	for range 4 {
		status, ok := p.post(p.sides.till.address()+path, in, out)
		if ok {
			return status == http.StatusOK
		}
		p.notes.do(func() { p.notes.unheard++ })
		pause(context.Background(), 60*time.Millisecond)
	}
	return false
}

func (p *payer) post(address string, in, out any) (int, bool) {
	body, err := json.Marshal(in)
	if err != nil {
		p.t.Error(err)
		return 0, false
	}
	answer, err := p.client.Post(address, "application/json", bytes.NewReader(body))
	if err != nil {
		return 0, false
	}
	defer func() { _ = answer.Body.Close() }() // read whole, or of no interest
	if answer.StatusCode != http.StatusOK || out == nil {
		return answer.StatusCode, true
	}
	return answer.StatusCode, json.NewDecoder(answer.Body).Decode(out) == nil
}

// fill puts money onto the card of the city, by a bill that is paid at the bank.
func (p *payer) fill() {
	var made madeAnswer
	if !p.call("/top-up", topUpAsk{p.person, p.card, int64(1000 + p.random.IntN(50_000))}, &made) {
		return
	}
	p.basket(beginAsk{Payer: p.person, Bills: []id.ID{made.ID}, Amounts: []int64{0}, Method: pay.ByPage, Key: id.New(time.Now())})
}

func (p *payer) payBills() {
	ask := issueAsk{Person: p.person, Kind: "flat"}
	if p.in(50) {
		ask.Kind = "fee"
	}
	b := beginAsk{Payer: p.person, Method: pay.ByPage, Save: p.in(25), Key: id.New(time.Now())}
	for range 1 + p.random.IntN(3) {
		ask.Bills = append(ask.Bills, id.New(time.Now()))
		ask.Amounts = append(ask.Amounts, int64(100+p.random.IntN(100_000)))
		b.Amounts = append(b.Amounts, 0)
	}
	b.Bills = ask.Bills
	if !p.call("/issue", ask, nil) {
		return
	}
	p.notes.do(func() { p.notes.bills += len(ask.Bills) })
	if ask.Kind == "flat" && p.in(30) {
		b.Amounts[0] = 50
	}
	switch n := p.random.IntN(100); {
	case n < 15:
		b.Method = pay.ByQR
	case n < 40 && len(p.saved) > 0:
		b.Method, b.Card = pay.ByCard, p.saved[p.random.IntN(len(p.saved))]
	case n < 60:
		b.Method, b.Card = pay.ByWallet, p.card
	}
	p.basket(b)
	if p.in(10) { // the bill of a moment ago once more: what is paid is refused, what is open is gone on with
		b.Key = id.New(time.Now())
		p.basket(b)
	}
}

// basket begins to pay, sometimes by two presses at once, and goes to the bank.
func (p *payer) basket(b beginAsk) {
	presses := 1
	if p.in(15) {
		presses = 2
		p.notes.do(func() { p.notes.doubled++ })
	}
	said := make([]pay.Begun, presses)
	var all sync.WaitGroup
	for i := range presses {
		all.Go(func() { p.call("/begin", b, &said[i]) })
	}
	all.Wait()
	for i, one := range said {
		if one.Attempt.IsZero() {
			continue
		}
		if said[0].Attempt != one.Attempt && i > 0 && !said[0].Attempt.IsZero() {
			p.t.Errorf("two presses began two payments: %s and %s", said[0].Attempt, one.Attempt)
		}
		p.notes.do(func() {
			p.notes.begun[one.Attempt] = true
			if one.State == pay.Paid {
				p.notes.taken[one.Payment] = one.Attempt
			}
		})
		if one.State == pay.Open && b.Method != pay.ByCard {
			p.atBank(one)
		}
		p.past = append(p.past, pastPayment{b, one})
		if len(p.past) > pastMost {
			p.past = p.past[1:]
		}
		p.after(p.past[p.random.IntN(len(p.past))])
	}
}

// atBank does what a person does at the bank: pays with one of the cards, refuses, or goes away.
func (p *payer) atBank(b pay.Begun) {
	do := map[string]any{"do": "pay", "card": []string{"4242", "4242", "4242", "0105", "0051", "0302"}[p.random.IntN(6)]}
	switch n := p.random.IntN(100); {
	case n < 12:
		return
	case n < 20:
		do["do"] = "decline"
	}
	for range 3 { // a bank that was killed is there again soon
		if _, ok := p.post(p.sides.bank.address()+"/control/payments/"+b.Attempt.String(), do, nil); ok {
			return
		}
		pause(context.Background(), 60*time.Millisecond)
	}
}

// after does what happens to payments later.
func (p *payer) after(one pastPayment) {
	at := p.sides.bank.address() + "/control/payments/" + one.Attempt.String()
	switch n := p.random.IntN(100); {
	case n < 15:
		ask := refundAsk{Payer: p.person, Payment: one.Payment, Bill: one.Bills[0], Key: id.New(time.Now()), Amount: int64(p.random.IntN(2) * 60)}
		if p.call("/refund", ask, nil) {
			p.notes.do(func() { p.notes.refunds++ })
		}
	case n < 21:
		if status, ok := p.post(at, map[string]any{"do": "reverse"}, nil); ok && status == http.StatusOK {
			p.notes.do(func() { p.notes.reversed++ })
		}
	case n < 28:
		if status, ok := p.post(at, map[string]any{"do": "dispute", "amount": int64(p.random.IntN(2) * 40)}, nil); ok && status == http.StatusOK {
			p.notes.do(func() { p.notes.disputes++ })
			pause(context.Background(), time.Duration(p.random.IntN(60))*time.Millisecond)
			p.post(at, map[string]any{"do": []string{"won", "lost"}[p.random.IntN(2)]}, nil)
		}
	case n < 36:
		var list []id.ID
		if p.call("/cards", cardsAsk{p.person}, &list) {
			p.saved = list
		}
	}
}
