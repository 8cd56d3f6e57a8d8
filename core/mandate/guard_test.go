package mandate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// rarely leaves out most turns of a property on the server, where each step is many round trips.
func rarely(t *testing.T, turn int) bool { return strings.Contains(t.Name(), "postgres") && turn > 15 }

// modelled is a mandate as the property knows it.
type modelled struct {
	one   mandate.Mandate
	ended bool
}

func (m modelled) lets(scope, service string, today calendar.Date) bool {
	return !m.ended && !today.Before(m.one.Begins) && today.Before(m.one.Ends) && slices.Contains(m.one.Scopes, scope) &&
		(len(m.one.Services) == 0 || slices.Contains(m.one.Services, service))
}

// Over any sequence of offering, accepting, withdrawing, revoking and passing days, an act passes if and only if a mandate
// that nobody has revoked, in its term, covers its scope and service; and the permission says the same as the Write.
func TestNoActPassesAfterItsMandate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.adults(t)
		turn := 0
		rapid.Check(t, func(rt *rapid.T) {
			if turn++; rarely(t, turn) {
				return
			}
			p := &play{rt: rt, r: r, maria: r.enter(t, "maria"), ivan: r.enter(t, "ivan")}
			defer p.clear()
			rt.Repeat(map[string]func(*rapid.T){
				"offer": p.offer, "accept": p.accept, "withdraw": p.withdraw, "revoke": p.revoke, "wait": p.wait, "act": p.act, "": p.permission,
			})
		})
	})
}

// play is one sequence between Maria, who gives, and Ivan, who acts.
type play struct {
	rt          *rapid.T
	r           *rig
	maria, ivan act.Act
	offers      []mandate.Offer
	given       []*modelled
	days        int
}

func (p *play) today() calendar.Date { return p.r.day() }

func (p *play) offer(rt *rapid.T) {
	if len(p.offers)+len(p.given) > 3 {
		return
	}
	terms := mandate.Terms{
		Scopes:   []string{rapid.SampledFrom([]string{"read", "apply"}).Draw(rt, "scope")},
		Services: rapid.SampledFrom([][]string{nil, {"parking"}, {"parking", "school"}}).Draw(rt, "services"),
		Ends:     p.today().AddDays(rapid.IntRange(2, 10).Draw(rt, "days")),
	}
	if rapid.Bool().Draw(rt, "later") {
		terms.Begins = p.today().AddDays(1)
	}
	made, err := p.r.ProposeUncounted(rt.Context(), p.maria, mandate.Proposal{Way: mandate.Give, Maker: p.maria.Actor.Person, Whom: mandate.Whom{Family: "Смирнов", Given: "ivan", Contact: "ivan@example.org"}, Terms: terms})
	if err != nil {
		rt.Fatal(err)
	}
	p.offers = append(p.offers, mandate.Offer{ID: made, Terms: terms, Until: p.r.clock.Now().Add(mandate.OfferLife)})
}

// pick takes one of the offers that were made, whatever became of it.
func (p *play) pick(rt *rapid.T) (mandate.Offer, bool) {
	if len(p.offers) == 0 {
		return mandate.Offer{}, false
	}
	return p.offers[rapid.IntRange(0, len(p.offers)-1).Draw(rt, "offer")], true
}

func (p *play) drop(o mandate.Offer) {
	p.offers = slices.DeleteFunc(p.offers, func(x mandate.Offer) bool { return x.ID == o.ID })
}

func (p *play) accept(rt *rapid.T) {
	o, ok := p.pick(rt)
	if !ok {
		return
	}
	one, err := p.r.Accept(rt.Context(), p.ivan, o.ID)
	if alive := p.r.clock.Now().Before(o.Until); alive != (err == nil) {
		rt.Fatalf("accept of an offer until %v at %v: %v", o.Until, p.r.clock.Now(), err)
	}
	if err == nil {
		p.given = append(p.given, &modelled{one: one})
		p.drop(o)
	}
}

