package app_test

import (
	"net/url"
	"strings"
	"testing"

	"posad.city/app/apptest"
	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/charity"
)

// A gift is offered beside a bill and chosen by nobody but the payer; one payment pays both, the receipt shows both, and the fund
// has what the gift's charge says. Given back, it is the gift alone that goes back.
func TestAGiftIsAddedToABill(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	w := &world{House: h, t: t, people: map[string]*member{}}
	w.Must(w.BeginCharity(t.Context(), w.People))
	anna := w.Resident("anna")
	browser := w.Browser(anna)
	bill := w.bill(anna.ID())

	page := browser.Get("/pay/basket?charge=" + bill)
	choices := strings.Split(page.Body, `name="gift" value="`)[1:]
	if len(choices) < 4 || !strings.HasPrefix(choices[0], `" checked`) {
		t.Fatalf("%d choices, and the first is %.40q", len(choices), strings.Join(choices, "")[:40])
	}
	for _, one := range choices[1:] {
		if end := strings.Index(one, ">"); strings.Contains(one[:end], "checked") {
			t.Errorf("a gift is chosen beforehand: %s", one[:end])
		}
	}
	form := url.Values{
		"charge": {bill}, "shown": {hidden(t, page, "shown")}, "amount": {""}, "method": {"page"}, "key": {hidden(t, page, "key")}, "aim": {hidden(t, page, "aim")},
		"gift": {"other"}, "gift_sum": {"5"},
	}
	if again := browser.Post("/pay/basket", form); again.Status != 422 && again.Status != 200 || !strings.Contains(again.Body, "от 10") {
		t.Fatalf("a gift of 5 roubles: %d", again.Status)
	}
	form.Set("gift_sum", "77,50")
	w.payForm(browser, form)

	list := w.giftsOf(anna.ID())
	if len(list) == 0 || list[0].State != charity.GiftGiven || list[0].Amount != 77_50 {
		t.Fatalf("the gifts are %+v", list)
	}
	gift := list[0]
	paid := w.chargeAt(anna.ID(), gift.ID)
	both := w.chargeAt(anna.ID(), w.id(bill))
	if paid.State != charge.Paid || both.State != charge.Paid || paid.Payment() != both.Payment() {
		t.Fatalf("the gift is %s by %s, the bill %s by %s", paid.State, paid.Payment(), both.State, both.Payment())
	}
	receipt := browser.Get("/pay/receipt/" + paid.Payment().String()).Body
	for _, words := range []string{"177,50", "77,50", "Сбор", "Подарок", "/account/gifts"} {
		if !strings.Contains(receipt, words) {
			t.Errorf("the receipt says nothing of %q", words)
		}
	}
	browser.Post("/account/gifts/"+gift.ID.String()+"/back", url.Values{})
	w.Run()
	w.Bank.Wait()
	w.Run()
	if gift := w.giftsOf(anna.ID())[0]; gift.State != charity.GiftBack {
		t.Errorf("the gift is %s", gift.State)
	}
	if one := w.chargeAt(anna.ID(), w.id(bill)); one.State != charge.Paid || one.Given != 0 {
		t.Errorf("the bill is %s, and %d of it went back", one.State, one.Given)
	}
}

// payForm sends a basket and pays it on the bank's page.
func (w *world) payForm(c *apptest.Client, form url.Values) {
	w.t.Helper()
	sent := c.Post("/pay/basket", form)
	if again := c.Post("/pay/basket", form); again.Where() != sent.Where() || sent.Where() == "" {
		w.t.Fatalf("pressed twice: %q and %q", sent.Where(), again.Where())
	}
	for key, p := range w.Bank.Payments() {
		if p.State == "open" {
			_, err := w.Bank.Decide(key, true)
			w.Must(err)
		}
	}
	w.Bank.Wait()
	w.Run()
}

func (w *world) id(text string) id.ID {
	w.t.Helper()
	out, err := id.Parse(text)
	w.Must(err)
	return out
}

func (w *world) giftsOf(person id.ID) []charity.Gift {
	w.t.Helper()
	out, err := w.Modules.Charity.GiftsOf(w.t.Context(), act.ByJob(id.New(w.Clock.Now()), act.Purpose{}), person)
	w.Must(err)
	return out
}

func (w *world) chargeAt(home, key id.ID) charge.Charge {
	w.t.Helper()
	var out charge.Charge
	w.Must(w.Base.Store.Look(w.t.Context(), act.ByJob(id.New(w.Clock.Now()), act.Purpose{}), "pay.look.charge", func(p *store.Personal) error {
		var err error
		out, err = w.Modules.Charge.Read(p, home, key)
		return err
	}))
	return out
}
