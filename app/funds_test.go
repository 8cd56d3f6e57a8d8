package app_test

import (
	"net/url"

	"posad.city/core/agency"
	"posad.city/core/organisation"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/systems/charity"
)

// fundOGRN is the number of the demo's first charity fund.
const fundOGRN = "1025200001375"

func demoFund() id.ID { return organisation.ID(fundOGRN) }

// ofFund is a thing of the demo's first fund by its key.
func ofFund(key string) id.ID { return id.Derived("charity begin", fundOGRN+" "+key) }

// funds brings in the demo's funds, and makes one of the company that Anna heads.
func (w *world) funds() {
	w.t.Helper()
	w.Must(w.BeginCharity(w.t.Context(), w.People))
	w.Must(w.Modules.Charity.Begin(w.t.Context(), []charity.Beginning{{
		OGRN: companyOGRN, INN: "5260010730", Head: "anna", State: charity.FundOpen, Since: 10, Category: "nature", Title: lang.Text{RU: "Фонд", EN: "Fund"},
		About: lang.Text{RU: "Фонд", EN: "Fund"}, Reason: "Проверен",
	}}, w.Resident("opekina").ID(), nil))
}

// charity is what an official of the agency that verifies funds decides about.
func (t *things) charity() []target {
	return []target{{
		name: "the funds'", object: always(act.Object{Kind: "charity", Agency: agency.ID("social")}), form: url.Values{},
		path: map[string]string{"fund": demoFund().String(), "appeal": ofFund("pool").String(), "payout": ofFund("ask a1").String()},
	}}
}
