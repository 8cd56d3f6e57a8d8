package utility

import (
	"errors"
	"testing"

	"posad.city/core/charge"
	"posad.city/kit/decimal"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/utility/internal/store"
)

// recalculate enters a sum for a month; a second official approves a large one.
func (r *rig) recalculate(home id.ID, p Period, amount int64) {
	r.t.Helper()
	f := must[Flat](r.t)(r.Flat(ctx, clerkAct, home))
	one := Recalculation{ID: id.New(r.clock.Now()), Sort: Sum, Tariff: "upkeep", Amount: amount, Reason: "A mistake"}
	if state := must[string](r.t)(r.Recalculate(ctx, clerkAct, f, p, one)); state == Waits {
		if err := r.Decide(ctx, otherAct, home, one.ID, true); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) again(home id.ID, p Period) Issued {
	r.t.Helper()
	before := must[[]Issued](r.t)(r.Versions(ctx, clerkAct, home, p))[0]
	_, err := r.Again(ctx, clerkAct, home, p) // the approval of a large one has made it
	after := must[[]Issued](r.t)(r.Versions(ctx, clerkAct, home, p))[0]
	if err != nil || after.Version == 1 || before.Version == after.Version && len(before.Input.Recalculations) == 0 {
		r.t.Fatalf("made again: version %d, %v", after.Version, err)
	}
	return after
}

func (r *rig) chargeOf(home id.ID, p Period) charge.Charge {
	r.t.Helper()
	return must[map[string]charge.Charge](r.t)(r.Charges(ctx, clerkAct, home))[p.String()]
}

func (r *rig) pay(c charge.Charge) {
	r.t.Helper()
	err := r.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := r.deps.Charges.Settle(tx, annaAct, c.Home, c.ID, charge.PartPayment{Payment: id.Derived("payment", c.Number), Amount: c.Amount.Minor, At: tx.Now()})
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// A bill that comes to nothing gives back what was paid of it, and is owed again when it grows again.
func TestACorrectionToNothingKeepsNoMoney(t *testing.T) {
	for _, paid := range []bool{true, false} {
		t.Run(map[bool]string{true: "paid", false: "open"}[paid], func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				home := r.enter(account(annasFlat))[0]
				p := month(t, "2026-10")
				r.month("2026-10")
				first := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p))[0]
				if paid {
					r.pay(r.chargeOf(home, p))
				}
				r.recalculate(home, p, -first.Total)
				if v := r.again(home, p); v.Total != 0 {
					t.Fatalf("the second version: %d", v.Total)
				}
				c := r.chargeOf(home, p)
				owed := c.Owed(r.clock.Now(), moscow)
				if want := map[bool]int64{true: first.Total}[paid]; owed.Left != 0 || owed.Over != want {
					t.Errorf("of a bill of nothing %d is left and %d over, want %d", owed.Left, owed.Over, want)
				}
				r.recalculate(home, p, 40000)
				if v := r.again(home, p); v.Total != 40000 {
					t.Fatalf("the third version: %d", v.Total)
				}
				c = r.chargeOf(home, p)
				if got := c.Owed(r.clock.Now(), moscow); c.Amount.Minor != 40000 || got.Left-got.Over != 40000-c.Paid {
					t.Errorf("after it grew: %s, %+v", c.State, got)
				}
			})
		})
	}
}

// A month whose charge was never issued, as the bill was nothing, gets one when the bill comes to something.
func TestACorrectionIssuesWhatWasNeverOwed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		p := month(t, "2026-10")
		r.recalculate(home, p, -100_000_00)
		r.month("2026-10")
		r.recalculate(home, p, 100_000_00)
		v := r.again(home, p)
		if c := r.chargeOf(home, p); v.Total == 0 || c.Amount.Minor != v.Total {
			t.Errorf("a bill of %d, a charge of %d", v.Total, c.Amount.Minor)
		}
	})
}

// What one version carried over is not there beside what the next one carries.
func TestWhatIsCarriedOverIsThatOfTheLastVersion(t *testing.T) {
	for _, back := range []int64{5000_00, 100_000_00} {
		t.Run(kopecks(back), func(t *testing.T) {
			each(t, func(t *testing.T, r *rig) {
				home := r.enter(account(annasFlat))[0]
				p := month(t, "2026-10")
				r.recalculate(home, p, -30_000_00)
				r.month("2026-10")
				first := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p))[0]
				if first.Carry == 0 {
					t.Fatal("nothing is carried over")
				}
				r.recalculate(home, p, back)
				second := r.again(home, p)
				at(r.clock, month(t, "2026-11").Day(20).Start(moscow))
				r.month("2026-11")
				next := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, month(t, "2026-11")))[0]
				var carried int64
				for _, c := range next.Input.Recalculations {
					carried += c.Amount
				}
				if carried != second.Carry {
					t.Errorf("the next month takes %d off, the last version carries %d over", carried, second.Carry)
				}
			})
		})
	}
}

