// Package bank is a small acquirer with a hosted payment page: what core/pay's HostedBank talks with in the demo and in
// tests. It takes no money and keeps its payments in memory.
//
// It keeps the contract of docs/operator/bank.md: an order is idempotent by its id, the payer pays or declines on the
// bank's own page, a signed message goes to the merchant's address, and the merchant can ask and refund. Its faults can
// be set (Faults, POST /control): answers that are late, lost or refused, messages that come twice, late or never.
//
// It belongs to the world outside Posad, so it imports nothing of Posad but the clock.
package bank

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"posad.city/kit/clock"
)

// Payment is one order at the bank.
type Payment struct {
	ID          string `json:"id"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	ReturnURL   string `json:"return_url"`
	NotifyURL   string `json:"notify_url"`
	Lang        string `json:"lang"`
	State       string `json:"state"` // open, paid, declined, expired, refunded
	Page        string `json:"page"`
	Takes       int    `json:"takes"`   // how often money was taken: more than one would be a fault of the bank's own
	Refunds     int    `json:"refunds"` // how often it was given back
}

// Faults are how the bank misbehaves. The zero value is a good bank.
type Faults struct {
	Delay         time.Duration `json:"delay"`          // before every answer of the API
	RefuseNext    int           `json:"refuse_next"`    // how many next calls answer 503 and do nothing
	LoseNext      int           `json:"lose_next"`      // how many next calls are carried out, and the answer is lost
	Messages      int           `json:"messages"`       // how often a message is sent; 0 means once, -1 never
	MessagesAfter time.Duration `json:"messages_after"` // how late
}

// Bank is the running bank. It is safe for concurrent use.
type Bank struct {
	address string
	key     string
	secret  string
	clock   clock.Clock
	log     *slog.Logger
	client  *http.Client
	sending sync.WaitGroup

	mu       sync.Mutex
	payments map[string]*Payment
	faults   Faults
}

// New returns a bank that people reach at address, with the merchant's API key and the secret of its messages.
func New(address, key, secret string, c clock.Clock, log *slog.Logger) *Bank {
	return &Bank{address: address, key: key, secret: secret, clock: c, log: log, payments: map[string]*Payment{}, client: &http.Client{Timeout: 5 * time.Second}}
}

// SetFaults changes how the bank misbehaves from now on.
func (b *Bank) SetFaults(f Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

// Payments returns a copy of all payments, for checks that none was lost or doubled.
func (b *Bank) Payments() map[string]Payment {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make(map[string]Payment, len(b.payments))
	for key, p := range b.payments {
		out[key] = *p
	}
	return out
}

// Wait returns when no message is on its way.
func (b *Bank) Wait() { b.sending.Wait() }

// Handler is the bank's API and pages.
func (b *Bank) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/payments", b.api(b.order))
	mux.HandleFunc("GET /v1/payments/{id}", b.api(b.ask))
	mux.HandleFunc("POST /v1/payments/{id}/cancel", b.api(b.cancel))
	mux.HandleFunc("POST /v1/payments/{id}/refund", b.api(b.refund))
	mux.HandleFunc("GET /pay/{id}", b.showPage)
	mux.HandleFunc("POST /pay/{id}", b.decide)
	mux.HandleFunc("POST /control", b.control)
	mux.HandleFunc("GET /control/payments", b.list)
	return mux
}

func (b *Bank) api(do func(*http.Request) (int, any)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !hmac.Equal([]byte(r.Header.Get("Authorization")), []byte("Bearer "+b.key)) {
			answer(w, http.StatusUnauthorized, map[string]string{"error": "wrong key"})
			return
		}
		refuse, lose, delay := b.trouble()
		if delay > 0 {
			pause(r.Context(), delay)
		}
		if refuse {
			answer(w, http.StatusServiceUnavailable, map[string]string{"error": "try later"})
			return
		}
		status, body := do(r)
		if lose {
			panic(http.ErrAbortHandler) // net/http closes the connection without an answer
		}
		answer(w, status, body)
	}
}

func (b *Bank) trouble() (bool, bool, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := &b.faults
	refuse, lose := f.RefuseNext > 0, f.RefuseNext == 0 && f.LoseNext > 0
	if refuse {
		f.RefuseNext--
	}
	if lose {
		f.LoseNext--
	}
	return refuse, lose, f.Delay
}

func (b *Bank) order(r *http.Request) (int, any) {
	var p Payment
	if err := json.NewDecoder(r.Body).Decode(&p); err != nil || p.ID == "" || p.Amount <= 0 {
		return http.StatusBadRequest, map[string]string{"error": "want id and amount"}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if known, ok := b.payments[p.ID]; ok {
		if known.Amount != p.Amount {
			return http.StatusConflict, map[string]string{"error": "the id is taken by another amount"}
		}
		return http.StatusOK, *known
	}
	p.State, p.Page, p.Takes, p.Refunds = "open", b.address+"/pay/"+p.ID, 0, 0
	b.payments[p.ID] = &p
	return http.StatusCreated, p
}

func (b *Bank) ask(r *http.Request) (int, any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p, ok := b.payments[r.PathValue("id")]; ok {
		return http.StatusOK, *p
	}
	return http.StatusNotFound, map[string]string{"error": "no such payment"}
}

// cancel closes an open payment; one that is not known is closed before it comes.
func (b *Bank) cancel(r *http.Request) (int, any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := r.PathValue("id")
	p, ok := b.payments[key]
	if !ok {
		p = &Payment{ID: key, State: "expired", Page: b.address + "/pay/" + key}
		b.payments[key] = p
	}
	if p.State == "open" {
		p.State = "expired"
	}
	return http.StatusOK, *p
}

func (b *Bank) refund(r *http.Request) (int, any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.payments[r.PathValue("id")]
	switch {
	case !ok:
		return http.StatusNotFound, map[string]string{"error": "no such payment"}
	case p.State == "refunded":
		return http.StatusOK, *p
	case p.State != "paid":
		return http.StatusConflict, map[string]string{"error": "nothing was taken"}
	}
	p.State, p.Refunds = "refunded", p.Refunds+1
	return http.StatusOK, *p
}

// Decide pays or declines an open payment as its payer would, and sends the message. It tells where the payer goes next.
func (b *Bank) Decide(id string, pays bool) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.payments[id]
	if !ok {
		return "", fmt.Errorf("bank: no payment %s", id)
	}
	if p.State == "open" {
		p.State = "declined"
		if pays {
			p.State, p.Takes = "paid", p.Takes+1
		}
		b.notify(*p, b.faults)
	}
	return p.ReturnURL, nil
}

func (b *Bank) notify(p Payment, f Faults) {
	times := f.Messages
	if times == 0 {
		times = 1
	}
	for range max(0, times) {
		b.sending.Go(func() {
			if f.MessagesAfter > 0 {
				pause(context.Background(), f.MessagesAfter)
			}
			for try := range 3 {
				if b.send(p) {
					return
				}
				pause(context.Background(), time.Duration(try+1)*200*time.Millisecond)
			}
		})
	}
}

func (b *Bank) send(p Payment) bool {
	body, err := json.Marshal(p)
	if err != nil {
		return false
	}
	at := strconv.FormatInt(b.clock.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(b.secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	r, err := http.NewRequest(http.MethodPost, p.NotifyURL, bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Bank-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))
	got, err := b.client.Do(r)
	if err != nil {
		b.log.Info("bank: a message was not taken", "error", err)
		return false
	}
	_ = got.Body.Close() // nothing is read of it
	return got.StatusCode/100 == 2
}

func (b *Bank) decide(w http.ResponseWriter, r *http.Request) {
	back, err := b.Decide(r.PathValue("id"), r.FormValue("do") == "pay")
	if err != nil {
		http.Error(w, "No such payment", http.StatusNotFound)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
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

func (b *Bank) list(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, b.Payments()) }

func (b *Bank) showPage(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	p, ok := b.payments[r.PathValue("id")]
	var shown Payment
	if ok {
		shown = *p
	}
	b.mu.Unlock()
	if !ok {
		http.Error(w, "No such payment", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	if err := payPage.Execute(w, view(shown)); err != nil {
		b.log.Warn("bank: page", "error", err)
	}
}

func view(p Payment) map[string]any {
	words := map[string]string{"lang": "ru", "title": "Оплата", "bank": "Банк «Слобода» (имитация)", "pay": "Оплатить", "decline": "Отказаться", "over": "Этот платёж уже завершён.", "back": "Вернуться на портал"}
	if p.Lang == "en" {
		words = map[string]string{"lang": "en", "title": "Payment", "bank": "Sloboda Bank (simulated)", "pay": "Pay", "decline": "Decline", "over": "This payment has ended already.", "back": "Back to the portal"}
	}
	return map[string]any{"W": words, "P": p, "Sum": fmt.Sprintf("%d,%02d ₽", p.Amount/100, p.Amount%100), "Open": p.State == "open"}
}

var payPage = template.Must(template.New("pay").Parse(`<!DOCTYPE html>
<html lang="{{.W.lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.W.title}} · {{.W.bank}}</title>
<style>
body{margin:0;font:17px/1.5 system-ui,sans-serif;color:#1b2b22;background:#eef3ee}
main{max-width:26rem;margin:3rem auto;padding:2rem;background:#fff;border-radius:16px;box-shadow:0 6px 28px rgb(20 60 40 / .12)}
.bank{color:#1f6b45;font-weight:700;margin:0 0 1.5rem}h1{font-size:1.25rem;margin:0 0 .25rem}.sum{font-size:2.5rem;font-weight:800;margin:.25rem 0 1.5rem}
button{display:block;width:100%;min-height:48px;margin:.5rem 0;font:inherit;font-weight:600;border-radius:10px;border:2px solid #1f6b45;background:#1f6b45;color:#fff;cursor:pointer}
button.no{background:#fff;color:#1f6b45}button:focus-visible,a:focus-visible{outline:3px solid #131829;outline-offset:2px}
</style></head><body><main><p class="bank">{{.W.bank}}</p><h1>{{.P.Description}}</h1><p class="sum">{{.Sum}}</p>
{{if .Open}}<form method="post"><button name="do" value="pay">{{.W.pay}}</button><button class="no" name="do" value="decline">{{.W.decline}}</button></form>
{{else}}<p>{{.W.over}}</p><p><a href="{{.P.ReturnURL}}">{{.W.back}}</a></p>{{end}}</main></body></html>`))

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side has gone; nobody is left to tell
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
