package casework

import (
	"context"
	"fmt"
	"strconv"

	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// prepareRefusal makes the letter of a refusal, whoever refused. Its id is the case's round, so that each decision has one;
// it is issued in the Write of the decision.
func (m *Module) prepareRefusal(ctx context.Context, k *known, d Decision) (putter, error) {
	ground, ok := k.service.Ground(d.Ground)
	if !ok {
		return nil, fmt.Errorf("casework: no ground %q", d.Ground)
	}
	today := calendar.DateOf(m.base.Clock.Now(), k.city.Days().Zone())
	r := document.Refusal{
		ID: id.Derived("refusal", k.file.ID.String()+"/"+strconv.FormatInt(k.file.Round, 10)), Holder: k.file.Holder, Case: k.file.ID,
		Number: k.file.Number, Service: k.service.Key, Asked: k.service.Title, Applied: calendar.DateOf(k.file.Submitted, k.city.Days().Zone()),
		Decided: today, Agency: k.file.Agency, City: k.city.Profile.Name, Ground: ground.Words, Law: ground.Law, Instead: ground.Instead,
		Words: d.Words, Lang: k.lang(),
	}
	r.Office, r.Signer = k.office()
	if a := k.service.Appeal; a != nil {
		r.Where, r.How, r.Appeal, r.Until = a.Where, a.How, a.Law, today.AddDays(a.Days)
	}
	return m.deps.Papers.PrepareRefusal(ctx, r)
}

// office is the agency that answers for the case, with who signs its papers.
func (k *known) office() (lang.Text, lang.Text) {
	office, ok := agencyByID(k.city, k.file.Agency)
	if !ok {
		return lang.Text{}, lang.Text{}
	}
	return office.Title, lang.Text{RU: office.Head.Title.RU + ", " + office.Head.Name.RU, EN: office.Head.Title.EN + ", " + office.Head.Name.EN}
}

// formOf is what a result is beside a document.
func formOf(r *service.Result) document.Form {
	if r.Kind == "" || r.Kind == "document" {
		return document.FormDocument
	}
	return document.Form(r.Kind)
}
