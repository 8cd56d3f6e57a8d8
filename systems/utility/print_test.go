package utility

import (
	"strings"
	"testing"

	"posad.city/core/service"
	"posad.city/kit/lang"
	"posad.city/kit/payqr"
	"posad.city/kit/pdf"
)

// TestABillOfAPayeeWithALongName: the longest name and bank that the standard has still make a code, on paper too.
func TestABillOfAPayeeWithALongName(t *testing.T) {
	t.Parallel()
	name, bank := strings.Repeat("Ж", 160), strings.Repeat("Щ", 45)
	october, _ := ParsePeriod("2026-10")
	u := &service.Utilities{Payee: "centre", Providers: []service.Provider{{
		Key: "centre", Title: lang.Text{RU: name, EN: "Centre"}, Bank: lang.Text{RU: bank, EN: "Bank"},
		INN: "5260000001", Account: "40702810900000000001", BIC: "042202001", Corr: "30101810900000000001",
	}}}
	text, err := paymentText(u, Flat{Account: "7700000016"}, Issued{Period: october, Bill: Bill{Total: 123456}}, "0000-1111-2222-3333-4444", "Коммунальные услуги")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := payqr.Parse([]byte(text)); err != nil || d.Name != name || d.Bank != bank || d.Sum != 123456 {
		t.Errorf("the code says %+v: %v", d, err)
	}
	doc := pdf.Document{Lang: "ru", City: "Китеж", Title: "Счёт", Plain: true, Check: &pdf.Check{Title: "Оплата", Address: "https://kitezh.example/flats", Code: text, Shown: "kitezh.example/flats"}}
	if _, err := pdf.Render(doc); err != nil {
		t.Errorf("on paper: %v", err)
	}
}
