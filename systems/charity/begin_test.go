package charity

import (
	"testing"

	"posad.city/city/kitezh"
	"posad.city/core/ledger"
	"posad.city/core/organisation"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

// The funds of the demo come with books that are the ledger's, on every day, and come once.
func TestFundsComeWithTheirBooks(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		list := must[[]Beginning](t)(ReadBeginnings(must[[]byte](t)(kitezh.CharityFunds())))
		if len(list) < 5 {
			t.Fatalf("%d funds", len(list))
		}
		for range 2 {
			if err := r.Begin(ctx, list, opekina, map[string]id.ID{"anna": anna, "oleg": oleg}); err != nil {
				t.Fatal(err)
			}
		}
		today := calendar.DateOf(r.clock.Now(), moscow())
		for _, one := range list {
			fund := organisation.ID(one.OGRN)
			for _, ago := range []int{0, 1, 10, 30, 200, 290} {
				b := must[Books](t)(r.Books(ctx, fund, today.AddDays(-400), today.AddDays(-ago)))
				if !b.Fits {
					t.Errorf("%s, %d days ago: the books say %d, the ledger %d", one.Title.EN, ago, b.After, b.Ledger)
				}
			}
			for _, s := range must[[]Standing](t)(r.AppealsOf(ctx, fund)) {
				if s.Purse.Given > s.Target || s.State == AppealReported && s.Purse.Told != s.Target {
					t.Errorf("%s: %+v of %d", s.Title.EN, s.Purse, s.Target)
				}
				if s.State == AppealOpen && s.Percent() < 5 {
					t.Errorf("%s has %d %%", s.Title.EN, s.Percent())
				}
			}
			if _, ok := organisation.ParseOGRN(one.OGRN); !ok {
				t.Errorf("%s is no OGRN", one.OGRN)
			}
		}
		if p := must[ledger.Proof](t)(ledger.Prove(ctx, r.base.Store, true)); !p.Sound() {
			t.Errorf("the books: %+v", p)
		}
		for _, g := range must[[]Gift](t)(r.GiftsOf(ctx, self, anna)) {
			if w := must[Where](t)(r.Where(ctx, g.Code)); !w.Paid || w.Parts[0].Way.Given != g.Amount {
				t.Errorf("%+v", w)
			}
		}
	})
}

func FuzzBeginnings(f *testing.F) {
	content, err := kitezh.CharityFunds()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content[:2000])
	f.Add([]byte("- ogrn: x"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 20_000 {
			return
		}
		_, _ = ReadBeginnings(content) // never a panic
	})
}
