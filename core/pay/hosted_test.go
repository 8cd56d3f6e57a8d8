package pay_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/pay"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/sim/bank"
)

// acquirer is the simulated bank and the adaptor that talks with it, over real connections.
type acquirer struct {
	*pay.Hosted
	t     *testing.T
	bank  *bank.Bank
	clock *clock.Fixed
	here  string // where messages go

	mu   sync.Mutex
	told []pay.Message
}

func newAcquirer(t *testing.T) *acquirer {
	t.Helper()
	a := &acquirer{t: t, clock: clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))}
	a.bank = bank.New("http://bank.test", "key", "secret", a.clock, slog.New(slog.DiscardHandler))
	server := httptest.NewServer(a.bank.Handler())
	t.Cleanup(server.Close)
	// A connection is used once, since net/http itself repeats what was lost on an old one.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	a.Hosted = &pay.Hosted{API: server.URL, Key: "key", Secret: "secret", Client: client, Clock: a.clock, Timeout: 200 * time.Millisecond}
	here := httptest.NewServer(http.HandlerFunc(a.listen))
	t.Cleanup(here.Close)
	t.Cleanup(a.bank.Wait)
	a.here = here.URL
	return a
}

func (a *acquirer) listen(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		a.t.Error(err)
	}
	m, err := a.Message(r.Header, body)
	if err != nil {
		a.t.Errorf("the bank's message: %v", err)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told = append(a.told, m)
}

func (a *acquirer) messages() []pay.Message {
	a.bank.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]pay.Message(nil), a.told...)
}

func (a *acquirer) order(change func(*pay.Order)) pay.Order {
	o := pay.Order{
		Attempt: id.New(a.clock.Now()), Amount: money.Roubles(542_318), Description: "Квартплата", Return: "http://city.test/back", Notify: a.here, Lang: "ru",
	}
	if change != nil {
		change(&o)
	}
	return o
}

func (a *acquirer) start(change func(*pay.Order)) (pay.Order, pay.Standing) {
	a.t.Helper()
	o := a.order(change)
	s, err := a.Start(context.Background(), o)
	if err != nil {
		a.t.Fatal(err)
	}
	return o, s
}

func (a *acquirer) asked(attempt id.ID) pay.Standing {
	a.t.Helper()
	s, err := a.Ask(context.Background(), attempt)
	if err != nil {
		a.t.Fatal(err)
	}
	return s
}

func (a *acquirer) payWith(attempt id.ID, card string) {
	a.t.Helper()
	if _, err := a.bank.PayWith(attempt.String(), card); err != nil {
		a.t.Fatal(err)
	}
}

func TestHostedPageIsPaidAndTold(t *testing.T) {
	t.Parallel()
	a := newAcquirer(t)
	o, s := a.start(nil)
	if s.State != pay.Open || s.Page != "http://bank.test/pay/"+o.Attempt.String() || s.Reference != "" {
		t.Fatalf("%+v", s)
	}
	a.payWith(o.Attempt, "4242")
	s = a.asked(o.Attempt)
	if s.State != pay.Paid || s.Amount != 542_318 || s.Currency != money.RUB || s.Reference == "" || !s.Taken.Equal(a.clock.Now()) || s.Card != nil {
		t.Errorf("%+v", s)
	}
	if told := a.messages(); len(told) != 1 || told[0].Attempt != o.Attempt || told[0].Kind != pay.MessagePayment {
		t.Errorf("%+v", told)
	}
	other := o
	other.Amount = money.Roubles(1)
	if _, err := a.Start(context.Background(), other); !errors.Is(err, pay.ErrOtherOrder) {
		t.Errorf("another amount under the same attempt: %v", err)
	}
	if _, err := a.Ask(context.Background(), id.New(a.clock.Now())); !errors.Is(err, pay.ErrUnknownAttempt) {
		t.Errorf("an attempt that nobody started: %v", err)
	}
}

