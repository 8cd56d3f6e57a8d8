package app_test

import (
	"strings"
	"testing"
	"time"

	"posad.city/app/apptest"
	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/notice"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Anna is told of the fine to her number: that it came, what it was corrected to, that it was cancelled and why; by e-mail and in her inbox, each
// once; the bill's page says the reason and the note.
func TestAPayerIsTold(t *testing.T) {
	t.Parallel()
	h := apptest.Open(t)
	w := &world{House: h, t: t, people: map[string]*member{}}
	anna := w.Resident("anna")
	browser := w.Browser(anna)
	browser.Get("/pay") // her own number is watched from here on
	w.settle()
	clerk := act.Act{
		ID: id.New(w.Clock.Now()), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "a clerk"), Agency: agency.ID("transport"), Role: "officer"}, Channel: act.Desk,
	}
	out, err := w.Modules.Charge.IssueMany(t.Context(), act.ByJob(id.New(w.Clock.Now()), act.Purpose{}), []charge.NewCharge{{
		For: charge.Identifier{By: charge.BySNILS, Value: anna.SNILS}, Payee: agency.ID("transport"), External: "told-1", Kind: "parking-fine", Amount: money.Roubles(100_000),
	}})
	w.Must(err)
	if out[0].Fault != nil {
		t.Fatal(out[0].Fault)
	}
	bill := out[0].ID
	told := func() []string {
		w.settle()
		page, err := w.Modules.Notice.Inbox(t.Context(), act.ByJob(id.New(w.Clock.Now()), act.Purpose{}), anna.ID(), id.ID{}, 50)
		w.Must(err)
		var list []string
		for _, one := range page.Messages {
			if one.Path == "/pay/"+bill.String() {
				list = append(list, one.Kind+" "+one.Path+" "+string(one.Topic))
			}
		}
		return list
	}
	want := func(kinds ...string) {
		t.Helper()
		var list []string
		for _, kind := range kinds {
			list = append(list, "charge.news."+kind+" /pay/"+bill.String()+" "+string(notice.Money))
		}
		if got := told(); strings.Join(got, "\n") != strings.Join(list, "\n") {
			t.Fatalf("Anna's inbox has %q", got)
		}
	}
	want("due")
	change := func(p *charge.PreparedAct, err error) {
		t.Helper()
		w.Must(err)
		w.Must(w.Base.Store.Write(t.Context(), func(tx *store.Tx) error { return p.Put(tx) }))
	}
	change(w.Modules.Charge.PrepareCorrect(t.Context(), clerk, bill, charge.Correction{Amount: 80_000, Reason: "court"}, ""))
	want("corrected", "due")
	change(w.Modules.Charge.PrepareCancel(t.Context(), clerk, bill, 0, "mistake", "Знак был снят"))
	want("cancelled", "corrected", "due")

	page := browser.Get("/pay/" + bill.String()).Body
	for _, words := range []string{"Ошибка ведомства", "Знак был снят", "По решению суда"} {
		if !strings.Contains(page, words) {
			t.Errorf("the bill's page does not say %q", words)
		}
	}
	var letters []string
	for _, one := range w.Post.Mail(anna.Account.Email) {
		letters = append(letters, one.Subject)
	}
	for _, words := range []string{"Новый счёт", "Счёт исправлен", "Счёт отменён"} {
		if all := strings.Join(letters, "\n"); strings.Count(all, words) != 1 {
			t.Errorf("%d letters say %q: %s", strings.Count(all, words), words, all)
		}
	}
}

// settle has jobs done, those that wait some seconds too.
func (w *world) settle() {
	w.t.Helper()
	w.Run()
	w.Clock.Move(time.Minute)
	w.Run()
}
