package organisation_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"posad.city/core/certificate"
	"posad.city/core/mandate"
	"posad.city/core/organisation"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

func TestOnlyTheHeadRegistersAnOrganisation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		for name, one := range map[string]struct {
			who, ogrn string
			change    func()
			want      error
		}{
			"another":        {"ivan", ogrn, func() {}, organisation.ErrNotHead},
			"no such number": {"maria", "1027739850962", func() {}, organisation.ErrNotHead},
			"a wrong number": {"maria", "1027700132196", func() {}, organisation.ErrOGRN},
			"closed":         {"maria", ogrn, func() { r.register.closed = true }, organisation.ErrNotHead},
			"silent":         {"maria", ogrn, func() { r.register.fail = errors.New("down") }, organisation.ErrRegister},
			"not confirmed":  {"boris", ogrn, func() {}, organisation.ErrStanding},
		} {
			*r.register = register{head: "11223344595"}
			one.change()
			if _, err := r.Register(t.Context(), r.enter(t, one.who), one.ogrn); !errors.Is(err, one.want) {
				t.Errorf("%s: %v, want %v", name, err, one.want)
			}
		}
		*r.register = register{head: "11223344595"}
		head := r.headed(t)
		if head.Taker != person("maria") || head.Source != mandate.SourceHead || !head.Allows(mandate.ScopeStaff, "") {
			t.Errorf("the head's mandate is %+v", head)
		}
		if list, err := r.mandates.Acting(t.Context(), r.enter(t, "maria"), person("maria")); err != nil || len(list) != 1 || list[0].Called("ru") != "ООО «Ромашка»" {
			t.Errorf("maria acts for %+v, %v", list, err)
		}
	})
}

func TestACertificateRegistersWhileItIsGood(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.register.fail = organisation.ErrUnknown // the register knows nothing of it
		subject := certificate.Subject{Name: lang.Name{Family: "Смирнов", Given: "ivan"}, SNILS: "08765430300", Organisation: "АО «Причал»", OGRN: ogrn, OrgINN: "7707083893"}
		r.papers.linked = []certificate.Linked{{Person: person("ivan"), Subject: subject}}
		r.papers.revoked = certificate.ErrExpired
		if _, err := r.Register(t.Context(), r.enter(t, "ivan"), ogrn); !errors.Is(err, organisation.ErrNotHead) {
			t.Errorf("by a certificate that is over: %v", err)
		}
		r.papers.revoked = nil
		if _, err := r.Register(t.Context(), r.enter(t, "maria"), ogrn); !errors.Is(err, organisation.ErrNotHead) {
			t.Errorf("by another's certificate: %v", err)
		}
		one, err := r.Register(t.Context(), r.enter(t, "ivan"), ogrn)
		if err != nil || one.Source != organisation.ByCertificate || one.Title != "АО «Причал»" {
			t.Errorf("%+v, %v", one, err)
		}
	})
}

func TestANewHeadEndsTheFormerOnes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		head := r.headed(t)
		r.register.head = "08765430300"
		if _, err := r.Register(t.Context(), r.enter(t, "ivan"), ogrn); err != nil {
			t.Fatal(err)
		}
		a := r.enter(t, "maria").For(head.Giver, head.ID).Using(mandate.ScopeRead, "")
		if err := r.base.Store.WriteAs(t.Context(), a, func(*store.Tx) error { return nil }); !errors.Is(err, mandate.ErrEnded) {
			t.Errorf("the former head acts: %v", err)
		}
	})
}

// offer gives a mandate of the organisation by somebody's own.
func (r *rig) offer(t *testing.T, by string, own mandate.Mandate, to string, scopes ...string) (id.ID, error) {
	t.Helper()
	today := calendar.DateOf(r.clock.Now(), r.clock.Now().Location())
	a := r.enter(t, by).For(own.Giver, own.ID).Using(mandate.ScopeStaff, "")
	return r.mandates.Propose(t.Context(), a, mandate.Proposal{Way: mandate.Give, Maker: own.Giver, Whom: mandate.Whom{Family: "Смирнов", Given: to, Contact: to + "@example.org"},
		Terms: mandate.Terms{Scopes: scopes, Ends: today.AddYears(1)}})
}

func (r *rig) hired(t *testing.T, by string, own mandate.Mandate, who string, scopes ...string) mandate.Mandate {
	t.Helper()
	made, err := r.offer(t, by, own, who, scopes...)
	if err != nil {
		t.Fatal(err)
	}
	one, err := r.mandates.Accept(t.Context(), r.enter(t, who), made)
	if err != nil {
		t.Fatal(err)
	}
	r.drain(t)
	return one
}

