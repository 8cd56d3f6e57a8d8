package bank

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/kit/clock"
)

var noon = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// till is a bank on the wire with a merchant who writes down what it is told.
type till struct {
	*Bank
	t        *testing.T
	clock    *clock.Fixed
	url      string
	merchant string

	mu   sync.Mutex
	told []message
}

func newTill(t *testing.T) *till {
	t.Helper()
	out := &till{t: t, clock: clock.At(noon)}
	merchant := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m message
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil || r.Header.Get("Bank-Signature") == "" {
			t.Errorf("a message without sense: %v", err)
		}
		out.mu.Lock()
		defer out.mu.Unlock()
		out.told = append(out.told, m)
	}))
	t.Cleanup(merchant.Close)
	out.merchant = merchant.URL
	out.run(New("", "key", "secret", out.clock, slog.New(slog.DiscardHandler)))
	t.Cleanup(func() { out.Wait() })
	return out
}

func (u *till) run(b *Bank) {
	u.Bank = b
	server := httptest.NewServer(b.Handler())
	u.t.Cleanup(server.Close)
	b.address, u.url = server.URL, server.URL
}

func (u *till) call(method, path string, body, into any) int {
	u.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		u.t.Fatal(err)
	}
	r, err := http.NewRequest(method, u.url+path, bytes.NewReader(text))
	if err != nil {
		u.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer key")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer func() { _ = got.Body.Close() }() // read whole
	if into != nil {
		if err := json.NewDecoder(got.Body).Decode(into); err != nil {
			u.t.Fatal(err)
		}
	}
	return got.StatusCode
}

func (u *till) order(id string, more map[string]any) Payment {
	u.t.Helper()
	body := map[string]any{"id": id, "amount": 300_050, "currency": "RUB", "description": "Fee", "return_url": u.merchant + "/back", "notify_url": u.merchant + "/told", "lang": "en"}
	for key, v := range more {
		body[key] = v
	}
	var p Payment
	if status := u.call(http.MethodPost, "/v1/payments", body, &p); status != http.StatusCreated {
		u.t.Fatalf("the order: %d", status)
	}
	return p
}

func (u *till) messages() []message {
	u.Wait()
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]message(nil), u.told...)
}

// holds is what the bank has for the merchant, but for its own fees.
func (u *till) holds() int64 {
	sum := int64(0)
	for _, one := range u.Bookings() {
		if one.Kind != "fee" {
			sum += one.Amount
		}
	}
	return sum
}

func TestAnOrderIsPaidOnceOnThePage(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	p := u.order("a", nil)
	if p.State != "open" || p.Page != u.url+"/pay/a" {
		t.Fatalf("%+v", p)
	}
	if status := u.call(http.MethodPost, "/v1/payments", map[string]any{"id": "a", "amount": 1, "currency": "RUB"}, nil); status != http.StatusConflict {
		t.Errorf("another amount under the id: %d", status)
	}
	page := u.page("/pay/a")
	if !strings.Contains(page, "3\u00a0000,50\u00a0₽") || !strings.Contains(page, `value="pay"`) || !strings.Contains(page, "always pays") {
		t.Error("the page does not say what is paid, or how")
	}
	for range 2 {
		if to := u.press("/pay/a", "do", "pay", "card", "4242"); to != u.merchant+"/back" {
			t.Errorf("leads to %s", to)
		}
	}
	got := u.Payments()["a"]
	if got.State != "paid" || got.Takes != 1 || got.Reference == "" || u.holds() != 300_050 {
		t.Errorf("%+v holds %d", got, u.holds())
	}
	if told := u.messages(); len(told) != 1 || told[0].State != "paid" || told[0].Reference != got.Reference {
		t.Errorf("told %+v", told)
	}
}

func (u *till) page(path string) string {
	u.t.Helper()
	got, err := http.Get(u.url + path)
	if err != nil {
		u.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }() // read whole
	text, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusOK {
		u.t.Fatalf("%s: %s %v", path, got.Status, err)
	}
	return string(text)
}

