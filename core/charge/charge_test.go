package charge

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

var first = id.Derived("payment", "first")

func (r *rig) settle(p *Prepared, payment id.ID, amount int64) int64 {
	r.t.Helper()
	var taken int64
	r.write(func(tx *store.Tx) error {
		var err error
		taken, err = r.Settle(tx, self, p.Home, p.ID, PartPayment{Payment: payment, Amount: amount, At: r.clock.Now()})
		return err
	})
	return taken
}

func (r *rig) correct(p *Prepared, amount int64) {
	r.t.Helper()
	r.write(func(tx *store.Tx) error {
		return r.Correct(tx, officer, p.Home, p.ID, Correction{Amount: amount, Reason: "mistake"})
	})
}

func (r *rig) read(p *Prepared) (Charge, Owed) {
	r.t.Helper()
	c := must[Charge](r.t)(r.Charge(ctx, self, p.Home, p.ID))
	return c, c.Owed(r.clock.Now(), r.Zone())
}

// What was paid too much goes back first; only what goes back beyond that is owed no more.
func TestWhatACorrectionMakesTooMuchGoesBackFirst(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		n := fine("1")
		n.Kind, n.Title, n.Amount = KindFee, text("Fee"), money.Roubles(100_000)
		p := r.issue(n)
		if taken := r.settle(p, first, 120_000); taken != 100_000 {
			t.Fatalf("taken %d", taken)
		}
		if c, _ := r.read(p); c.State != Paid || c.Payment() != first {
			t.Fatalf("%+v", c)
		}
		r.correct(p, 60_000)
		if c, o := r.read(p); o.Over != 40_000 || c.State != Paid {
			t.Fatalf("%s %+v", c.State, o)
		}
		r.write(func(tx *store.Tx) error { return r.GiveBack(tx, officer, p.Home, p.ID, first, 40_000) })
		if c, o := r.read(p); o.Over != 0 || o.Left != 0 || c.State != Paid || c.Forgiven != 0 {
			t.Fatalf("%+v %+v", c, o)
		}
		r.correct(p, 90_000)
		if c, o := r.read(p); o.Left != 30_000 || c.State != Part {
			t.Fatalf("%s %+v", c.State, o)
		}
		r.settle(p, id.Derived("payment", "second"), 30_000)
		r.write(func(tx *store.Tx) error { return r.GiveBack(tx, officer, p.Home, p.ID, first, 60_000) })
		if c, o := r.read(p); o.Left != 0 || o.Over != 0 || c.State != Paid || c.Forgiven != 60_000 {
			t.Fatalf("%+v %+v", c, o)
		}
		r.drain()
		want := map[string]int{EventDue: 1, EventPaid: 2, EventOver: 1, EventChanged: 4}
		for name, times := range want {
			if got := r.heard[name+" "+p.ID.String()]; got != times {
				t.Errorf("%s was heard %d times, want %d", name, got, times)
			}
		}
	})
}

func TestAReversedPaymentIsOwedAgain(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.issue(fine("1"))
		if taken := r.settle(p, first, 56_250); taken != 56_250 {
			t.Fatal(taken)
		}
		r.write(func(tx *store.Tx) error { return r.Reverse(tx, self, p.Home, p.ID, first, 56_250) })
		if c, o := r.read(p); c.State != Due || o.Left != 56_250 || c.Paid != 0 {
			t.Fatalf("%+v %+v", c, o)
		}
		if taken := r.settle(p, first, 56_250); taken != 56_250 { // the same payment again takes nothing anew
			t.Fatal(taken)
		}
		if c, _ := r.read(p); c.State != Due {
			t.Fatal(c.State)
		}
		r.write(func(tx *store.Tx) error {
			was, err := r.Cancel(tx, officer, p.Home, p.ID, "mistake")
			if !was {
				t.Error("it was not to be paid")
			}
			return err
		})
		if taken := r.settle(p, id.Derived("payment", "late"), 100); taken != 0 {
			t.Errorf("a cancelled charge takes %d", taken)
		}
	})
}

