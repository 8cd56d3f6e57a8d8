package service

import (
	"posad.city/kit/calendar"
)

// Answers are a form's answers in canonical form by field. The value of each type:
//
//	name        Name                    child     Child
//	birth, date "2026-11-21"            vehicle   Vehicle
//	phone       "+79161234567"          address   Address
//	email, text, long-text, choice      string
//	snils, inn  digits                  plate     "А417МО77", Cyrillic, no spaces
//	number      whole number            money     minor units
//	choices     list of option keys     file      list of File
//	yes-no      true or false           person    Named
//	slot        Slot                    group     list of entries, each an object of answers by inner field
//
// In memory a value is what encoding/json makes of that JSON (string, float64 or json.Number, bool, []any,
// map[string]any). core/form makes and checks it.
type Answers map[string]any

// Name is a person's name.
type Name struct {
	Surname    string `json:"surname" need:"1" about:"Surname"`
	Given      string `json:"given" need:"1" about:"Given name"`
	Patronymic string `json:"patronymic,omitempty" about:"Patronymic"`
}

// Person is what the city knows of somebody, as rules and prefilling see it. Empty means not known.
type Person struct {
	Name     Name   `json:"name" need:"1" about:"Name"`
	Birth    string `json:"birth,omitempty" about:"Date of birth"`
	SNILS    string `json:"snils,omitempty" about:"Insurance number, digits"`
	INN      string `json:"inn,omitempty" about:"Taxpayer's number of a sole trader"`
	Phone    string `json:"phone,omitempty" about:"Confirmed telephone"`
	Email    string `json:"email,omitempty" about:"Confirmed e-mail"`
	Verified bool   `json:"verified,omitempty" about:"Checked against the population register: a fixed question is not asked"`
}

// Child is an answer: one of the applicant's children by mandate.
type Child struct {
	ID    string `json:"id"` // the child's person id
	Name  Name   `json:"name"`
	Birth string `json:"birth"`
	SNILS string `json:"snils,omitempty"`
}

// Vehicle is an answer: a vehicle of the applicant or any other by its plate.
type Vehicle struct {
	Plate string `json:"plate"`
	Model string `json:"model,omitempty"`
	Own   bool   `json:"own"` // chosen from the applicant's vehicles
	// Since when it is theirs, as the register says; zero: it does not.
	Since calendar.Date `json:"-"`
}

// Address is an answer: a house of the city's register and a flat.
type Address struct {
	ID       string            `json:"id"` // STREET:HOUSE of the register
	Flat     string            `json:"flat,omitempty"`
	Text     string            `json:"text"`    // as people read it, in Russian
	TextEN   string            `json:"text_en"` // the same in Latin letters
	District string            `json:"district"`
	Zones    map[string]string `json:"zones,omitempty"`
}

// Named is an answer: another person, by whom the city finds whom it asks to co-sign.
type Named struct {
	Name  Name   `json:"name"`
	Birth string `json:"birth"`
	SNILS string `json:"snils"`
}

// Slot is an answer: an appointment. Times are the city's own, without a zone.
type Slot struct {
	ID       string `json:"id"` // of the hold, later of the booking; before there is a hold, of the free time
	Resource string `json:"resource"`
	Start    string `json:"start"` // 2026-12-01T09:30
	End      string `json:"end"`
	Day      string `json:"day"`
	Text     string `json:"text"`
	TextEN   string `json:"text_en"`
}

// File is an answer: a stored file.
type File struct {
	ID   string `json:"id"` // name in the blob store
	Name string `json:"name"`
	Type string `json:"type"` // pdf, jpg ..., found by content
	Size int64  `json:"size"` // bytes
}

// FactState is how far a certificate is.
type FactState string

// The states of a certificate in a case.
const (
	FactWaiting FactState = "waiting" // asked, not answered yet
	FactKnown   FactState = "known"   // answered
	FactFailed  FactState = "failed"  // the register did not answer rightly within its time
)

// Fact is a register's reply in a case.
type Fact struct {
	State  FactState      `json:"state"`
	Day    calendar.Date  `json:"day"` // of the reply, in the city's zone
	Values map[string]any `json:"values,omitempty"`
}

// Facts are replies by certificate key. One that was never asked is absent.
type Facts map[string]Fact

// Inputs is all that rules see. Kept with a case, it replays every outcome.
type Inputs struct {
	Today     calendar.Date `json:"today"`
	Applicant Person        `json:"applicant"`
	Answers   Answers       `json:"answers"`
	Facts     Facts         `json:"facts"`
	Opinions  Opinions      `json:"opinions,omitempty"`
	Signers   []Signer      `json:"signers,omitempty"` // those co-signers who have done their part, or refused to

	Signer *Person `json:"signer,omitempty"` // the co-signer who fills their part now; rules of co-signer steps call them signer
	Entry  *Entry  `json:"-"`                // the entry of a group inside which a rule is computed; rules call it entry
}

// Signer is a co-signer: whom the applicant named, and what they have answered in their own part of the form.
type Signer struct {
	Person  Person  `json:"person"`
	Signed  bool    `json:"signed"`
	Answers Answers `json:"answers,omitempty"` // of co-signer steps
}

// Entry is one entry of a group.
type Entry struct {
	Group   string // key of the group
	Answers Answers
}

// Opinions are what the officials of agree steps said, by part: agree or object. One that was not given is absent.
type Opinions map[string]string

// The opinions, as rules compare them; none stands for one that was asked and not given.
const (
	OpinionAgree  = "agree"
	OpinionObject = "object"
	OpinionNone   = "none"
)

// Charge is what a case must pay: the sum of its fees.
type Charge struct {
	Amount Money        // minor units; zero: nothing to pay
	Exempt string       // key of the first exemption that applied
	Lines  []ChargeLine // the fees that are owed, in the definition's order, exempt ones too
}

// ChargeLine is one fee of a charge.
type ChargeLine struct {
	Key    string
	Title  Text
	Amount Money
	Exempt string // key of the exemption; empty: none
}

// Title is what the charge is for, as the bill says it.
func (c Charge) Title() Text {
	var out Text
	for _, line := range c.Lines {
		if line.Amount == 0 {
			continue
		}
		if out.RU != "" {
			out.RU, out.EN = out.RU+"; ", out.EN+"; "
		}
		out.RU, out.EN = out.RU+line.Title.RU, out.EN+line.Title.EN
	}
	return out
}

// Exemption finds an exemption of any of the service's fees by its key.
func (s *Service) Exemption(key string) (*Exemption, bool) {
	for i := range s.Fees {
		if x, ok := find(s.Fees[i].Exempt, func(x *Exemption) string { return x.Key }, key); ok {
			return x, true
		}
	}
	return nil, false
}

// Cost is what the service costs in the words of its fees, one a line; empty when it is free.
func (s *Service) Cost() Text {
	var out Text
	for i := range s.Fees {
		if i > 0 {
			out.RU, out.EN = out.RU+"\n", out.EN+"\n"
		}
		out.RU, out.EN = out.RU+s.Fees[i].Words.RU, out.EN+s.Fees[i].Words.EN
	}
	return out
}

// Decision is what the table says.
type Decision struct {
	Row     string // key of the row
	Verdict Verdict
	Ground  string // for Refuse
	Because Text
}