// press sends a page's form and tells where it leads, or the page that came.
func (u *till) press(path string, pairs ...string) string {
	u.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.PostForm(u.url+path, form)
	if err != nil {
		u.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }() // read whole
	text, err := io.ReadAll(got.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	if to := got.Header.Get("Location"); to != "" {
		return to
	}
	return string(text)
}

func TestACardDeclinesOrAsksForACode(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	u.order("poor", nil)
	u.press("/pay/poor", "do", "pay", "card", "0051")
	if got := u.Payments()["poor"]; got.State != "declined" || got.Reason != "no_funds" || got.Takes != 0 {
		t.Errorf("%+v", got)
	}
	u.order("sms", nil)
	if page := u.press("/pay/sms", "do", "pay", "card", "0302"); !strings.Contains(page, `autocomplete="one-time-code"`) {
		t.Error("no code was asked for")
	}
	if page := u.press("/pay/sms", "do", "pay", "card", "0302", "code", "0000"); !strings.Contains(page, `role="alert"`) {
		t.Error("a wrong code is not told")
	}
	u.press("/pay/sms", "do", "pay", "card", "0302", "code", "1234")
	if got := u.Payments()["sms"]; got.State != "paid" {
		t.Errorf("%+v", got)
	}
	u.order("no", nil)
	u.press("/pay/no", "do", "decline")
	if got := u.Payments()["no"]; got.State != "declined" || got.Reason != "by_payer" {
		t.Errorf("%+v", got)
	}
}

func (u *till) saved(id, card string) string {
	u.t.Helper()
	u.order(id, map[string]any{"save": true})
	if _, err := u.PayWith(id, card); err != nil {
		u.t.Fatal(err)
	}
	return u.Payments()[id].Card.Token
}

func TestASavedCardPaysUntilItDoesNot(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	good, later, short, asks := u.saved("s1", "4242"), u.saved("s2", "0105"), u.saved("s3", "0154"), u.saved("s4", "0302")
	for _, m := range u.messages() {
		if text, _ := json.Marshal(m); strings.Contains(string(text), "card_") {
			t.Error("a token went out with a message")
		}
	}
	for i, c := range []struct{ token, state, reason string }{
		{good, "paid", ""}, {later, "declined", "no_funds"}, {short, "paid", ""}, {asks, "declined", "needs_person"}, {"card_none", "declined", "card_unknown"},
	} {
		p := u.order(fmt.Sprintf("t%d", i), map[string]any{"method": "card", "token": c.token})
		if p.State != c.state || p.Reason != c.reason {
			t.Errorf("%s: %s %s", c.token, p.State, p.Reason)
		}
	}
	u.clock.Move(20 * 24 * time.Hour)
	if p := u.order("old", map[string]any{"method": "card", "token": short}); p.Reason != "card_expired" {
		t.Errorf("a month later: %s %s", p.State, p.Reason)
	}
	if err := u.Block(good); err != nil {
		t.Fatal(err)
	}
	if p := u.order("blocked", map[string]any{"method": "card", "token": good}); p.Reason != "card_blocked" {
		t.Errorf("blocked: %s %s", p.State, p.Reason)
	}
	u.SetFaults(Faults{Think: time.Minute})
	if p := u.order("slow", map[string]any{"method": "card", "token": short}); p.State != "open" {
		t.Errorf("while it thinks: %s", p.State)
	}
	if _, err := u.Decide("slow", true); err != nil || u.Payments()["slow"].State != "open" {
		t.Error("a page pays for a saved card")
	}
	u.clock.Move(time.Minute)
	if p := u.Payments()["slow"]; p.State != "declined" {
		t.Errorf("when it has thought: %s", p.State)
	}
}

func TestAFastPaymentIsMadeOnThePhone(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	p := u.order("q", map[string]any{"method": "qr"})
	at, err := url.Parse(p.QR)
	if err != nil || at.Query().Get("sum") != "300050" {
		t.Fatalf("the code says %s", p.QR)
	}
	if page := u.page(at.RequestURI()); !strings.Contains(page, "Fast payment") {
		t.Error("the phone does not show it")
	}
	if to := u.press(at.Path, "do", "pay", "card", "4242"); to != at.Path {
		t.Errorf("the phone leads to %s", to)
	}
	if !strings.Contains(u.page(at.Path), "Paid.") || u.Payments()["q"].State != "paid" {
		t.Error("it is not paid")
	}
	u.order("late", map[string]any{"method": "qr"})
	u.clock.Move(codeLife)
	if u.Payments()["late"].State != "expired" {
		t.Error("a code lives for ever")
	}
}

func TestPartsGoBackOnceEach(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	u.order("r", nil)
	give := func(id string, amount int64) Refund {
		var out Refund
		u.call(http.MethodPost, "/v1/payments/r/refunds", map[string]any{"id": id, "amount": amount}, &out)
		return out
	}
	if got := give("early", 1); got.State != "refused" || got.Reason != "not_paid" {
		t.Errorf("%+v", got)
	}
	if _, err := u.Decide("r", true); err != nil {
		t.Fatal(err)
	}
	first := give("one", 100_000)
	if again := give("one", 100_000); again != first || first.State != "done" || first.Reference == "" {
		t.Errorf("%+v then %+v", first, again)
	}
	if status := u.call(http.MethodPost, "/v1/payments/r/refunds", map[string]any{"id": "one", "amount": 5}, nil); status != http.StatusConflict {
		t.Errorf("the same refund of another amount: %d", status)
	}
	if got := give("much", 200_051); got.Reason != "more_than_paid" {
		t.Errorf("%+v", got)
	}
	u.SetFaults(Faults{RefundAfter: time.Minute})
	if got := give("slow", 50); got.State != "pending" || give("over", 200_001).Reason != "more_than_paid" {
		t.Errorf("%+v", got)
	}
	u.clock.Move(time.Minute)
	if got := give("slow", 50); got.State != "done" {
		t.Errorf("%+v", got)
	}
	u.SetFaults(Faults{})
	give("rest", 200_000)
	if p := u.Payments()["r"]; p.State != "refunded" || p.Refunded != p.Amount || p.Refunds != 3 || u.holds() != 0 {
		t.Errorf("%+v holds %d", p, u.holds())
	}
}

func TestDisputesAndReversalsMoveMoney(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	for _, id := range []string{"won", "lost", "gone"} {
		u.order(id, nil)
		if _, err := u.Decide(id, true); err != nil {
			t.Fatal(err)
		}
	}
	for id, amount := range map[string]int64{"won": 0, "lost": 100_000} {
		if status := u.call(http.MethodPost, "/control/payments/"+id, map[string]any{"do": "dispute", "amount": amount}, nil); status != http.StatusOK {
			t.Fatalf("dispute: %d", status)
		}
	}
	if u.holds() != 3*300_050-300_050-100_000 {
		t.Errorf("while disputes are open the bank holds %d", u.holds())
	}
	var refusal Refund
	u.call(http.MethodPost, "/v1/payments/lost/refunds", map[string]any{"id": "x", "amount": 250_000}, &refusal)
	if refusal.Reason != "disputed" {
		t.Errorf("%+v", refusal)
	}
	for _, id := range []string{"won", "lost"} {
		if err := u.Act(id, id, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := u.Act("gone", "reverse", 0); err != nil {
		t.Fatal(err)
	}
	if err := u.Act("gone", "reverse", 0); err == nil {
		t.Error("reversed twice")
	}
	if u.holds() != 2*300_050-100_000 || u.Payments()["gone"].State != "reversed" {
		t.Errorf("at the end the bank holds %d", u.holds())
	}
	u.order("self", nil)
	if _, err := u.PayWith("self", "0808"); err != nil {
		t.Fatal(err)
	}
	u.clock.Move(reverseFor)
	if got := u.Payments()["self"]; got.State != "reversed" {
		t.Errorf("the card that is reversed: %s", got.State)
	}
}

func TestFaultsOfTheAPI(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	ask := map[string]any{"id": "f", "amount": 100, "currency": "RUB"}
	u.SetFaults(Faults{RefuseNext: 1, LoseNext: 1})
	if status := u.call(http.MethodPost, "/v1/payments", ask, nil); status != http.StatusServiceUnavailable || len(u.Payments()) != 0 {
		t.Errorf("refused: %d with %d payments", status, len(u.Payments()))
	}
	if status := u.call(http.MethodPost, "/v1/payments", ask, nil); status != 0 || len(u.Payments()) != 1 {
		t.Errorf("lost: %d with %d payments", status, len(u.Payments()))
	}
	u.SetFaults(Faults{SlowNext: 1, Slow: 50 * time.Millisecond})
	took := clock.Measure()
	if status := u.call(http.MethodGet, "/v1/payments/f", nil, nil); status != http.StatusOK || took() < 50*time.Millisecond {
		t.Errorf("slow: %d in %v", status, took())
	}
	if status := u.call(http.MethodGet, "/v1/payments/none", nil, nil); status != http.StatusNotFound {
		t.Errorf("unknown: %d", status)
	}
	u.call(http.MethodPost, "/v1/payments/before/cancel", nil, nil)
	var p Payment
	if u.call(http.MethodPost, "/v1/payments", map[string]any{"id": "before", "amount": 100, "currency": "RUB"}, &p); p.State != "expired" {
		t.Errorf("an order that was closed before it came is %s", p.State)
	}
}

func TestMessagesTwiceLostAndOvertaking(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	u.SetFaults(Faults{Messages: 3, Shuffle: true, MessagesAfter: 30 * time.Millisecond})
	u.order("m", nil)
	if _, err := u.Decide("m", true); err != nil {
		t.Fatal(err)
	}
	if err := u.Reverse("m"); err != nil {
		t.Fatal(err)
	}
	if told := u.messages(); len(told) != 6 {
		t.Errorf("%d messages", len(told))
	}
	u.SetFaults(Faults{LoseMessages: 100})
	u.order("n", nil)
	if _, err := u.Decide("n", true); err != nil || len(u.messages()) != 6 {
		t.Errorf("a lost message was sent: %v", err)
	}
}

// A kill leaves the file as it is, perhaps with half a line at its end.
func TestTheBooksOutliveAKill(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	path := filepath.Join(t.TempDir(), "bank.jsonl")
	if err := u.Keep(path); err != nil {
		t.Fatal(err)
	}
	token := u.saved("s", "4242")
	u.order("open", map[string]any{"method": "qr"})
	u.SetFaults(Faults{RefundAfter: time.Hour})
	u.call(http.MethodPost, "/v1/payments/s/refunds", map[string]any{"id": "back", "amount": 50}, nil)
	before, held := u.Payments(), u.holds()
	u.Wait()

	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"payment":{"id":"half","amo`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the half line is gone after the first start
		u.run(New("", "key", "secret", u.clock, slog.New(slog.DiscardHandler)))
		if err := u.Keep(path); err != nil {
			t.Fatal(err)
		}
	}
	after := u.Payments()
	if len(after) != 2 || after["s"].Reference != before["s"].Reference || u.holds() != held || after["open"].State != "open" {
		t.Errorf("%+v holds %d", after, u.holds())
	}
	if p := u.order("again", map[string]any{"method": "card", "token": token}); p.State != "paid" || p.Reference == before["s"].Reference {
		t.Errorf("the saved card: %+v", p)
	}
	u.clock.Move(time.Hour)
	if got := u.Payments(); got["s"].Refunded != 50 || got["open"].State != "expired" {
		t.Errorf("what was due has not happened: %+v", got)
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheDeskOfTheBank(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	if page := u.page("/"); !strings.Contains(page, "Платежей пока нет") {
		t.Error("an empty desk says nothing")
	}
	u.order("d", nil)
	if _, err := u.Decide("d", true); err != nil {
		t.Fatal(err)
	}
	if page := u.page("/"); !strings.Contains(page, "Плательщик оспорит") {
		t.Error("no dispute can be opened")
	}
	if to := u.press("/desk/d", "do", "dispute"); to != "/?said=done" || u.Payments()["d"].Dispute != "open" {
		t.Errorf("leads to %s", to)
	}
	if to := u.press("/desk/d", "do", "reverse"); to != "/?said=not_done" {
		t.Errorf("leads to %s", to)
	}
}
