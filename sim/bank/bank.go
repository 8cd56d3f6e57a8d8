package bank

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"posad.city/kit/clock"
)

// The states of a payment.
const (
	stateOpen     = "open"
	statePaid     = "paid"
	stateDeclined = "declined"
	stateExpired  = "expired"
	stateRefunded = "refunded" // everything was given back
	stateReversed = "reversed" // the bank took it back by itself
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
	Method      string `json:"method"` // page, card, qr
	Token       string `json:"token,omitempty"`
	Save        bool   `json:"save,omitempty"`

	State     string    `json:"state"`
	Reason    string    `json:"reason,omitempty"`
	Page      string    `json:"page,omitempty"`
	QR        string    `json:"qr,omitempty"`
	Card      *Token    `json:"card,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Taken     time.Time `json:"taken,omitzero"`
	Takes     int       `json:"takes"`    // how often money was taken: more than one would be a fault of the bank's own
	Refunds   int       `json:"refunds"`  // how often something was given back
	Refunded  int64     `json:"refunded"` // how much
	Disputed  int64     `json:"disputed,omitempty"`
	Dispute   string    `json:"dispute,omitempty"` // open, won, lost

	Given map[string]*Refund `json:"given,omitempty"`
	Code  string             `json:"code,omitempty"`      // of its QR code
	Next  string             `json:"next,omitempty"`      // the state that it takes by itself
	At    time.Time          `json:"next_at,omitzero"`    // and when
	Began time.Time          `json:"began,omitzero"`      // when it was ordered
	With  string             `json:"with_card,omitempty"` // key of the test card that pays by itself
}

// Refund is a part that goes back.
type Refund struct {
	ID        string    `json:"id"`
	State     string    `json:"state"` // pending, done, refused
	Amount    int64     `json:"amount"`
	Reason    string    `json:"reason,omitempty"`
	Reference string    `json:"reference,omitempty"`
	Done      time.Time `json:"done,omitzero"` // pending: when it will be
}

// Token is a card that the bank keeps for the merchant.
type Token struct {
	Token   string `json:"token,omitempty"`
	Label   string `json:"label"`
	Expires string `json:"expires"` // 2028-11
	Key     string `json:"key,omitempty"`
	Blocked bool   `json:"blocked,omitempty"`
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
	byCode   map[string]string // QR code → payment
	tokens   map[string]*Token
	booked   []Booking
	payouts  map[string]*Payout
	planned  map[string]bool // payments in which something will happen by itself
	number   int64           // of the last reference
	ahead    time.Duration   // the bank's clock before the real one
	faults   Faults
	random   *rand.Rand
	book     *book
}

// New returns a bank that people reach at address, with the merchant's API key and the secret of its messages. It keeps
// everything in memory unless Keep is called.
func New(address, key, secret string, c clock.Clock, log *slog.Logger) *Bank {
	return &Bank{
		address: address, key: key, secret: secret, clock: c, log: log, client: &http.Client{Timeout: 5 * time.Second},
		payments: map[string]*Payment{}, byCode: map[string]string{}, tokens: map[string]*Token{}, payouts: map[string]*Payout{}, planned: map[string]bool{},
		random: rand.New(rand.NewPCG(1, 2)), //nolint:gosec // chance of faults
	}
}

// Payments returns a copy of all payments, for checks that none was lost or doubled.
func (b *Bank) Payments() map[string]Payment {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ripen()
	out := make(map[string]Payment, len(b.payments))
	for key, p := range b.payments {
		out[key] = b.shown(p)
	}
	return out
}

// Wait returns when no message is on its way.
func (b *Bank) Wait() { b.sending.Wait() }

// now is the bank's own time.
func (b *Bank) now() time.Time { return b.clock.Now().Add(b.ahead) }

// shown is a copy for the outside, with the addresses that the bank has now.
func (b *Bank) shown(p *Payment) Payment {
	out := *p
	out.Page = b.address + "/pay/" + p.ID
	if p.Code != "" {
		out.Page, out.QR = b.address+"/qr/"+p.Code, fmt.Sprintf("%s/qr/%s?type=02&sum=%d&cur=%s", b.address, p.Code, p.Amount, p.Currency)
	}
	if p.Card != nil {
		card := *p.Card
		out.Card = &card
	}
	if p.Given != nil {
		out.Given = map[string]*Refund{}
		for key, one := range p.Given {
			given := *one
			out.Given[key] = &given
		}
	}
	return out
}

// reference is the bank's own number of something that moves money, twelve digits as on slips.
func (b *Bank) reference() string {
	b.number++
	return fmt.Sprintf("%012d", 600_000_000_000+b.number)
}

// Handler is the bank's API, pages and control.
func (b *Bank) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/payments", b.api(b.order))
	mux.HandleFunc("GET /v1/payments/{id}", b.api(b.ask))
	mux.HandleFunc("POST /v1/payments/{id}/cancel", b.api(b.cancel))
	mux.HandleFunc("POST /v1/payments/{id}/refunds", b.api(b.refund))
	mux.HandleFunc("GET /v1/statements/{day}", b.api(b.statement))
	mux.HandleFunc("POST /v1/payouts", b.api(b.payout))
	mux.HandleFunc("GET /v1/payouts/{id}", b.api(b.askPayout))
	b.pages(mux)
	b.controls(mux)
	return mux
}
