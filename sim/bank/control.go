package bank

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// controls are the faces by which tests and a demo command the world: the payer, their bank, and the bank's troubles.
func (b *Bank) controls(mux *http.ServeMux) {
	mux.HandleFunc("POST /control", b.control)
	mux.HandleFunc("GET /control/payments", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, b.Payments()) })
	mux.HandleFunc("GET /control/bookings", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, b.Bookings()) })
	mux.HandleFunc("POST /control/clock", b.controlClock)
	mux.HandleFunc("POST /control/payments/{id}", b.controlPayment)
	mux.HandleFunc("POST /control/cards/{token}", b.controlCard)
	mux.HandleFunc("POST /control/incoming", b.controlIncoming)
}

func (b *Bank) control(w http.ResponseWriter, r *http.Request) {
	var f Faults
	if err := json.NewDecoder(r.Body).Decode(&f); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.SetFaults(f)
	answer(w, http.StatusOK, f)
}

// controlClock moves the bank's clock ahead of the real one, so that a day ends and cards expire.
func (b *Bank) controlClock(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Ahead int64 `json:"ahead_seconds"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.mu.Lock()
	b.ahead = time.Duration(ask.Ahead) * time.Second
	now := b.now()
	b.mu.Unlock()
	answer(w, http.StatusOK, map[string]time.Time{"now": now})
}

// controlPayment does what a payer or the bank does: {"do": "pay", "card": "0051"}, {"do": "dispute", "amount": 100}.
func (b *Bank) controlPayment(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Do     string `json:"do"`
		Card   string `json:"card"`
		Amount int64  `json:"amount"`
	}
	err := json.NewDecoder(r.Body).Decode(&ask)
	id := r.PathValue("id")
	if err == nil && ask.Do == "pay" {
		_, err = b.PayWith(id, ask.Card)
	} else if err == nil {
		err = b.Act(id, ask.Do, ask.Amount)
	}
	if err != nil {
		answer(w, http.StatusConflict, map[string]string{"error": err.Error()})
		return
	}
	p, _ := b.payment(id)
	answer(w, http.StatusOK, p)
}

// Act does to a payment what happens to it later: decline, reverse, return (an amount, by the bank's own cabinet), dispute (of an amount;
// zero: of all that is left), won or lost (the dispute), block (its saved card).
func (b *Bank) Act(id, do string, amount int64) error {
	switch do {
	case "decline":
		_, err := b.Decide(id, false)
		return err
	case "reverse":
		return b.Reverse(id)
	case "dispute":
		return b.Dispute(id, amount)
	case "return":
		return b.Return(id, amount)
	case "won", "lost":
		return b.Judge(id, do == "won")
	case "block":
		if p, ok := b.payment(id); ok && p.Card != nil {
			return b.Block(p.Card.Token)
		}
	}
	return fmt.Errorf("bank: %.20q can't be done to %s", do, id)
}

func (b *Bank) controlCard(w http.ResponseWriter, r *http.Request) {
	if err := b.Block(r.PathValue("token")); err != nil {
		answer(w, http.StatusNotFound, map[string]string{"error": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]string{"state": "blocked"})
}

// controlIncoming has somebody send a plain transfer: {"number", "name", "account", "words", "amount"}.
func (b *Bank) controlIncoming(w http.ResponseWriter, r *http.Request) {
	var ask struct {
		Number, Name, Account, Words string
		Amount                       int64
	}
	err := json.NewDecoder(r.Body).Decode(&ask)
	if err != nil || ask.Number == "" || len(ask.Number) > 35 || ask.Amount <= 0 {
		answer(w, http.StatusBadRequest, map[string]string{"error": "want number, name, account, words and amount"})
		return
	}
	if err := b.Incoming(ask.Number, ask.Name, ask.Account, ask.Words, ask.Amount); err != nil {
		answer(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	answer(w, http.StatusOK, ask)
}
