package pay

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"posad.city/sim/fiscal"
)

// The operator is away, loses its answer, and is not ready: the receipt is made once, and comes in the end.
func TestAFiscalReceiptIsMadeOnce(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		operator := fiscal.New("http://fiscal.test", "key", s.clock)
		server := httptest.NewServer(operator.Handler())
		t.Cleanup(server.Close)
		s.deps.Fiscal = &HTTPFiscal{API: server.URL, Key: "key", Client: server.Client()}
		operator.SetFaults(fiscal.Faults{RefuseNext: 1, LoseNext: 1, WaitNext: 2})
		a := s.charge(300)
		p := s.pay(a)
		s.must(s.giveBackOf(p, a, 100))
		for range 6 {
			s.clock.Move(time.Hour)
			s.drain()
		}
		got, err := s.Payment(ctx, s.system(), p.Payer, p.ID)
		s.must(err)
		receipts := operator.Receipts()
		if got.Fiscal == nil || got.Fiscal.Number == "" || got.Fiscal.Sign != receipts[p.ID.String()].Sign || len(receipts) != 2 {
			t.Errorf("the receipt is %+v of %+v", got.Fiscal, receipts)
		}
		for key, one := range receipts {
			if key != p.ID.String() && (one.Kind != "return" || one.Amount != 100) {
				t.Errorf("the return is %+v", one)
			}
		}
	})
}

func TestAReceiptThatIsRefusedForGoodIsNotAskedForAgain(t *testing.T) {
	s := one(t)
	operator := fiscal.New("http://fiscal.test", "key", s.clock)
	server := httptest.NewServer(operator.Handler())
	t.Cleanup(server.Close)
	s.deps.Fiscal = &HTTPFiscal{API: server.URL, Key: "key", Client: server.Client()}
	operator.SetFaults(fiscal.Faults{Never: true})
	p := s.pay(s.charge(300))
	for range 3 {
		s.clock.Move(time.Hour)
		s.drain()
	}
	if got := operator.Receipts()[p.ID.String()]; got.Sent != 1 || got.State != "refused" {
		t.Errorf("%+v", got)
	}
}

func FuzzFiscalAnswer(f *testing.F) {
	f.Add(200, []byte(`{"state":"done","device":"1","number":"2","sign":"3"}`))
	f.Add(422, []byte(`{}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		got, err := readFiscal(status, body)
		if err == nil && (got.Number == "" || got.Sign == "") {
			t.Errorf("took %q", body)
		}
		if err != nil && got != (Fiscal{}) && !errors.Is(err, ErrFiscalRefused) {
			t.Errorf("an answer with %v", err)
		}
	})
}
