package reconcile

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// TestTogether: no published row is of fewer than five payments when the day has more, and nothing is lost of what came and went.
func TestTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []wireTotal
		var stayed, count int64
		for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
			one := wireTotal{
				Payee: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "payee"), Kind: fmt.Sprint("kind ", i), Came: int64(rapid.IntRange(0, 900).Draw(t, "came")),
				Name: rapid.SampledFrom([]string{"", "named"}).Draw(t, "name"), Count: int64(rapid.IntRange(0, 9).Draw(t, "count")), gone: int64(rapid.IntRange(0, 7).Draw(t, "gone")),
			}
			if one.gone > 0 {
				one.Back = int64(rapid.IntRange(1, 90).Draw(t, "back"))
			}
			rows = append(rows, one)
			stayed, count = stayed+one.Came-one.Back, count+one.Count
		}
		seen := map[string]bool{}
		out := together(rows)
		for _, one := range out {
			stayed, count = stayed-one.Came+one.Back, count-one.Count
			if one.gone > 0 && one.gone < togetherLeast && one.Came > 0 && one.Back > 0 || one.Payee != "" && one.Name == "" {
				t.Fatalf("what one had back, or an id: %+v", one)
			}
			if one.Count < togetherLeast && len(out) > 1 || seen[one.Payee+one.Kind] {
				t.Fatalf("%+v", out)
			}
			seen[one.Payee+one.Kind] = true
		}
		if stayed != 0 || count != 0 {
			t.Fatalf("%d and %d are lost", stayed, count)
		}
	})
}

// TestNobodyIsPublished: what one person paid on a day stands in no row by itself.
func TestNobodyIsPublished(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		day := r.today2()
		for range 6 {
			r.pay(r.bill(10_00), 10_00)
		}
		own := r.bill(777_00)
		r.write(func(tx *store.Tx) error { // one payment of a kind of its own: no charge is known
			_, err := ledger.Post(tx, ledger.Movement{ID: own.ID, Holder: anna, Act: own.ID, Lines: []ledger.Line{moved(ledger.Named("cash", "RUB", ledger.Free), pay.Income(police, "RUB"), 777_00, "RUB")}})
			return err
		})
		r.clock.Move(2 * ledger.Settled)
		r.must(r.Fold(ctx))
		out, err := r.totals(ctx, day)
		if err != nil || len(out.Lines) != 1 || out.Lines[0].Came != 837_00 || out.Lines[0].Count != 7 || out.Came != 837_00 {
			t.Fatalf("%+v %v", out, err)
		}
	})
}

// TestASingleRefundIsNotPublished: of a day on which one person had money back only what stayed is told; of many the sums are. A payee
// that was never named stands under no id.
func TestASingleRefundIsNotPublished(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		r.deps.Payees = func(context.Context) ([]Payee, error) { return nil, nil }
		day := r.today2()
		totals := func() wireDay {
			t.Helper()
			r.clock.Move(2 * ledger.Settled)
			r.must(r.Fold(ctx))
			out, err := r.totals(ctx, day)
			if err != nil || len(out.Lines) != 1 || out.Lines[0].Payee != "" || out.Lines[0].Name != "" {
				t.Fatalf("%+v %v", out, err)
			}
			return out
		}
		last := charge.Charge{}
		for range 6 {
			last = r.bill(10_00)
			r.pay(last, 10_00)
		}
		back := func(n int) {
			r.write(func(tx *store.Tx) error {
				movement := id.Derived("back", fmt.Sprint(n))
				_, err := ledger.Post(tx, ledger.Movement{ID: movement, Holder: anna, Act: movement, Lines: []ledger.Line{{Debit: pay.Income(police, "RUB"), Credit: pay.ToReturn("RUB"), Amount: money.Roubles(1_00), About: last.ID}}})
				return err
			})
		}
		back(0)
		if out := totals(); out.Came != 59_00 || out.Back != 0 || out.Lines[0].Came != 59_00 || out.Lines[0].Back != 0 {
			t.Fatalf("%+v", out)
		}
		for n := range togetherLeast - 1 {
			back(n + 1)
		}
		if out := totals(); out.Came != 60_00 || out.Back != 5_00 {
			t.Fatalf("%+v", out)
		}
	})
}

// TestThePayerIsLookedAt: who opens a line is on the treasury's record; the lists of lines say nothing of payers.
func TestThePayerIsLookedAt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		r.load(transfer(500_00, "Ivan Ivanov", "for the flat of Anna"))
		p := r.in(Unknown)[0]
		if got := r.looks(); len(got) != 0 {
			t.Fatalf("before anybody looked: %v", got)
		}
		if d, err := r.Details(ctx, by(first), p.ID); err != nil || d.Name != "Ivan Ivanov" {
			t.Fatal(d, err)
		}
		if got := r.looks(); len(got) != 1 || got[0] != "books "+p.ID.String()+" "+first.Actor.Person.String() {
			t.Fatalf("%v", got)
		}
		if text := fmt.Sprintf("%+v", p); strings.Contains(text, "Ivan") {
			t.Fatal(text)
		}
	})
}

// looks are those at payers, on the treasury's record: for what, and whose.
func (r *rig) looks() []string {
	r.t.Helper()
	var out []string
	query := store.NewQuery("reconcile.test_looks", "SELECT purpose_kind, purpose, actor FROM look WHERE person = $1 AND what = $2 ORDER BY at")
	r.must(r.s.Read(context.Background(), func(s *store.Snapshot) error {
		out = out[:0]
		return s.Query(query, func(row *store.Row) error {
			out = append(out, row.Text(0)+" "+row.Text(1)+" "+row.ID(2).String())
			return nil
		}, treasury, lookPayer)
	}))
	return out
}
