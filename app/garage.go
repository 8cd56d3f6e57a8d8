package app

import (
	"context"
	"sync"
	"time"

	"posad.city/core/account"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// garage tells a form which vehicles its applicant has. It remembers an answer for some minutes, since every page of a
// form wants it, and a register that is silent costs the person no more than typing a plate.
type garage struct {
	m     *Modules
	mu    sync.Mutex
	known map[id.ID]parked
}

type parked struct {
	vehicles []service.Vehicle
	until    time.Time
}

// Bounds of what is remembered.
const (
	parkedFor  = 10 * time.Minute
	silentFor  = 30 * time.Second
	parkedMost = 10_000
	askWithin  = 3 * time.Second
)

func newGarage(m *Modules) *garage { return &garage{m: m, known: map[id.ID]parked{}} }

// vehicles implements apply.Deps.Vehicles.
func (g *garage) vehicles(ctx context.Context, a act.Act, person id.ID) ([]service.Vehicle, error) {
	now := g.m.now()
	if p, ok := g.remembered(person, now); ok {
		return p.vehicles, nil
	}
	owner, err := g.m.Account.Person(ctx, a, "account.look.profile", person)
	if err != nil {
		return nil, err
	}
	p := parked{until: now.Add(parkedFor)}
	if owner.Level >= act.Standard && owner.SNILS != "" {
		p = g.ask(ctx, owner, now)
	}
	g.keep(person, p)
	return p.vehicles, nil
}

func (g *garage) ask(ctx context.Context, owner account.Person, now time.Time) parked {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	list, err := g.m.Exchange.Vehicles(ctx, owner, id.New(now))
	if err != nil {
		return parked{until: now.Add(silentFor)}
	}
	return parked{vehicles: list, until: now.Add(parkedFor)}
}

func (g *garage) remembered(person id.ID, now time.Time) (parked, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.known[person]
	return p, ok && now.Before(p.until)
}

func (g *garage) keep(person id.ID, p parked) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.known) >= parkedMost {
		clear(g.known)
	}
	g.known[person] = p
}
