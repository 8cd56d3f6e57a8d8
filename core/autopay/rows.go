package autopay

import (
	"encoding/json"
	"fmt"

	"posad.city/core/autopay/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/money"
	"posad.city/kit/vault"
)

// dateOf reads a column that holds a civil day or nothing.
func dateOf(text string) (calendar.Date, error) {
	var out calendar.Date
	err := out.UnmarshalText([]byte(text))
	return out, err
}

// datesOf reads columns into dates; the first that is none ends it.
func datesOf(pairs map[*calendar.Date]string) error {
	for into, text := range pairs {
		got, err := dateOf(text)
		if err != nil {
			return fmt.Errorf("autopay: a day: %w", err)
		}
		*into = got
	}
	return nil
}

// orderOf reads an order; without keys its name stays empty.
func orderOf(row autopaydb.AutopayOrder, keys *vault.Keys) (Order, error) {
	out := Order{
		ID: row.ID, Person: row.Person, Maker: row.Maker, Mandate: row.Mandate, Biller: Biller{row.Payee, row.Kind, row.Home}, Service: row.Service,
		Card: Card{ID: row.Card, Wallet: row.Method == Card{Wallet: true}.method()}, Currency: money.Currency(row.Currency),
		State: State(row.State), Made: row.Made, StoppedAt: row.Stopped, Revision: row.Revision,
	}
	if err := json.Unmarshal([]byte(row.Terms), &out.Terms); err != nil {
		return out, fmt.Errorf("autopay: terms of %s: %w", row.ID, err)
	}
	err := datesOf(map[*calendar.Date]string{&out.Since: row.Since, &out.Paused: row.Paused, &out.Card.Ends: row.CardEnds})
	if err != nil || keys == nil {
		return out, err
	}
	out.Name, err = openName(keys, "autopay_order", row.Name)
	out.Card.Label = out.Name.Card
	return out, err
}

func openName(keys *vault.Keys, table string, sealed vault.Sealed) (Name, error) {
	plain, err := keys.Open(table, "name", sealed)
	if err != nil {
		return Name{}, fmt.Errorf("autopay: name: %w", err)
	}
	var out Name
	if err := json.Unmarshal(plain, &out); err != nil {
		return out, fmt.Errorf("autopay: name: %w", err)
	}
	return out, nil
}

func sealName(keys *vault.Keys, table string, n Name) (vault.Sealed, error) {
	plain, err := json.Marshal(n)
	if err != nil {
		return nil, fmt.Errorf("autopay: name: %w", err)
	}
	return keys.Seal(table, "name", plain), nil
}

func turnOf(row autopaydb.AutopayTurn, tries []autopaydb.AutopayTry) (Turn, error) {
	out := Turn{
		ID: row.ID, Person: row.Person, Order: row.Standing, Home: row.Home, Charge: row.Charge, Period: row.Period, Amount: row.Amount, State: State(row.State),
		Rule: Rule(row.Rule), ToldAmount: row.ToldAmount, Approved: row.Approved, Skipped: row.Skipped, Thinking: row.Thinking, Next: row.Next,
		Ended: row.Ended, Revision: row.Revision,
	}
	if err := json.Unmarshal([]byte(row.Title), &out.Title); err != nil {
		return out, fmt.Errorf("autopay: title of %s: %w", row.ID, err)
	}
	for _, one := range tries {
		day, err := dateOf(one.Day)
		if err != nil {
			return out, err
		}
		out.Tries = append(out.Tries, Try{Day: day, Fate: Fate(one.Fate)})
		out.attempts = append(out.attempts, attempt{number: one.Number, key: one.Key, payment: one.Payment, amount: one.Amount, started: one.Started, ended: one.Ended})
	}
	return out, datesOf(map[*calendar.Date]string{&out.Known: row.Known, &out.Due: row.Due, &out.PayOn: row.PayOn, &out.Told: row.Told})
}

func decisionOf(row autopaydb.AutopayDecision, keys *vault.Keys) (Decision, error) {
	out := Decision{Number: row.Number, Verdict: Verdict(row.Verdict), Rule: Rule(row.Rule), Amount: row.Amount, At: row.At}
	plain, err := keys.Open("autopay_decision", "inputs", row.Inputs)
	if err != nil {
		return out, fmt.Errorf("autopay: inputs: %w", err)
	}
	if err := json.Unmarshal(plain, &out.Inputs); err != nil {
		return out, fmt.Errorf("autopay: inputs: %w", err)
	}
	return out, nil
}

func templateOf(row autopaydb.AutopayTemplate, keys *vault.Keys) (Template, error) {
	out := Template{
		ID: row.ID, Person: row.Person, Biller: Biller{row.Payee, row.Kind, row.Home}, Service: row.Service,
		Usual: money.Amount{Minor: row.Usual, Currency: money.Currency(row.Currency)}, Made: row.Made, Used: row.Used, Times: row.Times,
	}
	var err error
	out.Name, err = openName(keys, "autopay_template", row.Name)
	return out, err
}
