package charge

import (
	"errors"
	"testing"
	"time"

	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/money"
)

const certificate = "99 УТ 417417" // of the vehicle's registration

// atPlate is a fine that stands at a plate, with what finds it.
func atPlate(external string) NewCharge {
	n := fine(external)
	n.Person, n.For, n.Proof = id.ID{}, plate, certificate
	return n
}

func flatBill(external string) NewCharge {
	return NewCharge{For: Identifier{By: ByFlat, Value: "5200001234"}, Payee: transport, External: external, Kind: "flat", Amount: money.Roubles(5_000), Period: "2026-10"}
}

// saves tells whether boris may watch an identifier by what he says stands on its bill.
func (r *rig) saves(i Identifier, second string) bool {
	r.t.Helper()
	err := r.Save(ctx, boris, i, second)
	if err != nil && !errors.Is(err, ErrSecond) {
		r.t.Fatal(err)
	}
	if err == nil {
		home := must[id.ID](r.t)(r.HomeOf(i))
		if err := r.Drop(ctx, boris, home); err != nil {
			r.t.Fatal(err)
		}
	}
	return err == nil
}

// What the whole street may know of a bill lets nobody watch: only what its receiver alone has.
func TestAHomeIsWatchedByWhatTheReceiverAloneKnows(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.city.Utilities = &service.Utilities{Agency: "transport", Charge: "flat"}
		flat := Identifier{By: ByFlat, Value: "5200001234"}
		bill := r.issue(flatBill("5200001234-2026-10"))
		fined := r.issue(atPlate("18810152"))
		trial := atPlate("trial")
		trial.Test, trial.Proof = true, "TRIAL1"
		r.issue(trial)
		foreign := atPlate("foreign")
		foreign.Kind, foreign.Payee, foreign.Title, foreign.Proof = KindFee, transport, text("Fee"), "FOREIGN1"
		r.issue(foreign)
		for _, wrong := range []struct {
			i      Identifier
			second string
			why    string
		}{
			{flat, "5200001234-2026-10", "the account and a month are no secret"}, {flat, "5200001234", "nor is the account"}, {flat, "", "nothing"},
			{plate, fined.Number, "a fine's number stands on a public receipt"}, {plate, "18810152", "so does the agency's"},
			{plate, "TRIAL1", "a trial is no bill"}, {plate, "FOREIGN1", "no kind of a plate's"},
		} {
			if r.saves(wrong.i, wrong.second) {
				t.Errorf("%s %q was let in: %s", wrong.i.By, wrong.second, wrong.why)
			}
		}
		if flat, car := r.saves(flat, bill.Number), r.saves(plate, "99ут-417417"); !flat || !car {
			t.Errorf("whoever holds the bill is let in: flat %v, car %v", flat, car)
		}
		for _, by := range []Identifier{{By: BySNILS, Value: "112-233-445 95"}, {By: ByINN, Value: "500100732259"}, {By: ByNumber, Value: bill.Number}} {
			if err := r.Save(ctx, boris, by, bill.Number); !errors.Is(err, ErrBy) {
				t.Errorf("%s may be saved: %v", by.By, err)
			}
		}
	})
}

// A bill that was settled long ago shows nothing: who holds it may have sold the car since.
func TestAnOldSettledBillShowsNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.issue(atPlate("1"))
		r.settle(p, first, 75_000)
		if !r.saves(plate, certificate) {
			t.Fatal("a recent one shows")
		}
		r.clock.Move(61 * 24 * time.Hour)
		if r.saves(plate, certificate) {
			t.Error("an old one shows still")
		}
		r.issue(atPlate("2"))
		r.clock.Move(61 * 24 * time.Hour)
		if !r.saves(plate, certificate) {
			t.Error("one that is still to be paid does not show")
		}
	})
}

// A second number that can't be read is a fault of the line, never the empty one, and nobody finds by an empty one.
func TestASecondNumberIsNeverEmpty(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, bad := range []string{"99 УТ № 123456", "12", "  ", "99 ЖЭ 417417", "1234567890123456789012345678901234567890123"} {
			n := atPlate("bad")
			n.Proof = bad
			if _, err := r.Prepare(ctx, n); !errors.Is(err, ErrProof) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		old := must[*Prepared](t)(r.Prepare(ctx, atPlate("1")))
		old.row.Proof = r.base.Vault.Keyed("charge.proof", old.Home.String()+"/") // as such a row was once kept
		r.write(old.Put)
		for _, second := range []string{"", "№", "--", "УТ9"} {
			if found := must[[]Found](t)(r.Find(ctx, Query{For: plate, Second: second})); len(found) != 0 {
				t.Errorf("%q finds %d", second, len(found))
			}
		}
		r.issue(atPlate("2"))
		if found := must[[]Found](t)(r.Find(ctx, Query{For: plate, Second: "99ут417417"})); len(found) != 1 {
			t.Errorf("%d found", len(found))
		}
	})
}