// A flat without meters has nothing that tells of a later month but the bill itself.
func TestOnlyTheLastMonthIsMadeAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		bare := account(annasFlat)
		bare.Meters = nil
		home := r.enter(bare)[0]
		p := month(t, "2026-10")
		r.month("2026-10")
		at(r.clock, month(t, "2026-11").Day(20).Start(moscow))
		r.month("2026-11")
		f := must[Flat](t)(r.Flat(ctx, clerkAct, home))
		if _, err := r.Recalculate(ctx, clerkAct, f, p, Recalculation{Sort: Sum, Tariff: "upkeep", Amount: -10000, Reason: "A mistake"}); !errors.Is(err, ErrMonthOf) {
			t.Errorf("a recalculation of a month long billed: %v", err)
		}
		bare.Area = decimal.Of(100)
		r.enter(bare)
		if _, err := r.Again(ctx, clerkAct, home, p); !errors.Is(err, ErrNone) {
			t.Errorf("an older month was made again: %v", err)
		}
		if n := len(must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p))); n != 1 {
			t.Errorf("%d versions", n)
		}
	})
}

// A run that read a flat before its last bill was made again does not write over what the new version left.
func TestARunDoesNotGoOnFromAStateThatIsNoMore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		p := month(t, "2026-10")
		r.give(home, map[string]int64{"C1": 107})
		r.month("2026-10")
		b := &batch{m: r.Module, city: plainCity(), period: p.Add(1), charged: true}
		if err := b.gather(ctx); err != nil {
			t.Fatal(err)
		}
		b.compute()
		r.recalculate(home, p, -10000)
		r.again(home, p)
		if err := b.write(ctx); !errors.Is(err, errMoved) {
			t.Errorf("written over: %v", err)
		}
		if err := b.do(ctx); err != nil || b.made != 1 {
			t.Errorf("%d made, %v", b.made, err)
		}
	})
}

// A recalculation that is entered while the month's bills are made is in its bill.
func TestARunPassesNoRecalculationOver(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		p := month(t, "2026-10")
		b := &batch{m: r.Module, city: plainCity(), period: p, charged: true}
		if err := b.gather(ctx); err != nil {
			t.Fatal(err)
		}
		b.compute()
		r.recalculate(home, p, -10000)
		if err := b.write(ctx); !errors.Is(err, errMoved) {
			t.Errorf("written without it: %v", err)
		}
		if err := b.do(ctx); err != nil {
			t.Fatal(err)
		}
		if got := must[[]Issued](t)(r.Versions(ctx, clerkAct, home, p)); len(got) != 1 || len(got[0].Input.Recalculations) != 1 {
			t.Errorf("%d versions", len(got))
		}
		// The other way round: the month was billed between what the official saw and the Write.
		f := must[Flat](t)(r.Flat(ctx, clerkAct, home))
		if _, err := r.enterChange(ctx, clerkAct, f, p, "", Recalculation{ID: id.New(r.clock.Now()), Sort: Sum, Tariff: "upkeep", Amount: -1, Reason: "A mistake"}); !errors.Is(err, ErrMonthOf) {
			t.Errorf("entered for a month that was billed meanwhile: %v", err)
		}
	})
}

// A month that was charged before bills had codes is owed once: made again and corrected, it has the charge that it had.
func TestAMonthOfBeforeIsChargedOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		home := r.enter(account(annasFlat))[0]
		p := month(t, "2026-10")
		b := &batch{m: r.Module, city: plainCity(), period: p}
		if err := b.gather(ctx); err != nil {
			t.Fatal(err)
		}
		b.compute()
		b.ready[0].code, b.ready[0].row.Code = "", nil
		if err := b.write(ctx); err != nil {
			t.Fatal(err)
		}
		old := r.newCharge(plainCity(), b.flats[0].flat, p, b.ready[0].bill.Total, "")
		old.External = annasFlat + "-2026-10"
		if out, err := r.deps.Charges.IssueMany(ctx, r.system(), []charge.NewCharge{old}); err != nil || out[0].Result == charge.Refused {
			t.Fatalf("%+v, %v", out, err)
		}
		one := func(total int64) {
			t.Helper()
			var list []charge.Charge
			err := r.base.Store.Look(ctx, r.system(), lookFlat, func(p *store.Personal) error {
				var err error
				list, err = r.deps.Charges.ReadAt(p, home, charge.Filter{})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != 1 || list[0].Amount.Minor != total {
				t.Errorf("%d charges, want one of %d: %+v", len(list), total, list)
			}
		}
		r.month("2026-10")
		one(b.ready[0].bill.Total)
		r.recalculate(home, p, -10000)
		one(r.again(home, p).Total)
	})
}

// One flat that can't be read has a fault, and the others have their bills.
func TestABrokenFlatStopsNobody(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		homes := r.enter(account("5299000001"), account("5299000002"), account("5299000003"))
		err := r.base.Store.Append(ctx,
			utilitydb.PutFlatStmt(utilitydb.PutFlatParams{Home: homes[0], House: "rechnaya:14", Tariffs: "upkeep", Details: []byte("broken"), Since: "2025-01-01"}),
			utilitydb.PutBenefitStmt(utilitydb.PutBenefitParams{Home: homes[1], ID: id.Derived("b", "b"), Since: "2025-01-01", Details: []byte("broken")}))
		if err != nil {
			t.Fatal(err)
		}
		// Readings of an account that is no flat.
		if err := r.EnterReadings(ctx, month(t, "2026-10"), []PastReading{{Account: "5299000777", Tariff: "cold-water", Number: "C1"}}); err != nil {
			t.Fatal(err)
		}
		r.month("2026-10")
		run := must[[]Run](t)(r.Runs(ctx, clerkAct, 1))[0]
		if !run.Done || run.Made != 1 || run.Failed != 2 || run.Did != 3 {
			t.Errorf("run: %+v", run)
		}
	})
}
