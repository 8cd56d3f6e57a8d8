package bank

import (
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"slices"
)

//go:embed pages/*.html
var pageFiles embed.FS

var pageTemplates = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// wrongCode is the code from an SMS that the page does not take.
const wrongCode = "0000"

func (b *Bank) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", b.showDesk)
	mux.HandleFunc("POST /desk/{id}", b.atDesk)
	mux.HandleFunc("GET /pay/{id}", func(w http.ResponseWriter, r *http.Request) { b.showPay(w, r, r.PathValue("id")) })
	mux.HandleFunc("POST /pay/{id}", func(w http.ResponseWriter, r *http.Request) { b.takePay(w, r, r.PathValue("id")) })
	mux.HandleFunc("GET /qr/{code}", func(w http.ResponseWriter, r *http.Request) { b.showPay(w, r, b.ofCode(r.PathValue("code"))) })
	mux.HandleFunc("POST /qr/{code}", func(w http.ResponseWriter, r *http.Request) { b.takePay(w, r, b.ofCode(r.PathValue("code"))) })
}

func (b *Bank) ofCode(code string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byCode[code]
}

func (b *Bank) payment(id string) (Payment, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ripen()
	p, ok := b.payments[id]
	if !ok {
		return Payment{}, false
	}
	return b.shown(p), true
}

func (b *Bank) showPay(w http.ResponseWriter, _ *http.Request, id string) {
	p, ok := b.payment(id)
	if !ok {
		http.Error(w, "No such payment", http.StatusNotFound)
		return
	}
	name := "pay"
	if p.Method == "qr" {
		name = "phone"
	}
	b.render(w, name, view(p))
}

