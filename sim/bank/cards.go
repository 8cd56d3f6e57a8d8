package bank

import "fmt"

// Card is a test card: how it behaves on the page, and how its saved token does afterwards.
type Card struct {
	Key     string
	Label   string
	Years   int    // from now until it expires; 0: at the end of this month
	Page    string // reason for which the page declines it; empty: it pays
	Later   string // reason for which its token is declined
	Asks    bool   // the page asks for a code from an SMS, and its token needs the person
	Reverse bool   // the bank reverses the payment a minute later
	RU, EN  string // what happens, for the page
}

var cards = []Card{
	{Key: "4242", Label: "МИР •• 4242", Years: 3, RU: "платит всегда", EN: "always pays"},
	{Key: "0302", Label: "МИР •• 0302", Years: 3, Asks: true, RU: "спросит код из SMS", EN: "asks for a code from an SMS"},
	{Key: "0105", Label: "МИР •• 0105", Years: 2, Later: "no_funds", RU: "платит сейчас, сохранённая потом откажет", EN: "pays now, declines once saved"},
	{Key: "0154", Label: "Visa •• 0154", Later: "", RU: "платит, в конце месяца истечёт", EN: "pays, expires at the end of the month"},
	{Key: "0808", Label: "Visa •• 0808", Years: 1, Reverse: true, RU: "платит, через минуту банк отменит", EN: "pays, reversed by the bank in a minute"},
	{Key: "0051", Label: "МИР •• 0051", Years: 3, Page: "no_funds", Later: "no_funds", RU: "не хватит денег", EN: "too little money"},
	{Key: "0061", Label: "МИР •• 0061", Years: 3, Page: "over_limit", Later: "over_limit", RU: "превышен лимит", EN: "over the limit"},
	{Key: "0041", Label: "МИР •• 0041", Years: 3, Page: "card_blocked", Later: "card_blocked", RU: "заблокирована", EN: "blocked"},
}

// cardOf is the test card of a key; unknown ones are the first.
func cardOf(key string) Card {
	for _, c := range cards {
		if c.Key == key {
			return c
		}
	}
	return cards[0]
}

// tokenFor keeps a card for the merchant.
func (b *Bank) tokenFor(c Card) *Token {
	until := b.now().In(moscow)
	return &Token{
		Token: fmt.Sprintf("card_%s_%016x%016x", c.Key, b.random.Uint64(), b.random.Uint64()), Label: c.Label, Key: c.Key,
		Expires: fmt.Sprintf("%04d-%02d", until.Year()+c.Years, until.Month()),
	}
}

// tokenPays tells why a saved card does not pay; empty: it does.
func (b *Bank) tokenPays(t *Token) string {
	switch {
	case t == nil:
		return "card_unknown"
	case t.Blocked:
		return "card_blocked"
	case b.now().In(moscow).Format("2006-01") > t.Expires:
		return "card_expired"
	case cardOf(t.Key).Asks:
		return "needs_person"
	}
	return cardOf(t.Key).Later
}
