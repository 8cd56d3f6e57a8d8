package pay

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/money"
)

// Bank takes payments on its own page. Every call may be repeated with the same attempt and then changes nothing.
type Bank interface {
	// Start makes the payment known to the bank and returns the page where the person pays.
	Start(ctx context.Context, o Order) (Standing, error)
	// Ask tells how the attempt stands. ErrUnknownAttempt says that the bank has never heard of it.
	Ask(ctx context.Context, attempt id.ID) (Standing, error)
	// Cancel closes an attempt so that it can't be paid any more, whether the bank knows it or not, and tells how it
	// ended: it may have been paid just before.
	Cancel(ctx context.Context, attempt id.ID) (Standing, error)
	// Refund gives the whole amount back.
	Refund(ctx context.Context, attempt id.ID) (Standing, error)
	// Message reads a webhook: the attempt that it is about. The standing is asked for, not believed.
	Message(header http.Header, body []byte) (id.ID, error)
	// Name is kept with each attempt.
	Name() string
}

// HostedBank is an acquirer with a hosted page, a small JSON API and signed webhooks; docs/operator/bank.md describes the
// contract that sim/bank and real acquirers' adaptors keep.
type HostedBank struct {
	API    string // address without a slash at the end
	Key    string // sent as a bearer token
	Secret string // of webhooks' signatures
	Client *http.Client
}

// Bounds of talking with the bank.
const (
	bankTimeout = 5 * time.Second
	bankMost    = 64 << 10 // bytes of an answer
)

type wireOrder struct {
	ID          string `json:"id"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
	ReturnURL   string `json:"return_url"`
	NotifyURL   string `json:"notify_url"`
	Lang        string `json:"lang"`
}

type wirePayment struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Page     string `json:"page"`
}

// Name implements Bank.
func (b *HostedBank) Name() string { return HostedName }

// Start implements Bank.
func (b *HostedBank) Start(ctx context.Context, o Order) (Standing, error) {
	body, err := json.Marshal(wireOrder{o.Attempt.String(), o.Amount.Minor, string(o.Amount.Currency), o.Description, o.Return, o.Notify, o.Lang})
	if err != nil {
		return Standing{}, fmt.Errorf("pay: order: %w", err)
	}
	return b.call(ctx, http.MethodPost, "/v1/payments", body, o.Attempt)
}

// Ask implements Bank.
func (b *HostedBank) Ask(ctx context.Context, attempt id.ID) (Standing, error) {
	return b.call(ctx, http.MethodGet, "/v1/payments/"+attempt.String(), nil, attempt)
}

// Cancel implements Bank.
func (b *HostedBank) Cancel(ctx context.Context, attempt id.ID) (Standing, error) {
	return b.call(ctx, http.MethodPost, "/v1/payments/"+attempt.String()+"/cancel", nil, attempt)
}

// Refund implements Bank.
func (b *HostedBank) Refund(ctx context.Context, attempt id.ID) (Standing, error) {
	return b.call(ctx, http.MethodPost, "/v1/payments/"+attempt.String()+"/refund", nil, attempt)
}

func (b *HostedBank) call(ctx context.Context, method, path string, body []byte, attempt id.ID) (Standing, error) {
	ctx, cancel := context.WithTimeout(ctx, bankTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, b.API+path, bytes.NewReader(body))
	if err != nil {
		return Standing{}, fmt.Errorf("pay: bank: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+b.Key)
	r.Header.Set("Idempotency-Key", attempt.String())
	r.Header.Set("Content-Type", "application/json")
	client := b.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(r)
	if err != nil {
		return Standing{}, fmt.Errorf("pay: bank: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // the body was read; nothing hangs on closing it
	return readStanding(answer, attempt)
}

func readStanding(answer *http.Response, attempt id.ID) (Standing, error) {
	body, err := io.ReadAll(io.LimitReader(answer.Body, bankMost))
	if err != nil {
		return Standing{}, fmt.Errorf("pay: bank: %w", err)
	}
	if answer.StatusCode == http.StatusNotFound {
		return Standing{}, ErrUnknownAttempt
	}
	if answer.StatusCode/100 != 2 {
		return Standing{}, fmt.Errorf("pay: the bank answered %s", answer.Status)
	}
	var p wirePayment
	if err := json.Unmarshal(body, &p); err != nil {
		return Standing{}, fmt.Errorf("pay: the bank's answer: %w", err)
	}
	if p.ID != attempt.String() {
		return Standing{}, fmt.Errorf("pay: the bank answered for another attempt")
	}
	state := State(p.State)
	switch state {
	case Open, Paid, Declined, Expired, Refunded:
		return Standing{State: state, Amount: p.Amount, Currency: money.Currency(p.Currency), Page: p.Page}, nil
	}
	return Standing{}, fmt.Errorf("pay: the bank answered with a state that is not in the contract: %.20q", p.State)
}

// Message implements Bank. A message without the right signature is refused. One that was recorded and is sent again does
// no harm, since it only has the bank asked how the attempt stands.
func (b *HostedBank) Message(header http.Header, body []byte) (id.ID, error) {
	at, signature, ok := splitSignature(header.Get(signatureField))
	if !ok || !hmac.Equal(signature, SignMessage(b.Secret, at, body)) {
		return id.ID{}, ErrSignature
	}
	var p wirePayment
	if err := json.Unmarshal(body, &p); err != nil {
		return id.ID{}, ErrSignature.Because(err)
	}
	attempt, err := id.Parse(p.ID)
	if err != nil {
		return id.ID{}, ErrSignature.Because(err)
	}
	return attempt, nil
}
