package reconcile

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/kit/store"
)

// TestTogether: no published row is of fewer than five payments when the day has more, and nothing is lost of what came and went.
func TestTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []wireTotal
		var came, back, count int64
		for i := range rapid.IntRange(0, 12).Draw(t, "rows") {
			one := wireTotal{
				Payee: rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "payee"), Kind: fmt.Sprint("kind ", i), Came: int64(rapid.IntRange(0, 900).Draw(t, "came")),
				Back: int64(rapid.IntRange(0, 90).Draw(t, "back")), Count: int64(rapid.IntRange(0, 9).Draw(t, "count")),
			}
			rows = append(rows, one)
			came, back, count = came+one.Came, back+one.Back, count+one.Count
		}
		seen := map[string]bool{}
		out := together(rows)
		for _, one := range out {
			came, back, count = came-one.Came, back-one.Back, count-one.Count
			if one.Count < togetherLeast && len(out) > 1 || seen[one.Payee+one.Kind] {
				t.Fatalf("%+v", out)
			}
			seen[one.Payee+one.Kind] = true
		}
		if came != 0 || back != 0 || count != 0 {
			t.Fatalf("%d, %d and %d are lost", came, back, count)
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
