package mandate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// jobOffered tells the other side of an offer, if the city knows them: Holder is the maker, Object the offer.
const jobOffered = "mandate.offered"

// kindOf is the kind of mandate that a proposal makes: an organisation gives to its staff.
func kindOf(a act.Act, p Proposal) Kind {
	if p.Way == Give && p.Maker != a.Actor.Person {
		return Company
	}
	return Helper
}

// Propose offers a mandate, or asks for one. What it answers, and how long that takes, does not hang on whether the city
// knows the other side: they are looked for later, by a job and by their own page. Faults: ErrFields, ErrOften, ErrBeyond
// for one of a company's staff who gives more than they have.
func (m *Module) Propose(ctx context.Context, a act.Act, p Proposal) (id.ID, error) {
	kind := kindOf(a, p)
	maker, err := m.deps.Accounts.Person(ctx, a.For(a.Actor.Person, id.ID{}), "mandate.look.people", a.Actor.Person)
	if err != nil {
		return id.ID{}, fmt.Errorf("mandate: propose: %w", err)
	}
	if maker.Level < act.Standard || maker.Name.Family == "" {
		return id.ID{}, ErrStanding
	}
	if faults := m.faultsOf(p, kind, maker); len(faults) > 0 {
		return id.ID{}, ErrFields.With(faults...)
	}
	if err := m.deps.Accounts.Limit(ctx, "mandate.offer", a.Actor.Person.String(), OffersMost, 24*time.Hour); err != nil {
		return id.ID{}, ErrOften.Because(err)
	}
	params, err := m.prepareOffer(ctx, a, p, kind)
	if err != nil {
		return id.ID{}, err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := m.mayGive(tx, p.Maker, a.Actor.Person, kind, p.Terms); err != nil {
			return err
		}
		return m.putOffer(tx, params)
	})
	if err != nil {
		return id.ID{}, fmt.Errorf("mandate: propose: %w", err)
	}
	return params.ID, nil
}

func (m *Module) putOffer(tx *store.Tx, p mandatedb.InsertOfferParams) error {
	return errors.Join(
		mandatedb.InsertOffer(tx, p),
		mandatedb.PutDoor(tx, mandatedb.PutDoorParams{Door: p.Door, Maker: p.Maker, ID: p.ID, Until: p.Until}),
		mandatedb.PutHome(tx, p.ID, p.Maker),
		m.base.Jobs.Put(tx, jobs.New{Handler: jobOffered, Holder: p.Maker, Object: p.ID}),
		m.putWord(tx, p.Maker, p.ID, "made_"+p.Way, p.MadeBy),
	)
}

func (m *Module) faultsOf(p Proposal, kind Kind, maker account.Person) []fault.Field {
	today := calendar.DateOf(m.base.Clock.Now(), m.deps.Zone)
	faults := p.check(kind, today, m.offers)
	if door, ok := p.Whom.door(); ok && slices.Contains(doorsOf(maker), door) {
		faults = append(faults, fault.Field{Name: "contact", ID: "mandate.yourself"})
	}
	return faults
}

// offers tells whether the city offers a service.
func (m *Module) offers(service string) bool {
	if m.deps.Services == nil {
		return true
	}
	return slices.ContainsFunc(m.deps.Services(""), func(s agency.Named) bool { return s.Key == service })
}

func (m *Module) prepareOffer(ctx context.Context, a act.Act, p Proposal, kind Kind) (mandatedb.InsertOfferParams, error) {
	now := m.base.Clock.Now()
	door, _ := p.Whom.door()
	keys, err := m.base.Vault.Keys(ctx, p.Maker)
	if err != nil {
		return mandatedb.InsertOfferParams{}, err
	}
	plain, err := json.Marshal(p.Whom)
	if err != nil {
		return mandatedb.InsertOfferParams{}, fmt.Errorf("mandate: offer: %w", err)
	}
	sealed := keys.Seal(offerTable, columnWhom, plain)
	if sealed == nil {
		return mandatedb.InsertOfferParams{}, fmt.Errorf("mandate: offer: %w", vault.ErrErased)
	}
	scopes, errScopes := list(p.Scopes)
	services, errServices := list(p.Services)
	return mandatedb.InsertOfferParams{
		Maker: p.Maker, ID: id.New(now), MadeBy: a.Actor.Person, Way: string(p.Way), Kind: string(kind), Whom: sealed,
		Door: m.base.Vault.Keyed(doorSpace, door), Scopes: scopes, Services: services, EachMost: p.Each, Cap: p.Cap,
		Begins: dayText(p.Begins), Ends: p.Ends.String(), Made: now, Until: now.Add(OfferLife),
	}, errors.Join(errScopes, errServices)
}

// mayGive makes sure that whoever gives an organisation's mandate may do so now, and gives no more than they have.
func (m *Module) mayGive(r store.Reader, giver, by id.ID, kind Kind, t Terms) error {
	if kind != Company {
		return nil
	}
	rows, err := mandatedb.RightsBetween(r, giver, by)
	if err != nil {
		return err
	}
	list, err := mandates(rows)
	if err != nil {
		return err
	}
	for _, have := range list {
		if have.Covers(ScopeStaff, "", m.today(r)) && t.within(have) {
			return nil
		}
	}
	return ErrBeyond
}

