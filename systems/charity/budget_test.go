package charity

import (
	"errors"
	"slices"
	"testing"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// second is another official of the same agency.
func (r *rig) second() act.Act {
	a := r.desk()
	a.Actor.Person = id.Derived("person", "second official")
	return a
}

// A payout is held to its line of the budget: more than that has left needs a reason, and two officials.
func TestAPayoutIsHeldToItsLine(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverSimilar, 1000_00) // a: 750, b: 250
		r.give(s.ID, 900_00)
		r.payOutNow(s.ID, "b", 200_00)
		n := r.newPayout(s.ID, "b", 50_01)
		if _, err := r.AskPayout(ctx, member, n); !errors.Is(err, ErrForm) {
			t.Fatalf("more than the line has left: %v", err)
		}
		waiting := must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(s.ID, "b", 50_00)))
		if _, err := r.AskPayout(ctx, member, r.newPayout(s.ID, "b", 1)); !errors.Is(err, ErrForm) {
			t.Fatalf("what waits counts: %v", err)
		}
		must[bool](t)(r.DecidePayout(ctx, r.desk(), waiting, false, "Нет счёта"))
		n.Body.Beyond = "Матрас подорожал"
		p := must[id.ID](t)(r.AskPayout(ctx, member, n))
		if over := must[bool](t)(r.DecidePayout(ctx, r.desk(), p, true, "Цена выросла")); over {
			t.Error("one official was enough")
		}
		if _, err := r.DecidePayout(ctx, r.desk(), p, true, "Ещё раз я"); !errors.Is(err, ErrTwo) {
			t.Errorf("the same official twice: %v", err)
		}
		if got := must[Payout](t)(r.Payout(ctx, p)); got.State != PayoutAsked {
			t.Fatalf("after one official it is %s", got.State)
		}
		if over := must[bool](t)(r.DecidePayout(ctx, r.second(), p, true, "Согласна")); !over {
			t.Error("two officials were not enough")
		}
		if got := must[Payout](t)(r.Payout(ctx, p)); got.State != PayoutPaid {
			t.Fatalf("after two officials it is %s", got.State)
		}
		for _, l := range must[[]LineState](t)(r.Lines(ctx, must[Standing](t)(r.Appeal(ctx, s.ID)))) {
			if want := map[string]int64{"a": 0, "b": 250_01}[l.Key]; l.Paid != want || l.Asked != 0 {
				t.Errorf("line %s: %d paid, %d asked", l.Key, l.Paid, l.Asked)
			}
		}
		r.sound(t, false)
	})
}

// What came above the target is shared among the lines; nothing leaves an appeal that officials have stopped.
func TestAStoppedAppealPaysNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		s := r.appeal(OverStays, 1000_00)
		r.give(s.ID, 1400_00)
		if _, err := r.AskPayout(ctx, member, r.newPayout(s.ID, "b", 350_01)); !errors.Is(err, ErrForm) {
			t.Errorf("more than the line with its share: %v", err)
		}
		p := must[id.ID](t)(r.AskPayout(ctx, member, r.newPayout(s.ID, "b", 350_00)))
		if err := r.DecideAppeal(ctx, r.desk(), s.ID, StopAppeal, "Проверка"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.DecidePayout(ctx, r.desk(), p, true, "Да"); !errors.Is(err, ErrClosed) {
			t.Errorf("approved of a stopped appeal: %v", err)
		}
		if _, err := r.AskPayout(ctx, member, r.newPayout(s.ID, "a", 1_00)); !errors.Is(err, ErrClosed) {
			t.Errorf("asked of a stopped appeal: %v", err)
		}
		must[bool](t)(r.DecidePayout(ctx, r.desk(), p, false, "Сбор остановлен"))
		r.sound(t, false)
	})
}