func TestHostedCardIsSavedAndCharged(t *testing.T) {
	t.Parallel()
	a := newAcquirer(t)
	tokens := map[string]string{}
	for _, card := range []string{"4242", "0105", "0154", "0302"} {
		o, _ := a.start(func(o *pay.Order) { o.Save = true })
		a.payWith(o.Attempt, card)
		s := a.asked(o.Attempt)
		if s.Card == nil || s.Card.Token == "" || !strings.HasSuffix(s.Card.Label, card) || len(s.Card.Expires) != len("2028-11") {
			t.Fatalf("%+v", s.Card)
		}
		tokens[card] = s.Card.Token
	}
	charge := func(token string) pay.Standing {
		_, s := a.start(func(o *pay.Order) { o.Method, o.Token = pay.ByCard, token })
		return s
	}
	if s := charge(tokens["4242"]); s.State != pay.Paid || s.Reference == "" {
		t.Errorf("%+v", s)
	}
	for token, why := range map[string]pay.Reason{tokens["0105"]: pay.NoFunds, tokens["0302"]: pay.NeedsPerson, "card_unknown": pay.CardUnknown} {
		if s := charge(token); s.State != pay.Declined || s.Reason != why {
			t.Errorf("%s: %+v", token, s)
		}
	}
	a.bank.Wait() // messages are of their time
	a.clock.Move(20 * 24 * time.Hour)
	if s := charge(tokens["0154"]); s.Reason != pay.CardExpired {
		t.Errorf("%+v", s)
	}
	a.bank.SetFaults(bank.Faults{Think: time.Minute})
	o, s := a.start(func(o *pay.Order) { o.Method, o.Token = pay.ByCard, tokens["4242"] })
	if s.State != pay.Open {
		t.Errorf("while the bank thinks: %+v", s)
	}
	a.clock.Move(time.Minute)
	if s := a.asked(o.Attempt); s.State != pay.Paid {
		t.Errorf("when it has thought: %+v", s)
	}
}

func TestHostedQRIsPaidFromThePhone(t *testing.T) {
	t.Parallel()
	a := newAcquirer(t)
	o, s := a.start(func(o *pay.Order) { o.Method = pay.ByQR })
	if s.State != pay.Open || !strings.HasPrefix(s.QR, "http://bank.test/qr/") || !strings.Contains(s.QR, "sum=542318") {
		t.Fatalf("%+v", s)
	}
	a.payWith(o.Attempt, "4242")
	if s := a.asked(o.Attempt); s.State != pay.Paid {
		t.Errorf("%+v", s)
	}
}

func TestHostedRefundsArePartsGivenOnce(t *testing.T) {
	t.Parallel()
	a := newAcquirer(t)
	o, _ := a.start(nil)
	a.payWith(o.Attempt, "4242")
	ctx, part, rest := context.Background(), id.New(a.clock.Now()), id.New(a.clock.Now())
	a.bank.SetFaults(bank.Faults{LoseNext: 1})
	if _, err := a.Refund(ctx, o.Attempt, part, 42_318); err == nil {
		t.Error("a lost answer came")
	}
	for range 2 {
		if r, err := a.Refund(ctx, o.Attempt, part, 42_318); err != nil || r.State != pay.RefundDone || r.Reference == "" {
			t.Errorf("%+v %v", r, err)
		}
	}
	if _, err := a.Refund(ctx, o.Attempt, part, 1); !errors.Is(err, pay.ErrOtherOrder) {
		t.Errorf("the same refund of another amount: %v", err)
	}
	if s := a.asked(o.Attempt); s.State != pay.Paid || s.Refunded != 42_318 {
		t.Errorf("%+v", s)
	}
	if r, err := a.Refund(ctx, o.Attempt, id.New(a.clock.Now()), 500_001); err != nil || r.State != pay.RefundRefused || r.Reason != "more_than_paid" {
		t.Errorf("%+v %v", r, err)
	}
	a.bank.SetFaults(bank.Faults{RefundAfter: time.Minute})
	if r, err := a.Refund(ctx, o.Attempt, rest, 500_000); err != nil || r.State != pay.RefundPending {
		t.Errorf("%+v %v", r, err)
	}
	a.clock.Move(time.Minute)
	if r, err := a.Refund(ctx, o.Attempt, rest, 500_000); err != nil || r.State != pay.RefundDone {
		t.Errorf("%+v %v", r, err)
	}
	if s := a.asked(o.Attempt); s.State != pay.Refunded || s.Refunded != 542_318 {
		t.Errorf("%+v", s)
	}
	if _, err := a.Refund(ctx, id.New(a.clock.Now()), rest, 5); !errors.Is(err, pay.ErrUnknownAttempt) {
		t.Errorf("a refund of nothing: %v", err)
	}
}