func (p *play) withdraw(rt *rapid.T) {
	o, ok := p.pick(rt)
	if !ok {
		return
	}
	err := p.r.Withdraw(rt.Context(), p.maria, p.maria.Actor.Person, o.ID)
	if err != nil && !errors.Is(err, mandate.ErrOver) {
		rt.Fatal(err)
	}
	if _, err := p.r.Accept(rt.Context(), p.ivan, o.ID); !errors.Is(err, mandate.ErrNone) {
		rt.Fatalf("accepted after it was taken back: %v", err)
	}
	p.drop(o)
}

func (p *play) revoke(rt *rapid.T) {
	if len(p.given) == 0 {
		return
	}
	m := p.given[rapid.IntRange(0, len(p.given)-1).Draw(rt, "mandate")]
	by := rapid.SampledFrom([]act.Act{p.maria, p.ivan}).Draw(rt, "by")
	if err := p.r.Revoke(rt.Context(), by, m.one.Giver, m.one.ID); err != nil {
		rt.Fatal(err)
	}
	m.ended = true
}

// wait passes a day; both sign in anew, since their sessions would end.
func (p *play) wait(rt *rapid.T) {
	p.r.clock.Move(24 * time.Hour)
	p.maria, p.ivan = p.r.enter(rt, "maria"), p.r.enter(rt, "ivan")
}

func (p *play) act(rt *rapid.T) {
	if len(p.given) == 0 {
		return
	}
	m := p.given[rapid.IntRange(0, len(p.given)-1).Draw(rt, "mandate")]
	scope := rapid.SampledFrom([]string{"read", "apply", "pay", ""}).Draw(rt, "scope")
	service := rapid.SampledFrom([]string{"parking", "school", ""}).Draw(rt, "service")
	a := p.ivan.For(m.one.Giver, m.one.ID).Using(scope, service)
	a.ID = id.New(p.r.clock.Now())
	ran := false
	err := p.r.base.Store.WriteAs(rt.Context(), a, func(*store.Tx) error { ran = true; return nil })
	if want := m.lets(scope, service, p.today()); want != (err == nil) || ran != want {
		rt.Fatalf("%s %q by %+v (ended %v) on %v: %v", scope, service, m.one, m.ended, p.today(), err)
	}
}

// permission is checked after each step: Relate agrees with what the mandates let.
func (p *play) permission(rt *rapid.T) {
	for _, scope := range []string{"read", "apply"} {
		for _, service := range []string{"parking", "school", ""} {
			want := slices.ContainsFunc(p.given, func(m *modelled) bool { return m.lets(scope, service, p.today()) })
			tie, err := p.r.Relator().Relate(rt.Context(), p.ivan, act.Object{Kind: "case", Holder: p.maria.Actor.Person, Service: service}, scope)
			if got := tie.Relation == act.ByMandate; err != nil || got != want {
				rt.Fatalf("%s %q on %v: %v, %v, want %v", scope, service, p.today(), got, err, want)
			}
		}
	}
}

// clear ends what a sequence leaves, so that the next one begins with nothing.
func (p *play) clear() {
	for _, m := range p.given {
		_ = p.r.Revoke(p.rt.Context(), p.maria, m.one.Giver, m.one.ID)
	}
	for _, o := range p.offers {
		_ = p.r.Withdraw(p.rt.Context(), p.maria, p.maria.Actor.Person, o.ID)
	}
}