// takePay is the payer's press of a button. A fast payment stays on the phone, a page leads back to the city.
func (b *Bank) takePay(w http.ResponseWriter, r *http.Request, id string) {
	p, ok := b.payment(id)
	if !ok {
		http.Error(w, "No such payment", http.StatusNotFound)
		return
	}
	card := cardOf(r.FormValue("card"))
	code := r.FormValue("code")
	pays := r.FormValue("do") == "pay"
	if pays && card.Asks && p.State == stateOpen && (code == "" || code == wrongCode) {
		v := view(p)
		v["Card"], v["Wrong"] = card.Key, code != ""
		b.render(w, "code", v)
		return
	}
	back, err := b.press(id, pays, card.Key)
	if err != nil {
		http.Error(w, "No such payment", http.StatusNotFound)
		return
	}
	if p.Method == "qr" {
		back = r.URL.Path
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (b *Bank) press(id string, pays bool, card string) (string, error) {
	if pays {
		return b.PayWith(id, card)
	}
	return b.Decide(id, false)
}

func (b *Bank) render(w http.ResponseWriter, name string, v map[string]any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	w.Header().Set("Cache-Control", "no-store")
	if err := pageTemplates.ExecuteTemplate(w, name, v); err != nil {
		b.log.Warn("bank: page", "error", err)
	}
}

func view(p Payment) map[string]any {
	w := words[p.Lang == "en"]
	return map[string]any{
		"W": w, "P": p, "Title": w["title"], "Sum": rub(p.Amount), "Open": p.State == stateOpen && p.Method != "card", "Paid": p.State == statePaid,
		"English": p.Lang == "en", "Cards": cards, "Over": cmp.Or(w["over_"+p.State], w["over"]),
	}
}

// words are those of the pages, by whether they are English.
var words = map[bool]map[string]string{
	false: {
		"lang": "ru", "letter": "С", "bank": "Банк «Слобода»", "sim": "имитация", "title": "Оплата", "pay": "Оплатить", "decline": "Отказаться",
		"card": "Тестовая карта", "others": "Другие карты: отказы, код из SMS, отмены", "save": "Вы попросили город запомнить карту. Номер хранит банк, город его не видит.",
		"back": "Вернуться на портал", "over": "Этот платёж уже завершён.", "over_paid": "Оплачено. Можно вернуться на портал.", "over_declined": "Платёж не прошёл. Деньги не списаны.",
		"over_expired": "Время на оплату вышло. Деньги не списаны.", "over_open": "Банк ещё думает.", "over_refunded": "Деньги возвращены.", "over_reversed": "Банк отменил этот платёж и вернул деньги.",
		"code": "Код из SMS", "hint": "Подойдут любые четыре цифры, кроме 0000.", "wrong": "Код не подошёл. Введите другой.", "confirm": "Подтвердить",
		"fast": "Быстрый платёж по QR-коду", "from": "Списать со счёта", "account": "Счёт", "enough": "денег хватит", "empty": "денег не хватит",
		"account_of": "Счёт города", "newest": "Последние платежи", "what": "За что", "amount": "Сумма", "state": "Состояние", "later": "Что случится потом", "nothing": "Платежей пока нет.",
		"reverse": "Банк отменит", "dispute": "Плательщик оспорит", "won": "Спор решён в пользу города", "lost": "Спор решён в пользу плательщика", "block": "Заблокировать карту", "done": "Готово.", "not_done": "Это уже нельзя сделать.",
	},
	true: {
		"lang": "en", "letter": "S", "bank": "Sloboda Bank", "sim": "simulated", "title": "Payment", "pay": "Pay", "decline": "Decline",
		"card": "Test card", "others": "Other cards: refusals, a code from an SMS, reversals", "save": "You asked the city to remember the card. The bank keeps its number, the city never sees it.",
		"back": "Back to the portal", "over": "This payment has ended already.", "over_paid": "Paid. You may go back to the portal.", "over_declined": "The payment did not go through. Nothing was taken.",
		"over_expired": "The time to pay has passed. Nothing was taken.", "over_open": "The bank is still thinking.", "over_refunded": "The money was given back.", "over_reversed": "The bank reversed this payment and gave the money back.",
		"code": "Code from the SMS", "hint": "Any four digits will do, but not 0000.", "wrong": "That is not the code. Enter another one.", "confirm": "Confirm",
		"fast": "Fast payment by QR code", "from": "Pay from", "account": "Account", "enough": "has enough money", "empty": "has too little money",
	},
}

// act is a button of the desk.
type act struct{ Do, Words string }

type deskRow struct {
	P         Payment
	Sum, Back string
	States    []string
	Acts      []act
}

// said are the desk's words for how a payment stands.
var said = map[string]string{
	"open": "ждёт", "paid": "оплачен", "declined": "отказ", "expired": "истёк", "refunded": "возвращён", "reversed": "отменён банком",
	"no_funds": "нет денег", "over_limit": "выше лимита", "card_expired": "карта истекла", "card_blocked": "карта заблокирована", "card_unknown": "нет такой карты",
	"needs_person": "нужен плательщик", "by_payer": "плательщик отказался", "page": "страница банка", "card": "сохранённая карта", "qr": "QR-код",
	"dispute open": "спор открыт", "dispute won": "спор в пользу города", "dispute lost": "спор в пользу плательщика",
}

func statesOf(p Payment) []string {
	out := []string{said[p.State]}
	if p.Reason != "" {
		out = append(out, cmp.Or(said[p.Reason], p.Reason))
	}
	if p.Dispute != "" {
		out = append(out, said["dispute "+p.Dispute])
	}
	return append(out, said[p.Method])
}

// deskMost is how many payments the desk shows.
const deskMost = 100

// showDesk is the bank's own page: what was paid, and what may happen to it later.
func (b *Bank) showDesk(w http.ResponseWriter, r *http.Request) {
	all := b.Payments()
	list := make([]Payment, 0, len(all))
	for _, p := range all {
		list = append(list, p)
	}
	slices.SortFunc(list, func(x, y Payment) int { return cmp.Or(y.Began.Compare(x.Began), cmp.Compare(x.ID, y.ID)) })
	var rows []deskRow
	for _, p := range list[:min(len(list), deskMost)] {
		row := deskRow{P: p, Sum: rub(p.Amount), States: statesOf(p), Acts: deskActs(p)}
		if p.Refunded > 0 {
			row.Back = rub(p.Refunded)
		}
		rows = append(rows, row)
	}
	balance := int64(0)
	for _, one := range b.Bookings() {
		balance += one.Amount
	}
	ru := words[false]
	b.render(w, "desk", map[string]any{"W": ru, "Title": ru["account_of"], "Wide": true, "Rows": rows, "Balance": rub(balance), "Said": ru[r.URL.Query().Get("said")]})
}

func deskActs(p Payment) []act {
	ru := words[false]
	var out []act
	if p.State == statePaid && p.Dispute == "" {
		out = append(out, act{"reverse", ru["reverse"]}, act{"dispute", ru["dispute"]})
	}
	if p.Dispute == "open" {
		out = append(out, act{"won", ru["won"]}, act{"lost", ru["lost"]})
	}
	if p.Card != nil && p.Card.Token != "" {
		out = append(out, act{"block", ru["block"]})
	}
	return out
}

func (b *Bank) atDesk(w http.ResponseWriter, r *http.Request) {
	said := "done"
	if err := b.Act(r.PathValue("id"), r.FormValue("do"), 0); err != nil {
		said = "not_done"
	}
	http.Redirect(w, r, "/?said="+said, http.StatusSeeOther)
}