func TestHostedDisputesAndReversalsAreSeen(t *testing.T) {
	t.Parallel()
	a := newAcquirer(t)
	o, _ := a.start(nil)
	a.payWith(o.Attempt, "4242")
	if err := a.bank.Dispute(o.Attempt.String(), 100); err != nil {
		t.Fatal(err)
	}
	if s := a.asked(o.Attempt); s.State != pay.Paid || s.Dispute != pay.DisputeOpen || s.Disputed != 100 {
		t.Errorf("%+v", s)
	}
	if err := a.bank.Judge(o.Attempt.String(), false); err != nil {
		t.Fatal(err)
	}
	if s := a.asked(o.Attempt); s.Dispute != pay.DisputeLost {
		t.Errorf("%+v", s)
	}
	gone, _ := a.start(nil)
	a.payWith(gone.Attempt, "4242")
	if err := a.bank.Reverse(gone.Attempt.String()); err != nil {
		t.Fatal(err)
	}
	if s := a.asked(gone.Attempt); s.State != pay.Reversed {
		t.Errorf("%+v", s)
	}
	kinds := map[pay.MessageKind]int{}
	for _, m := range a.messages() {
		kinds[m.Kind]++
	}
	if kinds[pay.MessageDispute] != 2 || kinds[pay.MessagePayment] != 3 {
		t.Errorf("told %v", kinds)
	}
}

// Whatever happens to an answer, what was asked happens at most once and can be asked about.
func TestHostedAnswersThatAreRefusedLostOrTooLate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		faults bank.Faults
		known  bool // to the bank, after the first try
	}{
		"refused":  {bank.Faults{RefuseNext: 1}, false},
		"lost":     {bank.Faults{LoseNext: 1}, true},
		"too late": {bank.Faults{SlowNext: 1, Slow: time.Second}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAcquirer(t)
			saved, _ := a.start(func(o *pay.Order) { o.Save = true })
			a.payWith(saved.Attempt, "4242")
			token := a.asked(saved.Attempt).Card.Token
			a.bank.SetFaults(c.faults)
			o := a.order(func(o *pay.Order) { o.Method, o.Token = pay.ByCard, token })
			if _, err := a.Start(context.Background(), o); err == nil {
				t.Fatal("the answer came")
			}
			if _, err := a.Ask(context.Background(), o.Attempt); errors.Is(err, pay.ErrUnknownAttempt) == c.known {
				t.Errorf("asked about it: %v", err)
			}
			for range 2 {
				if s, err := a.Start(context.Background(), o); err != nil || s.State != pay.Paid {
					t.Errorf("once more: %+v %v", s, err)
				}
			}
			if got := a.bank.Payments()[o.Attempt.String()]; got.Takes != 1 {
				t.Errorf("money was taken %d times", got.Takes)
			}
		})
	}
}

func TestHostedCancelClosesWhatIsKnownAndWhatIsNot(t *testing.T) {
	t.Parallel()
	a := newAcquirer(t)
	ctx := context.Background()
	before := a.order(nil)
	if s, err := a.Cancel(ctx, before.Attempt); err != nil || s.State != pay.Expired {
		t.Fatalf("%+v %v", s, err)
	}
	if s, err := a.Start(ctx, before); err != nil || s.State != pay.Expired {
		t.Errorf("started after it was closed: %+v %v", s, err)
	}
	o, _ := a.start(nil)
	a.payWith(o.Attempt, "4242")
	if s, err := a.Cancel(ctx, o.Attempt); err != nil || s.State != pay.Paid {
		t.Errorf("paid just before: %+v %v", s, err)
	}
}