// Of many, what is wrong is refused alone, what stands is known, and what differs is told and not altered.
func TestManyAreIssuedEachOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		flat := NewCharge{For: Identifier{By: ByFlat, Value: "52-0000-1234"}, Payee: transport, External: "К-1", Kind: "flat", Amount: money.Roubles(5_000), Period: "2026-10", Details: []Detail{{Label: text("Address"), Value: "Речная, 5"}}}
		fined := fine("Ф-1")
		wrong, unknown := fine("Ф-2"), fine("Ф-3")
		wrong.Amount.Minor, unknown.Kind = 0, "nothing"
		batch := []NewCharge{flat, fined, wrong, unknown}
		out := must[[]Outcome](t)(r.IssueMany(ctx, officer, batch))
		want := []Result{Issued, Issued, Refused, Refused}
		if diff := cmp.Diff(want, results(out)); diff != "" {
			t.Fatal(diff)
		}
		if !errors.Is(out[2].Fault, ErrAmount) || !errors.Is(out[3].Fault, ErrKind) {
			t.Errorf("%v %v", out[2].Fault, out[3].Fault)
		}
		batch[0].For.Value = "5200001234" // the same account, written otherwise
		batch[1].Amount = money.Roubles(1)
		moved := flat
		moved.For.Value = "5200009999"
		again := must[[]Outcome](t)(r.IssueMany(ctx, officer, append(batch, moved)))
		if diff := cmp.Diff([]Result{Known, Differs, Refused, Refused, Refused}, results(again)); diff != "" {
			t.Fatal(diff)
		}
		if !errors.Is(again[4].Fault, ErrOther) || again[0].Number != out[0].Number {
			t.Errorf("%+v", again)
		}
		r.drain()
		if r.heard[EventDue+" "+out[0].ID.String()] != 0 || r.heard[EventDue+" "+out[1].ID.String()] != 1 {
			t.Errorf("nobody watches the flat, somebody the fine: %v", r.heard)
		}
		details := must[[]Detail](t)(r.Details(ctx, officer, out[0].Home, out[0].ID))
		if len(details) != 1 || details[0].Value != "Речная, 5" {
			t.Errorf("%+v", details)
		}
	})
}

func results(list []Outcome) []Result {
	var out []Result
	for _, o := range list {
		out = append(out, o.Result)
	}
	return out
}

// An account sees what is owed at the homes that it watches, and nobody else's.
func TestAnAccountSeesWhatItWatches(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.issue(fine("own"))
		n := fine("plate")
		n.Person, n.For = id.ID{}, plate
		at := r.issue(n)
		if list := must[[]Charge](t)(r.OfPerson(ctx, self, anna, Filter{})); len(list) != 1 {
			t.Fatalf("%d charges", len(list))
		}
		w := must[*PreparedWatch](t)(r.PrepareWatch(ctx, anna, Identifier{By: ByPlate, Value: "a417mo 52 rus"}, SourceSaved))
		r.write(w.Put)
		r.write(w.Put)
		list := must[[]Charge](t)(r.OfPerson(ctx, self, anna, Filter{Open: true}))
		if len(list) != 2 || w.Home != at.Home {
			t.Fatalf("%d charges", len(list))
		}
		if n := must[int64](t)(r.CountOpen(ctx, self, anna, 10)); n != 2 {
			t.Errorf("%d to pay", n)
		}
		if whose := must[id.ID](t)(r.Whose(ctx, self, must[Place](t)(r.Where(ctx, at.ID)))); whose != anna {
			t.Errorf("the home is %s's", whose)
		}
		if seen := looksAt(t, r, anna); seen != 0 {
			t.Errorf("%d looks of one's own are on record", seen)
		}
		if _, err := r.Charge(ctx, officer, at.Home, at.ID); err != nil {
			t.Fatal(err)
		}
		if seen := looksAt(t, r, anna); seen != 1 {
			t.Errorf("an official's look at a watched home leaves %d records", seen)
		}
		watched := must[[]Watch](t)(r.Watched(ctx, self, anna))
		if len(watched) != 1 || watched[0].Show() != "А 417 МО 52" {
			t.Errorf("%+v", watched)
		}
		if err := (held{m: r.Module}).Forget(ctx, anna); err != nil {
			t.Fatal(err)
		}
		if list := must[[]Charge](t)(r.OfPerson(ctx, self, anna, Filter{})); len(list) != 1 {
			t.Errorf("after an erasure %d charges are seen", len(list))
		}
	})
}

