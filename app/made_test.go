package app_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"posad.city/core/account"
	"posad.city/core/mandate"
	"posad.city/core/openid"
	"posad.city/core/organisation"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// The people beside those of the matrix, with whom its own deal: Boris gives and asks mandates and comes to the service
// centre, Hung's account is closed by the city.
const (
	neighbour = "boris"
	barred    = "hung"
)

// companyOGRN is the number of the company that Anna heads.
const companyOGRN = "1125230000015"

// heads is the state register of legal entities: Anna heads one company.
type heads struct{ snils string }

// Organisation implements organisation.Register.
func (r heads) Organisation(_ context.Context, ogrn string, _ id.ID) (organisation.Entry, error) {
	if ogrn != companyOGRN {
		return organisation.Entry{}, organisation.ErrUnknown
	}
	return organisation.Entry{OGRN: ogrn, INN: "5230000010", Title: "ООО «Лодка»", HeadSNILS: r.snils, Active: true}, nil
}

// Trader implements organisation.Register.
func (heads) Trader(context.Context, string, id.ID) (organisation.TraderEntry, error) {
	return organisation.TraderEntry{}, organisation.ErrUnknown
}

// company registers Anna's company.
func (w *world) company() string {
	w.t.Helper()
	var made struct{ ID string }
	m := w.by("anna", "", twoFactors)
	w.refresh(m)
	w.want(m.program, http.MethodPost, "/api/v1/organisations", map[string]any{"ogrn": companyOGRN}, &made)
	return made.ID
}

// given is a mandate that Anna has given.
func (w *world) given() string {
	w.t.Helper()
	one := mandate.Mandate{
		ID: id.New(w.Clock.Now()), Giver: w.Resident("anna").ID(), Taker: w.Resident(neighbour).ID(), Kind: mandate.Helper, Scopes: []string{mandate.ScopeRead},
		Source: "mandate.source.helper", Ends: calendar.MustDate("2099-01-01"),
	}
	w.Must(w.Base.Store.Write(w.t.Context(), func(tx *store.Tx) error {
		_, err := w.Modules.Mandate.Put(tx, one)
		return err
	}))
	w.Run()
	return one.ID.String()
}

// offer is an offer of Boris's to Anna: to act for him, or to be acted for by him.
func (w *world) offer(way mandate.Way) string {
	w.t.Helper()
	boris, anna := w.by(neighbour, "", twoFactors), w.Resident("anna")
	w.refresh(boris)
	var made struct{ ID string }
	path := map[mandate.Way]string{mandate.Give: "/api/v1/mandates", mandate.Ask: "/api/v1/mandates/requests"}[way]
	w.want(boris.program, http.MethodPost, path, map[string]any{
		"family": anna.Name.Family, "given": anna.Name.Given, "contact": anna.Account.Email, "scopes": []string{mandate.ScopeRead}, "ends": w.Today(60),
	}, &made)
	w.Run()
	return made.ID
}

// recovery makes Anna's recovery codes, one of her ways in, and gives the way's id.
func (w *world) recovery() string {
	w.t.Helper()
	m := w.of("anna", "")
	w.refresh(m)
	w.want(m.program, http.MethodPost, "/api/v1/recovery-codes", map[string]any{}, nil)
	ways, err := w.Modules.Account.WaysOf(w.t.Context(), w.accountOf("anna"))
	w.Must(err)
	return ways[0].ID.String()
}

// taken is the mandate by which one of the demo's people acts for another.
func (w *world) taken(key string, giver id.ID) string {
	w.t.Helper()
	list, err := w.Modules.Mandate.Taken(w.t.Context(), w.Resident(key).ID())
	w.Must(err)
	at := slices.IndexFunc(list, func(m mandate.Mandate) bool { return m.Giver == giver })
	return list[at].ID.String()
}

func (w *world) accountOf(key string) id.ID {
	w.t.Helper()
	accounts, err := w.Modules.Account.AccountOf(w.t.Context(), w.Resident(key).ID())
	w.Must(err)
	return accounts[0]
}

// visit opens a visit to the service centre for Boris, whom Orekhova has before her.
func (w *world) visit() string {
	w.t.Helper()
	boris, m := w.Resident(neighbour), w.of("orekhova", "centre")
	birth := boris.Birth.String()
	w.refresh(m)
	got := m.browser.Post("/desk/centre/find", url.Values{
		"document": {"passport"}, "tail": {"4417"}, "looked": {"true"}, "place": {"3"}, "family": {boris.Name.Family}, "given": {boris.Name.Given},
		"patronymic": {boris.Name.Patronymic}, "birth.day": {birth[8:]}, "birth.month": {birth[5:7]}, "birth.year": {birth[:4]}, "snils": {boris.SNILS},
	})
	where, found := strings.CutPrefix(got.Where(), "/desk/centre/visits/")
	if !found {
		w.t.Fatalf("the visit: %d %s", got.Status, got.Body)
	}
	return where
}

// bar closes Hung's account.
func (w *world) bar() {
	w.t.Helper()
	w.Must(w.Modules.Account.Bar(w.t.Context(), system(w), w.accountOf(barred), account.ReasonCourt, "17/2026"))
}

// site registers a site that signs people in by the city.
func (w *world) site() string {
	w.t.Helper()
	client, _, err := w.Modules.OpenID.Register(w.t.Context(), system(w), openid.Profile{
		Name: lang.Text{RU: "Библиотека", EN: "Library"}, Purpose: lang.Text{RU: "Узнать читателя", EN: "To know the reader"},
		Home: "https://library.example", Policy: "https://library.example/privacy", Redirects: []string{"https://library.example/back"},
		Method: openid.AuthBasic, Scopes: []string{openid.ScopeOpenID}, Grants: []string{openid.GrantCode}, Alg: "ES256",
	})
	w.Must(err)
	return client.ID.String()
}

// investigation opens one into Anna by her case.
func (w *world) investigation() string {
	w.t.Helper()
	m := w.by("dorogin", "road-police", certificate)
	w.refresh(m)
	got := m.browser.Post("/desk/investigations", map[string][]string{"whom": {w.parking}, "ground": {"Постановление 17 от 20.11.2026"}, "days": {"90"}})
	where, found := strings.CutPrefix(got.Where(), "/desk/investigations/")
	if !found {
		w.t.Fatalf("the investigation: %d %s", got.Status, got.Body)
	}
	return where
}

// copy is a ready copy of all that the city holds of Anna.
func (w *world) copy() string {
	w.t.Helper()
	var made struct{ ID string }
	m := w.of("anna", "")
	w.refresh(m)
	w.Run() // one that is being made is finished first
	w.want(m.program, http.MethodPost, "/api/v1/data/copies", map[string]any{}, &made)
	w.Run()
	return made.ID
}
