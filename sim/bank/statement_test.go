package bank

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/money"
)

// xml calls the API and returns a document.
func (u *till) xml(method, path string, body []byte) (int, []byte) {
	u.t.Helper()
	r, err := http.NewRequest(method, u.url+path, bytes.NewReader(body))
	if err != nil {
		u.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer key")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		u.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }() // read whole
	text, err := io.ReadAll(got.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	return got.StatusCode, text
}

type day struct {
	head    iso20022.Statement
	entries []iso20022.Entry
}

func (u *till) statementOf(date string) day {
	u.t.Helper()
	status, text := u.xml(http.MethodGet, "/v1/statements/"+date, nil)
	if status != http.StatusOK {
		u.t.Fatalf("the statement: %d %s", status, text)
	}
	u.valid("camt.053.001.08.xsd", text)
	r, err := iso20022.ReadStatements(bytes.NewReader(text))
	if err != nil {
		u.t.Fatal(err)
	}
	var out day
	if out.head, err = r.NextStatement(); err != nil {
		u.t.Fatal(err)
	}
	for {
		e, err := r.NextEntry()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			u.t.Fatal(err)
		}
		out.entries = append(out.entries, e)
	}
}

// valid checks a document by the standard's schema with a validator of its own.
func (u *till) valid(schema string, text []byte) {
	u.t.Helper()
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		u.t.Log("xmllint is not installed: scripts/install brings it")
		return
	}
	path := filepath.Join(u.t.TempDir(), "message.xml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		u.t.Fatal(err)
	}
	if said, err := exec.Command(lint, "--noout", "--schema", filepath.Join("../../kit/iso20022/testdata/xsd", schema), path).CombinedOutput(); err != nil {
		u.t.Errorf("%v: %s", err, said)
	}
}

func (d day) balance(t *testing.T, code string) int64 {
	t.Helper()
	b, ok := d.head.Balance(code)
	if !ok {
		t.Fatalf("no balance %s", code)
	}
	return b.Amount.Minor
}

// sums checks that a day's entries lead from its opening to its closing, and returns them by code.
func (d day) sums(t *testing.T) map[string][]iso20022.Entry {
	t.Helper()
	out := map[string][]iso20022.Entry{}
	sum := d.balance(t, iso20022.BalanceOpening)
	for _, e := range d.entries {
		out[e.Code] = append(out[e.Code], e)
		if e.Credit {
			sum += e.Amount.Minor
		} else {
			sum -= e.Amount.Minor
		}
		parts := int64(0)
		for _, p := range e.Parts {
			if p.Credit {
				parts += p.Amount.Minor
			} else {
				parts -= p.Amount.Minor
			}
		}
		for _, f := range e.Fees {
			parts -= f.Amount.Minor
		}
		if max(parts, -parts) != e.Amount.Minor || (parts > 0) != e.Credit {
			t.Errorf("an entry of %d whose parts make %d: %+v", e.Amount.Minor, parts, e)
		}
	}
	if closing := d.balance(t, iso20022.BalanceClosing); sum != closing {
		t.Errorf("the entries lead to %d, the statement says %d", sum, closing)
	}
	return out
}

func TestTheStatementOfADay(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	attempts := map[string]id.ID{}
	for _, name := range []string{"one", "two", "back", "argued", "gone", "fast"} {
		attempts[name] = id.Derived("test", name)
		more := map[string]any{}
		if name == "fast" {
			more["method"] = "qr"
		}
		u.order(attempts[name].String(), more)
		if _, err := u.Decide(attempts[name].String(), true); err != nil {
			t.Fatal(err)
		}
	}
	refund := id.Derived("test", "refund")
	u.call(http.MethodPost, "/v1/payments/"+attempts["back"].String()+"/refunds", map[string]any{"id": refund.String(), "amount": 50}, nil)
	for name, do := range map[string]string{"argued": "dispute", "gone": "reverse"} {
		if err := u.Act(attempts[name].String(), do, 0); err != nil {
			t.Fatal(err)
		}
	}
	u.call(http.MethodPost, "/control/incoming", map[string]any{"number": "17", "name": "Иван Петров", "account": "40817810000000000001", "words": "Штраф 18810", "amount": 150_000}, nil)
	if status, _ := u.xml(http.MethodGet, "/v1/statements/2026-11-22", nil); status != http.StatusNotFound {
		t.Errorf("a day that is not over: %d", status)
	}
	u.call(http.MethodPost, "/control/clock", map[string]any{"ahead_seconds": 86_400}, nil)
	d := u.statementOf("2026-11-22")
	by := d.sums(t)
	if d.balance(t, iso20022.BalanceOpening) != 0 || len(by["ACQ"]) != 2 || len(by["REF"]) != 1 || len(by["CBK"]) != 1 || len(by["RVSL"]) != 1 || len(by["XFER"]) != 1 {
		t.Errorf("%+v", by)
	}
	batch := by["ACQ"][1]
	if batch.Batch == nil || batch.Batch.Count != 5 || batch.Fees[0].Amount.Minor != 5*3601 {
		t.Errorf("%+v", batch)
	}
	if got := batch.Parts[0]; got.Refs.EndToEnd != iso20022.Ref(attempts["one"]) || got.Refs.BankRef != u.Payments()[attempts["one"].String()].Reference {
		t.Errorf("%+v", got)
	}
	if got := by["REF"][0].Parts[0]; got.Refs.EndToEnd != iso20022.Ref(refund) || got.Credit {
		t.Errorf("%+v", got)
	}
	if got := by["XFER"][0].Parts[0]; got.Debtor.Name != "Иван Петров" || got.Purpose != "Штраф 18810" {
		t.Errorf("%+v", got)
	}
	u.call(http.MethodPost, "/control/clock", map[string]any{"ahead_seconds": 2 * 86_400}, nil)
	if next := u.statementOf("2026-11-23"); len(next.entries) != 0 || next.balance(t, iso20022.BalanceOpening) != d.balance(t, iso20022.BalanceClosing) {
		t.Errorf("an empty day: %+v", next)
	}
}