// A child's coming of age is told to both a month before and on the day, once; an act on the day does not pass, told or not.
func TestComingOfAgeIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna, child := r.people(t, "1986-04-05", "anna")[0], r.people(t, "2009-01-15", "petya")[0] // 18 on 2027-01-15; today is 2026-11-21
		if err := r.Enrol(t.Context(), []mandate.Parenthood{{Parent: anna, Child: child, Birth: calendar.MustDate("2009-01-15")}}); err != nil {
			t.Fatal(err)
		}
		told := func() []string { return append(r.words.of(anna), r.words.of(child)...) }
		pass := func(days int) []string {
			r.clock.Move(time.Duration(days) * 24 * time.Hour)
			for range 2 {
				if err := r.TellEnds(t.Context()); err != nil {
					t.Fatal(err)
				}
				r.drain(t)
			}
			return told()
		}
		if got := pass(20); len(got) != 0 {
			t.Errorf("after 20 days: %v", got)
		}
		if got := pass(6); !slices.Equal(got, []string{"soon_child_taker", "soon_child_giver"}) {
			t.Errorf("a month before: %v", got)
		}
		if got := pass(28); len(got) != 0 {
			t.Errorf("on the eve: %v", got)
		}
		if got := pass(1); !slices.Equal(got, []string{"over_child_taker", "over_child_giver"}) {
			t.Errorf("on the day: %v", got)
		}
		if r.holds(t, child, anna, "read") {
			t.Error("the mandate holds on the day")
		}
	})
}

// wards is a register of a ward.
func TestTheRegisterAndTheAgencyMakeAndEndGuardians(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		maria, ivan, boris := r.adults(t)
		register := &family{children: []mandate.Relative{{Name: lang.Name{Family: "Смирнов", Given: "ivan"}, Birth: calendar.MustDate("1950-01-01"), SNILS: "087-654-303 00", Ward: true}}}
		r.Provide(register)
		if n, err := r.AskRegister(t.Context(), r.enter(t, "maria"), maria); err != nil || n != 1 {
			t.Fatalf("%d wards, %v", n, err)
		}
		r.drain(t)
		if !r.holds(t, ivan, maria, "pay") {
			t.Fatal("the guardian may not act")
		}
		if children, err := r.Children(t.Context(), r.enter(t, "maria"), maria); err != nil || len(children) != 0 {
			t.Errorf("an adult ward is among the children: %+v, %v", children, err)
		}
		given, err := r.Of(t.Context(), ivan)
		if err != nil || len(given) != 1 {
			t.Fatal(given, err)
		}
		if err := r.Revoke(t.Context(), r.enter(t, "ivan"), ivan, given[0].ID); !errors.Is(err, mandate.ErrByLaw) {
			t.Errorf("a ward revokes: %v", err)
		}
		register.children = []mandate.Relative{{Name: lang.Name{Family: "?"}}}
		if _, err := r.AskRegister(t.Context(), r.enter(t, "maria"), maria); err != nil || !r.holds(t, ivan, maria, "pay") {
			t.Errorf("an answer that names no one ended the guardianship: %v", err)
		}
		register.children = nil
		if _, err := r.AskRegister(t.Context(), r.enter(t, "maria"), maria); err != nil || r.holds(t, ivan, maria, "pay") {
			t.Errorf("the register names the ward no more: %v", err)
		}
		clerk := r.enter(t, "boris")
		one, err := r.Appoint(t.Context(), clerk, mandate.Wardship{Guardian: "112-233-445 95", Ward: "087-654-303 00", Until: r.day().AddDays(30)})
		if err != nil || one.GivenBy != boris || one.Source != mandate.FromGuardianship {
			t.Fatalf("%+v, %v", one, err)
		}
		r.clock.Move(30 * 24 * time.Hour)
		if !r.holds(t, ivan, maria, "pay") {
			t.Error("it ends before its last day")
		}
		r.clock.Move(24 * time.Hour)
		if r.holds(t, ivan, maria, "pay") {
			t.Error("it outlives its last day")
		}
		if _, err := r.Appoint(t.Context(), r.enter(t, "boris"), mandate.Wardship{Guardian: "112-233-445 95", Ward: "000-000-000 00"}); !errors.Is(err, mandate.ErrNobody) {
			t.Errorf("a ward whom nobody knows: %v", err)
		}
	})
}

// relatorOf keeps the test honest about the interface that it stands for.
var _ web.Relator = (&mandate.Module{}).Relator()
