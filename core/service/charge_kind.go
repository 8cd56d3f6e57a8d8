package service

import (
	"strconv"
	"strings"
)

// ChargeKind is charges/KEY.yaml: a kind of bill that an agency issues, and how it is found, grows and shrinks.
type ChargeKind struct {
	Key    string `json:"charge" need:"1" about:"Name of the kind for ever"`
	Agency string `json:"agency,omitempty" about:"Key of the agency that issues it and whose income it is; left out: any agency may issue it"`
	Title  Text   `json:"title" need:"1" about:"What it is called"`
	About  Text   `json:"about" need:"1" about:"What it is for, in one or two sentences"`
	Icon   string `json:"icon,omitempty" about:"Name of an icon of the design system"`
	Period string `json:"period,omitempty" one:"month|year" about:"What one bill is for; left out: nothing, or what the bill itself says"`
	Days   int    `json:"days,omitempty" about:"How many calendar days one has to pay, from the day of the decision, when the bill names no day"`

	Found       []ChargeFound      `json:"found" need:"1" about:"By what the bill is issued and found"`
	Discount    *ChargeDiscount    `json:"discount,omitempty" about:"What is taken off when it is paid early; left out: nothing"`
	Penalty     *ChargePenalty     `json:"penalty,omitempty" about:"What grows when it is paid late; left out: nothing"`
	Instalments *ChargeInstalments `json:"instalments,omitempty" about:"How it may be paid by instalments; left out: it may not"`
	Parts       bool               `json:"parts,omitempty" about:"A part of it may be paid"`
	Undo        bool               `json:"undo,omitempty" about:"The payee gives back at once what a standing order took, when the payer thinks better of it within hours; left out: it does not"`
	Contest     string             `json:"contest,omitempty" about:"Key of the service by which one disagrees with it"`
	Law         Text               `json:"law" need:"1" about:"The act and its article, as people read it"`
}

// What a bill of a kind is for.
const (
	PeriodMonth = "month"
	PeriodYear  = "year"
)

// ChargeFound is one way of finding a bill.
type ChargeFound struct {
	By     string `json:"by" need:"1" one:"person|snils|inn|flat-account|plate|licence|number" about:"What it is issued to"`
	Open   bool   `json:"open,omitempty" about:"It may be found without signing in; nothing is shown then but kind, amount and day"`
	Second Text   `json:"second,omitzero" about:"What else must be given without signing in, as the field's label: the number of the vehicle's registration certificate"`
}

// ChargeDiscount is taken off when all of the rest is paid in time.
type ChargeDiscount struct {
	Percent int `json:"percent" need:"1" about:"How many per cent, 1 to 99"`
	Days    int `json:"days" need:"1" about:"Within how many calendar days from the day of the decision, the last one included"`
}

// ChargePenalty is a share of a yearly rate for each day after the day to pay.
type ChargePenalty struct {
	Rate  string              `json:"rate" need:"1" about:"Key of a rate of rates.yaml, or a yearly rate in per cent: 7.30"`
	Basis string              `json:"basis,omitempty" one:"each-day|payment-day" about:"Whether each day takes its own rate, or all take that of the day of payment; left out: each-day"`
	Steps []ChargePenaltyStep `json:"steps" need:"1" about:"From which day after the term which share of the rate counts"`
	Cap   int                 `json:"cap,omitempty" about:"It grows to so many per cent of the bill at most; left out: without a bound"`
}

// ChargePenaltyStep is a share from a day on.
type ChargePenaltyStep struct {
	From  int    `json:"from" need:"1" about:"The day after the term from which it counts: 1 is the first"`
	Share string `json:"share" need:"1" about:"Share of the yearly rate a day: 1/300; 0/1 for a time without a penalty"`
}

// ChargeInstalments is how a bill may be divided.
type ChargeInstalments struct {
	Most  int `json:"most" need:"1" about:"Into how many parts at most, 2 to 36"`
	Every int `json:"every" need:"1" about:"How many months lie between two, 1 to 12"`
}

// Rate is an entry of rates.yaml: a yearly rate that somebody outside sets, with its history.
type Rate struct {
	Key    string      `json:"rate" need:"1" about:"Name of the rate for ever"`
	Title  Text        `json:"title" need:"1" about:"What it is called"`
	Values []RateValue `json:"values" need:"1" about:"Its values, the oldest first; a past one is never changed"`
}

// RateValue is what a rate is from a day on.
type RateValue struct {
	From    string `json:"from" need:"1" about:"The first day, as 2026-11-21"`
	Percent string `json:"percent" need:"1" about:"Per cent a year: 16.50"`
}

// ChargeKind finds a kind of bill by its key.
func (c *City) ChargeKind(key string) (*ChargeKind, bool) {
	return find(c.Charges, func(k *ChargeKind) string { return k.Key }, key)
}

// Rate finds a rate by its key.
func (c *City) Rate(key string) (*Rate, bool) {
	return find(c.Rates, func(r *Rate) string { return r.Key }, key)
}

// RatePoints reads a yearly rate in per cent, such as 16.50, as hundredths of a per cent: 0 to 100000.
func RatePoints(text string) (int64, bool) {
	whole, part, point := strings.Cut(text, ".")
	if point && (len(part) == 0 || len(part) > 2) || !numeral(whole) || !numeral(part) && point || len(whole) == 0 || len(whole) > 4 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(part + "00")[:2], 10, 64)
	return n, err == nil && n <= 100_000
}

func numeral(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}
