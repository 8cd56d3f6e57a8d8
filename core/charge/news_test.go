package charge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

var theTexts = sync.OnceValue(func() *lang.Catalogue {
	texts, err := lang.Load(New(Deps{}).Locales())
	if err != nil {
		panic(err) // a test's own ground
	}
	return texts
})

// tellOne keeps a notice once its Write is made; one of the same key is one.
func (r *rig) tellOne(_ context.Context, n News) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() { r.told[n.To.String()+" "+n.Key] = n })
		return r.mute
	}, r.mute
}

func (r *rig) arranged(context.Context, act.Act, id.ID) (func(Charge) bool, error) {
	return func(c Charge) bool { return r.pays != nil && r.pays(c) }, nil
}

// quiet lets the time pass after which people are told, and takes what they were told, by kind.
func (r *rig) quiet() map[string][]News {
	r.t.Helper()
	r.drain()
	r.clock.Move(2 * newsQuiet)
	r.drain()
	out := map[string][]News{}
	for _, key := range slices.Sorted(maps.Keys(r.told)) {
		out[r.told[key].Kind] = append(out[r.told[key].Kind], r.told[key])
	}
	clear(r.told)
	return out
}

// one is the only notice, of a kind and to a person, and it says all the words.
func (r *rig) one(to id.ID, kind string, words ...string) News {
	r.t.Helper()
	all := r.quiet()
	if len(all) != 1 || len(all["charge.news."+kind]) != 1 {
		r.t.Fatalf("they were told %+v, not one %s", all, kind)
	}
	n := all["charge.news."+kind][0]
	title := theTexts().Text(lang.Russian, n.Kind+".title", "what", n.Params["what"], "amount", n.Params["amount"], "count", n.Params["count"])
	said := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(title + "\n" + n.Text.RU)
	for _, word := range words {
		if !strings.Contains(said, word) {
			r.t.Errorf("%s: nothing says %q in: %s", kind, word, said)
		}
	}
	if n.To != to || n.Text.EN == "" || strings.Contains(n.Text.EN, "{") || strings.Contains(n.Text.RU, "{") {
		r.t.Errorf("the notice is %+v", n)
	}
	return n
}

// watch has somebody watch the plate, as its owner by a register.
func (r *rig) watch(person id.ID) {
	r.t.Helper()
	w := must[*PreparedWatch](r.t)(r.PrepareWatch(ctx, person, plate, SourceRegister))
	r.write(w.Put)
}

func finePlate(external string) NewCharge {
	return NewCharge{For: plate, Payee: police, External: external, Kind: "fine", Amount: money.Roubles(75_000)}
}

func (r *rig) official(p *PreparedAct, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	r.write(p.Put)
}

// TestWhoeverWatchesIsToldOfTheirBill follows a fine to a plate: it comes, is corrected, put off, paid, given back in part, and another is cancelled.
func TestWhoeverWatchesIsToldOfTheirBill(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.watch(boris)
		p := r.issue(finePlate("1"))
		r.drain()
		if len(r.told) != 0 {
			t.Fatalf("told before it was quiet: %+v", r.told)
		}
		n := r.one(boris, "due", "Новый счёт: Fine — 562,50", "К оплате 562,50", "со скидкой", "750", "Заплатите по", "А 417 МО 52", id.FormatNumber(p.Number))
		if n.Path != "/pay/"+p.ID.String() {
			t.Errorf("it leads to %s", n.Path)
		}
		r.official(r.PrepareCorrect(ctx, officer, p.ID, Correction{Amount: 40_000, Reason: "court"}, "Решение 7-12"))
		r.one(boris, "corrected", "Счёт исправлен: Fine", "Было 750 ₽, стало 400 ₽", "Причина: По решению суда.", "Пояснение: Решение 7-12.", "К оплате 300 ₽")
		r.official(r.PrepareCorrect(ctx, officer, p.ID, Correction{Due: r.clock.Now().Add(90 * 24 * time.Hour), Reason: "court"}, ""))
		r.one(boris, "corrected", "Новый срок: до")

		payment := id.Derived("payment", "1")
		r.write(func(tx *store.Tx) error {
			_, err := r.Settle(tx, self, p.Home, p.ID, PartPayment{Payment: payment, Amount: 30_000, At: r.clock.Now()})
			return err
		})
		if all := r.quiet(); len(all) != 0 {
			t.Errorf("who pays is told that they did: %+v", all)
		}
		r.write(func(tx *store.Tx) error { return r.GiveBack(tx, officer, p.Home, p.ID, payment, 10_000) })
		r.one(boris, "given", "Возвращаем 100 ₽: Fine", "туда, откуда он платил", "Платить ничего не нужно.")

		other := r.issue(finePlate("2"))
		r.one(boris, "due")
		r.official(r.PrepareCancel(ctx, officer, other.ID, 1, "mistake", "Не та машина"))
		r.one(boris, "cancelled", "Счёт отменён: Fine", "Причина: Ошибка ведомства.", "Пояснение: Не та машина.", "Платить ничего не нужно.")
	})
}