// What a verified fund wants to say of itself is shown when an official has looked at it, and not what was written after they looked.
func TestAFundsChangeIsLookedAt(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		f := r.fund()
		ask := func(phone string) Change {
			t.Helper()
			n := NewFund{Organisation: river, Title: text("Другое"), Category: "children", Body: r.body(), Revision: must[Fund](t)(r.Fund(ctx, river)).Revision}
			n.Body.Phone, n.Body.People[0].Name, n.Body.Bank.Account = phone, text("Петрова"), "40703810000000009999"
			if err := r.AskFund(ctx, member, n); err != nil {
				t.Fatal(err)
			}
			return must[Change](t)(r.Change(ctx, river))
		}
		read := ask("111")
		r.clock.Move(time.Minute)
		if got := must[Fund](t)(r.Fund(ctx, river)); got.Phone != f.Phone || got.People[0].Name != f.People[0].Name {
			t.Fatalf("it is shown before anybody looked: %q, %q", got.Phone, got.People[0].Name.RU)
		}
		last := ask("222")
		if err := r.DecideChange(ctx, r.desk(), river, read.ID, true, "Да"); !errors.Is(err, ErrChanged) {
			t.Errorf("what was not read is shown: %v", err)
		}
		if err := r.DecideChange(ctx, r.desk(), river, last.ID, true, ""); !errors.Is(err, ErrForm) {
			t.Errorf("without a reason: %v", err)
		}
		own := r.desk()
		own.Actor.Person = oleg
		if err := r.DecideChange(ctx, own, river, last.ID, true, "Сам себе"); !errors.Is(err, ErrTwo) {
			t.Errorf("who asked has decided: %v", err)
		}
		if err := r.DecideChange(ctx, r.desk(), river, last.ID, true, "Телефон отвечает"); err != nil {
			t.Fatal(err)
		}
		got := must[Fund](t)(r.Fund(ctx, river))
		if got.Phone != "222" || got.People[0].Name.RU != "Петрова" || got.Bank != f.Bank || got.Title != f.Title || got.State != FundOpen {
			t.Errorf("the fund is %+v", got)
		}
		if err := r.DecideChange(ctx, r.desk(), river, last.ID, true, "Ещё раз"); !errors.Is(err, ErrNone) {
			t.Errorf("decided twice: %v", err)
		}
		refused := ask("333")
		if err := r.DecideChange(ctx, r.desk(), river, refused.ID, false, "Это чужой телефон"); err != nil {
			t.Fatal(err)
		}
		if got := must[Fund](t)(r.Fund(ctx, river)); got.Phone != "222" {
			t.Errorf("what was refused is shown: %q", got.Phone)
		}
	})
}

// A gift in a basket is one however often the basket is sent, is the amount that was chosen, and its promise ends after a day.
func TestAGiftInABasket(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.fund()
		aim := r.appeal(OverSimilar, 1000_00).ID
		key := id.Derived("basket", "1")
		g := must[Gift](t)(r.AddTo(ctx, self, key, aim, 50_00))
		if again := must[Gift](t)(r.AddTo(ctx, self, key, aim, 50_00)); again.ID != g.ID {
			t.Error("sent twice, it is two gifts")
		}
		if more := must[Gift](t)(r.AddTo(ctx, self, key, aim, 70_00)); more.ID == g.ID {
			t.Error("another amount has the charge of the first")
		}
		if _, err := r.AddTo(ctx, self, key, aim, GiftLeast-1); !errors.Is(err, ErrForm) {
			t.Errorf("too little: %v", err)
		}
		if got := must[Gift](t)(r.Gift(ctx, self, anna, g.ID)); got.Appeal != aim || got.Amount != 50_00 {
			t.Errorf("the gift is %+v", got)
		}
		r.clock.Move(basketWait + time.Minute)
		r.drain()
		if got := must[Gift](t)(r.Gift(ctx, self, anna, g.ID)); got.State != GiftDropped {
			t.Errorf("after a day it is %s", got.State)
		}
		if err := r.DecideAppeal(ctx, r.desk(), aim, StopAppeal, "Проверка"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.AddTo(ctx, self, id.Derived("basket", "2"), aim, 50_00); !errors.Is(err, ErrClosed) {
			t.Errorf("to a stopped appeal: %v", err)
		}
	})
}

// What is changed in one language alone is looked at like anything else: official and journal read both.
func TestAChangeInOneLanguageIsSeen(t *testing.T) {
	t.Parallel()
	was := FundBody{About: text("Помогаем"), Address: text("Берег"), People: []Member{{Name: text("Иванова"), Role: text("директор")}}}
	for key, change := range map[string]func(*FundBody){
		"about": func(b *FundBody) { b.About.RU = "Иначе" }, "about_english": func(b *FundBody) { b.About.EN = "Otherwise" },
		"people": func(b *FundBody) { b.People[0].Role.RU = "бухгалтер" }, "people_english": func(b *FundBody) { b.People[0].Name.EN = "Petrova" },
		"address": func(b *FundBody) { b.Address.RU = "Холм" }, "address_en": func(b *FundBody) { b.Address.EN = "" },
	} {
		now := was
		now.People = slices.Clone(was.People)
		change(&now)
		list := Change{FundBody: now}.Differences(Fund{FundBody: was})
		if len(list) != 1 || list[0].Key != key || list[0].Was == list[0].Now {
			t.Errorf("%s: %+v", key, list)
		}
	}
	if list := (Change{FundBody: was}).Differences(Fund{FundBody: was}); len(list) > 0 {
		t.Errorf("nothing changes: %+v", list)
	}
}