// offered tells the other side of an offer that it waits, when the city knows a person of that name and contact.
func (m *Module) offered(ctx context.Context, j jobs.Job) error {
	a := j.Act(act.Purpose{})
	o, err := m.offer(ctx, a, j.Holder, j.Object)
	if errors.Is(err, store.ErrNone) || errors.Is(err, vault.ErrErased) || err == nil && !o.Waits(m.base.Clock.Now()) {
		return nil
	}
	if err != nil {
		return err
	}
	other, err := m.behind(ctx, a, o.Whom)
	if err != nil || other.ID.IsZero() {
		return err
	}
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		return errors.Join(m.putWord(tx, o.Maker, o.ID, "got_"+string(o.Way), other.ID), m.base.Jobs.Done(tx, j))
	})
}

// behind finds the person of a name and a contact; a zero one: the city knows none whom it is sure of.
func (m *Module) behind(ctx context.Context, a act.Act, w Whom) (account.Person, error) {
	var found id.ID
	var err error
	if snils, ok := account.ParseSNILS(w.Contact); ok {
		found, err = m.deps.Accounts.PersonOf(ctx, snils)
	} else {
		found, err = m.deps.Accounts.Find(ctx, w.Contact)
	}
	if errors.Is(err, store.ErrNone) || errors.Is(err, agency.ErrNobody) {
		return account.Person{}, nil
	}
	if err != nil {
		return account.Person{}, fmt.Errorf("mandate: the other side of an offer: %w", err)
	}
	person, err := m.deps.Accounts.Person(ctx, a, "mandate.look.people", found)
	door, _ := w.door()
	if errors.Is(err, store.ErrNone) || err == nil && (person.Level < act.Standard || !slices.Contains(doorsOf(person), door)) {
		return account.Person{}, nil
	}
	return person, err
}

// offer reads one offer at its home.
func (m *Module) offer(ctx context.Context, a act.Act, maker, offerID id.ID) (Offer, error) {
	var row mandatedb.MandateOffer
	err := m.base.Store.Look(ctx, a, "mandate.look.offer", func(p *store.Personal) error {
		var err error
		row, err = mandatedb.OfferByID(p, maker, offerID)
		return err
	})
	if err != nil {
		return Offer{}, err
	}
	keys, err := m.base.Vault.Keys(ctx, maker)
	if err != nil {
		return Offer{}, err
	}
	return offer(keys, row)
}

// Made lists the offers of a person or an organisation that wait for an answer, newest first.
func (m *Module) Made(ctx context.Context, a act.Act, maker id.ID) ([]Offer, error) {
	var rows []mandatedb.MandateOffer
	err := m.base.Store.Look(ctx, a, "mandate.look.offer", func(p *store.Personal) error {
		var err error
		rows, err = mandatedb.OffersOf(p, maker, p.Now(), offersShown)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mandate: offers made: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, maker)
	if err != nil {
		return nil, err
	}
	out := make([]Offer, 0, len(rows))
	for _, row := range rows {
		one, err := offer(keys, row)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// Received lists the offers that wait for a person's answer, newest first. Whoever is not confirmed has none: the name
// must be proved to be theirs.
func (m *Module) Received(ctx context.Context, a act.Act, person id.ID) ([]Offer, error) {
	behind, err := m.behindDoors(ctx, a, person)
	if err != nil {
		return nil, err
	}
	var out []Offer
	for _, at := range behind {
		one, err := m.offer(ctx, a, at.Maker, at.ID)
		if errors.Is(err, store.ErrNone) || errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if one.Waits(m.base.Clock.Now()) {
			out = append(out, one)
		}
	}
	return out, nil
}

func (m *Module) behindDoors(ctx context.Context, a act.Act, person id.ID) ([]mandatedb.BehindRow, error) {
	me, err := m.deps.Accounts.Person(ctx, a, "mandate.look.people", person)
	if err != nil || me.Level < act.Standard {
		return nil, err
	}
	doors, err := m.ownDoors(ctx, me)
	if err != nil {
		return nil, err
	}
	var out []mandatedb.BehindRow
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		for _, door := range doors {
			rows, err := mandatedb.Behind(r, door, r.Now(), offersShown)
			if err != nil {
				return err
			}
			out = append(out, rows...)
		}
		return nil
	})
	return out, err
}

// ownDoors are a person's doors, without those of contacts that are another's by now.
func (m *Module) ownDoors(ctx context.Context, me account.Person) ([]vault.Keyed, error) {
	for _, contact := range []*string{&me.Phone, &me.Email} {
		if *contact == "" {
			continue
		}
		owner, err := m.deps.Accounts.Find(ctx, *contact)
		if err != nil && !errors.Is(err, agency.ErrNobody) {
			return nil, fmt.Errorf("mandate: own contacts: %w", err)
		}
		if owner != me.ID {
			*contact = ""
		}
	}
	var out []vault.Keyed
	for _, door := range doorsOf(me) {
		out = append(out, m.base.Vault.Keyed(doorSpace, door))
	}
	return out, nil
}