// A file's bills come as one notice, however they are cut; a person's own number and home are told of, and each person for themselves.
func TestManyBillsAreOneNotice(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.watch(boris)
		batch := func(from, to int) {
			var list []NewCharge
			for i := from; i < to; i++ {
				list = append(list, finePlate(fmt.Sprint("m", i)))
			}
			list = append(list, fine(fmt.Sprint("a", from)))
			if out, err := r.IssueMany(ctx, officer, list); err != nil || out[0].Result != Issued {
				t.Fatalf("%+v, %v", out, err)
			}
			r.drain()
		}
		batch(0, 4)
		r.clock.Move(newsQuiet)
		batch(4, 7)
		all := r.quiet()["charge.news.due_many"]
		if len(all) != 2 {
			t.Fatalf("two people were told by %d notices: %+v", len(all), all)
		}
		for _, n := range all {
			want, sum := 7, money.Roubles(7*56_250)
			if n.To == anna {
				want, sum = 2, money.Roubles(2*56_250)
			}
			if n.Params["count"] != want || n.Params["amount"] != sum || n.Path != "/pay" || want == 7 && !strings.Contains(n.Text.RU, "И ещё 2 счёта.") {
				t.Errorf("%+v", n)
			}
		}
		if all := r.quiet(); len(all) != 0 {
			t.Errorf("told again: %+v", all)
		}
	})
}

// Nobody is told of a sandbox's bill, of the house's own kinds, of what a standing order pays, of a car that was not theirs then, or of a bill that was
// cancelled before they knew of it.
func TestNotEveryBillIsTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.watch(boris)
		sandbox, earlier := finePlate("t"), finePlate("e")
		sandbox.Test = true
		earlier.Dated = calendar.DateOf(r.clock.Now().Add(-48*time.Hour), moscow)
		fee := fine("f")
		fee.Kind, fee.Title = KindFee, text("Fee")
		r.issue(sandbox)
		r.issue(earlier)
		r.issue(fee)
		gone := r.issue(finePlate("g"))
		r.write(func(tx *store.Tx) error {
			_, err := r.Cancel(tx, officer, gone.Home, gone.ID, "mistake")
			return err
		})
		ordered := r.issue(finePlate("o"))
		r.pays = func(c Charge) bool { return c.ID == ordered.ID }
		if all := r.quiet(); len(all) != 0 {
			t.Fatalf("told of what nobody is told of: %+v", all)
		}
		r.official(r.PrepareCancel(ctx, officer, ordered.ID, 1, "twice", ""))
		r.one(boris, "cancelled", "Причина: Выставлен дважды.")
	})
}

// A killed node tells on after it, an event that comes twice is one notice, and whoever is forgotten is told nothing.
func TestTellingGoesOnWhereItWasKilled(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.watch(boris)
		p := r.issue(finePlate("1"))
		r.mute = errors.New("killed")
		if all := r.quiet(); len(all) != 0 {
			t.Fatalf("%+v", all)
		}
		r.mute = nil
		r.clock.Move(time.Hour)
		first := r.one(boris, "due")
		r.write(func(tx *store.Tx) error {
			return r.base.Jobs.Emit(tx, jobs.Event{Name: EventDue, Holder: p.Home, Object: p.ID, Version: 1})
		})
		if again := r.one(boris, "due"); again.Key != first.Key {
			t.Errorf("the same bill is told as %s and as %s", first.Key, again.Key)
		}
		r.issue(finePlate("2"))
		r.drain()
		if err := r.Data().Forget(ctx, boris); err != nil {
			t.Fatal(err)
		}
		if all := r.quiet(); len(all) != 0 {
			t.Errorf("whoever is forgotten is told %+v", all)
		}
	})
}
