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

	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Fiscal is the receipt that a fiscal operator gave for a payment or a return.
type Fiscal struct {
	Device string    `json:"device"` // number of the fiscal storage
	Number string    `json:"number"` // of the document in it
	Sign   string    `json:"sign"`   // fiscal sign
	Check  string    `json:"check"`  // where anybody compares it; empty: nowhere
	At     time.Time `json:"at"`
}

// FiscalOrder is what a receipt is to be about. It names nobody.
type FiscalOrder struct {
	ID     id.ID // of the payment, or of the refund: the operator's key, the same receipt for ever
	Return bool  // money that went back
	Amount money.Amount
	Method Method
	At     time.Time
	Lines  []FiscalLine
}

// FiscalLine is one line of a fiscal receipt.
type FiscalLine struct {
	Title  string `json:"title"`
	Number string `json:"number"`
	Payee  string `json:"payee"`
	Amount int64  `json:"amount"` // minor units
}

// FiscalOperator sends receipts to the tax office for the city. A call with the same id changes nothing and gives the same
// receipt. Safe for concurrent use.
type FiscalOperator interface {
	// Send hands a receipt over. ErrFiscalWaits: it was taken, ask again; ErrFiscalRefused: never; any other error: try again.
	Send(ctx context.Context, o FiscalOrder) (Fiscal, error)
}

// The errors of fiscal operators.
var (
	ErrFiscalWaits   = errors.New("pay: the fiscal operator is not ready yet")
	ErrFiscalRefused = errors.New("pay: the fiscal operator refuses the receipt")
)

// HTTPFiscal is a fiscal operator with a small JSON API; docs/operator/fiscal.md describes it.
type HTTPFiscal struct {
	API    string // address without a slash at the end
	Key    string // sent as a bearer token
	Client *http.Client
}

// fiscalMost bounds an answer, bytes.
const fiscalMost = 64 << 10

type wireFiscalOrder struct {
	ID       string       `json:"id"`
	Kind     string       `json:"kind"` // income, return
	Amount   int64        `json:"amount"`
	Currency string       `json:"currency"`
	Method   string       `json:"method"`
	At       time.Time    `json:"at"`
	Lines    []FiscalLine `json:"lines"`
}

type wireFiscalAnswer struct {
	State string `json:"state"` // done, waiting, refused
	Fiscal
}

// Send implements FiscalOperator.
func (f *HTTPFiscal) Send(ctx context.Context, o FiscalOrder) (Fiscal, error) {
	kind := "income"
	if o.Return {
		kind = "return"
	}
	body, err := json.Marshal(wireFiscalOrder{o.ID.String(), kind, o.Amount.Minor, string(o.Amount.Currency), string(o.Method), o.At, o.Lines})
	if err != nil {
		return Fiscal{}, fmt.Errorf("pay: fiscal: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, f.API+"/v1/receipts/"+o.ID.String(), bytes.NewReader(body))
	if err != nil {
		return Fiscal{}, fmt.Errorf("pay: fiscal: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+f.Key)
	r.Header.Set("Content-Type", "application/json")
	client := f.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(r)
	if err != nil {
		return Fiscal{}, fmt.Errorf("pay: fiscal: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // the body was read; nothing hangs on closing it
	got, err := io.ReadAll(io.LimitReader(answer.Body, fiscalMost))
	if err != nil {
		return Fiscal{}, fmt.Errorf("pay: fiscal: %w", err)
	}
	return readFiscal(answer.StatusCode, got)
}

// readFiscal reads what the operator says.
func readFiscal(status int, body []byte) (Fiscal, error) {
	switch {
	case status == http.StatusUnprocessableEntity || status == http.StatusConflict:
		return Fiscal{}, ErrFiscalRefused
	case status/100 != 2:
		return Fiscal{}, fmt.Errorf("pay: the fiscal operator answered %d", status)
	}
	var out wireFiscalAnswer
	if err := json.Unmarshal(body, &out); err != nil {
		return Fiscal{}, fmt.Errorf("pay: the fiscal operator's answer: %w", err)
	}
	switch {
	case out.State == "waiting":
		return Fiscal{}, ErrFiscalWaits
	case out.State == "refused":
		return Fiscal{}, ErrFiscalRefused
	case out.State != "done" || out.Number == "" || out.Sign == "":
		return Fiscal{}, fmt.Errorf("pay: the fiscal operator's answer has no receipt: %.20q", out.State)
	}
	return out.Fiscal, nil
}

// fiscal has the fiscal operator make the receipt of a payment or of a return, until it has. One that it refuses for good is loud.
func (m *Module) fiscal(ctx context.Context, j jobs.Job) error {
	o, done, err := m.fiscalOrder(ctx, j)
	if err != nil || done {
		return err
	}
	receipt, err := m.deps.Fiscal.Send(ctx, o)
	switch {
	case errors.Is(err, ErrFiscalRefused):
		m.met.fiscal.Inc()
		m.base.Log.Error("pay: the fiscal operator refused a receipt for good", "receipt", o.ID.String())
		return nil
	case errors.Is(err, ErrFiscalWaits):
		return jobs.Later(m.pause(j))
	case err != nil:
		m.base.Log.Warn("pay: the fiscal operator is silent and is asked again later", "receipt", o.ID.String(), "error", err)
		return jobs.Later(m.pause(j))
	}
	text, err := json.Marshal(receipt)
	if err != nil {
		return fmt.Errorf("pay: fiscal: %w", err)
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		put := paydb.SetFiscal
		if o.Return {
			put = paydb.SetRefundFiscal
		}
		return errors.Join(put(tx, string(text), j.Holder, o.ID), m.base.Jobs.Done(tx, j))
	})
}

// fiscalOrder reads what a receipt is about; true: it was made before.
func (m *Module) fiscalOrder(ctx context.Context, j jobs.Job) (FiscalOrder, bool, error) {
	var p Payment
	var r paydb.Refund
	err := m.base.Store.Look(ctx, j.Act(act.Purpose{}), lookPayment, func(read *store.Personal) error {
		home, err := paydb.HomeOf(read, j.Object)
		if err != nil {
			return err
		}
		if home.Payment != j.Object {
			if r, err = paydb.RefundByID(read, home.Payer, j.Object); err != nil {
				return err
			}
		}
		p, err = whole(read, home.Payer, home.Payment)
		return err
	})
	if err != nil {
		return FiscalOrder{}, false, none(err)
	}
	out := FiscalOrder{ID: j.Object, Amount: p.Amount, Method: p.Method, At: p.Ended}
	if !r.ID.IsZero() {
		out.Return, out.Amount.Minor, out.At = true, r.Amount, r.Ended
	}
	for _, l := range p.Lines {
		amount := l.Amount
		if out.Return {
			if !r.Charge.IsZero() && r.Charge != l.Charge {
				continue
			}
			if amount = min(l.Amount, r.Amount); r.Kind == kindSurplus {
				amount = l.Amount - l.Taken
			}
			if amount == 0 {
				continue
			}
		}
		out.Lines = append(out.Lines, FiscalLine{Title: l.Title.In(p.Lang), Number: l.Number, Payee: m.deps.AgencyName(l.Payee, p.Lang), Amount: amount})
	}
	return out, p.Fiscal != nil && !out.Return || r.Fiscal != "", nil
}
