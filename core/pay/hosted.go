package pay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
)

// Hosted is an acquirer over HTTP: its own page, saved cards and fast payments, with signed webhooks. docs/operator/bank.md
// is the contract, which sim/bank and real acquirers' adaptors keep. It is safe for concurrent use.
type Hosted struct {
	API     string // address without a slash at the end
	Key     string // sent as a bearer token
	Secret  string // of webhooks' signatures
	Client  *http.Client
	Clock   clock.Clock   // real time, whatever time the city has: the age of webhooks is measured by it. nil: the machine's
	Timeout time.Duration // of one call; 0: 5 seconds
}

var _ Provider = (*Hosted)(nil)

// Bounds of talking with an acquirer.
const (
	hostedTimeout = 5 * time.Second
	hostedMost    = 64 << 10 // bytes of an answer
)

// Name implements Provider.
func (h *Hosted) Name() string { return HostedName }

// Start implements Provider.
func (h *Hosted) Start(ctx context.Context, o Order) (Standing, error) {
	method := o.Method
	if method == "" {
		method = ByPage
	}
	if method == ByWallet {
		return Standing{}, fmt.Errorf("pay: an acquirer has no wallets")
	}
	order := hostedOrder{
		ID: o.Attempt.String(), Amount: o.Amount.Minor, Currency: string(o.Amount.Currency), Description: o.Description,
		ReturnURL: o.Return, NotifyURL: o.Notify, Lang: o.Lang, Method: string(method), Token: o.Token, Save: o.Save && method == ByPage,
	}
	got, err := h.standing(ctx, http.MethodPost, "/v1/payments", order, o.Attempt)
	if err == nil && got.Amount != 0 && (got.Amount != o.Amount.Minor || got.Currency != o.Amount.Currency) {
		return Standing{}, ErrOtherOrder
	}
	return got, err
}

// Ask implements Provider.
func (h *Hosted) Ask(ctx context.Context, attempt id.ID) (Standing, error) {
	return h.standing(ctx, http.MethodGet, "/v1/payments/"+attempt.String(), nil, attempt)
}

// Cancel implements Provider.
func (h *Hosted) Cancel(ctx context.Context, attempt id.ID) (Standing, error) {
	return h.standing(ctx, http.MethodPost, "/v1/payments/"+attempt.String()+"/cancel", nil, attempt)
}

// Refund implements Provider.
func (h *Hosted) Refund(ctx context.Context, attempt, refund id.ID, amount int64) (RefundStanding, error) {
	var got hostedRefund
	err := h.call(ctx, hostedCall{
		method: http.MethodPost, path: "/v1/payments/" + attempt.String() + "/refunds", key: refund,
		body: hostedRefundAsk{refund.String(), amount},
	}, &got)
	if err != nil {
		return RefundStanding{}, err
	}
	if got.ID != refund.String() || got.Amount != amount {
		return RefundStanding{}, errors.New("pay: the acquirer answered for another refund")
	}
	return got.standing()
}

func (h *Hosted) standing(ctx context.Context, method, path string, body any, attempt id.ID) (Standing, error) {
	var got hostedPayment
	if err := h.call(ctx, hostedCall{method: method, path: path, key: attempt, body: body}, &got); err != nil {
		return Standing{}, err
	}
	if got.ID != attempt.String() {
		return Standing{}, errors.New("pay: the acquirer answered for another attempt")
	}
	return got.standing()
}

type hostedCall struct {
	method, path string
	key          id.ID // of idempotency
	body         any   // nil: none
}

func (h *Hosted) call(ctx context.Context, c hostedCall, into any) error {
	ctx, cancel := context.WithTimeout(ctx, h.timeout())
	defer cancel()
	var body []byte
	if c.body != nil {
		text, err := json.Marshal(c.body)
		if err != nil {
			return fmt.Errorf("pay: acquirer: %w", err)
		}
		body = text
	}
	r, err := http.NewRequestWithContext(ctx, c.method, h.API+c.path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("pay: acquirer: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+h.Key)
	r.Header.Set("Idempotency-Key", c.key.String())
	r.Header.Set("Content-Type", "application/json")
	answer, err := h.client().Do(r)
	if err != nil {
		return fmt.Errorf("pay: acquirer: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // the body was read; nothing hangs on closing it
	return hostedAnswer(answer, into)
}

func hostedAnswer(answer *http.Response, into any) error {
	body, err := io.ReadAll(io.LimitReader(answer.Body, hostedMost))
	switch {
	case err != nil:
		return fmt.Errorf("pay: acquirer: %w", err)
	case answer.StatusCode == http.StatusNotFound:
		return ErrUnknownAttempt
	case answer.StatusCode == http.StatusConflict:
		return ErrOtherOrder
	case answer.StatusCode/100 != 2:
		return fmt.Errorf("pay: the acquirer answered %s", answer.Status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("pay: the acquirer's answer: %w", err)
	}
	return nil
}

func (h *Hosted) timeout() time.Duration {
	if h.Timeout > 0 {
		return h.Timeout
	}
	return hostedTimeout
}

func (h *Hosted) client() *http.Client {
	if h.Client != nil {
		return h.Client
	}
	return http.DefaultClient
}

func (h *Hosted) now() time.Time {
	if h.Clock != nil {
		return h.Clock.Now()
	}
	return new(clock.System).Now()
}