func TestStaffActWithinTheirRights(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		head := r.headed(t)
		ivan := r.hired(t, "maria", head, "ivan", mandate.ScopeRead, mandate.ScopeStaff)
		if ivan.Kind != mandate.Company || ivan.GivenBy != person("maria") {
			t.Errorf("ivan's mandate is %+v", ivan)
		}
		if _, err := r.offer(t, "ivan", ivan, "boris", mandate.ScopeRead, mandate.ScopePay); !errors.Is(err, mandate.ErrBeyond) {
			t.Errorf("ivan gives what he has not: %v", err)
		}
		boris := r.hired(t, "ivan", ivan, "boris", mandate.ScopeRead)
		if _, err := r.offer(t, "boris", boris, "ivan", mandate.ScopeRead); !errors.Is(err, mandate.ErrBeyond) {
			t.Errorf("boris, without the scope, gives: %v", err)
		}
		a := r.enter(t, "ivan").For(head.Giver, ivan.ID).Using(mandate.ScopeStaff, "")
		if err := r.mandates.Revoke(t.Context(), a, head.Giver, head.ID); !errors.Is(err, mandate.ErrByLaw) {
			t.Errorf("staff take the head's mandate away: %v", err)
		}
		made, err := r.offer(t, "ivan", ivan, "boris", mandate.ScopeRead)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.mandates.Revoke(t.Context(), r.enter(t, "maria").For(head.Giver, head.ID).Using(mandate.ScopeStaff, ""), head.Giver, ivan.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.mandates.Accept(t.Context(), r.enter(t, "boris"), made); !errors.Is(err, mandate.ErrBeyond) {
			t.Errorf("an offer of one who may give no more: %v", err)
		}
		if err := r.Close(t.Context(), r.enter(t, "maria").For(head.Giver, head.ID).Using(mandate.ScopeStaff, ""), head.Giver); err != nil {
			t.Fatal(err)
		}
		for who, one := range map[string]mandate.Mandate{"maria": head, "boris": boris} {
			act := r.enter(t, who).For(one.Giver, one.ID).Using(mandate.ScopeRead, "")
			if err := r.base.Store.WriteAs(t.Context(), act, func(*store.Tx) error { return nil }); !errors.Is(err, mandate.ErrEnded) {
				t.Errorf("%s acts for a closed organisation: %v", who, err)
			}
		}
	})
}

func TestASoleTraderIsThePersonThemselves(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		if _, err := r.RegisterTrader(t.Context(), r.enter(t, "ivan"), ogrnip); !errors.Is(err, organisation.ErrNotYours) {
			t.Errorf("another's number: %v", err)
		}
		if _, err := r.RegisterTrader(t.Context(), r.enter(t, "maria"), ogrnip); err != nil {
			t.Fatal(err)
		}
		a := r.enter(t, "maria")
		if one, ok, err := r.Trader(t.Context(), a, person("maria")); err != nil || !ok || one.INN != inn {
			t.Errorf("%+v %v %v", one, ok, err)
		}
		if list, err := r.Data().Held(t.Context(), a, person("maria"), 0); err != nil || len(list) != 1 {
			t.Errorf("held: %+v, %v", list, err)
		}
		if err := r.DropTrader(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := r.Trader(t.Context(), a, person("maria")); err != nil || ok {
			t.Errorf("after it was dropped: %v %v", ok, err)
		}
	})
}

var staffLink = regexp.MustCompile(`/account/organisations/[0-9a-f-]{36}`)

func TestThePagesOfAnOrganisation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		maria, ivan := r.browser(t, "maria"), r.browser(t, "ivan")
		if status, body := maria("POST", "/account/organisations", "ogrn", "1027700132196"); status != 422 || !strings.Contains(body, `href="#f-ogrn"`) {
			t.Errorf("a wrong number: %d %s", status, body)
		}
		status, body := maria("POST", "/account/organisations", "ogrn", ogrn)
		if status != 200 || !strings.Contains(body, "Организация зарегистрирована") {
			t.Fatalf("registering: %d %s", status, body)
		}
		r.drain(t)
		_, body = maria("GET", "/account/organisations")
		link := staffLink.FindString(body)
		status, body = maria("GET", link)
		if status != 200 || !strings.Contains(body, "Вы действуете за другого: ООО «Ромашка»") || !strings.Contains(body, ogrn) {
			t.Errorf("the organisation's page does not say for whom maria acts: %d %s", status, body)
		}
		if _, body := maria("GET", "/account/organisations"); strings.Contains(body, "Вы действуете за другого") {
			t.Error("a page of one's own says that one acts for another")
		}
		if status, body := maria("GET", "/account/mandates/give?maker="+organisation.ID(ogrn).String()); status != 200 || !strings.Contains(body, "ООО «Ромашка»") {
			t.Errorf("the form of a staff mandate: %d %s", status, body)
		}
		for _, path := range []string{link, link + "/staff", "/account/mandates/give?maker=" + organisation.ID(ogrn).String()} {
			if status, _ := ivan("GET", path); status != 404 {
				t.Errorf("a stranger at %s: %d", path, status)
			}
		}
		given, err := r.mandates.Of(t.Context(), organisation.ID(ogrn))
		if err != nil {
			t.Fatal(err)
		}
		r.hired(t, "maria", given[0], "ivan", mandate.ScopeRead)
		if status, _ := ivan("GET", link); status != 200 {
			t.Errorf("staff at the organisation: %d", status)
		}
		for _, path := range []string{link + "/staff", "/account/mandates/" + given[0].ID.String()} {
			if status, _ := ivan("GET", path); status != 404 {
				t.Errorf("staff without the scope at %s: %d", path, status)
			}
		}
		if status, body := maria("GET", link+"/staff"); status != 200 || !strings.Contains(body, "ivan") {
			t.Errorf("the staff's page: %d %s", status, body)
		}
		if status, body := maria("POST", link+"/close"); status != 200 || !strings.Contains(body, "закрыт") {
			t.Errorf("closing: %d %s", status, body)
		}
		if status, _ := ivan("GET", link); status != 404 {
			t.Errorf("staff after it was closed: %d", status)
		}
	})
}