func TestHostedMessagesAreBelievedOnlyWithASignatureOfNow(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	h := &pay.Hosted{Secret: "secret", Clock: clock.At(now)}
	attempt := id.New(now)
	body := []byte(`{"id":"` + attempt.String() + `","kind":"refund","state":"paid"}`)
	header := func(secret string, at time.Time, signed []byte) http.Header {
		return http.Header{"Bank-Signature": {fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(pay.SignMessage(secret, at.Unix(), signed)))}}
	}
	m, err := h.Message(header("secret", now.Add(-4*time.Minute), body), body)
	if err != nil || m.Attempt != attempt || m.Kind != pay.MessageRefund || !m.Sent.Equal(now.Add(-4*time.Minute)) {
		t.Errorf("%+v %v", m, err)
	}
	junk := []byte(`{"id":"5"}`)
	for name, c := range map[string]struct {
		header http.Header
		body   []byte
	}{
		"no signature":     {http.Header{}, body},
		"another secret":   {header("other", now, body), body},
		"another body":     {header("secret", now, junk), body},
		"too old":          {header("secret", now.Add(-6*time.Minute), body), body},
		"from the future":  {header("secret", now.Add(6*time.Minute), body), body},
		"no attempt":       {header("secret", now, junk), junk},
		"not JSON":         {header("secret", now, []byte("x")), []byte("x")},
		"half a signature": {http.Header{"Bank-Signature": {"t=1,v1=zz"}}, body},
		"no time":          {http.Header{"Bank-Signature": {"v1=00,t=1"}}, body},
	} {
		if _, err := h.Message(c.header, c.body); !errors.Is(err, pay.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An answer that breaks the contract moves nothing.
func TestHostedAnswersThatCannotBe(t *testing.T) {
	t.Parallel()
	attempt := id.New(time.Unix(0, 0))
	for name, body := range map[string]string{
		"another attempt":     `{"id":"x","state":"paid","amount":1,"currency":"RUB"}`,
		"an unknown state":    `{"id":"ID","state":"maybe","amount":1,"currency":"RUB"}`,
		"an unknown dispute":  `{"id":"ID","state":"paid","amount":1,"currency":"RUB","dispute":"x"}`,
		"more than was taken": `{"id":"ID","state":"paid","amount":1,"currency":"RUB","refunded":2}`,
		"less than nothing":   `{"id":"ID","state":"paid","amount":-1,"currency":"RUB"}`,
		"no JSON":             `<html>`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.ReplaceAll(body, "ID", attempt.String()))
		}))
		h := &pay.Hosted{API: server.URL, Client: server.Client()}
		if s, err := h.Ask(context.Background(), attempt); err == nil || errors.Is(err, pay.ErrUnknownAttempt) {
			t.Errorf("%s: %+v %v", name, s, err)
		}
		server.Close()
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"`+attempt.String()+`","state":"open","amount":1,"currency":"RUB","page":"javascript:alert(1)"}`)
	}))
	defer server.Close()
	h := &pay.Hosted{API: server.URL, Client: server.Client()}
	if s, err := h.Ask(context.Background(), attempt); err != nil || s.Page != "" {
		t.Errorf("a page that is no address of the web: %+v %v", s, err)
	}
}

func FuzzHostedMessage(f *testing.F) {
	f.Add("t=1795337600,v1=00", []byte(`{"id":"018f"}`))
	f.Add("t=-1,v1=", []byte(`{`))
	h := &pay.Hosted{Secret: "secret", Clock: clock.At(time.Unix(1_795_337_600, 0))}
	f.Fuzz(func(t *testing.T, field string, body []byte) {
		if m, err := h.Message(http.Header{"Bank-Signature": {field}}, body); err == nil {
			t.Fatalf("believed %+v", m) // nobody guesses the signature
		}
	})
}