func payoutOrder(now time.Time, id string, to ...iso20022.Transfer) []byte {
	var out bytes.Buffer
	order := iso20022.Initiation{
		ID: id, Made: now, Initiator: iso20022.Party{Name: "Китеж"},
		Groups: []iso20022.Group{{
			ID: "G1", Day: calendar.DateOf(now, moscow), Debtor: iso20022.Party{Name: "Китеж"}, DebtorAccount: iso20022.Account{Number: AccountNumber, Currency: money.RUB},
			DebtorBank: iso20022.Bank{Member: bankMember}, Transfers: to,
		}},
	}
	if err := order.Write(&out); err != nil {
		panic(err) // a test's own words
	}
	return out.Bytes()
}

func transfer(ref, account string, amount int64) iso20022.Transfer {
	return iso20022.Transfer{
		ID: ref, Amount: money.Roubles(amount), Creditor: iso20022.Party{Name: "Детский фонд"}, CreditorAccount: iso20022.Account{Number: account},
		CreditorBank: iso20022.Bank{Member: "044525111"}, Purpose: "Доход за день",
	}
}

func TestPayoutsGoOnceAndMayComeBack(t *testing.T) {
	t.Parallel()
	u := newTill(t)
	u.order("p", nil)
	if _, err := u.Decide("p", true); err != nil {
		t.Fatal(err)
	}
	text := payoutOrder(noon, "ORDER-1",
		transfer("E1", "40703810000000000001", 100_000), transfer("E2", "4070381", 5), transfer("E3", "40703810000000000002", 100_000_000), transfer("E4", "40703810000000000999", 30_000))
	answered := func(status int, text []byte) map[string]iso20022.PaymentReport {
		if status != http.StatusAccepted {
			t.Fatalf("%d %s", status, text)
		}
		u.valid("pain.002.001.11.xsd", text)
		report, err := iso20022.ReadReport(bytes.NewReader(text))
		if err != nil || report.Original != "ORDER-1" {
			t.Fatalf("%+v %v", report, err)
		}
		out := map[string]iso20022.PaymentReport{}
		for _, one := range report.Groups[0].Payments {
			out[one.EndToEnd] = one
		}
		return out
	}
	for range 2 {
		got := answered(u.xml(http.MethodPost, "/v1/payouts", text))
		if got["E1"].Status != iso20022.AcceptedClient || got["E2"].Reason.Code != "AC01" || got["E3"].Reason.Code != "AM04" || got["E3"].Status != iso20022.Rejected {
			t.Errorf("%+v", got)
		}
	}
	if status, _ := u.xml(http.MethodPost, "/v1/payouts", payoutOrder(noon, "ORDER-1", transfer("E9", "40703810000000000001", 1))); status != http.StatusConflict {
		t.Errorf("another order of the same id: %d", status)
	}
	if status, _ := u.xml(http.MethodPost, "/v1/payouts", []byte("<x/>")); status != http.StatusUnprocessableEntity {
		t.Errorf("no order: %d", status)
	}
	u.clock.Move(payoutAfter)
	if got := answered(u.xml(http.MethodGet, "/v1/payouts/ORDER-1", nil)); got["E1"].Status != iso20022.Settled || got["E1"].BankRef == "" {
		t.Errorf("%+v", got)
	}
	u.clock.Move(2 * 24 * time.Hour)
	by := u.statementOf("2026-11-22").sums(t)
	if len(by["PAY"]) != 2 || by["PAY"][0].Parts[0].Refs.EndToEnd != "E1" {
		t.Errorf("%+v", by)
	}
	next := u.statementOf("2026-11-23").sums(t)
	if len(next["RET"]) != 1 || next["RET"][0].Parts[0].Returned != "AC04" || next["RET"][0].Parts[0].Refs.EndToEnd != "E4" {
		t.Errorf("%+v", next)
	}
}