func looksAt(t *testing.T, r *rig, person id.ID) int {
	t.Helper()
	n := 0
	err := r.base.Store.Look(ctx, self, "test", func(p *store.Personal) error {
		list, err := store.LooksAt(p, person, r.clock.Now().Add(time.Second), 10)
		n = len(list)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestIdentifiersAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		by   By
		in   string
		want string
		err  error
	}{
		{BySNILS, "112-233-445 95", "11223344595", nil}, {BySNILS, "112-233-445 96", "", ErrSNILS},
		{ByINN, "7707083893", "7707083893", nil}, {ByINN, "7707083894", "", ErrINN}, {ByINN, "500100732259", "500100732259", nil}, {ByINN, "500100732258", "", ErrINN}, {ByINN, "00000000000", "", ErrINN},
		{ByPlate, "a417mo52", "А417МО52", nil}, {ByPlate, "417", "", ErrPlate},
		{ByLicence, "99 12 345678", "9912345678", nil}, {ByLicence, "52 АВ 345678", "52AB345678", nil}, {ByLicence, "5Я АВ 345678", "", ErrLicence},
		{ByFlat, "80аа-123.456", "80AA123456", nil}, {ByFlat, "12", "", ErrFlat},
		{ByNumber, "18810152261121000017", "18810152261121000017", nil}, {By("phone"), "1", "", ErrBy}, {ByPerson, "1", "", ErrBy},
	} {
		got, err := Identifier{By: one.by, Value: one.in}.Normal()
		if got.Value != one.want || one.err == nil != (err == nil) || one.err != nil && !errors.Is(err, one.err) {
			t.Errorf("%s %q: %q, %v", one.by, one.in, got.Value, err)
		}
	}
}

func FuzzIdentifiers(f *testing.F) {
	for _, seed := range []string{"112-233-445 95", "500100732259", "а417мо52", "99 12 345678", "80АА123456", "\xff", "İ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, by := range Identifiers() {
			normal, err := Identifier{By: by, Value: text}.Normal()
			if err != nil {
				if fault.Of(err).Kind != fault.Invalid {
					t.Fatalf("%s %q: %v", by, text, err)
				}
				continue
			}
			again, err := normal.Normal()
			if err != nil || again != normal {
				t.Fatalf("%s %q reads as %q, and that as %q: %v", by, text, normal.Value, again.Value, err)
			}
			if shown, err := (Identifier{By: by, Value: normal.Show()}).Normal(); err != nil || shown != normal {
				t.Fatalf("%s %q is shown as %q, which reads as %q: %v", by, text, normal.Show(), shown.Value, err)
			}
		}
	})
}

// Who moved out sees a flat no longer; who saved its number themselves goes on.
func TestOnlyResidentsOfTodayWatchAFlat(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		flat := Identifier{By: ByFlat, Value: "5200001234"}
		home := must[id.ID](t)(r.HomeOf(flat))
		boris, vera, old := id.Derived("person", "boris"), id.Derived("person", "vera"), id.Derived("person", "old")
		watch := func(person id.ID, source Source) *PreparedWatch {
			return must[*PreparedWatch](t)(r.PrepareWatch(ctx, person, flat, source))
		}
		r.write(watch(vera, SourceSaved).Put)
		r.write(watch(old, SourceOwn).Put)
		for _, now := range [][]id.ID{{anna, boris}, {boris}, {}} {
			var list []*PreparedWatch
			for _, person := range now {
				list = append(list, watch(person, SourceResident))
			}
			r.write(func(tx *store.Tx) error { return r.Residents(tx, home, list) })
			got := must[[]id.ID](t)(r.Watchers(ctx, home))
			want := append([]id.ID{vera}, now...)
			slices.SortFunc(got, func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) })
			slices.SortFunc(want, func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d residents: who watches (-want +got):\n%s", len(now), diff)
			}
		}
		for _, person := range []id.ID{anna, boris, old} {
			if list := must[[]Watch](t)(r.Watched(ctx, r.system(), person)); len(list) != 0 {
				t.Errorf("%s still watches %+v", person, list)
			}
		}
	})
}
