package app_test

import (
	"net/url"
	"strings"
	"testing"

	"posad.city/app/apptest"
	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/sim/bank"
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
		"gift": {"other"}, "gift_sum": {"5"}, "gift_key": {hidden(t, page, "gift_key")},
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

// A bank that loses its answer may have charged the card. Pressed again on the page that says so, the part of a bill and the gift
// beside it are still the same, and are paid once.
func TestASilentBankTakesAGiftOnce(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	w := &world{House: h, t: t, people: map[string]*member{}}
	w.Must(w.BeginCharity(t.Context(), w.People))
	anna := w.Resident("anna")
	browser := w.Browser(anna)
	method := "card:" + w.savedCard(anna.ID(), browser).String()
	bill, had := w.partly(anna.ID(), 1000_00), len(w.giftsOf(anna.ID()))
	sent := func(page apptest.Answer) url.Values {
		return url.Values{
			"charge": {bill}, "shown": {hidden(t, page, "shown")}, "amount": {"400"}, "method": {method}, "key": {hidden(t, page, "key")}, "aim": {hidden(t, page, "aim")},
			"gift": {"other"}, "gift_sum": {"50"}, "gift_key": {hidden(t, page, "gift_key")},
		}
	}
	first := browser.Get("/pay/basket?charge=" + bill)
	w.Bank.SetFaults(bank.Faults{LoseNext: 2, Messages: -1}) // what is lost on an old connection is sent again on a new one
	silent := browser.Post("/pay/basket", sent(first))
	w.Bank.SetFaults(bank.Faults{Messages: -1})
	if silent.Where() != "" || hidden(t, silent, "key") == hidden(t, first, "key") {
		t.Fatalf("the bank was silent: %d, %q", silent.Status, silent.Where())
	}
	if again := browser.Post("/pay/basket", sent(silent)); again.Where() == "" {
		t.Fatalf("pressed again: %d", again.Status)
	}
	w.Bank.Wait()
	w.Run()
	if one := w.chargeAt(anna.ID(), w.id(bill)); one.Paid != 400_00 {
		t.Errorf("%d of the bill was taken", one.Paid)
	}
	if list := w.giftsOf(anna.ID()); len(list) != had+1 || list[0].State != charity.GiftGiven {
		t.Errorf("%d gifts more, the last %+v", len(list)-had, list[0])
	}
}

// partly sends a person a bill that may be paid in part.
func (w *world) partly(payer id.ID, amount int64) string {
	w.t.Helper()
	ready, err := w.Modules.Charge.Prepare(w.t.Context(), charge.NewCharge{
		Person: payer, Payee: agency.ID("education"), External: "partly", Kind: "kindergarten", Amount: money.Roubles(amount), Terms: &charge.Terms{Parts: true},
	})
	w.Must(err)
	w.Must(w.Base.Store.Write(w.t.Context(), func(tx *store.Tx) error { return ready.Put(tx) }))
	w.Run()
	return ready.ID.String()
}

// savedCard pays a bill on the bank's page, and has the card kept.
func (w *world) savedCard(payer id.ID, c *apptest.Client) id.ID {
	w.t.Helper()
	bill := w.bill(payer)
	page := c.Get("/pay/basket?charge=" + bill)
	c.Post("/pay/basket", url.Values{"charge": {bill}, "shown": {hidden(w.t, page, "shown")}, "amount": {""}, "method": {"page"}, "key": {hidden(w.t, page, "key")}, "save": {"true"}})
	for key, p := range w.Bank.Payments() {
		if p.State == "open" {
			_, err := w.Bank.PayWith(key, "4242")
			w.Must(err)
		}
	}
	w.Bank.Wait()
	w.Run()
	cards, err := w.Modules.Pay.Cards(w.t.Context(), act.ByJob(id.New(w.Clock.Now()), act.Purpose{}), payer)
	if w.Must(err); len(cards) != 1 {
		w.t.Fatalf("%d cards", len(cards))
	}
	return cards[0].ID
}

// The button of a monthly gift pressed twice takes one gift a month.
func TestAMonthlyGiftIsBegunOnce(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	w := &world{House: h, t: t, people: map[string]*member{}}
	w.Must(w.BeginCharity(t.Context(), w.People))
	anna := w.Resident("anna")
	browser := w.Browser(anna)
	offer, ok, err := w.Modules.Charity.Suggest(t.Context(), 100_00)
	if w.Must(err); !ok {
		t.Fatal("no appeal is open")
	}
	path := "/charity/monthly/" + offer.Appeal.String()
	form := url.Values{"sum": {"30000"}, "day": {"5"}, "card": {w.savedCard(anna.ID(), browser).String()}}
	form.Set("key", hidden(t, browser.Get(path+"?"+form.Encode()), "key"))
	had := len(w.monthlies(anna.ID()))
	for range 2 {
		if sent := browser.Post(path, form); sent.Where() != "/account/gifts" {
			t.Fatalf("%d %q", sent.Status, sent.Where())
		}
	}
	if got := len(w.monthlies(anna.ID())) - had; got != 1 {
		t.Errorf("%d monthly gifts", got)
	}
}

func (w *world) monthlies(person id.ID) []charity.Monthly {
	w.t.Helper()
	out, err := w.Modules.Charity.Monthlies(w.t.Context(), act.ByJob(id.New(w.Clock.Now()), act.Purpose{}), person)
	w.Must(err)
	return out
}
