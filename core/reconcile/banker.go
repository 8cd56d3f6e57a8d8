package reconcile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/iso20022"
)

// HTTPBank is a bank that gives statements and takes orders over HTTP: docs/operator/books.md has the contract.
type HTTPBank struct {
	API    string // address without a slash at the end
	Key    string // sent as a bearer token
	Client *http.Client
}

// Bounds of talking with the bank.
const (
	bankTimeout = 2 * time.Minute
	answerMost  = 8 << 20
)

// Statement implements Banker: GET /v1/statements/DAY, 404 while there is none.
func (b *HTTPBank) Statement(ctx context.Context, day calendar.Date) (io.ReadCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, bankTimeout)
	answer, err := b.call(ctx, http.MethodGet, "/v1/statements/"+day.String(), nil)
	if err != nil {
		cancel()
		return nil, err
	}
	if answer.StatusCode == http.StatusNotFound {
		err = ErrNoStatement
	} else if answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("reconcile: the bank answered %s", answer.Status)
	}
	if err != nil {
		cancel()
		return nil, errors.Join(err, answer.Body.Close())
	}
	return &timed{answer.Body, cancel}, nil
}

// timed ends its time with the reading.
type timed struct {
	io.ReadCloser
	cancel context.CancelFunc
}

// Close implements io.Closer.
func (t *timed) Close() error {
	defer t.cancel()
	return t.ReadCloser.Close()
}

// Send implements Banker: POST /v1/payouts.
func (b *HTTPBank) Send(ctx context.Context, order iso20022.Initiation) (iso20022.Report, error) {
	var body bytes.Buffer
	if err := order.Write(&body); err != nil {
		return iso20022.Report{}, err
	}
	return b.report(ctx, http.MethodPost, "/v1/payouts", body.Bytes())
}

// Ask implements Banker: GET /v1/payouts/ID, 404 when the bank does not have it.
func (b *HTTPBank) Ask(ctx context.Context, order string) (iso20022.Report, error) {
	return b.report(ctx, http.MethodGet, "/v1/payouts/"+order, nil)
}

func (b *HTTPBank) report(ctx context.Context, method, path string, body []byte) (iso20022.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, bankTimeout)
	defer cancel()
	answer, err := b.call(ctx, method, path, body)
	if err != nil {
		return iso20022.Report{}, err
	}
	defer func() { _ = answer.Body.Close() }() // it is read; nothing hangs on closing it
	if method == http.MethodGet && answer.StatusCode == http.StatusNotFound {
		return iso20022.Report{}, ErrNoOrder
	}
	if answer.StatusCode/100 != 2 {
		return iso20022.Report{}, fmt.Errorf("reconcile: the bank answered %s", answer.Status)
	}
	return iso20022.ReadReport(io.LimitReader(answer.Body, answerMost))
}

func (b *HTTPBank) call(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(b.API, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("reconcile: bank: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+b.Key)
	if body != nil {
		r.Header.Set("Content-Type", "application/xml")
	}
	client := b.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("reconcile: bank: %w", err)
	}
	return answer, nil
}
